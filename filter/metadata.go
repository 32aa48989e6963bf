package filter

import "github.com/crmcp/crmcp/schema"

// compareMetadata compares what a key of the metadata holds. JSON tells
// numbers, texts and truth values apart, filters do not: what reads as
// several of them is compared as each.
func (c *checker) compareMetadata(n *condition, f *schema.Field, key string) Expr {
	compare := func(op Op, values ...any) Expr {
		return Compare{Field: f, Key: key, Op: op, Values: values}
	}
	switch n.op.op {
	case Eq, In:
		var values []any
		for _, v := range n.values {
			values = append(values, readings(v.text)...)
		}
		return compare(In, values...)
	case Exact:
		return compare(Exact, n.values[0].text)
	case Lt, Lte, Gt, Gte:
		return c.orderMetadata(n.op.op, n.values[0].text, compare)
	case between:
		return And{c.orderMetadata(Gte, n.values[0].text, compare), c.orderMetadata(Lte, n.values[1].text, compare)}
	}
	return compare(n.op.op, n.values[0].text)
}

// readings gives what a text may be in JSON.
func readings(s string) []any {
	values := []any{s}
	if number, err := schema.ParseDecimal(s); err == nil {
		values = append(values, number)
	}
	switch s {
	case "true":
		values = append(values, true)
	case "false":
		values = append(values, false)
	}
	return values
}

// orderMetadata orders numbers as numbers, and everything else as text. Dates
// and periods become texts between which all their days and times lie. 2026-Q2
// stays a text: it orders among its like as texts do.
func (c *checker) orderMetadata(op Op, s string, compare func(Op, ...any) Expr) Expr {
	if number, err := schema.ParseDecimal(s); err == nil {
		return compare(op, number)
	}
	first, last, ok := Period(c.env.Clock, s)
	if !ok || quarterLabel.MatchString(s) {
		return compare(op, s)
	}
	switch op {
	case Gt:
		return compare(Gte, last.AddDays(1).String())
	case Lte:
		return compare(Lt, last.AddDays(1).String())
	}
	return compare(op, first.String())
}
