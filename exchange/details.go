package exchange

import (
	"cmp"
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

// mergeDetails gives the whole new list of a kind of detail of a record that
// is there: a label that the row gives has what the row gives, every other
// label what it had. primary is the row's own primary detail, or empty.
func mergeDetails(have []store.Detail, primary string, given []schema.Detail) []schema.Detail {
	same := func(a, b string) bool { return text.Fold(a) == text.Fold(b) }
	given = slices.DeleteFunc(slices.Clone(given), func(d schema.Detail) bool { return same(d.Value, primary) })
	labels := map[string]bool{}
	for _, d := range given {
		labels[d.Label] = true
	}
	have = slices.Clone(have)
	slices.SortStableFunc(have, func(a, b store.Detail) int { return cmp.Compare(secondary(a), secondary(b)) })
	var list []schema.Detail
	if primary != "" {
		label := "general"
		if at := slices.IndexFunc(have, func(d store.Detail) bool { return same(d.Value, primary) }); at >= 0 {
			label = have[at].Label
		}
		list = append(list, schema.Detail{Label: label, Value: primary})
	}
	for _, d := range have {
		switch {
		case primary != "" && (d.Primary || same(d.Value, primary)):
		case !labels[d.Label]:
			list = append(list, schema.Detail{Label: d.Label, Value: d.Value})
		default:
			at := slices.IndexFunc(given, func(g schema.Detail) bool { return g.Label == d.Label })
			if at >= 0 {
				list = append(list, given[at])
				given = slices.Delete(given, at, at+1)
			}
		}
	}
	for _, d := range given {
		if !slices.ContainsFunc(list, func(l schema.Detail) bool { return same(l.Value, d.Value) }) {
			list = append(list, d)
		}
	}
	return list
}

func secondary(d store.Detail) int {
	if d.Primary {
		return 0
	}
	return 1
}
