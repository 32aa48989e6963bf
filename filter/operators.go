package filter

import (
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// operation is an operator that a condition may use, and its name in messages.
type operation struct {
	op   Op
	name string
}

// operations lists every operator in the order in which messages name them.
var operations = []operation{
	{HasAny, "has, has any"}, {HasAll, "has all"},
	{Eq, "=, !="}, {Exact, "=="},
	{Lt, "<"}, {Lte, "<="}, {Gt, ">"}, {Gte, ">="}, {between, "between"},
	{In, "in, not in"},
	{Contains, "contains"}, {StartsWith, "starts with"}, {EndsWith, "ends with"}, {Like, "like"},
	{isNull, "is null, is empty"},
}

var (
	choiceOps   = []Op{Eq, In, isNull}
	orderedOps  = []Op{Eq, In, Lt, Lte, Gt, Gte, between, isNull}
	textOps     = []Op{Eq, Exact, In, Contains, StartsWith, EndsWith, Like, isNull}
	listOps     = []Op{HasAny, HasAll, Eq, In, isNull}
	detailOps   = []Op{HasAny, HasAll, Eq, Exact, In, Contains, StartsWith, EndsWith, Like, isNull}
	rangeOps    = []Op{Contains, Eq, In, Lt, Lte, Gt, Gte, between, isNull}
	metadataOps = []Op{Eq, Exact, In, Lt, Lte, Gt, Gte, between, Contains, StartsWith, EndsWith, Like, isNull}
	presenceOps = []Op{isNull}
	knownAsOps  = []Op{HasAny, HasAll, Eq, In}
)

// operatorsOf gives the operators that conditions on a field may use.
func operatorsOf(f *schema.Field, key string) []Op {
	switch f.Kind {
	case schema.Boolean, schema.Enum, schema.Country, schema.CurrencyCode, schema.Language, schema.TimeZone,
		schema.Reference, schema.AnyRecord, schema.RecordID:
		return choiceOps
	case schema.Integer, schema.Number, schema.Money, schema.DateOnly, schema.PartialDate, schema.DateTime:
		return orderedOps
	case schema.DateRange, schema.DateTimeRange:
		return rangeOps
	case schema.MultiEnum:
		return listOps
	case schema.DetailList:
		return detailOps
	case schema.Identifiers:
		return knownAsOps
	case schema.JSONObject:
		if key != "" {
			return metadataOps
		}
		return presenceOps
	case schema.Participants:
		return presenceOps
	}
	return textOps
}

// allowed reports an operator that the field or relation does not take. Exact
// is as good as Eq where there is no text to fold. to is the type of the
// records that are compared, nil of other values.
func (c *checker) allowed(n *condition, op Op, ops []Op, to *schema.Type) bool {
	if slices.Contains(ops, op) || op == Exact && slices.Contains(ops, Eq) {
		return true
	}
	var names []string
	for _, o := range operations {
		if slices.Contains(ops, o.op) {
			names = append(names, o.name)
		}
	}
	byName := ""
	if to != nil && len(n.values) == 1 {
		byName = c.byName(op, n.values[0], to)
	}
	last := n.path[len(n.path)-1].text
	p := c.add(n.op.at, "%s cannot be compared with %s at %d: use %s%s", quote(last), quote(n.op.text), n.op.at, strings.Join(names, ", "), byName)
	p.Allowed = strings.Split(strings.Join(names, ", "), ", ")
	return false
}
