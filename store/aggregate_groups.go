package store

import (
	"fmt"
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// grouping is one group of an aggregate.
type grouping struct {
	subject
	label string
	// names are those by which a sort may call it.
	names []string
	// period groups dates by day, week, month, quarter or year; empty: no date.
	period string
	// fallback stands for a missing currency, or, without a field, for all.
	fallback string
	// weekStart is where weeks begin, in days after Monday.
	weekStart int64
}

// isConstant says that the group is the same for all records.
func (g *grouping) isConstant() bool { return g.field == nil && len(g.relations) == 0 }

func (g *grouping) kind() schema.Kind {
	switch {
	case g.isConstant():
		return schema.CurrencyCode
	case g.field == nil, g.pointing():
		return schema.Reference
	case g.period != "":
		return schema.DateOnly
	}
	return g.field.Kind
}

// pointing says that the group is a custom field that points to records of any
// type.
func (g *grouping) pointing() bool { return g.field != nil && g.field.Kind == schema.AnyRecord }

// rank is the field of related records that says their place; nil: they are
// ordered by name.
func (g *grouping) rank() *schema.Field {
	if g.field != nil || g.isConstant() || len(g.of.Sorts) == 0 {
		return nil
	}
	if f := g.of.Field(g.of.Sorts[0]); f.Kind == schema.Integer {
		return f
	}
	return nil
}

// ordered says that the groups have an order of their own.
func (g *grouping) ordered() bool {
	return g.period != "" || g.rank() != nil || g.field != nil && len(g.field.Options) > 0
}

// width is the number of result columns: the key, what is shown, the rank.
func (g *grouping) width() int {
	if g.isConstant() {
		return 0
	}
	return 3
}

// groupColumns are the columns of a group: what tells groups apart, and, NULL
// where the key says it, what is shown of them and what ranks them.
type groupColumns struct{ key, shown, rank clause }

var noColumn = sqlText("NULL")

// columnsOf compiles a group.
func (a *aggregation) columnsOf(g *grouping) (groupColumns, error) {
	alias := a.walk(g.relations)
	found := groupColumns{noColumn, noColumn, noColumn}
	var err error
	switch {
	case g.field == nil:
		found.key, found.shown = sqlText(alias+".id"), sqlText(titleOf(g.of, alias))
		if f := g.rank(); f != nil {
			found.rank = sqlText(alias + "." + f.Column())
		}
	case g.period != "":
		found.key, err = a.periodOf(g, a.fieldColumn(g.subject, alias).sql)
	case g.fallback != "":
		found.key = sqlText("coalesce("+alias+"."+g.field.Column()+", ?)", g.fallback)
	default:
		found.key = a.fieldColumn(g.subject, alias)
		found.shown = a.writtenText(g.field, alias)
		if g.pointing() {
			found.shown = a.compiler.pointedTitle(found.key.sql)
		}
	}
	return found, err
}

// walk joins the tables that relations lead through and gives the alias of the
// last; what several groups share is joined once.
func (a *aggregation) walk(relations []*schema.Relation) (alias string) {
	alias = "t"
	path := ""
	for _, r := range relations {
		path += "." + r.Name
		if a.joined[path] == "" {
			if r.Many {
				a.joined[path] = a.compiler.outerMany(&a.tables, r, alias)
			} else {
				a.joined[path] = a.compiler.outer(&a.tables, r, alias)
			}
		}
		alias = a.joined[path]
	}
	return alias
}

// outerMany joins the records that a relation to many leads to, where they are
// shown; a record without any keeps one row.
func (c *compiler) outerMany(o *ordering, r *schema.Relation, from string) (to string) {
	if r.Via == schema.ViaBack {
		to = c.alias()
		o.joins = o.joins.then(" LEFT JOIN " + r.To.Name + " " + to + " ON " + to + "." + r.Field.Column() + " = " + from + ".id AND ").plus(c.shownAs(r.To, to))
		return to
	}
	pair, other := c.alias(), c.alias()
	table, near, far := c.pairs(r, pair)
	shown := c.shownAs(r.To, other)
	to = c.alias()
	o.joins = o.joins.then(" LEFT JOIN ").plus(table).then(" " + pair + " ON " + near + " = " + from + ".id AND EXISTS (SELECT 1 FROM " + r.To.Name + " " + other +
		" WHERE " + other + ".id = " + far + " AND ").plus(shown).then(") LEFT JOIN " + r.To.Name + " " + to + " ON " + to + ".id = " + far)
	return to
}

// pairs is the table of a relation's pairs with the columns of both ends; near
// holds what else restricts it.
func (c *compiler) pairs(r *schema.Relation, alias string) (table clause, near, far string) {
	switch {
	case r.Via == schema.ViaMiddle:
		return sqlText(r.Middle.Name), alias + ".deleted_at IS NULL AND " + alias + "." + r.Near.Column(), alias + "." + r.Far.Column()
	case IsDecided(r):
		return c.decidedPairs(r), alias + ".near", alias + ".far"
	}
	mine, other := linkSides(r)
	return sqlText("link"), fmt.Sprintf("%[1]s.%[2]s_type = %[3]d AND %[1]s.%[4]s_type = %[5]d AND %[1]s.%[2]s_id", alias, mine, r.From.Code, other, r.To.Code),
		alias + "." + other + "_id"
}

// fieldColumn is what tells the values of a field apart: text folded, anything
// else as it is kept.
func (a *aggregation) fieldColumn(s subject, alias string) clause {
	f := s.field
	if !f.Custom {
		return sqlText(alias + "." + filterColumn(f))
	}
	path := alias + "." + f.Name
	if a.joined[path] == "" {
		if f.Kind == schema.MultiEnum {
			value := a.compiler.alias()
			a.tables.joins = a.tables.joins.then(" LEFT JOIN custom_value " + value + " ON " + customValueOf(f, s.of, alias, value))
			a.joined[path] = value
		} else {
			a.joined[path] = a.compiler.outerCustom(&a.tables, f, s.of, alias)
		}
	}
	if keptAsText(f) {
		return sqlText(a.joined[path] + ".folded")
	}
	return sqlText(a.joined[path] + ".number")
}

// writtenText is a text as people wrote it, where the column to group by is
// folded.
func (a *aggregation) writtenText(f *schema.Field, alias string) clause {
	switch {
	case len(f.Options) > 0 || !f.Kind.IsText():
		return noColumn
	case f.Custom:
		return jsonValue(alias+"."+customColumn.Name, itoa(f.ID))
	}
	return sqlText(alias + "." + f.Column())
}

// value reads the columns of a group: what is shown, and what it sorts by.
func (g *grouping) value(types *schema.Schema, cells []any) (value, key any, err error) {
	if g.isConstant() {
		return g.fallback, nil, nil
	}
	stored, shown, rank := cells[0], cells[1], cells[2]
	if stored == nil {
		return nil, nil, nil
	}
	name, _ := shown.(string)
	if g.field == nil {
		id, _ := stored.(int64)
		key = text.SortKey(name)
		if g.rank() != nil {
			key = rank
		}
		return Ref{Type: g.of, ID: id, Name: name}, key, nil
	}
	if g.pointing() {
		id, _ := stored.(string)
		to, n, _ := types.ParseID(id)
		return Ref{Type: to, ID: n, Name: name}, text.SortKey(name), nil
	}
	if n, ok := stored.(int64); ok && g.period != "" {
		return g.periodName(n), n, nil
	}
	if options := g.field.Options; len(options) > 0 {
		return g.option(stored)
	}
	if shown != nil {
		stored = shown
	}
	if value, err = unbind(g.field, stored); err != nil {
		return nil, nil, err
	}
	if s, ok := value.(string); ok {
		return value, text.SortKey(s), nil
	}
	return value, stored, nil
}

// option gives an option and its place; custom fields keep its number. One
// that is no more comes last.
func (g *grouping) option(stored any) (value, key any, err error) {
	label, _ := stored.(string)
	if id, ok := stored.(int64); ok {
		label = g.field.ChoiceLabel(id)
	}
	at := slices.Index(g.field.Options, label)
	if at < 0 {
		at = len(g.field.Options)
	}
	return label, int64(at), nil
}
