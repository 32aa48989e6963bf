package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
)

// TestAggregateGoesOn reads reports in pieces, which together are the whole:
// also where the order leaves several groups in one place, as records of one
// name are.
func TestAggregateGoesOn(t *testing.T) {
	f := newSales(t)
	f.create("organization", map[string]any{"name": "Acme"})
	f.create("deal", map[string]any{"name": "g", "value": "3", "organizations": []any{"org_5"}})
	f.view(func(tx *Tx) error {
		deal := tx.Schema().Type("deal")
		for _, q := range []AggregateQuery{
			by("organizations", "count"), by("organizations", "sum(value)"), by("stage, organizations.tags", "count", "avg(probability)"),
			by("month(expected_close_on), currency", "max(value)"), {GroupBy: []string{"organizations"}, Sort: "organizations"},
			{GroupBy: []string{"organizations"}, Sort: "-organizations"}, {GroupBy: []string{"name"}, Measures: []string{"sum(value)"}, Having: "sum(value) > 3"},
		} {
			q.Type, q.Limit = deal, 1_000
			whole, err := tx.Aggregate(q)
			if err != nil || whole.More {
				return fmt.Errorf("%v: more: %t, %w", q, whole != nil && whole.More, err)
			}
			for q.Limit = 1; q.Limit < 4; q.Limit++ {
				pieces, err := inPieces(tx, q)
				if err != nil {
					return err
				}
				if want := rowTexts(whole); len(want) < 3 || !slices.Equal(pieces, want) {
					t.Errorf("%v %v %s by %d: got\n%s\nwant\n%s", q.GroupBy, q.Measures, q.Sort, q.Limit, strings.Join(pieces, "\n"), strings.Join(want, "\n"))
				}
			}
		}
		return nil
	})
}

func inPieces(tx *Tx, q AggregateQuery) (rows []string, err error) {
	q.Cursor = ""
	for {
		piece, err := tx.Aggregate(q)
		if err != nil {
			return nil, err
		}
		rows = append(rows, rowTexts(piece)...)
		if !piece.More {
			return rows, nil
		}
		if q.Cursor, err = piece.Cursor(len(piece.Rows) - 1); err != nil {
			return nil, err
		}
	}
}

func rowTexts(table *Table) (list []string) {
	for _, row := range table.Rows {
		list = append(list, rowText(row)+" of "+fmt.Sprint(table.Groups))
	}
	return list
}

func TestAggregateRefusesOtherCursors(t *testing.T) {
	f := newSales(t)
	f.view(func(tx *Tx) error {
		q := by("stage", "count")
		q.Type, q.Limit = tx.Schema().Type("deal"), 1
		first, err := tx.Aggregate(q)
		if err != nil {
			return err
		}
		cursor, err := first.Cursor(0)
		if err != nil {
			return err
		}
		where, err := tx.ParseFilter(q.Type, "value > 1")
		if err != nil {
			return err
		}
		for _, other := range []AggregateQuery{
			{GroupBy: []string{"owner"}}, {GroupBy: []string{"stage"}, Measures: []string{"sum(value)"}}, {GroupBy: []string{"stage"}, Sort: "-stage"},
			{GroupBy: []string{"stage"}, Where: where}, {GroupBy: []string{"stage"}, Having: "count > 1"},
		} {
			other.Type, other.Cursor = q.Type, cursor
			_, err := tx.Aggregate(other)
			wantCode(t, err, schema.InvalidArgument)
		}
		return nil
	})
}

func TestAggregateOverNothing(t *testing.T) {
	f := newSales(t)
	f.wantTable("deal", "name = none", by("", "count", "sum(value)", "count_distinct(owner)"), "- 0 - 0")
	f.wantTable("deal", "name = none", AggregateQuery{Measures: []string{"count", "sum(value)"}, Having: "count > 0"})
	f.wantTable("deal", "name = none", by("currency", "count", "sum(value)"))
	f.wantTable("organization", "name = none", by("", "count", "sum(open_deal_value)"), "EUR 0 -")
}
