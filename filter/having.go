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
	// Wrong: the measure itself was refused. Conditions may compare it with
	// anything, and may call it by a right name.
	Wrong bool
}

// Having tells whether a group is wanted; values stand in the order of the
// Measured, nil where a group has none.
type Having func(values []any) bool

// ParseHaving reads conditions on groups such as "count > 3 and sum(amount) >=
// 1000". Numbers are int64 or schema.Decimal, days schema.Date, moments
// schema.Millis. Days and periods compare as they do in filters. A condition
// on a missing value is false. The error is a *schema.Error with every problem.
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
	if err := p.failure(); err != nil {
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

// condition = measure ( compare value | test | IS [ NOT ] NULL )
func (p *havingParser) condition() Having {
	start := p.next
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
	if p.peek().is("not") || p.isTest() {
		return p.tested(index, p.accept("not"))
	}
	measure := p.source(start, p.next)
	op, negated, ok := p.compareSign()
	if !ok {
		p.fail("expected =, !=, <, <=, >, >= or between at %d, found %s", p.peek().at, p.peek().shown())
		p.skip()
		return nil
	}
	if p.startsTest(p.next) && (p.peek().is("not") || p.isTest()) {
		return p.signedTest(index, measure, op, negated)
	}
	v, ok := p.value()
	if !ok {
		p.skip()
		return nil
	}
	low, high, ok := p.limits(v, p.measured[index])
	if !ok {
		return nil
	}
	return func(values []any) bool {
		return (values[index] != nil && holds(op.op, values[index], low, high)) != negated
	}
}

func (p *havingParser) isTest() bool { return p.peek().is("between") || p.peek().is("in") }

// test = [ NOT ] ( BETWEEN value AND value | IN "(" value { "," value } ")" )
func (p *havingParser) tested(index int, negated bool) Having {
	switch {
	case p.accept("between"):
		return p.within(index, negated)
	case p.accept("in"):
		return p.among(index, negated)
	}
	p.fail(`expected "between" at %d, found %s: not stands before between and in`, p.peek().at, p.peek().shown())
	p.skip()
	return nil
}

// signedTest explains = between, where a sign stands before another operator.
func (p *havingParser) signedTest(index int, measure string, sign operator, negated bool) Having {
	t := p.peek()
	negated = p.accept("not") != negated
	from, before := p.next, len(p.list)
	having := p.tested(index, negated)
	advice := ""
	if len(p.list) == before {
		advice = ", write " + measure + choose(negated, " not ", " ") + p.source(from, p.next)
	}
	p.failAt(t, "expected a value at %d, found %s: leave out %s%s", t.at, t.shown(), quote(sign.text), advice)
	return having
}

// among reads the values of IN.
func (p *havingParser) among(index int, negated bool) Having {
	var list condition
	if !p.values(&list) {
		p.skip()
		return nil
	}
	var lows, highs []any
	for _, v := range list.values {
		low, high, ok := p.limits(v, p.measured[index])
		if !ok {
			return nil
		}
		lows, highs = append(lows, low), append(highs, high)
	}
	return func(values []any) bool {
		isOne := false
		for i := range lows {
			isOne = isOne || values[index] != nil && holds(Eq, values[index], lows[i], highs[i])
		}
		return isOne != negated
	}
}

// within reads the bounds of BETWEEN.
func (p *havingParser) within(index int, negated bool) Having {
	var bounds condition
	if !p.bounds(&bounds) {
		p.skip()
		return nil
	}
	from, to := bounds.values[0], bounds.values[1]
	low, _, ok := p.limits(from, p.measured[index])
	_, high, both := p.limits(to, p.measured[index])
	switch {
	case !ok || !both:
		return nil
	case compareMeasured(low, high) > 0:
		p.add(from.at, "%s at %d lies above %s: between takes the lower bound first", quote(from.text), from.at, quote(to.text))
		return nil
	}
	return func(values []any) bool {
		return (values[index] != nil && holds(Eq, values[index], low, high)) != negated
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
	wrong := -1
	for i, m := range p.measured {
		switch {
		case slices.ContainsFunc(m.Names, func(name string) bool { return SameMeasure(name, spelled) }):
			return i, true
		case m.Wrong:
			wrong = i
		default:
			names = append(names, m.Names[0])
		}
	}
	near := NearestMeasure(spelled, names)
	if near == "" && wrong >= 0 && strings.HasSuffix(spelled, ")") {
		return wrong, true
	}
	p.noMeasure(first, spelled, near, names)
	return 0, false
}

// noMeasure reports a name that is none of the measures.
func (p *havingParser) noMeasure(at token, spelled, near string, names []string) {
	guess := choose(near != "", fmt.Sprintf(": did you mean %q?", near), "")
	if near == "" && strings.HasSuffix(spelled, ")") {
		guess = ": add it to measures"
	}
	if len(names) > 0 {
		guess += "  (" + listed(names, shownNames) + ")"
	}
	problem := p.add(at.at, "%s at %d is none of the measures%s", choose(at.kind == tokenEnd, "the end", quote(spelled)), at.at, guess)
	problem.DidYouMean, problem.Allowed = near, names
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

// limits reads what a measure is compared with: the first and the last value
// that it stands for, as a day does for all its moments.
func (p *havingParser) limits(v value, of Measured) (low, high any, ok bool) {
	moments := of.Kind == schema.DateTime
	if of.Wrong {
		return schema.Decimal(0), schema.Decimal(0), true
	}
	if moments || of.Kind == schema.DateOnly {
		w, read := readWhen(p.clock, v.text, moments)
		if !read {
			advice, near := dateAdvice(p.clock, v.text, moments)
			p.add(v.at, "%s at %d is no %s: %s", quote(v.text), v.at, choose(moments, "time", "date"), advice).DidYouMean = near
		}
		return w.low, w.high, read
	}
	d, err := schema.ParseDecimal(v.text)
	if err != nil {
		advice, near := numberAdvice(v.text, err, "")
		p.add(v.at, "%s at %d %s", quote(v.text), v.at, advice).DidYouMean = near
	}
	return d, d, err == nil
}

// holds compares a value with a range: before its start, behind its end, or within.
func holds(op Op, v, low, high any) bool {
	switch op {
	case Lt:
		return compareMeasured(v, low) < 0
	case Lte:
		return compareMeasured(v, high) <= 0
	case Gt:
		return compareMeasured(v, high) > 0
	case Gte:
		return compareMeasured(v, low) >= 0
	}
	return compareMeasured(v, low) >= 0 && compareMeasured(v, high) <= 0
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
