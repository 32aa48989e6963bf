package store

import (
	"database/sql"
	"encoding/json"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

// Move is one change of a reference in the history of a record: a deal's way
// from one stage to another. From is 0 where the record was made, or had none;
// To where it has none any more.
type Move struct {
	Record   int64
	At       schema.Millis
	From, To int64
}

// Moves gives the changes of a reference since a moment, in the order in which
// they were made, of the records that lists show and that meet a filter.
func (tx *Tx) Moves(t *schema.Type, reference *schema.Field, where filter.Expr, since schema.Millis) (moves []Move, err error) {
	c := tx.compiler()
	s := c.shownRows(t, where)
	for _, e := range conjuncts(where) {
		s.where = append(s.where, c.condition(e, t, "t"))
	}
	s.table("change_set", "made")
	s.table("change_row", "written")
	s.on("made.at >= ?", int64(since))
	s.on("written.change_id = made.id AND written.action <> 'delete' AND written.type = ? AND t.id = written.record_id", t.Code)
	s.on("written.after LIKE ?", `%"`+reference.Name+`":%`)
	statement := s.selectFrom("t.id, made.at, written.before, written.after", clause{}).then(" ORDER BY made.id, written.seq")
	if c.err != nil {
		return nil, c.err
	}
	err = tx.scan(statement.sql, statement.args, func(rows *sql.Rows) error {
		var m Move
		var at int64
		var before, after []byte
		if err := rows.Scan(&m.Record, &at, &before, &after); err != nil {
			return err
		}
		m.At = schema.Millis(at)
		if m.From, err = referenceIn(before, reference); err != nil {
			return err
		}
		if m.To, err = referenceIn(after, reference); err == nil && m.From != m.To {
			moves = append(moves, m)
		}
		return err
	})
	return moves, err
}

// referenceIn reads a reference out of a row of the history; 0: none.
func referenceIn(row []byte, reference *schema.Field) (id int64, err error) {
	if len(row) == 0 {
		return 0, nil
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(row, &values); err != nil {
		return 0, err
	}
	value, err := recordedValue(reference, values[reference.Name])
	id, _ = value.(int64)
	return id, err
}
