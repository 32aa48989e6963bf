package filter

import (
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// dateForms tells what a date in a filter may look like.
const dateForms = "2026-05-01, 2026-05, 2026-Q2, 2026, today, -30d, +2w, this_week, last_month, next_quarter, last_7_days"

// when is a day, a period or a moment, as the range of values that a field
// can have within it: both ends belong to it.
type when struct {
	low, high any // schema.Date or schema.Millis
	// first and last are the days; relative tells that they follow from today.
	first, last schema.Date
	relative    bool
}

// whenForms tells what a date or, with moments, a time may look like.
func whenForms(moments bool) string {
	return dateForms + choose(moments, ", now, -6h or 2026-05-01T10:00:00Z", "")
}

// when reads a value for a field of dates or, with moments, of times.
func (c *checker) when(v value, moments bool) (when, bool) {
	w, ok := readWhen(c.env.Clock, v.text, moments)
	if !ok {
		c.noDate(v, moments)
	}
	return w, ok
}

// readWhen reads the text of a date or, with moments, of a time.
func readWhen(clock schema.Clock, s string, moments bool) (when, bool) {
	moment, dayOnly, isMoment := clock.Moment(s)
	if isMoment && !dayOnly && moments {
		return when{low: moment, high: moment}, true
	}
	first, last, ok := Period(clock, s)
	if !ok && isMoment {
		first = schema.DateOf(moment.Time().In(clock.Location))
		last, ok = first, true
	}
	if !ok {
		return when{}, false
	}
	absolute := strings.IndexAny(strings.TrimSpace(s), "0123456789") == 0
	w := when{low: first, high: last, first: first, last: last, relative: !absolute}
	if moments {
		w.low, w.high = clock.Start(first), clock.End(last)
	}
	return w, true
}

// noDate reports a text that is no date, with the one that was likely meant.
func (c *checker) noDate(v value, moments bool) {
	advice, near := dateAdvice(c.env.Clock, v.text, moments)
	isDate := func(s string) bool { _, ok := readWhen(c.env.Clock, s, moments); return ok }
	if right := c.signed(v, isDate); right != "" {
		advice = "write " + right
	}
	c.add(v.at, "%s at %d is no date: %s", quote(v.text), v.at, advice).DidYouMean = near
}

func (c *checker) whens(values []value, moments bool) ([]when, bool) {
	var list []when
	ok := true
	for _, v := range values {
		w, read := c.when(v, moments)
		list, ok = append(list, w), ok && read
	}
	return list, ok
}

func (c *checker) compareDate(n *condition, f *schema.Field) Expr {
	list, ok := c.whens(n.values, f.Kind == schema.DateTime)
	if !ok {
		return nil
	}
	compare := func(op Op, v any) Expr { return Compare{Field: f, Op: op, Values: []any{v}} }
	if n.op.op == between {
		if later(list[0].low, list[1].high) {
			return c.swapped(n)
		}
		return And{compare(Gte, list[0].low), compare(Lte, list[1].high)}
	}
	return either(list, func(w when) Expr { return compareWhen(n.op.op, w, compare) })
}

// either asks for one of several whens.
func either(list []when, meets func(when) Expr) Expr {
	var choices Or
	for _, w := range list {
		choices = append(choices, meets(w))
	}
	if len(choices) == 1 {
		return choices[0]
	}
	return choices
}

// compareWhen compares with a range: before its start, behind its end, or within.
func compareWhen(op Op, w when, compare func(Op, any) Expr) Expr {
	switch op {
	case Lt, Gte:
		return compare(op, w.low)
	case Gt, Lte:
		return compare(op, w.high)
	}
	if w.low == w.high {
		return compare(Eq, w.low)
	}
	return And{compare(Gte, w.low), compare(Lte, w.high)}
}

// compareBirthday compares a date whose year may be missing. What is asked
// relative to today, less than a year away, is the day in the calendar:
// birthday = next_30_days finds who has a birthday then, not who is born then.
func (c *checker) compareBirthday(n *condition, f *schema.Field) Expr {
	var list []when
	for _, v := range n.values {
		w, ok := c.birthday(v)
		if !ok {
			return nil
		}
		list = append(list, w)
	}
	compare := func(op Op, v any) Expr { return Compare{Field: f, Op: op, Values: []any{v}} }
	switch n.op.op {
	case between:
		if later(list[0].low, list[1].high) && list[0].first >= yearless {
			return c.swapped(n)
		}
		return c.span(when{low: list[0].low, high: list[1].high, first: list[0].first, last: list[1].last,
			relative: list[0].relative && list[1].relative}, compare)
	case Eq, Exact, In:
		return either(list, func(w when) Expr { return c.span(w, compare) })
	}
	return compareWhen(n.op.op, list[0], compare)
}

// yearless is the first date that has a year.
const yearless schema.Date = 10_000

func (c *checker) birthday(v value) (when, bool) {
	reader := schema.Reader{Clock: c.env.Clock}
	if strings.HasPrefix(v.text, "--") {
		if d, err := reader.Parse(&schema.Field{Kind: schema.PartialDate}, v.text); err == nil && d != nil {
			return when{low: d, high: d, first: d.(schema.Date), last: d.(schema.Date)}, true
		}
		c.add(v.at, "%s at %d is no day of a year: use --05-01", quote(v.text), v.at)
		return when{}, false
	}
	return c.when(v, false)
}

// span asks for a birthday within days; across the turn of the year, or of a
// calendar without years, that is the end of one year and the start of the next.
func (c *checker) span(w when, compare func(Op, any) Expr) Expr {
	today := c.env.Today()
	near := w.relative && w.first > schema.AddMonths(today, -12) && w.last < schema.AddMonths(today, 12) &&
		w.last.AddDays(1) < schema.AddMonths(w.first, 12)
	if w.first >= yearless && !near {
		return compareWhen(Eq, w, compare)
	}
	first, last := w.first%yearless, w.last%yearless
	if first == last {
		return compare(Eq, first)
	}
	if first < last {
		return And{compare(Gte, first), compare(Lte, last)}
	}
	return Or{compare(Gte, first), compare(Lte, last)}
}

// compareRange compares a field that holds a range of dates or times.
func (c *checker) compareRange(n *condition, f *schema.Field) Expr {
	moments := f.Kind == schema.DateTimeRange
	part := func(part string, op Op, v any) Expr {
		return Compare{Field: f, Part: part, Op: op, Values: []any{v}}
	}
	if first, last, both := strings.Cut(n.values[0].text, "/"); both && len(n.values) == 1 && (n.op.op == Eq || n.op.op == Exact) {
		at := n.values[0].at
		ends, ok := c.whens([]value{{text: first, at: at}, {text: last, at: at + len([]rune(first)) + 1}}, moments)
		if !ok {
			return nil
		}
		return And{part("start", Eq, ends[0].low), part("end", Eq, ends[1].high)}
	}
	list, ok := c.whens(n.values, moments)
	if !ok {
		return nil
	}
	switch n.op.op {
	case between:
		if later(list[0].low, list[1].high) {
			return c.swapped(n)
		}
		return And{part("start", Gte, list[0].low), part("end", Lte, list[1].high)}
	case Contains:
		return And{part("start", Lte, list[0].low), part("end", Gte, list[0].high)}
	case Lt:
		return part("end", Lt, list[0].low)
	case Lte:
		return part("end", Lte, list[0].high)
	case Gt:
		return part("start", Gt, list[0].high)
	case Gte:
		return part("start", Gte, list[0].low)
	}
	return either(list, func(w when) Expr { return And{part("start", Gte, w.low), part("end", Lte, w.high)} })
}

// later tells whether one number, date or moment is greater than the other.
func later(one, other any) bool {
	switch one := one.(type) {
	case schema.Date:
		return one > other.(schema.Date)
	case schema.Millis:
		return one > other.(schema.Millis)
	case schema.Decimal:
		return one > other.(schema.Decimal)
	case int64:
		return one > other.(int64)
	}
	return false
}
