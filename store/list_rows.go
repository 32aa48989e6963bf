package store

import (
	"database/sql"
	"slices"

	"github.com/crmcp/crmcp/schema"
)

// keyColumns lists the sort keys of a statement.
func (l *listing) keyColumns() (columns clause) {
	for _, key := range l.order.keys {
		columns = columns.then(", ").plus(key.value)
	}
	return columns
}

// gather reads the ids and sort keys of the records of the list, in any
// order, up to a limit.
func (l *listing) gather(limit int) ([]*listed, error) {
	s := l.compiler.matching(l.Type, l.Where, l.words)
	distinct := ""
	if len(s.tables) > 0 {
		distinct = "DISTINCT "
	}
	keys := l.keyColumns()
	statement := s.selectFrom(distinct+"t.id"+keys.sql, l.order.joins).then(" LIMIT ?", limit)
	statement.args = slices.Concat(keys.args, statement.args)
	return l.readRows(statement, nil)
}

// inOrder reads the first rows behind the cursor, one more than the page has,
// part by part. Alternatives are conditions of which each row meets one.
func (l *listing) inOrder(alternatives []clause) ([]*listed, error) {
	index := ""
	if alternatives == nil {
		alternatives = []clause{allOf(l.conditions()...)}
		index = l.orderIndex()
	}
	var rows []*listed
	for _, part := range l.parts() {
		var found []*listed
		for _, where := range alternatives {
			more, err := l.readPart(part, where, index, l.Limit+1-len(rows))
			if err != nil {
				return nil, err
			}
			found = append(found, more...)
		}
		if len(alternatives) > 1 {
			slices.SortFunc(found, func(a, b *listed) int { return l.order.compare(&a.position, &b.position) })
		}
		rows = append(rows, found...)
		if len(rows) > l.Limit {
			return rows[:l.Limit+1], nil
		}
	}
	return rows, nil
}

func (l *listing) conditions() []clause {
	var conditions []clause
	for _, e := range conjuncts(l.Where) {
		conditions = append(conditions, l.compiler.condition(e, l.Type, "t"))
	}
	if l.words != nil {
		conditions = append(conditions, l.words.condition())
	}
	return conditions
}

// readPart reads one part of the list in order. Records are read along where
// an index gives the order; else the engine would sort them whole.
func (l *listing) readPart(part branch, where clause, index string, limit int) ([]*listed, error) {
	s := l.compiler.shownRows(l.Type, l.Where)
	s.index = index
	if where.sql != always.sql {
		s.where = append(s.where, where)
	}
	s.where = append(s.where, part.where...)
	columns, fields := "t.id", []*schema.Field(nil)
	if l.sortIndexed() || part.led {
		fields, columns = selectColumns(l.Type, "t")
	}
	keys := l.keyColumns()
	joins, order := l.byPart(s, part)
	statement := s.selectFrom(columns+keys.sql, joins).plus(order).then(" LIMIT ?", limit)
	statement.args = slices.Concat(keys.args, statement.args)
	return l.readRows(statement, fields)
}

// readRows runs a statement that gives ids, the given fields and sort keys.
func (l *listing) readRows(statement clause, fields []*schema.Field) (list []*listed, err error) {
	if l.compiler.err != nil {
		return nil, l.compiler.err
	}
	err = l.tx.scan(statement.sql, statement.args, func(rows *sql.Rows) error {
		row := &listed{position: position{keys: make([]any, len(l.order.keys))}}
		into := make([]any, len(row.keys))
		for i := range row.keys {
			into[i] = &row.keys[i]
		}
		list = append(list, row)
		if fields == nil {
			return rows.Scan(append([]any{&row.id}, into...)...)
		}
		record, err := scanRecord(l.Type, fields, rows, into...)
		if err == nil {
			row.record, row.id = record, record.ID
		}
		return err
	})
	return list, err
}

// readRecords reads the records of the rows that came without.
func (l *listing) readRecords(rows []*listed) error {
	byID := map[int64]*listed{}
	var ids []int64
	for _, row := range rows {
		if row.record == nil {
			ids = append(ids, row.id)
			byID[row.id] = row
		}
	}
	fields, columns := selectColumns(l.Type, "t")
	return chunks(ids, func(ids []int64) error {
		query := "SELECT " + columns + " FROM " + l.Type.Name + " t WHERE t.id IN (" + placeholders(len(ids)) + ")"
		return l.tx.scan(query, numbers(ids), func(rows *sql.Rows) error {
			record, err := scanRecord(l.Type, fields, rows)
			if err == nil {
				byID[record.ID].record = record
			}
			return err
		})
	})
}

// ids64 runs a statement that gives ids.
func (tx *Tx) ids64(statement clause) (ids []int64, err error) {
	err = tx.scan(statement.sql, statement.args, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}
