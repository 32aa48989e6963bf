package store

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// place is where a text stands: as it was written, and folded.
type place struct{ raw, folded clause }

// text compares a text with the values of a condition.
func (c *compiler) text(e filter.Compare, p place) clause {
	if e.Op == filter.NotNull {
		return p.raw.then(" IS NOT NULL")
	}
	values := make([]string, len(e.Values))
	for i, value := range e.Values {
		s, ok := value.(string)
		if !ok {
			return c.fail(fmt.Errorf("store: cannot compare the text %s with %T", e.Field.Name, value))
		}
		values[i] = s
	}
	if len(values) == 0 {
		return never
	}
	return c.textIs(e.Op, p, values)
}

func (c *compiler) textIs(op filter.Op, p place, values []string) clause {
	s := values[0]
	folded := text.Fold(s)
	switch op {
	case filter.Exact:
		return allOf(p.folded.then(" = ?", folded), p.raw.then(" = ?", s))
	case filter.Contains:
		return c.like(p, "%"+escapeLike(folded)+"%")
	case filter.EndsWith:
		return c.like(p, "%"+escapeLike(folded))
	case filter.Like:
		return c.like(p, filter.FoldPattern(s))
	case filter.StartsWith:
		return allOf(p.folded.then(" >= ?", folded), p.folded.then(" < ?", folded+string(utf8.MaxRune)))
	case filter.HasAll:
		var each []clause
		for _, value := range values {
			each = append(each, p.folded.then(" = ?", text.Fold(value)))
		}
		return allOf(each...)
	}
	if sign(op) != "=" {
		return p.folded.then(" "+sign(op)+" ?", folded)
	}
	args := make([]any, len(values))
	for i, value := range values {
		args[i] = text.Fold(value)
	}
	return isOneOf(p.folded, args)
}

// longestPattern is what the engine takes, in bytes.
const longestPattern = 50_000

func (c *compiler) like(p place, pattern string) clause {
	if len(pattern) > longestPattern {
		return c.fail(schema.Errorf(schema.InvalidArgument, "the text to look for is too long: send a shorter part of it"))
	}
	return p.folded.then(` LIKE ? ESCAPE '\'`, pattern)
}

// escapeLike takes the meaning of % and _ away.
func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}
