package tools

import (
	"testing"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// someStages are Lead 1, Qualified 2, Won 3 and Lost 4.
func someStages() []*store.Record {
	kinds := []string{"open", "open", "won", "lost"}
	var stages []*store.Record
	for i, kind := range kinds {
		n := int64(i + 1)
		stages = append(stages, &store.Record{ID: n, Values: map[string]any{"pipeline": int64(1), "position": n, "kind": kind, "name": kind}})
	}
	return stages
}

func TestFunnel(t *testing.T) {
	move := func(deal, from, to int64, at schema.Millis) store.Move {
		return store.Move{Record: deal, From: from, To: to, At: at}
	}
	for name, c := range map[string]struct {
		moves           []store.Move
		lead, qualified flow
	}{
		"won through both":        {[]store.Move{move(1, 0, 1, 1), move(1, 1, 2, 2), move(1, 2, 3, 3)}, flow{1, 1, 1, 1, 0}, flow{1, 1, 1, 1, 0}},
		"lost from the start":     {[]store.Move{move(1, 1, 4, 1)}, flow{1, 0, 0, 0, 1}, flow{}},
		"back and forth":          {[]store.Move{move(1, 2, 1, 1), move(1, 1, 2, 2)}, flow{1, 1, 1, 0, 0}, flow{1, 1, 0, 0, 0}},
		"moved after the period":  {[]store.Move{move(1, 1, 2, 11)}, flow{1, 0, 0, 0, 0}, flow{}},
		"made after the period":   {[]store.Move{move(1, 0, 1, 11)}, flow{}, flow{}},
		"won, then opened again":  {[]store.Move{move(1, 1, 3, 1), move(1, 3, 2, 2)}, flow{1, 0, 1, 0, 0}, flow{1, 1, 0, 0, 0}},
		"two deals":               {[]store.Move{move(1, 0, 1, 1), move(2, 0, 1, 1), move(2, 1, 2, 1)}, flow{2, 2, 1, 0, 0}, flow{1, 1, 0, 0, 0}},
		"from an unknown stage":   {[]store.Move{move(1, 99, 2, 1)}, flow{}, flow{1, 1, 0, 0, 0}},
		"out of the pipeline":     {[]store.Move{move(1, 1, 99, 1)}, flow{1, 0, 0, 0, 0}, flow{}},
		"without a stage for now": {[]store.Move{move(1, 1, 0, 1)}, flow{1, 0, 0, 0, 0}, flow{}},
	} {
		f := newFunnel(someStages())
		f.follow(c.moves, 10)
		if *f.flows[1] != c.lead || *f.flows[2] != c.qualified {
			t.Errorf("%s: lead %v, want %v; qualified %v, want %v", name, *f.flows[1], c.lead, *f.flows[2], c.qualified)
		}
	}
}
