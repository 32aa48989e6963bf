package store

import (
	"database/sql"
	"strings"
	"testing"
)

// Filters and sorts by custom fields go along the indexes of their values,
// however many records there are.
func TestCustomFieldsUseTheirIndexes(t *testing.T) {
	f := newFixture(t)
	f.define(FieldDefinition{Key: "word", Kind: "text"}, "deal")
	f.define(FieldDefinition{Key: "score", Kind: "number"}, "deal")
	f.define(FieldDefinition{Key: "tier", Kind: "single_select", Options: []string{"Gold", "Silver"}}, "deal")
	for _, c := range []struct{ where, sort, index string }{
		{"word = x", "", "custom_value_folded"},
		{"word starts with x", "", "custom_value_folded"},
		{"score > 5", "", "custom_value_number"},
		{"tier in (gold, silver)", "", "custom_value_number"},
		{"", "word", "custom_value_sorted"},
		{"", "-score", "custom_value_number"},
		{"", "tier", "custom_value_number"},
	} {
		f.view(func(tx *Tx) error {
			plan := f.plan(tx, c.where, c.sort)
			if !strings.Contains(plan, c.index) || strings.Contains(plan, "ORDER BY") || strings.Contains(plan, "SCAN") {
				t.Errorf("where %q sorted %q:\n%s", c.where, c.sort, plan)
			}
			return nil
		})
	}
}

// Of one record its own values are read, not those of all that meet a
// condition: with a million records that would be a hundred thousand each time.
func TestCustomFieldsOfARecordAreReadByIt(t *testing.T) {
	f := newFixture(t)
	f.define(FieldDefinition{Key: "word", Kind: "text"}, "deal")
	f.define(FieldDefinition{Key: "score", Kind: "number"}, "deal")
	for _, where := range []string{"word = x and score > 5", "word = x and (score < 5 or score is empty)", "word = x and not word starts with y"} {
		f.view(func(tx *Tx) error {
			plan := f.plan(tx, where, "name")
			if !strings.Contains(plan, "PRIMARY KEY (type=? AND field_id=? AND record_id=?)") || strings.Count(plan, "custom_value_") != 1 {
				t.Errorf("where %q:\n%s", where, plan)
			}
			return nil
		})
	}
}

// plan explains the statement that gathers what meets a filter or, without
// one, that which reads the first part of the list in order.
func (f *fixture) plan(tx *Tx, where, sort string) string {
	f.Helper()
	q := f.query(tx, "deal", where, sort)
	if len(q.Sort) == 0 {
		q.Sort = newestFirst(q.Type)
	}
	l := &listing{Query: q, tx: tx, compiler: tx.compiler()}
	l.order = l.compiler.ordering(q.Type, q.Sort)
	statement := l.compiler.matching(q.Type, q.Where, nil).selectFrom("t.id", l.order.joins)
	if where == "" {
		part := l.parts()[0]
		s := l.compiler.shownRows(q.Type, nil)
		s.where = append(s.where, part.where...)
		joins, order := l.byPart(s, part)
		statement = s.selectFrom("t.id", joins).plus(order)
	}
	var plan []string
	err := tx.scan("EXPLAIN QUERY PLAN "+statement.then(" LIMIT 20").sql, statement.args, func(rows *sql.Rows) error {
		var id, parent, unused int
		var detail string
		err := rows.Scan(&id, &parent, &unused, &detail)
		plan = append(plan, detail)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	return strings.Join(plan, "\n")
}
