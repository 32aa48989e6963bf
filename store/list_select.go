package store

import (
	"slices"
	"strings"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

// selection is the rows of the table "t" that meet a filter: tables that are
// joined to it to drive the statement, and conditions.
type selection struct {
	t *schema.Type
	// index is the one that the statement reads; empty: the engine chooses.
	index string
	semijoin
}

// shownRows selects what lists show of a type: everything outside the trash
// that the caller may see and that is not archived.
func (c *compiler) shownRows(t *schema.Type, where filter.Expr) *selection {
	s := &selection{t: t}
	s.where = []clause{c.shownAs(t, "t")}
	if t.Field("archived_at") != nil && !filter.Uses(where, "archived_at") {
		s.on("t.archived_at IS NULL")
	}
	return s
}

// matching selects the records that meet a filter and a search by the
// engine's own plan. One condition about other tables is opened: its tables
// are joined, so that the statement may begin with them where they are few.
func (c *compiler) matching(t *schema.Type, where filter.Expr, search *wordSearch) *selection {
	s := c.shownRows(t, where)
	parts := conjuncts(where)
	if len(parts) > 0 && !c.worthSeeking(parts, t) {
		// Without an index to seek by, the engine would walk through the whole
		// of one in place of the table; the sign keeps it from that.
		s.where[0].sql = "+" + s.where[0].sql
	}
	driver, best := -1, widest
	for i, e := range parts {
		if n := c.breadthOf(e, t, len(parts)); n < best {
			driver, best = i, n
		}
	}
	if driver < 0 && search == nil && !sought(where, t) {
		if driver = slices.IndexFunc(parts, func(e filter.Expr) bool { return withinName(e, t) }); driver >= 0 {
			best = named
		}
	}
	if search != nil && search.breadth() < best {
		driver = -1
		s.open(search.rows())
	} else if search != nil {
		s.where = append(s.where, search.condition())
	}
	for i, e := range parts {
		if i == driver {
			if compare, ok := e.(filter.Compare); ok && best == named {
				s.openName(compare, c)
				continue
			}
			s.open(c.opened(e, t))
			if s.fixed = (len(parts) == 1 || allCustom(parts)) && search == nil && beginsWell(e); s.fixed {
				slices.Reverse(s.tables)
			}
			continue
		}
		s.where = append(s.where, c.condition(e, t, "t"))
	}
	return s
}

// beginsWell tells the conditions with which a statement that has no other
// one does best to begin. A column may have no index to come back by.
func beginsWell(e filter.Expr) bool {
	related, ok := e.(filter.Related)
	return !ok || related.Relation.Via != schema.ViaColumn
}

func (s *selection) open(rows *semijoin) {
	s.tables = append(s.tables, rows.tables...)
	s.where = append(s.where, rows.conditions()...)
}

// selectFrom writes the statement; joins are those of the order.
func (s *selection) selectFrom(columns string, joins clause) clause {
	table := sqlText(s.t.Name + " t")
	if s.index != "" {
		table = byIndex(s.t.Name, "t", s.index)
	}
	tables := append(slices.Clone(s.tables), table)
	return sqlText("SELECT " + columns + " FROM ").plus(joined(tables, s.comma())).plus(joins).
		then(" WHERE ").plus(joined(s.where, " AND "))
}

// conjuncts are the conditions that all must hold.
func conjuncts(e filter.Expr) []filter.Expr {
	switch e := e.(type) {
	case nil:
		return nil
	case filter.And:
		var parts []filter.Expr
		for _, part := range e {
			parts = append(parts, conjuncts(part)...)
		}
		return parts
	}
	return []filter.Expr{e}
}

// Breadths rank conditions about other tables by how few rows they promise.
const (
	narrowest = iota
	narrow
	medium
	broad
	broader
	named
	widest
)

func breadth(e filter.Expr) int {
	switch e := e.(type) {
	case filter.Related:
		switch {
		case IsDecided(e.Relation):
			return widest
		case wantedIDs(e.Where) != nil:
			return narrow
		case e.Where != nil:
			return broader
		}
	case filter.Compare:
		switch {
		case e.Field.Kind == schema.Identifiers:
			return narrowest
		case e.Op == filter.NotNull:
		case e.Field.Kind == schema.DetailList, e.Field.Custom && e.Op != filter.HasAll:
			return broad
		}
	}
	return widest
}

// opened gives the tables of a condition that is not among the widest.
func (c *compiler) opened(e filter.Expr, t *schema.Type) *semijoin {
	if related, ok := e.(filter.Related); ok {
		return c.relatedRows(related, "t")
	}
	compare, _ := e.(filter.Compare)
	rows, _ := c.rowsOf(compare, t, "t")
	if compare.Field.Kind == schema.DetailList && partly(compare.Op) {
		details := c.tx.Schema().Type("contact_detail")
		rows.tables[0] = byIndex(details.Name, strings.TrimPrefix(rows.tables[0].sql, details.Name+" "), details.Name+"_of_value")
	}
	return rows
}

// countShown gives the number of records that lists show of a tallied type.
func (c *compiler) countShown(t *schema.Type) (int64, error) {
	if c.err != nil {
		return 0, c.err
	}
	sum, err := c.tx.tally(t)
	return sum.shown, err
}

// countUpTo counts the records that meet a filter, up to a limit where there is one.
func (c *compiler) countUpTo(t *schema.Type, where filter.Expr, limit int) (n int64, err error) {
	s := c.matching(t, where, nil)
	statement := s.selectFrom("count(*)", clause{})
	if len(s.tables) > 0 || limit > 0 {
		columns := "1"
		if len(s.tables) > 0 {
			columns = "DISTINCT t.id"
		}
		inner := s.selectFrom(columns, clause{})
		if limit > 0 {
			inner = inner.then(" LIMIT ?", limit)
		}
		statement = sqlText("SELECT count(*) FROM (").plus(inner).then(") counted")
	}
	if c.err != nil {
		return 0, c.err
	}
	_, err = c.tx.one(statement.sql, statement.args, &n)
	return n, err
}
