package store

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// measureNames are the functions of measures; other words for them follow.
var measureNames = []string{"count", "sum", "avg", "min", "max", "median", "count_distinct"}

var measureAliases = map[string]string{"average": "avg", "mean": "avg", "total": "sum", "minimum": "min", "maximum": "max",
	"distinct": "count_distinct", "distinct_count": "count_distinct", "count_unique": "count_distinct"}

// measure is one measure of an aggregate.
type measure struct {
	subject
	function string
	label    string
	// names are those by which a sort or a condition may call it.
	names []string
	// kind is that of its values.
	kind schema.Kind
	// at is its place among the measures, by which its columns are called.
	at int
}

// readMeasure reads count, sum(amount) and the like.
func (a *aggregation) readMeasure(path, spelled string) {
	function, argument := splitCall(spelled)
	if function == "" {
		function, argument = text.FieldName(argument), ""
	}
	if alias := measureAliases[function]; alias != "" {
		function = alias
	}
	if rest, ok := strings.CutPrefix(argument, "distinct "); ok && function == "count" {
		function, argument = "count_distinct", rest
	}
	switch {
	case !slices.Contains(measureNames, function):
		a.refuseName(path, fmt.Sprintf("%s is no measure; they are written count, sum(amount)", quoteShort(spelled)), function, measureNames)
		return
	case function == "count" && (argument == "" || argument == "*" || argument == "id"):
		a.addMeasure(&measure{function: function, label: "count", kind: schema.Integer, names: []string{"count", "count(*)", "count()", "count(id)"}})
		return
	case argument == "":
		a.refuseName(path, fmt.Sprintf("%s takes a field in brackets, such as sum(amount)", function), "", a.fieldsOf(measures(function)))
		return
	}
	s, ok := a.subject(path, argument)
	if !ok || !a.measurable(path, function, argument, s) {
		return
	}
	label := function + "(" + s.name + ")"
	a.addMeasure(&measure{subject: s, function: function, label: label, names: []string{label, spelled}, kind: kindOf(function, s.field)})
}

func (a *aggregation) addMeasure(m *measure) {
	if slices.ContainsFunc(a.measures, func(other *measure) bool { return other.label == m.label }) {
		return
	}
	m.at = len(a.measures)
	a.measures = append(a.measures, m)
}

// measurable checks that a measure can be taken of what a path leads to.
func (a *aggregation) measurable(path, function, spelled string, s subject) bool {
	for _, r := range s.relations {
		if r.Many {
			a.problems.Add(path, "a %s may have several %s, so %s cannot be measured with it: aggregate the type %q instead, grouped by what it belongs to",
				a.Type.Name, r.Name, quoteShort(spelled), r.To.Name)
			return false
		}
	}
	fits := measures(function)
	if s.field == nil && strings.HasPrefix(function, "count") || s.field != nil && fits(s.field) {
		return true
	}
	kind := "relation"
	if s.field != nil {
		kind = s.field.Kind.String()
	}
	a.refuseNear(path, fmt.Sprintf("%s takes no %s such as %s", function, kind, quoteShort(spelled)), text.Nearest(s.name, a.fieldsOf(meant(function))), a.fieldsOf(fits))
	return false
}

// meant tells the fields that a function is likely meant for: hardly anybody
// wants a mean of moments.
func meant(function string) func(*schema.Field) bool {
	fits := measures(function)
	return func(f *schema.Field) bool {
		return fits(f) && (f.Kind != schema.DateTime || function != "avg" && function != "median")
	}
}

// measures tells the fields that a function takes.
func measures(function string) func(*schema.Field) bool {
	return func(f *schema.Field) bool {
		switch f.Kind {
		case schema.Integer, schema.Number, schema.Money:
			return true
		case schema.DateTime:
			return function != "sum"
		case schema.DateOnly:
			return function == "min" || function == "max" || strings.HasPrefix(function, "count")
		}
		return strings.HasPrefix(function, "count") && f.Kind != schema.MultiEnum && (isGroupable(f) || f.Kind == schema.Reference)
	}
}

// kindOf is the kind of a measure's values.
func kindOf(function string, f *schema.Field) schema.Kind {
	switch {
	case strings.HasPrefix(function, "count"):
		return schema.Integer
	case f.Kind == schema.Integer && (function == "avg" || function == "median"):
		return schema.Number
	}
	return f.Kind
}

// valueOf is what a measure looks at in each record; NULL for a plain count.
func (a *aggregation) valueOf(m *measure) clause {
	switch {
	case m.field == nil && len(m.relations) == 0:
		return noColumn
	case m.field == nil:
		return sqlText(a.walk(m.relations) + ".id")
	}
	return a.fieldColumn(m.subject, a.walk(m.relations))
}

// splitAt is by what values are taken apart before they are summed, so that no
// sum of either part leaves 64 bits.
const splitAt = 1_000_000

// columns are those of the measure in the result. The value in each row is
// called v with its number; a median has its place n among the k values too.
func (m *measure) columns() []string {
	v := fmt.Sprintf("v%d", m.at)
	switch m.function {
	case "count":
		if m.label == "count" {
			return []string{"count(*)"}
		}
		return []string{"count(" + v + ")"}
	case "count_distinct":
		return []string{"count(DISTINCT " + v + ")"}
	case "sum", "avg":
		return []string{"count(" + v + ")", fmt.Sprintf("sum(%s / %d)", v, splitAt), fmt.Sprintf("sum(%s %% %d)", v, splitAt)}
	case "median":
		return []string{"count(" + v + ")", fmt.Sprintf("sum(CASE WHEN n%[1]d IN ((k%[1]d + 1) / 2, (k%[1]d + 2) / 2) THEN %[2]s END)", m.at, v)}
	}
	return []string{m.function + "(" + v + ")"}
}

// value makes the measure of its columns.
func (m *measure) value(cells []any) (any, error) {
	n, ok := cells[0].(int64)
	if !ok || len(cells) > 1 && n == 0 {
		return nil, nil
	}
	total, divisor := big.NewInt(n), int64(1)
	switch m.function {
	case "sum", "avg":
		total = sumOf(cells[1], cells[2])
		if m.function == "avg" {
			divisor = n
		}
	case "median":
		total, divisor = sumOf(int64(0), cells[1]), 2-n%2
	}
	if m.kind == schema.Number && m.field.Kind == schema.Integer {
		total.Mul(total, big.NewInt(int64(schema.DecimalOne)))
	}
	result := quotient(total, divisor)
	if !result.IsInt64() {
		return nil, schema.Errorf(schema.InvalidArgument, "%s is too large to be given exactly: narrow the filter, or group", m.label)
	}
	return unbindInteger(&schema.Field{Kind: m.kind}, result.Int64()), nil
}

// sumOf puts the two parts of a sum together.
func sumOf(high, low any) *big.Int {
	h, _ := high.(int64)
	l, _ := low.(int64)
	total := new(big.Int).Mul(big.NewInt(h), big.NewInt(splitAt))
	return total.Add(total, big.NewInt(l))
}

// quotient divides and rounds half away from zero.
func quotient(n *big.Int, by int64) *big.Int {
	doubled := new(big.Int).Mul(n, big.NewInt(2))
	if n.Sign() < 0 {
		doubled.Sub(doubled, big.NewInt(by))
	} else {
		doubled.Add(doubled, big.NewInt(by))
	}
	return doubled.Quo(doubled, big.NewInt(2*by))
}
