package filter

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// Measured is one value of a group that conditions may compare: the names it
// goes by, the one to show first, and the kind of its values.
type Measured struct {
	Names []string
	Kind  schema.Kind
}

// Having tells whether a group is wanted; values stand in the order of the
// Measured, nil where a group has none.
type Having func(values []any) bool

// ParseHaving reads conditions on groups such as "count > 3 and sum(amount) >=
// 1000". Numbers are int64 or schema.Decimal, days schema.Date, moments
// schema.Millis. A condition on a missing value is false. The error is a
// *schema.Error with every problem.
func ParseHaving(s string, measured []Measured, clock schema.Clock) (Having, error) {
	runes := []rune(s)
	if len(runes) > MaxCharacters {
		return nil, schema.Errorf(schema.InvalidArgument, "the condition has %d characters: at most %d are allowed", len(runes), MaxCharacters)
	}
	p := &havingParser{parser: parser{faults: faults{text: runes}, tokens: lex(runes)}, measured: measured, clock: clock}
	wanted := p.disjunction()
	if t := p.peek(); t.kind != tokenEnd && len(p.list) == 0 {
		p.fail("unexpected %s at %d", t.shown(), t.at)
	}
	if err := p.list.Err(); err != nil {
		return nil, err
	}
	return wanted, nil
}

// havingParser has a method for each rule. After a fault it skips to the end
// of the condition and goes on, as the parser of filters does.
type havingParser struct {
	parser
	measured []Measured
	clock    schema.Clock
}

func (p *havingParser) disjunction() Having {
	parts := []Having{p.conjunction()}
	for p.accept("or", "||") {
		parts = append(parts, p.conjunction())
	}
	return func(values []any) bool {
		return slices.ContainsFunc(parts, func(part Having) bool { return part(values) })
	}
}

func (p *havingParser) conjunction() Having {
	parts := []Having{p.negation()}
	for p.accept("and", "&&") {
		parts = append(parts, p.negation())
	}
	return func(values []any) bool {
		return !slices.ContainsFunc(parts, func(part Having) bool { return !part(values) })
	}
}

// negation = [ NOT ] ( "(" disjunction ")" | condition )
func (p *havingParser) negation() Having {
	start := p.peek()
	p.conditions++
	switch {
	case p.conditions > MaxConditions:
		p.halt(start, "too many conditions at %d: at most %d are taken", start.at, MaxConditions)
		return nil
	case !p.accept("not", "!") && !p.accept("("):
		return p.condition()
	case !p.deeper(start):
		return nil
	}
	defer p.shallower()
	if start.is("(") {
		inner := p.disjunction()
		if !p.accept(")") && len(p.list) == 0 {
			p.closing(start)
		}
		return inner
	}
	inner := p.negation()
	return func(values []any) bool { return !inner(values) }
}

// condition = measure compare value | measure IS [ NOT ] NULL
func (p *havingParser) condition() Having {
	index, ok := p.measure()
	if !ok {
		p.skip()
		return nil
	}
	if p.accept("is") {
		negated := p.accept("not")
		if !p.accept("null", "empty") {
			p.fail(`expected "null" at %d, found %s`, p.peek().at, p.peek().shown())
		}
		return func(values []any) bool { return (values[index] == nil) != negated }
	}
	op, negated, ok := p.compareSign()
	if !ok {
		p.fail("expected =, !=, <, <=, > or >= at %d, found %s", p.peek().at, p.peek().shown())
		p.skip()
		return nil
	}
	v, ok := p.value()
	if !ok {
		p.skip()
		return nil
	}
	limit, ok := p.limit(v, p.measured[index].Kind, op.op)
	if !ok {
		return nil
	}
	return func(values []any) bool {
		return (values[index] != nil && holds(op.op, compareMeasured(values[index], limit))) != negated
	}
}

// measure = name [ "(" [ name | "*" ] ")" ]
func (p *havingParser) measure() (index int, ok bool) {
	first := p.take()
	spelled := first.text
	if first.kind == tokenWord && p.accept("(") {
		spelled += "("
		for !p.peek().is(")") && p.peek().kind != tokenEnd {
			spelled += p.take().text
		}
		p.accept(")")
		spelled += ")"
	}
	var names []string
	for i, m := range p.measured {
		if slices.ContainsFunc(m.Names, func(name string) bool { return SameMeasure(name, spelled) }) {
			return i, true
		}
		names = append(names, m.Names[0])
	}
	near := NearestMeasure(spelled, names)
	guess := choose(near != "", fmt.Sprintf(": did you mean %q?", near), "")
	if near == "" && strings.HasSuffix(spelled, ")") {
		guess = ": add it to measures"
	}
	problem := p.add(first.at, "%s at %d is none of the measures%s  (%s)", choose(first.kind == tokenEnd, "the end", quote(spelled)), first.at, guess, listed(names, shownNames))
	problem.DidYouMean, problem.Allowed = near, names
	return 0, false
}

// NearestMeasure is the group or measure that a name was most likely meant to
// be: sum(amount) for amount. What has brackets is a measure that the call
// may lack rather than another one misspelled, unless it is very near.
func NearestMeasure(name string, names []string) string {
	inner := func(s string) string {
		_, argument, _ := strings.Cut(strings.TrimSuffix(s, ")"), "(")
		return argument
	}
	for _, one := range names {
		if argument := inner(one); argument != "" && SameMeasure(argument, name) {
			return one
		}
	}
	near := text.Nearest(name, names)
	if argument := inner(name); argument != "" && text.Distance(inner(near), argument, 2) > 2 {
		return ""
	}
	return near
}

// SameMeasure compares the names of measures: case and spaces do not matter.
func SameMeasure(one, other string) bool {
	plain := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }
	return plain(one) == plain(other)
}

// limit reads what a measure is compared with.
func (p *havingParser) limit(v value, kind schema.Kind, op Op) (any, bool) {
	switch kind {
	case schema.DateOnly:
		d, ok := p.clock.Date(v.text)
		if !ok {
			p.add(v.at, "%s at %d is no date: use 2026-05-01, today or -30d", quote(v.text), v.at)
		}
		return d, ok
	case schema.DateTime:
		m, dayOnly, ok := p.clock.Moment(v.text)
		if !ok {
			p.add(v.at, "%s at %d is no time: use 2026-05-01, 2026-05-01T10:00:00Z or -6h", quote(v.text), v.at)
		}
		if dayOnly && (op == Gt || op == Lte) {
			m = p.clock.End(schema.DateOf(m.Time().In(p.clock.Location)))
		}
		return m, ok
	}
	d, err := schema.ParseDecimal(v.text)
	if err != nil {
		p.add(v.at, "%s at %d %s", quote(v.text), v.at, err)
	}
	return d, err == nil
}

func holds(op Op, order int) bool {
	switch op {
	case Lt:
		return order < 0
	case Lte:
		return order <= 0
	case Gt:
		return order > 0
	case Gte:
		return order >= 0
	}
	return order == 0
}

// compareMeasured puts a value and a limit of the same kind in order; counts
// are whole where limits may have places.
func compareMeasured(v, limit any) int {
	switch v := v.(type) {
	case int64:
		d, _ := limit.(schema.Decimal)
		return cmp.Or(cmp.Compare(v, int64(d/schema.DecimalOne)), cmp.Compare(0, d%schema.DecimalOne))
	case schema.Decimal:
		d, _ := limit.(schema.Decimal)
		return cmp.Compare(v, d)
	case schema.Date:
		d, _ := limit.(schema.Date)
		return cmp.Compare(v, d)
	case schema.Millis:
		m, _ := limit.(schema.Millis)
		return cmp.Compare(v, m)
	}
	return -1
}
