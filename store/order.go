package store

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

// ordering is the order of a list as SQL: its keys, the tables that they need
// beside the list's own, and the direction of ids, which break ties.
type ordering struct {
	keys  []orderKey
	joins clause
	desc  bool
	// led is set for an order by one custom field.
	led *led
}

// orderKey is the expression of one key. Missing values come last whichever
// the direction.
type orderKey struct {
	value    clause
	desc     bool
	nullable bool
}

// newestFirst is the order of lists that ask for none.
func newestFirst(t *schema.Type) []filter.SortKey {
	return []filter.SortKey{{Field: t.Field("updated_at"), Desc: true}}
}

// ordering compiles the keys of a list of type t, whose table has the alias "t".
func (c *compiler) ordering(t *schema.Type, sort []filter.SortKey) ordering {
	var o ordering
	for _, key := range sort {
		o.desc = key.Desc
		if key.Field.Kind == schema.RecordID && len(key.Path) == 0 {
			break
		}
		last, alias := t, "t"
		for _, r := range key.Path {
			alias = c.outer(&o, r, alias)
			last = r.To
		}
		value := c.sortValue(&o, key.Field, last, alias)
		o.keys = append(o.keys, orderKey{value, key.Desc, len(key.Path) > 0 || !neverEmpty(key.Field)})
	}
	if len(o.keys) != 1 || len(sort[0].Path) > 0 {
		o.led = nil
	}
	return o
}

// outer joins the record that a relation to one leads to, where it is shown.
func (c *compiler) outer(o *ordering, r *schema.Relation, from string) (to string) {
	column := from + "." + r.Field.Column()
	if r.Field.Custom {
		column = c.outerCustom(o, r.Field, r.From, from) + ".number"
	}
	to = c.alias()
	o.joins = o.joins.then(" LEFT JOIN " + r.To.Name + " " + to + " ON " + to + ".id = " + column + " AND ").plus(c.shownAs(r.To, to))
	return to
}

// sortValue is what a field is ordered by: text by its collation key, a
// choice by its place among the options, a record by its name.
func (c *compiler) sortValue(o *ordering, f *schema.Field, t *schema.Type, alias string) clause {
	column := alias + "." + sortColumn(f)
	switch {
	case f.Custom:
		value := c.outerCustom(o, f, t, alias)
		if f.Kind == schema.AnyRecord {
			return c.pointedOrder(value + ".folded")
		}
		o.led = &led{field: f, of: t, alias: value, column: value + "." + customSortColumn(f)}
		if f.IsSelect() {
			return customRank(f, value+".number")
		}
		return sqlText(value + "." + customSortColumn(f))
	case len(f.Options) > 0:
		return optionRank(f, column)
	}
	return sqlText(column)
}

// neverEmpty tells the fields that have a value in every record.
func neverEmpty(f *schema.Field) bool {
	return !f.Custom && (f.Required || f.Kind == schema.RecordID ||
		f.System && slices.Contains([]string{"created_at", "updated_at", "uid", "version"}, f.Name))
}

// by writes ORDER BY from key number first on; sure says that this key has a
// value in every row.
func (o *ordering) by(first int, sure bool) clause {
	order := sqlText(" ORDER BY ")
	for i, key := range o.keys[first:] {
		order = order.plus(key.value).then(direction(key.desc))
		if key.nullable && (i > 0 || !sure) {
			order.sql += " NULLS LAST"
		}
		order.sql += ", "
	}
	return order.then("t.id" + direction(o.desc))
}

func direction(desc bool) string {
	if desc {
		return " DESC"
	}
	return ""
}

// branch is a part of a list that an index can give in order: its condition
// and the keys that still order it.
type branch struct {
	where []clause
	first int
	sure  bool
	led   bool
}

// branches takes a list, or what follows a position in it, apart into parts
// that stand in order behind each other.
func (o *ordering) branches(after *position) []branch {
	if after == nil {
		return o.onward(nil, 0, nil)
	}
	tie := append(o.equal(after, len(o.keys)), sqlText("t.id"+beyond(o.desc)+"?", after.id))
	list := []branch{{where: tie, first: len(o.keys)}}
	for i := range slices.Backward(o.keys) {
		if after.keys[i] != nil {
			list = append(list, o.onward(o.equal(after, i), i, after.keys[i])...)
		}
	}
	return list
}

// onward gives the parts from key number i on: those with a value, beyond a
// bound where there is one, then those without.
func (o *ordering) onward(prefix []clause, i int, bound any) []branch {
	if i == len(o.keys) {
		return []branch{{where: prefix, first: i}}
	}
	key := o.keys[i]
	filled := branch{where: slices.Clone(prefix), first: i, sure: true}
	switch {
	case bound != nil:
		filled.where = append(filled.where, key.value.then(beyond(key.desc)+"?", bound))
	case key.nullable:
		filled.where = append(filled.where, key.value.then(" IS NOT NULL"))
	}
	if !key.nullable {
		return []branch{filled}
	}
	empty := branch{where: append(slices.Clone(prefix), key.value.then(" IS NULL")), first: i + 1}
	return []branch{filled, empty}
}

// whole puts parts together again, for an order that no index gives: the
// table is then read once instead of once a part.
func whole(parts []branch, continued bool) branch {
	if !continued {
		return branch{}
	}
	each := make([]clause, len(parts))
	for i, part := range parts {
		each[i] = allOf(part.where...)
	}
	return branch{where: []clause{oneOf(each...)}}
}

// equal is the condition that the first n keys are those of a position.
func (o *ordering) equal(p *position, n int) []clause {
	var conditions []clause
	for i, key := range o.keys[:n] {
		if p.keys[i] == nil {
			conditions = append(conditions, key.value.then(" IS NULL"))
		} else {
			conditions = append(conditions, key.value.then(" = ?", p.keys[i]))
		}
	}
	return conditions
}

func beyond(desc bool) string {
	if desc {
		return " < "
	}
	return " > "
}

// compare puts two rows in order as the statements do.
func (o *ordering) compare(a, b *position) int {
	for i, key := range o.keys {
		x, y := a.keys[i], b.keys[i]
		switch {
		case x == nil && y == nil:
			continue
		case x == nil:
			return 1
		case y == nil:
			return -1
		}
		if n := compareStored(x, y); n != 0 {
			return turned(n, key.desc)
		}
	}
	return turned(cmp.Compare(a.id, b.id), o.desc)
}

func turned(n int, desc bool) int {
	if desc {
		return -n
	}
	return n
}

// compareStored orders values of one column as the engine does: numbers by
// size, text and keys byte by byte.
func compareStored(x, y any) int {
	switch x := x.(type) {
	case int64:
		if y, ok := y.(int64); ok {
			return cmp.Compare(x, y)
		}
	case string:
		if y, ok := y.(string); ok {
			return strings.Compare(x, y)
		}
	case []byte:
		if y, ok := y.([]byte); ok {
			return bytes.Compare(x, y)
		}
	}
	return 0
}
