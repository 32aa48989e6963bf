package store

import (
	"fmt"
	"slices"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

// mostNarrowed is up to how many related records their ids take the place of
// what is asked of them.
const mostNarrowed = 5_000

// narrowed looks for conditions on related records that an index answers with
// few records, from the farthest relation on, and puts the ids of those in
// their place. A filter over several relations is so followed from its narrow
// end, whatever the relations.
func (c *compiler) narrowed(e filter.Expr) filter.Expr {
	switch e := e.(type) {
	case filter.And:
		return filter.And(c.narrowedAll(e))
	case filter.Or:
		return filter.Or(c.narrowedAll(e))
	case filter.Not:
		return filter.Not{X: c.narrowed(e.X)}
	case filter.Related:
		return c.narrowedRelated(e)
	case filter.Count:
		if len(e.Path) > 0 {
			e.Where = c.few(e.Path[len(e.Path)-1].To, c.narrowed(e.Where))
		}
		return e
	}
	return e
}

// narrowedRelated compares a reference with the ids themselves, by which the
// field's index leads to the records.
func (c *compiler) narrowedRelated(e filter.Related) filter.Expr {
	before := e.Where
	e.Where = c.few(e.Relation.To, c.narrowed(e.Where))
	found, ok := e.Where.(filter.Compare)
	if wantedIDs(e.Where) == nil || wantedIDs(before) != nil || !ok || e.Relation.Via != schema.ViaColumn || e.Relation.Field.Custom {
		return e
	}
	return filter.Compare{Field: e.Relation.Field, Op: filter.In, Values: found.Values}
}

func (c *compiler) narrowedAll(list []filter.Expr) []filter.Expr {
	all := make([]filter.Expr, len(list))
	for i, e := range list {
		all[i] = c.narrowed(e)
	}
	return all
}

// few gives the condition that a record is one of those that meet another,
// where they are few and quickly found; else that other.
func (c *compiler) few(t *schema.Type, where filter.Expr) filter.Expr {
	if where == nil || wantedIDs(where) != nil || c.err != nil || c.tx.unnarrowed {
		return where
	}
	if t.Class == schema.Setup {
		return c.fewOf(t, where, where)
	}
	for _, part := range conjuncts(where) {
		if !c.ledTo(part, t) {
			continue
		}
		found := c.fewOf(t, part, where)
		if wantedIDs(found) != nil && len(conjuncts(where)) > 1 {
			found = c.fewOf(t, where, filter.And{found, where})
		}
		if wantedIDs(found) != nil {
			return found
		}
	}
	return c.fewByWords(t, where)
}

// ledTo tells whether an index leads to the records that meet a condition.
func (c *compiler) ledTo(e filter.Expr, t *schema.Type) bool {
	if related, ok := e.(filter.Related); ok {
		return wantedIDs(related.Where) != nil && !IsDecided(related.Relation) && related.Relation.Via != schema.ViaMiddle
	}
	return sought(e, t)
}

// fewOf finds the records that meet a condition; where they are many it gives
// the other one.
func (c *compiler) fewOf(t *schema.Type, where, otherwise filter.Expr) filter.Expr {
	parts := []*selection{c.matching(t, where, nil)}
	if t.Field("archived_at") != nil && !filter.Uses(where, "archived_at") {
		if c.manyArchived(t) {
			return otherwise
		}
		parts = append(parts, c.archived(t, where))
	}
	ids := []any{}
	for _, s := range parts {
		statement := s.selectFrom("DISTINCT t.id", clause{}).then(" LIMIT ?", mostNarrowed+1)
		if c.err != nil {
			return otherwise
		}
		found, err := c.tx.ids64(statement)
		if err != nil {
			c.fail(err)
			return otherwise
		}
		if ids = append(ids, numbers(found)...); len(ids) > mostNarrowed {
			return otherwise
		}
	}
	return filter.Compare{Field: t.Field("id"), Op: filter.In, Values: ids}
}

// mostArchived is how many archived records are looked through for those that
// meet a condition.
const mostArchived = 5_000

func (c *compiler) manyArchived(t *schema.Type) bool {
	found := int64(0)
	statement := fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s t WHERE t.archived_at IS NOT NULL AND t.deleted_at IS NULL LIMIT ?) counted", t.Name)
	if _, err := c.tx.one(statement, []any{mostArchived}, &found); err != nil {
		c.fail(err)
	}
	return found == mostArchived
}

// archived selects the archived records that meet a filter.
func (c *compiler) archived(t *schema.Type, where filter.Expr) *selection {
	s := &selection{t: t}
	s.on("t.archived_at IS NOT NULL")
	s.where = slices.Concat(s.where, []clause{c.shownAs(t, "t"), c.condition(where, t, "t")})
	return s
}
