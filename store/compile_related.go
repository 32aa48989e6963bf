package store

import (
	"fmt"
	"slices"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

// related asks for a related record that is shown and meets a condition.
func (c *compiler) related(e filter.Related, alias string) clause {
	if !c.deciding && IsDecided(e.Relation) {
		return c.relatedOrDecided(e, alias)
	}
	if f := counting(e.Relation); f != nil && e.Where == nil {
		return sqlText(alias + "." + f.Column() + " > 0")
	}
	rows := c.relatedRows(e, alias)
	// One record has few links, a condition may have many matches: unless it
	// is one on ids, each record is asked from its own side.
	rows.fixed = len(rows.tables) > 1 && wantedIDs(e.Where) == nil
	return rows.exists()
}

func (c *compiler) relatedRows(e filter.Related, alias string) *semijoin {
	rows, other := c.hop(e.Relation, alias, comparesName(e.Where, e.Relation.To))
	if e.Where != nil {
		rows.where = append(rows.where, c.condition(e.Where, e.Relation.To, other))
	}
	return rows
}

// comparesName tells whether a condition asks for records by their name, by
// which an index finds them.
func comparesName(e filter.Expr, t *schema.Type) bool {
	for _, part := range conjuncts(e) {
		if compare, ok := part.(filter.Compare); ok && slices.Contains(t.Names, compare.Field.Name) {
			return true
		}
	}
	return false
}

// hop leads over a relation from the record of an alias to the related
// records that are shown; named says that they are sought by name.
func (c *compiler) hop(r *schema.Relation, from string, named bool) (rows *semijoin, to string) {
	rows = &semijoin{}
	switch r.Via {
	case schema.ViaColumn:
		to = c.hopColumn(rows, r, from)
	case schema.ViaBack:
		to = c.hopBack(rows, r, from)
	case schema.ViaLink:
		to = c.hopLink(rows, r, from)
	case schema.ViaMiddle:
		middle := c.alias()
		to = c.alias()
		rows.table(r.Middle.Name, middle)
		rows.table(r.To.Name, to)
		rows.on(middle + "." + r.Near.Column() + " = " + from + ".id")
		rows.on(middle + ".deleted_at IS NULL")
		rows.on(to + ".id = " + middle + "." + r.Far.Column())
	}
	shown := c.shownAs(r.To, to)
	if !named && r.To.Field("archived_at") != nil {
		// The indexes of names hold all records outside the trash; the sign
		// keeps the engine from walking through one of them in place of the
		// table, which is many times slower.
		shown.sql = "+" + shown.sql
	}
	rows.where = append(rows.where, shown)
	return rows, to
}

func (c *compiler) hopColumn(rows *semijoin, r *schema.Relation, from string) (to string) {
	if r.Field.Custom {
		value := c.alias()
		to = c.alias()
		rows.table("custom_value", value)
		rows.table(r.To.Name, to)
		rows.on(customValueOf(r.Field, r.From, from, value))
		rows.on(to + ".id = " + value + ".number")
		return to
	}
	to = c.alias()
	rows.table(r.To.Name, to)
	rows.on(to + ".id = " + from + "." + r.Field.Column())
	return to
}

func (c *compiler) hopBack(rows *semijoin, r *schema.Relation, from string) (to string) {
	to = c.alias()
	rows.table(r.To.Name, to)
	if column := to + "." + r.Field.Column(); unindexed(r) {
		rows.column, rows.of = column, from
	} else {
		rows.on(column + " = " + from + ".id")
	}
	return to
}

// unindexed tells the relations for which no index leads from a record to the
// others: of types that can be archived only look-ups by one field hold the
// archived too, and here those count.
func unindexed(r *schema.Relation) bool {
	lookup := func(names []string) bool { return len(names) == 1 && names[0] == r.Field.Name }
	return r.Via == schema.ViaBack && r.To.Field("archived_at") != nil && !slices.ContainsFunc(r.To.Lookups, lookup)
}

func (c *compiler) hopLink(rows *semijoin, r *schema.Relation, from string) (to string) {
	if !c.deciding && IsDecided(r) {
		link := c.alias()
		to = c.alias()
		rows.tables = append(rows.tables, c.decidedPairs(r).then(" "+link))
		rows.table(r.To.Name, to)
		rows.on(link + ".near = " + from + ".id")
		rows.on(to + ".id = " + link + ".far")
		return to
	}
	return c.linkRows(rows, r, from)
}

// counting is the field that holds how many shown records there are at the end
// of a relation, kept by every write; nil: there is none.
func counting(r *schema.Relation) *schema.Field {
	f := r.From.Field(r.To.Name + "_count")
	if f == nil || !f.Computed || r.Name != r.To.Plural || r.Via != schema.ViaLink && r.Via != schema.ViaMiddle {
		return nil
	}
	return f
}

// linkRows leads over the rows of the link table alone.
func (c *compiler) linkRows(rows *semijoin, r *schema.Relation, from string) (to string) {
	link := c.alias()
	to = c.alias()
	near, far := linkSides(r)
	rows.table("link", link)
	rows.table(r.To.Name, to)
	rows.on(fmt.Sprintf("%s.%s_type = %d AND %[1]s.%[2]s_id = %[4]s.id", link, near, r.From.Code, from))
	rows.on(fmt.Sprintf("%s.%s_type = %d", link, far, r.To.Code))
	rows.on(fmt.Sprintf("%s.id = %s.%s_id", to, link, far))
	return to
}

// linkSides tells on which side of the link table the two ends of a relation
// stand: the type with the lower code is on the left.
func linkSides(r *schema.Relation) (near, far string) {
	if r.From.Code < r.To.Code {
		return "left", "right"
	}
	return "right", "left"
}

// count compares the number of different records at the end of a path.
func (c *compiler) count(e filter.Count, alias string) clause {
	if len(e.Path) == 1 && e.Where == nil && sign(e.Op) != "" {
		if f := counting(e.Path[0]); f != nil {
			return sqlText(alias+"."+f.Column()+" "+sign(e.Op)+" ?", e.N)
		}
	}
	rows, last := &semijoin{fixed: len(e.Path) > 1}, alias
	for _, r := range e.Path {
		next, to := c.hop(r, last, false)
		rows.tables = append(rows.tables, next.tables...)
		if len(e.Path) == 1 {
			rows.column, rows.of, rows.where = next.column, next.of, next.where
		} else {
			rows.where = append(rows.where, next.conditions()...)
		}
		last = to
	}
	if e.Where != nil && len(e.Path) > 0 {
		rows.where = append(rows.where, c.condition(e.Where, e.Path[len(e.Path)-1].To, last))
	}
	switch {
	case e.Op == filter.Gt && e.N == 0, e.Op == filter.Gte && e.N == 1:
		return rows.exists()
	case e.Op == filter.Eq && e.N == 0, e.Op == filter.Lt && e.N == 1, e.Op == filter.Lte && e.N == 0:
		return sqlText("NOT ").plus(rows.exists())
	case sign(e.Op) == "":
		return c.fail(fmt.Errorf("store: a count takes no operator %d", e.Op))
	case rows.column != "":
		return groupCount(e, rows)
	}
	counted := "count(*) "
	if len(e.Path) > 1 {
		counted = "count(DISTINCT " + last + ".id) "
	}
	return sqlText("(SELECT "+counted).plus(rows.body()).then(") "+sign(e.Op)+" ?", e.N)
}

// groupCount counts the rows of all records at once. Records without rows are
// in no group: where none is enough, the groups that are not are left out.
func groupCount(e filter.Count, rows *semijoin) clause {
	having := " GROUP BY " + rows.column + " HAVING "
	without, compared := "", "count(*) "+sign(e.Op)+" ?"
	if metByNone(e) {
		without, compared = "NOT ", "NOT ("+compared+")"
	}
	return sqlText(rows.of+".id "+without+"IN (SELECT "+rows.column+" ").plus(rows.bodyOf(rows.where)).
		then(" AND "+rows.column+" IS NOT NULL"+having+compared+")", e.N)
}

func metByNone(e filter.Count) bool {
	switch e.Op {
	case filter.Lt:
		return e.N > 0
	case filter.Lte:
		return true
	case filter.Gt:
		return false
	}
	return e.N == 0
}
