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

// indexed gives the conditions of a list that an index holds in its order:
// one condition on the field that leads a look-up, one clause a value. nil:
// there is no such index.
func (l *listing) indexed() []clause {
	e, ok := oneCompare(l.Where)
	if !ok || l.words != nil || len(l.order.keys) != 1 || len(l.Sort[0].Path) > 0 || e.Field.Custom ||
		e.Field.Kind.IsText() || sign(e.Op) != "=" || len(e.Values) == 0 || len(e.Values) > mostAlternatives {
		return nil
	}
	led := []string{e.Field.Name, l.Sort[0].Field.Name}
	if !slices.ContainsFunc(l.Type.Lookups, func(names []string) bool { return slices.Equal(names, led) }) {
		return nil
	}
	var alternatives []clause
	for _, value := range e.Values {
		one := filter.Compare{Field: e.Field, Op: filter.Eq, Values: []any{value}}
		alternatives = append(alternatives, l.compiler.compare(one, l.Type, "t"))
	}
	return alternatives
}

func oneCompare(e filter.Expr) (filter.Compare, bool) {
	parts := conjuncts(e)
	if len(parts) != 1 {
		return filter.Compare{}, false
	}
	compare, ok := parts[0].(filter.Compare)
	return compare, ok
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
