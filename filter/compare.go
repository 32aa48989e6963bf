package filter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// compareField checks the positive form of a condition on a field.
func (c *checker) compareField(n *condition, found target) Expr {
	f := found.field
	var to *schema.Type
	switch f.Kind {
	case schema.Reference:
		to = c.env.Schema.Type(f.To)
	case schema.RecordID:
		to = found.of
	}
	if !c.allowed(n, n.op.op, operatorsOf(f, found.key), to) || !c.filled(n.values) {
		return nil
	}
	switch f.Kind {
	case schema.Reference:
		return c.compareReference(n, f, to)
	case schema.AnyRecord:
		return c.compareRecord(n, f)
	case schema.RecordID:
		return c.compareID(n, found)
	case schema.DateOnly, schema.DateTime:
		return c.compareDate(n, f)
	case schema.PartialDate:
		return c.compareBirthday(n, f)
	case schema.DateRange, schema.DateTimeRange:
		return c.compareRange(n, f)
	case schema.JSONObject:
		return c.compareMetadata(n, f, found.key)
	case schema.MultiEnum:
		return c.compareOptions(n, f)
	case schema.DetailList:
		return c.compareDetails(n, f)
	case schema.Identifiers:
		return combined(n.op.op, f, texts(n.values))
	}
	return c.comparePlain(n, f)
}

// filled reports values that are empty, for which there is "is null".
func (c *checker) filled(values []value) bool {
	ok := true
	for _, v := range values {
		if blank(v.text) {
			c.add(v.at, `the value at %d is empty: use "is null" to ask for a missing value`, v.at)
			ok = false
		}
	}
	return ok
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// comparePlain compares values that stand for themselves.
func (c *checker) comparePlain(n *condition, f *schema.Field) Expr {
	values := make([]any, 0, len(n.values))
	for _, v := range n.values {
		value, ok := c.plain(n.op.op, v, f)
		if !ok {
			return nil
		}
		if !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	op := n.op.op
	switch {
	case op == between:
		return c.betweenNumbers(n, f)
	case op == In && len(values) == 1:
		op = Eq
	case op == Exact && !f.Kind.IsText():
		op = Eq
	}
	return Compare{Field: f, Op: op, Values: values}
}

// plain reads one value of a text, choice, number or truth value.
func (c *checker) plain(op Op, v value, f *schema.Field) (any, bool) {
	switch f.Kind {
	case schema.Integer, schema.Number, schema.Money:
		return c.number(v, f)
	case schema.Boolean, schema.Enum, schema.Country, schema.CurrencyCode, schema.Language, schema.TimeZone:
		return c.choice(v, f)
	}
	return textValue(op, v.text, f.Kind), true
}

// textValue brings a text to the form in which records keep theirs. A part of
// a text keeps the spaces at its ends.
func textValue(op Op, s string, kind schema.Kind) string {
	if kind == schema.LongText || op != Eq && op != Exact && op != In && op != HasAny && op != HasAll {
		return s
	}
	clean, _ := text.Clean(s)
	return clean
}

func (c *checker) number(v value, f *schema.Field) (any, bool) {
	number, err := schema.ParseDecimal(v.text)
	switch {
	case err != nil:
		c.noNumber(v, f, err)
		return nil, false
	case f.Kind != schema.Integer:
		return number, true
	case number%schema.DecimalOne != 0:
		c.add(v.at, "%s at %d is no whole number, and %s holds whole numbers alone", quote(v.text), v.at, f.Name)
		return nil, false
	}
	return int64(number / schema.DecimalOne), true
}

// noNumber reports a text that is no number, with the one that was likely meant.
func (c *checker) noNumber(v value, f *schema.Field, cause error) {
	if right := c.signed(v, isNumber); right != "" {
		c.add(v.at, "%s at %d is no number: write %s", quote(v.text), v.at, right)
		return
	}
	advice, near := numberAdvice(v.text, cause, f.Currency)
	c.add(v.at, "%s at %d %s", quote(v.text), v.at, advice).DidYouMean = near
}

func isNumber(s string) bool {
	_, err := schema.ParseDecimal(s)
	return err == nil
}

// numberAdvice says of a text that it is no number and what to write instead,
// and gives that where it is one number.
func numberAdvice(s string, cause error, currencyField string) (advice, near string) {
	if low, high, both := rightRange(s, isNumber); both {
		return fmt.Sprintf("is no number: write between %s and %s", word(low), word(high)), ""
	}
	n := rightNumber(s)
	if n.number == "" {
		return cause.Error(), ""
	}
	return "is no number: write " + n.advice(currencyField), choose(n.other == "", n.number, "")
}

// betweenNumbers is reached with two values that are numbers.
func (c *checker) betweenNumbers(n *condition, f *schema.Field) Expr {
	low, _ := c.number(n.values[0], f)
	high, _ := c.number(n.values[1], f)
	if later(low, high) {
		return c.swapped(n)
	}
	return And{Compare{Field: f, Op: Gte, Values: []any{low}}, Compare{Field: f, Op: Lte, Values: []any{high}}}
}

func (c *checker) swapped(n *condition) Expr {
	c.add(n.values[0].at, "%s at %d lies above %s: between takes the lower bound first",
		quote(n.values[0].text), n.values[0].at, quote(n.values[1].text))
	return nil
}

// choice reads a truth value, an option, or a code out of a fixed list.
func (c *checker) choice(v value, f *schema.Field) (any, bool) {
	canonical, ok := c.chosen(v.text, f)
	if ok {
		return canonical, true
	}
	reads := func(s string) bool { _, ok := c.chosen(s, f); return ok }
	if right := c.signed(v, reads); right != "" {
		c.add(v.at, "%s at %d is no %s: write %s", quote(v.text), v.at, choose(len(f.Options) > 0, f.Name, f.Kind.String()), right)
		return nil, false
	}
	if len(f.Options) > 0 {
		c.noSuch(v, f.Name, f.Options, "")
	} else {
		c.add(v.at, "%s at %d is no %s: use %s", quote(v.text), v.at, f.Kind, f.Kind.Info().Form)
	}
	return nil, false
}

// chosen reads the text of a choice. The names of countries, currencies and
// languages are found without their punctuation, so that a sign before one
// has to be refused here: it may mean the contrary.
func (c *checker) chosen(s string, f *schema.Field) (any, bool) {
	if len(f.Options) == 0 && !startsPlain(s) {
		return nil, false
	}
	reader := schema.Reader{Clock: c.env.Clock}
	canonical, err := reader.Parse(f, s)
	return canonical, err == nil && canonical != nil
}

// noSuch reports a value that is none of a list, and what else fits.
func (c *checker) noSuch(v value, what string, allowed []string, other string) {
	near := text.Nearest(v.text, allowed)
	choices := listed(allowed, shownNames)
	if near != "" && len(allowed) > shownNames {
		choices = fmt.Sprintf("did you mean %s?  (%s)", quote(near), choices)
	}
	p := c.add(v.at, "%s at %d is no %s: %s%s", quote(v.text), v.at, what, choices, other)
	p.DidYouMean, p.Allowed = near, allowed
}

// compareOptions compares a list of options with one or several.
func (c *checker) compareOptions(n *condition, f *schema.Field) Expr {
	one := *f
	one.Kind = schema.Enum
	options := make([]any, 0, len(n.values))
	for _, v := range n.values {
		option, ok := c.choice(v, &one)
		if !ok {
			return nil
		}
		if !slices.Contains(options, option) {
			options = append(options, option)
		}
	}
	if n.op.op == HasAll {
		return Compare{Field: f, Op: HasAll, Values: options}
	}
	return Compare{Field: f, Op: HasAny, Values: options}
}

// compareDetails compares each contact detail of a list as a text.
func (c *checker) compareDetails(n *condition, f *schema.Field) Expr {
	switch n.op.op {
	case Eq, In, HasAny, HasAll:
		return combined(n.op.op, f, texts(n.values))
	}
	return Compare{Field: f, Op: n.op.op, Values: []any{textValue(n.op.op, n.values[0].text, f.Kind)}}
}

// combined asks for one of the values or, with HasAll, for each of them.
func combined(op Op, f *schema.Field, values []any) Expr {
	if op != HasAll || len(values) == 1 {
		return Compare{Field: f, Op: In, Values: values}
	}
	var each And
	for _, v := range values {
		each = append(each, Compare{Field: f, Op: In, Values: []any{v}})
	}
	return each
}

func texts(values []value) []any {
	var list []any
	for _, v := range values {
		list = append(list, textValue(Eq, v.text, schema.Text))
	}
	return list
}
