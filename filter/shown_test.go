package filter_test

import (
	"fmt"
	"strings"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

var signs = map[filter.Op]string{
	filter.Eq: "=", filter.Exact: "==", filter.Lt: "<", filter.Lte: "<=", filter.Gt: ">", filter.Gte: ">=",
	filter.Contains: "contains", filter.StartsWith: "starts", filter.EndsWith: "ends", filter.Like: "like",
	filter.In: "in", filter.HasAny: "has any", filter.HasAll: "has all", filter.NotNull: "not null",
}

// shown writes a checked tree so that tests can say what they expect of it.
func shown(e filter.Expr) string {
	switch e := e.(type) {
	case filter.And:
		return "and(" + shownList(e) + ")"
	case filter.Or:
		return "or(" + shownList(e) + ")"
	case filter.Not:
		return "not(" + shown(e.X) + ")"
	case filter.Related:
		return e.Relation.Name + "{" + shown(e.Where) + "}"
	case filter.Count:
		return fmt.Sprintf("count(%s{%s}) %s %d", shownPath(e.Path), shown(e.Where), signs[e.Op], e.N)
	case filter.Compare:
		return shownCompare(e)
	}
	return ""
}

func shownList(list []filter.Expr) string {
	var parts []string
	for _, e := range list {
		parts = append(parts, shown(e))
	}
	return strings.Join(parts, "; ")
}

func shownPath(path []*schema.Relation) string {
	var names []string
	for _, r := range path {
		names = append(names, r.Name)
	}
	return strings.Join(names, ".")
}

func shownCompare(e filter.Compare) string {
	var b strings.Builder
	b.WriteString(e.Field.Name)
	if e.Key != "" {
		b.WriteString("[" + e.Key + "]")
	}
	if e.Part != "" {
		b.WriteString("." + e.Part)
	}
	b.WriteString(" " + signs[e.Op])
	for _, v := range e.Values {
		if s, ok := v.(string); ok {
			fmt.Fprintf(&b, " %q", s)
			continue
		}
		fmt.Fprintf(&b, " %v", v)
	}
	return b.String()
}
