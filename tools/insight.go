package tools

import (
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// insightTools count and sum up instead of listing.
func insightTools() []*Tool {
	return []*Tool{aggregate(), pipelineReport(), agenda(), findDuplicates()}
}

const maxGroups = 1_000

func aggregate() *Tool {
	return &Tool{Name: "aggregate", Title: "Count and sum up", Set: "insight", Core: true, Mode: Read, Run: runAggregate,
		Out: []Member{{Name: "groups", Schema: count("of which limit may leave some out")}, {Name: "returned", Schema: ofType("integer")}, {Name: "note", Schema: ofType("string")},
			{Name: "truncated", Schema: ofType("boolean")}, {Name: "next_cursor", Schema: ofType("string")}, {Name: "rows", Schema: listSchema(anything("a member for each group and measure")), Always: true}},
		Description: "Exact counts, sums, averages, minima, maxima and medians of one record type, grouped. Use it for every total instead of adding up lists. Money comes per currency.",
		In: []Arg{
			{Name: "type", Required: true, Doc: "deal, contact, activity, …", Aliases: []string{"record_type"}},
			{Name: "filter", JSON: true, Doc: "as in list_*", Aliases: []string{"where", "filters"}},
			{Name: "group_by", Kind: Strings, Commas: true, Doc: "up to 3: stage, organization.industry, tags, month(closed_on); day, week, quarter, year", Aliases: []string{"by", "groups", "group"}},
			{Name: "measures", Kind: Strings, Commas: true, Doc: "count (default), sum(amount), avg, min, max, median, count_distinct(owner)", Aliases: []string{"measure", "metrics"}},
			{Name: "having", Doc: "count > 3 and sum(amount) >= 1000"},
			{Name: "sort", Commas: true, Doc: "-sum(amount), stage", Aliases: []string{"order_by", "sort_by", "order"}},
			{Name: "limit", Kind: Integer, Min: 1, Max: maxGroups, Aliases: []string{"max_results"}},
			{Name: "cursor", Hidden: true, Aliases: []string{"next_cursor", "page_token"}},
		}}
}

func runAggregate(c *Call) (*Object, error) {
	t := c.TypeNamed("type", schema.Record)
	if t == nil {
		return nil, c.Problems.Err()
	}
	where, err := c.Filter(t, "filter")
	if err != nil {
		return nil, err
	}
	query := store.AggregateQuery{Type: t, Where: where, GroupBy: c.List("group_by"), Measures: c.List("measures"),
		Having: c.Text("having"), Sort: c.Text("sort"), Limit: int(c.Int("limit", 0)), Cursor: c.Text("cursor"), Wording: c.Text("filter")}
	c.problemsAt(c.Tx.CheckAggregate(query))
	if len(c.Problems) > 0 {
		return nil, c.Problems.Err()
	}
	table, err := c.Tx.Aggregate(query)
	if err != nil {
		return nil, err
	}
	return c.tableObject(table, len(query.GroupBy) > 0)
}

// problemsAt notes the problems of an error under the names that the caller
// used for the arguments.
func (c *Call) problemsAt(err error) {
	known, _ := asKnown(err)
	if known == nil {
		return
	}
	for _, p := range known.Problems {
		end := pathEnd(p.Path)
		p.Path = c.Path(p.Path[:end]) + p.Path[end:]
		c.Problems = append(c.Problems, p)
	}
}

func (c *Call) tableObject(table *store.Table, grouped bool) (*Object, error) {
	o := &Object{}
	rows := tableRows(table, nil)
	if grouped {
		o.Set("groups", table.Groups).Set("returned", len(rows))
	}
	var notes []string
	if len(table.Several) > 0 {
		notes = append(notes, "a record counts in each of its "+strings.Join(table.Several, " and "))
		o.Set("note", notes[0])
	}
	shown, err := c.fitting(o, rows)
	if err != nil {
		return nil, err
	}
	if shown < len(rows) {
		o.Set("note", strings.Join(append(notes, "next_cursor, sent as cursor with the same arguments, brings the next rows; sort says which come first"), "; "))
	}
	if shown == len(rows) && table.More {
		cursor, err := table.Cursor(shown - 1)
		if err != nil {
			return nil, err
		}
		o.Set("next_cursor", cursor)
	}
	return c.Fit(o, "rows", rows, table.Cursor)
}

// tableRows shows the rows of a table as objects; names call the columns
// otherwise than by their labels.
func tableRows(table *store.Table, names []string) []*Object {
	rows := make([]*Object, len(table.Rows))
	for i, row := range table.Rows {
		rows[i] = &Object{}
		for j, column := range table.Columns {
			name := column.Label
			if names != nil {
				name = names[j]
			}
			rows[i].Set(name, tableValue(row[j]))
		}
	}
	return rows
}

func tableValue(value any) any {
	if ref, ok := value.(store.Ref); ok {
		return Reference(ref)
	}
	return value
}

// measured runs an aggregate under a filter in the language and gives its table.
func (c *Call) measured(t *schema.Type, where string, groups, measures []string) (*store.Table, error) {
	condition, err := c.Tx.ParseFilter(t, where)
	if err != nil {
		return nil, err
	}
	return c.Tx.Aggregate(store.AggregateQuery{Type: t, Where: condition, GroupBy: groups, Measures: measures, Limit: maxGroups})
}

// both joins two conditions in the language; either may be empty.
func both(one, other string) string {
	if one == "" || other == "" {
		return one + other
	}
	return "(" + one + ") and (" + other + ")"
}
