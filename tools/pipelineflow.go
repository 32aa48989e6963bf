package tools

import (
	"cmp"
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// flow is what went through a stage in a period, in deals: those that were in
// it for any time, those of them that came in meanwhile, went on to a later
// stage or were won, and stand as won or lost at the end.
type flow struct{ here, came, on, won, lost int64 }

// funnel follows deals through stages.
type funnel struct {
	stages map[int64]*store.Record
	flows  map[int64]*flow
	// moved counts the deals that went from one stage to another.
	moved map[[2]int64]int64
	// since counts the deals that have moved since the period began, by the
	// stage in which they are now.
	since map[int64]int64
}

// addFlows adds what moved in the period: to each stage its conversion, and
// the ways that deals went.
func (c *Call) addFlows(o *Object, span pipelineSpan, stages []*store.Record) (*Object, error) {
	deal := c.Type("deal")
	where, err := c.Tx.ParseFilter(deal, span.where)
	if err != nil {
		return nil, err
	}
	clock := c.Tx.Clock()
	moves, err := c.Tx.Moves(deal, deal.Field("stage"), where, clock.Start(span.since))
	if err != nil {
		return nil, err
	}
	now, err := c.measured(deal, span.where, []string{"stage"}, []string{"count"})
	if err != nil {
		return nil, err
	}
	f := newFunnel(stages)
	f.follow(moves, clock.End(span.until))
	f.addStill(now)
	rows, _ := o.Get("stages").([]*Object)
	for _, row := range rows {
		_, id, _ := c.Tx.Schema().ParseID(row.ID())
		row.Put("in_period", f.flowObject(id))
	}
	return o.Put("moved", f.ways()), nil
}

func newFunnel(stages []*store.Record) *funnel {
	f := &funnel{stages: map[int64]*store.Record{}, flows: map[int64]*flow{}, moved: map[[2]int64]int64{}, since: map[int64]int64{}}
	for _, stage := range stages {
		f.stages[stage.ID], f.flows[stage.ID] = stage, &flow{}
	}
	return f
}

// follow takes all moves since the period began; it ends with until.
func (f *funnel) follow(moves []store.Move, until schema.Millis) {
	byDeal := map[int64][]store.Move{}
	for _, m := range moves {
		byDeal[m.Record] = append(byDeal[m.Record], m)
	}
	for _, moves := range byDeal {
		f.since[moves[len(moves)-1].To]++
		way := []int64{moves[0].From}
		for _, m := range moves {
			if m.At > until {
				break
			}
			way = append(way, m.To)
			if m.From != 0 && m.To != 0 {
				f.moved[[2]int64{m.From, m.To}]++
			}
		}
		f.addWay(way)
	}
}

// addWay counts one deal in each stage that it was in. The way begins with
// the stage at the start of the period.
func (f *funnel) addWay(way []int64) {
	last := f.stages[way[len(way)-1]]
	for i, id := range way {
		counted := f.flows[id]
		if counted == nil || slices.Contains(way[:i], id) {
			continue
		}
		counted.here++
		if slices.Contains(way[1:], id) {
			counted.came++
		}
		further := func(later int64) bool { return f.isFurther(id, later) }
		if slices.ContainsFunc(way[i+1:], further) {
			counted.on++
		}
		if last != nil && i < len(way)-1 {
			switch last.Text("kind") {
			case "won":
				counted.won++
			case "lost":
				counted.lost++
			}
		}
	}
}

// isFurther says that a stage is won or comes after another of its pipeline.
func (f *funnel) isFurther(from, to int64) bool {
	one, other := f.stages[from], f.stages[to]
	switch {
	case other == nil || other.Text("kind") == "lost":
		return false
	case other.Text("kind") == "won":
		return true
	}
	return one.Int("pipeline") == other.Int("pipeline") && one.Int("position") < other.Int("position")
}

// addStill counts the deals that have not moved since the period began.
func (f *funnel) addStill(now *store.Table) {
	for id, counted := range f.flows {
		for _, row := range rowsOf(now, id) {
			n, _ := row[0].(int64)
			counted.here += max(0, n-f.since[id])
		}
	}
}

func (f *funnel) flowObject(id int64) *Object {
	counted := f.flows[id]
	if counted == nil || counted.here == 0 {
		return nil
	}
	return (&Object{}).Set("were_here", counted.here).Set("came", counted.came).Set("went_on", counted.on).
		Set("won", counted.won).Set("lost", counted.lost).
		Set("conversion_percent", percent(counted.on, counted.here)).Set("win_percent", percent(counted.won, counted.here))
}

func percent(part, whole int64) int64 { return (200*part + whole) / (2 * whole) }

// ways lists from where to where deals moved, in the order of the stages.
func (f *funnel) ways() []*Object {
	var pairs [][2]int64
	for pair := range f.moved {
		if f.stages[pair[0]] != nil && f.stages[pair[1]] != nil {
			pairs = append(pairs, pair)
		}
	}
	place := func(id int64) int64 { return f.stages[id].Int("position") }
	slices.SortFunc(pairs, func(a, b [2]int64) int {
		return cmp.Or(cmp.Compare(place(a[0]), place(b[0])), cmp.Compare(place(a[1]), place(b[1])), slices.Compare(a[:], b[:]))
	})
	var rows []*Object
	for _, pair := range pairs {
		rows = append(rows, (&Object{}).Set("from", f.stages[pair[0]].Title()).Set("to", f.stages[pair[1]].Title()).Set("deals", f.moved[pair]))
	}
	return rows
}
