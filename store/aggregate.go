package store

import (
	"bytes"
	"cmp"
	"database/sql"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// AggregateQuery asks for counts, sums and the like of the records of a type.
type AggregateQuery struct {
	Type *schema.Type
	// Where is the filter; nil: all. Archived records are left out as in lists.
	Where filter.Expr
	// GroupBy are up to three names of fields or relations, paths to them, or
	// periods: stage, organization.industry, tags, month(created_at).
	GroupBy []string
	// Measures are count, sum(amount), avg, min, max, median or
	// count_distinct of a field; none: count.
	Measures []string
	// Having are conditions on measures, such as "count > 3".
	Having string
	// Sort names groups or measures, such as "-count, stage"; empty: groups
	// that have an order of their own in that order, else the first measure,
	// the greatest first.
	Sort string
	// Limit is how many rows are given; 0: 100. Where nothing is grouped there
	// is a row for each currency, and none of them is left out.
	Limit int
	// Cursor continues behind a row of an answer to the same query.
	Cursor string
	// Wording is the filter as the caller wrote it, by which a cursor knows its
	// query; empty: what Where says, dates aside.
	Wording string
}

// Table is the answer to an AggregateQuery.
type Table struct {
	Columns []TableColumn
	// Rows have a value for each column: nil, string, bool, int64,
	// schema.Decimal, schema.Date, schema.Millis or Ref.
	Rows [][]any
	// Groups is how many groups there are, those beyond the limit included.
	Groups int64
	// More says that groups follow the last row.
	More bool
	// Several names the groups in which a record may stand more than once,
	// since it has several of them.
	Several []string
	places  []*position
	query   string
}

// Cursor continues behind a row of the table, by its index.
func (t *Table) Cursor(row int) (string, error) { return t.places[row].cursor(t.query) }

// TableColumn is one group or measure.
type TableColumn struct {
	Label   string
	Measure bool
	Kind    schema.Kind
}

const (
	defaultGroups = 100
	// everyCurrency is more than there are.
	everyCurrency = 1_000
)

// aggregation is the work on one aggregate.
type aggregation struct {
	AggregateQuery
	tx       *Tx
	compiler *compiler
	problems schema.Problems
	groups   []*grouping
	measures []*measure
	having   filter.Having
	order    []columnOrder
	// after is the place of the last row that was given before; nil: none was.
	after *position
	// wrong are the spellings of groups and measures that were refused.
	wrong []string
	// rows selects the records, tables are what is joined to them, joined by
	// the path that leads there.
	rows   *selection
	tables ordering
	joined map[string]string
}

// columnOrder is one key of the order of rows.
type columnOrder struct {
	column int
	desc   bool
}

// Aggregate counts and sums up what lists of the type would show. Amounts are
// never summed across currencies: a measure of money groups by currency as
// well. Sums are exact; averages and medians are rounded half away from zero
// to four places. A record with several related ones stands in the group of
// each of them, once. The error is a *schema.Error with every problem.
func (tx *Tx) Aggregate(q AggregateQuery) (*Table, error) {
	a := tx.aggregation(q)
	if err := a.problems.Err(); err != nil {
		return nil, err
	}
	statement, err := a.statement()
	if err != nil {
		return nil, err
	}
	return a.table(statement)
}

// CheckAggregate gives the error that Aggregate would give for what it asks,
// without looking at a record.
func (tx *Tx) CheckAggregate(q AggregateQuery) error { return tx.aggregation(q).problems.Err() }

func (tx *Tx) aggregation(q AggregateQuery) *aggregation {
	a := &aggregation{AggregateQuery: q, tx: tx, compiler: tx.compiler(), joined: map[string]string{}}
	a.Limit = cmp.Or(a.Limit, defaultGroups)
	if len(q.GroupBy) == 0 {
		a.Limit = everyCurrency
	}
	a.read()
	return a
}

// groupRow is one row of the answer and its place in the order.
type groupRow struct {
	values []any
	place  position
}

// table runs the statement and keeps the first rows of the order.
func (a *aggregation) table(statement clause) (*Table, error) {
	t := &Table{Columns: a.columns(), query: a.fingerprint()}
	for _, g := range a.groups {
		if g.several() {
			t.Several = append(t.Several, g.label)
		}
	}
	kept, err := a.rowsOf(statement, t)
	if err != nil {
		return nil, err
	}
	t.More = len(kept) > a.Limit
	for _, row := range kept[:min(len(kept), a.Limit)] {
		t.Rows = append(t.Rows, row.values)
		t.places = append(t.places, &row.place)
	}
	for i := range a.groups {
		spellAlike(t.Rows, i)
	}
	return t, nil
}

// rowsOf counts the groups and gives the first of those behind the cursor, one
// more than the table has.
func (a *aggregation) rowsOf(statement clause, t *Table) (kept []groupRow, err error) {
	none := true
	keep := func(row groupRow) {
		if a.having != nil && !a.having(row.values[len(a.groups):]) {
			return
		}
		t.Groups++
		if a.after != nil && a.compare(&row.place, a.after) <= 0 {
			return
		}
		if kept = append(kept, row); len(kept) > 4*a.Limit+1_000 {
			kept = a.first(kept)
		}
	}
	err = a.tx.scan(statement.sql, statement.args, func(rows *sql.Rows) error {
		none = false
		row, err := a.readRow(rows)
		if err == nil {
			keep(row)
		}
		return err
	})
	if err == nil && none && len(a.GroupBy) == 0 {
		keep(a.nothing())
	}
	return a.first(kept), err
}

// nothing is the row of a report without groups over no records, which have no
// currency either: counts are 0.
func (a *aggregation) nothing() groupRow {
	row := groupRow{values: make([]any, len(a.groups)), place: position{keys: make([]any, len(a.order)+len(a.groups))}}
	for _, m := range a.measures {
		var value any
		if strings.HasPrefix(m.function, "count") {
			value = int64(0)
		}
		row.values = append(row.values, value)
	}
	return row
}

// spellAlike writes each text of a column in one of the ways in which it is
// written: texts that differ by case or accents are the same group.
func spellAlike(rows [][]any, column int) {
	spelled := map[string]string{}
	for _, row := range rows {
		s, ok := row[column].(string)
		if !ok {
			continue
		}
		folded := text.Fold(s)
		if spelled[folded] == "" {
			spelled[folded] = s
		}
		row[column] = spelled[folded]
	}
}

// first puts rows in order and drops those that no table of the limit needs.
func (a *aggregation) first(rows []groupRow) []groupRow {
	slices.SortFunc(rows, func(x, y groupRow) int { return a.compare(&x.place, &y.place) })
	return rows[:min(len(rows), a.Limit+1)]
}

// compare puts two rows in order; what the order leaves open goes by what
// tells their groups apart.
func (a *aggregation) compare(x, y *position) int {
	for i := range x.keys {
		desc := i < len(a.order) && a.order[i].desc
		if n := compareKeys(x.keys[i], y.keys[i], desc); n != 0 {
			return n
		}
	}
	return 0
}

// compareKeys orders two values of a column; missing ones come last.
func compareKeys(x, y any, desc bool) int {
	switch {
	case x == nil && y == nil:
		return 0
	case x == nil:
		return 1
	case y == nil:
		return -1
	}
	return turned(compareStored(x, y), desc)
}

func (a *aggregation) columns() []TableColumn {
	var columns []TableColumn
	for _, g := range a.groups {
		columns = append(columns, TableColumn{Label: g.label, Kind: g.kind()})
	}
	for _, m := range a.measures {
		columns = append(columns, TableColumn{Label: m.label, Kind: m.kind, Measure: true})
	}
	return columns
}

// readRow reads the columns of groups, then those of measures.
func (a *aggregation) readRow(rows *sql.Rows) (row groupRow, err error) {
	cells, err := scanCells(rows)
	if err != nil {
		return row, err
	}
	var keys, apart []any
	for _, g := range a.groups {
		value, key, err := g.value(a.tx.Schema(), cells[:g.width()])
		if err != nil {
			return row, err
		}
		if g.width() > 0 {
			apart = append(apart, cells[0])
		}
		cells = cells[g.width():]
		row.values, keys = append(row.values, value), append(keys, key)
	}
	for _, m := range a.measures {
		n := len(m.columns())
		value, err := m.value(cells[:n])
		if err != nil {
			return row, err
		}
		cells = cells[n:]
		row.values, keys = append(row.values, value), append(keys, orderOf(value))
	}
	for _, key := range a.order {
		row.place.keys = append(row.place.keys, keys[key.column])
	}
	row.place.keys = append(row.place.keys, apart...)
	return row, nil
}

func scanCells(rows *sql.Rows) ([]any, error) {
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	cells, into := make([]any, len(names)), make([]any, len(names))
	for i := range cells {
		into[i] = &cells[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	for i, cell := range cells {
		if raw, ok := cell.([]byte); ok {
			cells[i] = string(bytes.Clone(raw))
		}
	}
	return cells, nil
}

// orderOf is the number by which a value is put in order.
func orderOf(value any) any {
	switch v := value.(type) {
	case int64:
		return v
	case schema.Decimal:
		return int64(v)
	case schema.Date:
		return int64(v)
	case schema.Millis:
		return int64(v)
	}
	return nil
}
