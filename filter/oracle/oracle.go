// Package oracle is the meaning of the filter language in plain Go, over
// records in memory. Only tests use it: random filters over random records
// must give the same rows here and in SQL.
package oracle

import (
	"slices"
	"strings"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// Record is a record in memory. Implementations must be comparable, and the
// same record must always be the same value: counts tell records apart by it.
type Record interface {
	// Value gives the canonical value of a field (schema.Reader.Parse), a
	// reference as its id, nil where there is none. Of metadata it is asked
	// for one key and gives a string, schema.Decimal or bool; of identifiers
	// it gives a []string of all normal forms.
	Value(field *schema.Field, key string) any
	// Related gives the records that a relation leads to.
	Related(relation *schema.Relation) []Record
}

// Match tells whether a record meets a checked filter.
func Match(e filter.Expr, r Record) bool {
	switch e := e.(type) {
	case filter.And:
		return !slices.ContainsFunc(e, func(part filter.Expr) bool { return !Match(part, r) })
	case filter.Or:
		return slices.ContainsFunc(e, func(part filter.Expr) bool { return Match(part, r) })
	case filter.Not:
		return !Match(e.X, r)
	case filter.Related:
		return slices.ContainsFunc(r.Related(e.Relation), func(other Record) bool { return meets(e.Where, other) })
	case filter.Count:
		return ordered(e.Op, number(int64(len(reach(r, e.Path, e.Where)))-e.N))
	case filter.Compare:
		return compare(e, r.Value(e.Field, e.Key))
	}
	return false
}

func meets(where filter.Expr, r Record) bool { return where == nil || Match(where, r) }

// reach gives the different records at the end of a path that meet where.
func reach(r Record, path []*schema.Relation, where filter.Expr) map[Record]bool {
	level := map[Record]bool{r: true}
	for _, relation := range path {
		next := map[Record]bool{}
		for one := range level {
			for _, other := range one.Related(relation) {
				next[other] = true
			}
		}
		level = next
	}
	for one := range level {
		if !meets(where, one) {
			delete(level, one)
		}
	}
	return level
}

// compare meets one Compare with the field's value.
func compare(e filter.Compare, value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case []string:
		return list(e, v)
	case []schema.Detail:
		return slices.ContainsFunc(v, func(d schema.Detail) bool { return compare(e, d.Value) })
	case []schema.Participant:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	case schema.Range:
		return span(e, v)
	case string:
		return words(e, v)
	}
	if e.Op == filter.NotNull {
		return true
	}
	return slices.ContainsFunc(e.Values, func(wanted any) bool { return single(e, value, wanted) })
}

func list(e filter.Compare, options []string) bool {
	has := func(wanted any) bool {
		return slices.ContainsFunc(options, func(one string) bool { return text.Fold(one) == text.Fold(wanted.(string)) })
	}
	switch e.Op {
	case filter.NotNull:
		return len(options) > 0
	case filter.HasAll:
		return !slices.ContainsFunc(e.Values, func(wanted any) bool { return !has(wanted) })
	}
	return slices.ContainsFunc(e.Values, has)
}

func span(e filter.Compare, r schema.Range) bool {
	if e.Op == filter.NotNull {
		return true
	}
	end := r.Start
	if e.Part == "end" {
		end = r.End
	}
	if date, ok := e.Values[0].(schema.Date); ok {
		return ordered(e.Op, number(end-int64(date)))
	}
	return ordered(e.Op, number(end-int64(e.Values[0].(schema.Millis))))
}

// words compares a text with each of the values.
func words(e filter.Compare, s string) bool {
	if e.Op == filter.NotNull {
		return s != ""
	}
	return s != "" && slices.ContainsFunc(e.Values, func(value any) bool {
		wanted, ok := value.(string)
		return ok && word(e.Op, s, wanted)
	})
}

func word(op filter.Op, s, wanted string) bool {
	folded, looked := text.Fold(s), text.Fold(wanted)
	switch op {
	case filter.Exact:
		return s == wanted
	case filter.Contains:
		return strings.Contains(folded, looked)
	case filter.StartsWith:
		return strings.HasPrefix(folded, looked)
	case filter.EndsWith:
		return strings.HasSuffix(folded, looked)
	case filter.Like:
		return like([]rune(folded), []rune(filter.FoldPattern(wanted)))
	}
	return ordered(op, strings.Compare(folded, looked))
}

// like matches a folded pattern; % is any text, _ any character.
func like(s, pattern []rune) bool {
	if len(pattern) == 0 {
		return len(s) == 0
	}
	switch pattern[0] {
	case '%':
		return like(s, pattern[1:]) || len(s) > 0 && like(s[1:], pattern)
	case '\\':
		pattern = pattern[1:]
		return len(s) > 0 && s[0] == pattern[0] && like(s[1:], pattern[1:])
	case '_':
		return len(s) > 0 && like(s[1:], pattern[1:])
	}
	return len(s) > 0 && s[0] == pattern[0] && like(s[1:], pattern[1:])
}

// single compares a number, date, moment, id or truth value.
func single(e filter.Compare, value, wanted any) bool {
	switch v := value.(type) {
	case schema.Date:
		return ordered(e.Op, dates(v, wanted.(schema.Date)))
	case schema.Millis:
		return ordered(e.Op, number(int64(v-wanted.(schema.Millis))))
	case schema.Decimal:
		other, ok := wanted.(schema.Decimal)
		return ok && ordered(e.Op, number(int64(v-other)))
	case int64:
		return ordered(e.Op, number(v-wanted.(int64)))
	case bool:
		return v == wanted
	}
	return false
}

// dates compares two days, by month and day where one of them has no year.
func dates(one, other schema.Date) int {
	const year = 10_000
	if one < year || other < year {
		one, other = one%year, other%year
	}
	return number(int64(one - other))
}

func number(difference int64) int { return int(min(max(difference, -1), 1)) }

func ordered(op filter.Op, sign int) bool {
	switch op {
	case filter.Lt:
		return sign < 0
	case filter.Lte:
		return sign <= 0
	case filter.Gt:
		return sign > 0
	case filter.Gte:
		return sign >= 0
	}
	return sign == 0
}
