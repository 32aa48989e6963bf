package store

import (
	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

// led is an order by one custom field alone. An index gives the rows of its
// values in order, so a long list is read along those rows: they lead the
// statement, and the records follow.
type led struct {
	field *schema.Field
	of    *schema.Type
	// alias is that of the rows, column what they are ordered by.
	alias, column string
}

// outerCustom joins the first row of a custom field, where there is one.
func (c *compiler) outerCustom(o *ordering, f *schema.Field, t *schema.Type, from string) (value string) {
	value = c.alias()
	o.joins = o.joins.then(" LEFT JOIN custom_value " + value + " ON " + customValueOf(f, t, from, value) + " AND " + value + ".position = 0")
	if f.Kind == schema.AnyRecord {
		o.joins = o.joins.then(" AND ").plus(c.pointsToShown(value + ".folded"))
	}
	return value
}

// customSortColumn is the column of a custom field's rows that orders them.
func customSortColumn(f *schema.Field) string {
	switch {
	case f.Kind.Info().Collated:
		return "sort_key"
	case keptAsText(f):
		return "folded"
	}
	return "number"
}

// record is the number of the record that a row belongs to.
func (d *led) record() string { return d.alias + ".record_id" }

// lead begins the statement of a selection with the rows.
func (d *led) lead(s *selection) {
	s.fixed = true
	s.tables = []clause{sqlText("custom_value " + d.alias)}
	s.on(customValueOf(d.field, d.of, "t", d.alias))
	s.on(d.alias + ".position = 0")
}

// ledBranches are the parts of the list, or of what follows a position in it:
// those with a value, of a select one for each option, then those without.
func (o *ordering) ledBranches(after *position) []branch {
	key := o.keys[0]
	if after != nil && after.keys[0] == nil {
		return []branch{{where: []clause{key.value.then(" IS NULL"), sqlText("t.id"+beyond(o.desc)+"?", after.id)}, first: 1}}
	}
	empty := branch{where: []clause{key.value.then(" IS NULL")}, first: 1}
	if o.led.field.IsSelect() {
		return append(o.choiceBranches(after), empty)
	}
	if after == nil {
		filled := branch{where: []clause{sqlText(o.led.column + " IS NOT NULL")}, led: true, sure: true}
		return []branch{filled, empty}
	}
	tie := branch{where: []clause{sqlText(o.led.column+" = ?", after.keys[0]), sqlText(o.led.record()+beyond(o.desc)+"?", after.id)}, first: 1, led: true}
	rest := branch{where: []clause{sqlText(o.led.column+beyond(key.desc)+"?", after.keys[0])}, led: true, sure: true}
	return []branch{tie, rest, empty}
}

// choiceBranches are the parts of a list in order of a select's options.
func (o *ordering) choiceBranches(after *position) (list []branch) {
	reached := after == nil
	for at := range o.led.field.Choices {
		rank := at
		if o.keys[0].desc {
			rank = len(o.led.field.Choices) - 1 - at
		}
		part := branch{where: []clause{sqlText(o.led.column+" = ?", o.led.field.Choices[rank].ID)}, first: 1, led: true}
		if after != nil && after.keys[0] == any(int64(rank)) {
			reached = true
			part.where = append(part.where, sqlText(o.led.record()+beyond(o.desc)+"?", after.id))
		}
		if reached {
			list = append(list, part)
		}
	}
	return list
}

// parts takes the list apart as its indexes allow.
func (l *listing) parts() []branch {
	switch {
	case l.order.led != nil:
		return l.bounded(l.order.ledBranches(l.after))
	case l.sortIndexed():
		return l.order.branches(l.after)
	case l.ranks != nil:
		return l.rankBranches(l.ranks)
	}
	return []branch{whole(l.order.branches(l.after), l.after != nil)}
}

// bounded holds the rows that lead a list to what its filter says of their
// field; records without a value never meet that.
func (l *listing) bounded(parts []branch) []branch {
	var bounds []clause
	bound := false
	for _, e := range conjuncts(l.Where) {
		compare, ok := e.(filter.Compare)
		if !ok || compare.Field != l.order.led.field || hasSeveralRows(compare.Field) {
			continue
		}
		bound = true
		bounds = append(bounds, l.compiler.customMeets(compare, "t", l.order.led.alias)...)
	}
	if !bound {
		return parts
	}
	var list []branch
	for _, part := range parts {
		if part.led {
			part.where = append(part.where, bounds...)
			list = append(list, part)
		}
	}
	return list
}

// hasSeveralRows tells the custom fields of which a record has several rows.
func hasSeveralRows(f *schema.Field) bool {
	return f.Kind == schema.MultiEnum || f.Kind == schema.DateRange || f.Kind == schema.DateTimeRange
}

// byPart writes the joins and the ORDER BY of a part.
func (l *listing) byPart(s *selection, part branch) (joins, order clause) {
	if !part.led {
		return l.order.joins, l.order.by(part.first, part.sure)
	}
	l.order.led.lead(s)
	ids := sqlText(l.order.led.record() + direction(l.order.desc))
	if part.first > 0 {
		return clause{}, sqlText(" ORDER BY ").plus(ids)
	}
	return clause{}, sqlText(" ORDER BY " + l.order.led.column + direction(l.order.keys[0].desc) + ", ").plus(ids)
}
