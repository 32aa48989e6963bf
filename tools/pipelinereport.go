package tools

import (
	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

// reportedDays is how far a pipeline report looks back unless told.
const reportedDays = 30

func pipelineReport() *Tool {
	return &Tool{Name: "pipeline_report", Title: "Pipeline report", Set: "insight", Mode: Read, Run: runPipelineReport, Out: pipelineOut(),
		Description: "Open deals by stage: number, amount, weighted amount, age, conversion, and what was created, moved, won or lost in a period (default the last 30 days).",
		In: []Arg{
			{Name: "pipeline"},
			{Name: "since", Doc: "date or last_month", Aliases: []string{"from", "start", "period"}},
			{Name: "until", Aliases: []string{"to", "end"}},
			{Name: "owner"},
		}}
}

func pipelineOut() []Member {
	sum := (&Object{}).Set("type", []string{"number", "null"})
	worth := objectOf(Member{Name: "currency", Schema: ofType("string")}, Member{Name: "deals", Schema: ofType("integer")},
		Member{Name: "amount", Schema: sum}, Member{Name: "weighted", Schema: sum})
	whole := ofType("integer")
	stage := objectOf(append(optional(whole, "deals", "average_age_days", "average_days_in_stage"),
		Member{Name: "id", Schema: ofType("string")}, Member{Name: "name", Schema: ofType("string")}, Member{Name: "pipeline", Schema: reference()},
		Member{Name: "amounts", Schema: listSchema(worth)},
		Member{Name: "in_period", Schema: objectOf(optional(whole, "were_here", "came", "went_on", "won", "lost", "conversion_percent", "win_percent")...)})...)
	move := objectOf(Member{Name: "from", Schema: ofType("string")}, Member{Name: "to", Schema: ofType("string")}, Member{Name: "deals", Schema: whole})
	day := ofType("string").Set("format", "date")
	return append([]Member{{Name: "since", Schema: day, Always: true}, {Name: "until", Schema: day, Always: true},
		{Name: "stages", Schema: listSchema(stage), Always: true}, {Name: "moved", Schema: listSchema(move)}},
		optional(listSchema(worth), "open", "created", "won", "lost")...)
}

// pipelineSpan is what a report is about.
type pipelineSpan struct {
	since, until schema.Date
	// where selects the deals, in the filter language.
	where    string
	pipeline store.Key
}

func runPipelineReport(c *Call) (*Object, error) {
	span := c.pipelineSpan()
	if len(c.Problems) > 0 {
		return nil, c.Problems.Err()
	}
	stages, err := c.stages(span.pipeline)
	if err != nil {
		return nil, err
	}
	rows, err := c.stageRows(span, stages)
	if err != nil {
		return nil, err
	}
	o := (&Object{}).Set("since", span.since).Set("until", span.until).Set("stages", rows)
	worth := []string{"count", "sum(amount)"}
	for _, part := range []struct {
		name, where string
		measures    []string
	}{
		{"open", "status = open", append(worth, "sum(weighted_value)")},
		{"created", "created_at between " + span.days(), worth},
		{"won", "status = won and closed_on between " + span.days(), worth},
		{"lost", "status = lost and closed_on between " + span.days(), worth},
	} {
		table, err := c.measured(c.Type("deal"), both(span.where, part.where), []string{"currency"}, part.measures)
		if err != nil {
			return nil, err
		}
		o.Put(part.name, tableRows(table, []string{"currency", "deals", "amount", "weighted"}))
	}
	return c.addFlows(o, span, stages)
}

// days are the bounds of the span in the filter language.
func (s pipelineSpan) days() string { return s.since.String() + " and " + s.until.String() }

// pipelineSpan reads the arguments; what is wrong with them is noted.
func (c *Call) pipelineSpan() pipelineSpan {
	today := c.Tx.Clock().Today()
	span := pipelineSpan{since: today.AddDays(-reportedDays), until: today}
	if first, last, ok := c.period("since"); ok {
		span.since = first
		if first != last {
			span.until = last
		}
	}
	if _, last, ok := c.period("until"); ok {
		span.until = last
	}
	if span.since > span.until {
		c.Problems.Add(c.Path("since"), "since (%s) lies after until (%s)", span.since, span.until)
	}
	if key, ok := c.Reference("pipeline", c.Type("pipeline")); ok {
		span.pipeline, span.where = key, "pipeline = "+key.String()
	}
	if key, ok := c.Reference("owner", c.Type("user")); ok {
		span.where = both(span.where, "owner = "+key.String())
	}
	return span
}

// period reads a day or a period of days.
func (c *Call) period(name string) (first, last schema.Date, ok bool) {
	if !c.Has(name) {
		return 0, 0, false
	}
	first, last, ok = filter.Period(c.Tx.Clock(), c.Text(name))
	if !ok {
		c.Problems.Add(c.Path(name), "%s must be a date or a period (2026-05-01, -30d, last_month, this_quarter), not %s", name, quote(text.Truncate(c.Text(name), 40)))
	}
	return first, last, ok
}

// stages gives the stages of a pipeline, of all without one, in their order.
func (c *Call) stages(pipeline store.Key) ([]*store.Record, error) {
	t := c.Type("stage")
	query := store.Query{Type: t, Limit: maxGroups}
	var err error
	if pipeline.Type != nil {
		if query.Where, err = c.Tx.ParseFilter(t, "pipeline = "+pipeline.String()); err != nil {
			return nil, err
		}
	}
	if query.Sort, err = filter.ParseSort("pipeline, position", t, c.Tx.FilterEnv()); err != nil {
		return nil, err
	}
	page, err := c.Tx.List(query)
	if err != nil {
		return nil, err
	}
	return page.Records, nil
}

// stageRows shows the open stages with the deals that are in them now.
func (c *Call) stageRows(span pipelineSpan, stages []*store.Record) ([]*Object, error) {
	where := both(span.where, "status = open")
	amounts, err := c.measured(c.Type("deal"), where, []string{"stage"}, []string{"sum(amount)", "sum(weighted_value)"})
	if err != nil {
		return nil, err
	}
	ages, err := c.measured(c.Type("deal"), where, []string{"stage"}, []string{"count", "avg(created_at)", "avg(stage_changed_at)"})
	if err != nil {
		return nil, err
	}
	var open []*store.Record
	pipelines := map[int64]bool{}
	for _, stage := range stages {
		pipelines[stage.Int("pipeline")] = true
		if stage.Text("kind") == "open" {
			open = append(open, stage)
		}
	}
	names := []string{"name"}
	if len(pipelines) > 1 {
		names = []string{"name", "pipeline"}
	}
	rows, err := c.Render(c.Type("stage"), open, Look{Columns: namedColumns(c.Type("stage"), names)})
	for i, row := range rows {
		c.addDeals(row, open[i].ID, amounts, ages)
	}
	return rows, err
}

// addDeals adds to a stage how many deals are in it, their worth and age.
func (c *Call) addDeals(row *Object, stage int64, amounts, ages *store.Table) {
	row.Set("deals", int64(0))
	var worth []any
	for _, found := range rowsOf(amounts, stage) {
		worth = append(worth, (&Object{}).Set("currency", found[0]).Put("amount", found[1]).Put("weighted", found[2]))
	}
	for _, found := range rowsOf(ages, stage) {
		row.Set("deals", found[0]).Put("amounts", worth).Put("average_age_days", c.daysSince(found[1])).Put("average_days_in_stage", c.daysSince(found[2]))
	}
}

// rowsOf gives the rows of a table whose first group is a record.
func rowsOf(table *store.Table, id int64) (found [][]any) {
	for _, row := range table.Rows {
		if ref, ok := row[0].(store.Ref); ok && ref.ID == id {
			found = append(found, row[1:])
		}
	}
	return found
}

// daysSince is how many whole days ago a moment was; nil: there is none.
func (c *Call) daysSince(moment any) any {
	at, ok := moment.(schema.Millis)
	if !ok {
		return nil
	}
	return int64(c.Tx.Clock().Now.Sub(at.Time()).Hours() / 24)
}
