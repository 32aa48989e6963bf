package store

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

// Segments have members that were put in by hand, which are links, or a
// filter that decides them when asked. This file is the second way.

// decider is a record whose filter decides its members.
type decider struct {
	id     int64
	title  string
	filter string
}

// decidingField is the field of such a record that holds its filter.
const decidingField = "filter"

// IsDecided tells whether one end of a relation may have a filter that
// decides who is at the other.
func IsDecided(r *schema.Relation) bool {
	return r.Via == schema.ViaLink && (r.To.Field(decidingField) != nil || r.From.Field(decidingField) != nil)
}

// decidingEnd gives the type with the filter and the type of its members.
func decidingEnd(r *schema.Relation) (owner, member *schema.Type) {
	if r.To.Field(decidingField) != nil {
		return r.To, r.From
	}
	return r.From, r.To
}

// decidersOf reads the records of a type that have a filter, once a statement
// and, while nothing is committed, once a connection that only reads.
func (c *compiler) decidersOf(owner *schema.Type) []decider {
	kept := c.tx.known().deciders
	for _, known := range []map[*schema.Type][]decider{c.deciders, kept} {
		if list, ok := known[owner]; ok {
			return list
		}
	}
	list := []decider{}
	query := fmt.Sprintf("SELECT t.id, t.%s, t.%s FROM %s t WHERE t.%[1]s IS NOT NULL AND t.deleted_at IS NULL ORDER BY t.id",
		decidingField, owner.TitleField().Column(), owner.Name)
	err := c.tx.quick(query, nil, func(rows *sql.Rows) error {
		var one decider
		err := rows.Scan(&one.id, &one.filter, &one.title)
		list = append(list, one)
		return err
	})
	if err != nil {
		c.fail(err)
	}
	if c.deciders == nil {
		c.deciders = map[*schema.Type][]decider{}
	}
	c.deciders[owner] = list
	if kept != nil && err == nil {
		kept[owner] = list
	}
	return list
}

// decides compiles a decider's filter on a member. A filter over fields that
// this type of member does not have has no members of it.
func (c *compiler) decides(d decider, member *schema.Type, alias string) (clause, bool) {
	e, err := c.tx.ParseFilter(member, d.filter)
	if _, ok := errors.AsType[*schema.Error](err); ok {
		return never, false
	}
	if err != nil {
		return c.fail(err), false
	}
	outer := c.deciding
	c.deciding = true
	defer func() { c.deciding = outer }()
	return c.condition(e, member, alias), true
}

// relatedOrDecided asks for a related record by hand or by filter.
func (c *compiler) relatedOrDecided(e filter.Related, alias string) clause {
	owner, member := decidingEnd(e.Relation)
	wanted := wantedIDs(e.Where)
	ways := []clause{c.handmade(e, alias)}
	for _, d := range c.decidersOf(owner) {
		if owner == e.Relation.To {
			if wanted != nil && !slices.Contains(wanted, any(d.id)) {
				continue
			}
			if meets, ok := c.decides(d, member, alias); ok {
				ways = append(ways, allOf(meets, c.oneRecord(owner, d.id, e.Where)))
			} else if wanted != nil {
				c.requireMembers(owner, d)
			}
			continue
		}
		other := c.alias()
		if meets, ok := c.decides(d, member, other); ok {
			rows := &semijoin{tables: []clause{sqlText(member.Name + " " + other)},
				where: []clause{c.shownAs(member, other), meets, c.condition(e.Where, member, other)}}
			ways = append(ways, allOf(sqlText(alias+".id = ?", d.id), rows.exists()))
		}
	}
	return oneOf(ways...)
}

// handmade asks for a related record that was put in by hand.
func (c *compiler) handmade(e filter.Related, alias string) clause {
	rows := &semijoin{}
	to := c.linkRows(rows, e.Relation, alias)
	rows.where = append(rows.where, c.shownAs(e.Relation.To, to))
	if e.Where != nil {
		rows.where = append(rows.where, c.condition(e.Where, e.Relation.To, to))
	}
	return rows.exists()
}

// requireMembers refuses a decider whose filter fits no type of member any
// more: to leave it out would answer as if it had no members.
func (c *compiler) requireMembers(owner *schema.Type, d decider) {
	var problem error
	for _, r := range owner.Relations {
		if IsDecided(r) {
			_, err := c.tx.ParseFilter(r.To, d.filter)
			if err == nil {
				return
			}
			problem = err
		}
	}
	c.fail(schema.Errorf(schema.InvalidArgument, "the filter of %s %q no longer works; change it first: %v", owner.Name, d.title, problem))
}

// oneRecord asks whether one record is shown and meets a condition.
func (c *compiler) oneRecord(t *schema.Type, id int64, where filter.Expr) clause {
	alias := c.alias()
	rows := &semijoin{}
	rows.table(t.Name, alias)
	rows.on(alias+".id = ?", id)
	rows.where = append(rows.where, c.shownAs(t, alias), c.condition(where, t, alias))
	return rows.exists()
}

// wantedIDs gives the ids that a condition asks for where it asks for nothing
// else; nil otherwise.
func wantedIDs(where filter.Expr) []any {
	e, ok := where.(filter.Compare)
	if ok && e.Field.Kind == schema.RecordID && sign(e.Op) == "=" {
		return e.Values
	}
	return nil
}

// decidedPairs is a table of all pairs of a relation, by hand or by filter.
func (c *compiler) decidedPairs(r *schema.Relation) clause {
	owner, member := decidingEnd(r)
	near, far := linkSides(r)
	link := c.alias()
	pairs := sqlText(fmt.Sprintf("(SELECT %[1]s.%[2]s_id AS near, %[1]s.%[3]s_id AS far FROM link %[1]s WHERE %[1]s.%[2]s_type = %[4]d AND %[1]s.%[3]s_type = %[5]d",
		link, near, far, r.From.Code, r.To.Code))
	for _, d := range c.decidersOf(owner) {
		alias := c.alias()
		meets, ok := c.decides(d, member, alias)
		if !ok {
			continue
		}
		columns := fmt.Sprintf("%s.id, %d", alias, d.id)
		if owner == r.From {
			columns = fmt.Sprintf("%d, %s.id", d.id, alias)
		}
		pairs = pairs.then(" UNION SELECT " + columns + " FROM " + member.Name + " " + alias + " WHERE ").
			plus(allOf(c.shownAs(member, alias), meets))
	}
	return pairs.then(")")
}
