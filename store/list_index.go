package store

import (
	"slices"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

// mostAlternatives bounds into how many statements a list of values is taken apart.
const mostAlternatives = 8

// sortIndexed tells whether an index of the type has the order of the list.
func (l *listing) sortIndexed() bool {
	if len(l.order.keys) == 0 {
		return true
	}
	key := l.Sort[0]
	return len(l.order.keys) == 1 && len(key.Path) == 0 && slices.Contains(l.Type.Sorts, key.Field.Name)
}

// indexed gives the conditions of a list that an index holds in its order: one
// on the field that leads a look-up, bounds of the field that follows in it,
// or both; one clause for each value of the first. nil: there is no such index.
func (l *listing) indexed() []clause {
	if l.words != nil || len(l.order.keys) != 1 || len(l.Sort[0].Path) > 0 || l.Where == nil {
		return nil
	}
	sort := l.Sort[0].Field
	leading, bounds, ok := takeApart(conjuncts(l.Where), sort)
	if !ok {
		return nil
	}
	within := make([]clause, len(bounds), len(bounds)+1)
	for i, e := range bounds {
		within[i] = l.compiler.compare(e, l.Type, "t")
	}
	if leading == nil {
		if !slices.Contains(l.Type.Sorts, sort.Name) {
			return nil
		}
		return []clause{allOf(within...)}
	}
	led := []string{leading.Field.Name, sort.Name}
	if !slices.ContainsFunc(l.Type.Lookups, func(names []string) bool { return slices.Equal(names, led) }) {
		return nil
	}
	var alternatives []clause
	for _, value := range leading.Values {
		one := filter.Compare{Field: leading.Field, Op: filter.Eq, Values: []any{value}}
		alternatives = append(alternatives, allOf(append([]clause{l.compiler.compare(one, l.Type, "t")}, within...)...))
	}
	return alternatives
}

// takeApart splits conditions that all must hold into one that gives a field
// its values and bounds of the field that sorts; ok is false where there are
// others.
func takeApart(parts []filter.Expr, sort *schema.Field) (leading *filter.Compare, bounds []filter.Compare, ok bool) {
	for _, part := range parts {
		e, isCompare := part.(filter.Compare)
		switch {
		case !isCompare || e.Field.Custom || e.Field.Kind.IsText():
			return nil, nil, false
		case e.Field == sort && bounding(e):
			bounds = append(bounds, e)
		case leading == nil && sign(e.Op) == "=" && len(e.Values) > 0 && len(e.Values) <= mostAlternatives:
			leading = &e
		default:
			return nil, nil, false
		}
	}
	return leading, bounds, true
}

// bounding tells the comparisons that an index of the field narrows by.
func bounding(e filter.Compare) bool {
	info := e.Field.Kind.Info()
	return sign(e.Op) != "" && len(e.Values) == 1 && e.Key == "" && e.Part == "" && e.Field.Kind != schema.PartialDate &&
		info.Storage == schema.StoreInteger && len(e.Field.Options) == 0
}

// sought tells whether an index of the type leads to the records that meet a
// filter.
func sought(e filter.Expr, t *schema.Type) bool {
	seeks := func(part filter.Expr) bool { return sought(part, t) }
	switch e := e.(type) {
	case filter.And:
		return slices.ContainsFunc(e, seeks)
	case filter.Or:
		return !slices.ContainsFunc(e, func(part filter.Expr) bool { return !seeks(part) })
	case filter.Compare:
		if sign(e.Op) == "" && e.Op != filter.StartsWith {
			return false
		}
		name := e.Field.Name
		leads := func(names []string) bool { return names[0] == name }
		return slices.Contains(t.Names, name) || slices.ContainsFunc(t.Lookups, leads) || slices.ContainsFunc(t.Uniques, leads) ||
			!e.Field.Kind.Info().Collated && slices.Contains(t.Sorts, name)
	}
	return false
}
