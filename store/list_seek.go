package store

import (
	"slices"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

const (
	// smallTable is how many records are read as quickly in any way.
	smallTable = 20_000
	// mostSought is how many records are found by an index and looked at one
	// by one; where it leads to more, the table is read from end to end, or a
	// list in its order.
	mostSought = 20_000
	// seekShare is of how many records an index must lead to one at most, where
	// it holds only a part of what is asked: a record read by its number costs
	// as much as that many read one after the other.
	seekShare = 16
)

// worthSeeking tells whether an index leads to the records that meet all
// conditions more quickly than reading the table from end to end does.
func (c *compiler) worthSeeking(parts []filter.Expr, t *schema.Type) bool {
	if !sought(filter.And(parts), t) {
		return false
	}
	if len(parts) == 1 || !tallied(t) || c.err != nil {
		return true
	}
	sum, err := c.tx.tally(t)
	if err != nil {
		c.fail(err)
	}
	if sum.shown < smallTable || c.err != nil {
		return true
	}
	return slices.ContainsFunc(parts, func(e filter.Expr) bool {
		return sought(e, t) && c.fewer(e, t, min(sum.shown/seekShare, mostSought))
	})
}

// fewer tells whether less than so many records meet a condition that an index
// answers.
func (c *compiler) fewer(e filter.Expr, t *schema.Type, limit int64) bool {
	s := c.shownRows(t, e)
	s.where = append(s.where, c.condition(e, t, "t"))
	found := limit
	statement := sqlText("SELECT count(*) FROM (").plus(s.selectFrom("1", clause{})).then(" LIMIT ?) counted", limit)
	if c.err == nil {
		if _, err := c.tx.one(statement.sql, statement.args, &found); err != nil {
			c.fail(err)
		}
	}
	return found < limit
}

// withinName tells the conditions that look for a part of a name. The index of
// names is many times narrower than the table.
func withinName(e filter.Expr, t *schema.Type) bool {
	compare, ok := e.(filter.Compare)
	if !ok || compare.Field.Custom || !slices.Contains(t.Names, compare.Field.Name) {
		return false
	}
	return partly(compare.Op)
}

// partly tells the operators that look into a text.
func partly(op filter.Op) bool {
	return op == filter.Contains || op == filter.EndsWith || op == filter.Like
}

// orderIndex is the index that a long list is read along; empty where the
// engine chooses, because there is none or a condition has a better one.
func (l *listing) orderIndex() string {
	if len(l.order.keys) != 1 || !l.sortIndexed() || filter.Uses(l.Where, "archived_at") || l.words != nil && l.words.breadth() == narrow {
		return ""
	}
	for _, e := range conjuncts(l.Where) {
		if sought(e, l.Type) && l.compiler.fewer(e, l.Type, mostSought) {
			return ""
		}
	}
	return l.Type.Name + "_by_" + l.Sort[0].Field.Name
}

// openName begins the statement with the names that meet a condition.
func (s *selection) openName(e filter.Compare, c *compiler) {
	alias := c.alias()
	s.tables = append(s.tables, byIndex(s.t.Name, alias, s.t.Name+"_named_"+e.Field.Name))
	s.on(alias + ".deleted_at IS NULL")
	column := sqlText(alias + "." + filterColumn(e.Field))
	s.where = append(s.where, c.text(e, place{column, column}))
	s.on("t.id = " + alias + ".id")
	s.fixed = true
}
