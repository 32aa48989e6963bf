package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

// clause is a piece of SQL with the values of its placeholders in order.
type clause struct {
	sql  string
	args []any
}

var (
	always = clause{sql: "1 = 1"}
	never  = clause{sql: "1 = 0"}
)

func sqlText(sql string, args ...any) clause { return clause{sql, args} }

// then appends SQL and its values. It is called in hundreds of places, which
// would all grow with it.
//
//go:noinline
func (c clause) then(sql string, args ...any) clause {
	return clause{c.sql + sql, append(slices.Clip(c.args), args...)}
}

// plus appends a clause.
func (c clause) plus(other clause) clause { return c.then(other.sql, other.args...) }

// joined puts clauses behind each other with a separator between them.
func joined(clauses []clause, separator string) clause {
	var whole clause
	for i, one := range clauses {
		if i > 0 {
			whole.sql += separator
		}
		whole = whole.plus(one)
	}
	return whole
}

// together joins conditions and puts them in brackets where they are several.
func together(conditions []clause, operator string, none clause) clause {
	switch len(conditions) {
	case 0:
		return none
	case 1:
		return conditions[0]
	}
	return sqlText("(").plus(joined(conditions, operator)).then(")")
}

func allOf(conditions ...clause) clause { return together(conditions, " AND ", always) }
func oneOf(conditions ...clause) clause { return together(conditions, " OR ", never) }

// compiler turns checked filters into SQL. A condition is true for the
// records that meet the filter; for the others it is false or NULL, which
// are the same to WHERE, AND and OR. Only negations tell them apart.
type compiler struct {
	tx      *Tx
	aliases int
	// deciding is set within the filter of a record that decides its members.
	deciding bool
	deciders map[*schema.Type][]decider
	err      error
}

func (tx *Tx) compiler() *compiler { return &compiler{tx: tx, err: tx.settle()} }

// alias makes a name for one more table of the statement.
func (c *compiler) alias() string {
	c.aliases++
	return fmt.Sprintf("r%d", c.aliases)
}

// fail keeps the first error; what is compiled after it is never run.
func (c *compiler) fail(err error) clause {
	if c.err == nil {
		c.err = err
	}
	return never
}

// condition compiles a filter on the record of type t that an alias stands for.
func (c *compiler) condition(e filter.Expr, t *schema.Type, alias string) clause {
	switch e := e.(type) {
	case nil:
		return always
	case filter.And:
		return allOf(c.conditions(e, t, alias)...)
	case filter.Or:
		return oneOf(c.conditions(e, t, alias)...)
	case filter.Not:
		return c.negation(e.X, t, alias)
	case filter.Compare:
		return c.compare(e, t, alias)
	case filter.Related:
		return c.related(e, alias)
	case filter.Count:
		return c.count(e, alias)
	}
	return c.fail(fmt.Errorf("store: cannot compile a filter of %T", e))
}

func (c *compiler) conditions(list []filter.Expr, t *schema.Type, alias string) []clause {
	conditions := make([]clause, len(list))
	for i, e := range list {
		conditions[i] = c.condition(e, t, alias)
	}
	return conditions
}

// negation is true wherever the condition is not, the records without a value
// included. Forms that the engine plans well are turned into their opposites;
// for any other there is IS NOT TRUE.
func (c *compiler) negation(e filter.Expr, t *schema.Type, alias string) clause {
	inner := c.condition(e, t, alias)
	switch {
	case encloses("EXISTS (", inner.sql):
		return sqlText("NOT ").plus(inner)
	case encloses("NOT EXISTS (", inner.sql):
		return sqlText(strings.TrimPrefix(inner.sql, "NOT "), inner.args...)
	case encloses("(", inner.sql):
		return inner.then(" IS NOT TRUE")
	}
	if column, is := strings.CutSuffix(inner.sql, " IS NOT NULL"); is && !strings.Contains(column, " ") {
		return sqlText(column+" IS NULL", inner.args...)
	}
	return sqlText("(").plus(inner).then(") IS NOT TRUE")
}

// encloses says whether the bracket in which an opening ends is closed by the
// last one of a condition, so that the opening stands for all of it.
func encloses(opening, sql string) bool {
	if !strings.HasPrefix(sql, opening) {
		return false
	}
	depth := 1
	for i := len(opening); i < len(sql); i++ {
		switch sql[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			return i == len(sql)-1
		}
	}
	return false
}

// shownAs is the condition under which the record of an alias exists for the caller.
func (c *compiler) shownAs(t *schema.Type, alias string) clause {
	condition, args := c.tx.shown(t, alias)
	return sqlText(condition, args...)
}

// semijoin is a condition that there are rows: the tables and what joins and
// restricts them.
type semijoin struct {
	tables []clause
	where  []clause
	// fixed keeps the engine to the order of the tables.
	fixed bool
	// column holds the id of the record of alias of, where no index leads from
	// that record to its rows; both are empty elsewhere.
	column, of string
}

func (s *semijoin) table(name, alias string) { s.tables = append(s.tables, sqlText(name+" "+alias)) }

func (s *semijoin) on(sql string, args ...any) { s.where = append(s.where, sqlText(sql, args...)) }

// conditions are all that restrict the rows, the record that they belong to
// included.
func (s *semijoin) conditions() []clause {
	if s.column == "" {
		return s.where
	}
	return append(slices.Clip(s.where), sqlText(s.column+" = "+s.of+".id"))
}

func (s *semijoin) comma() string {
	if s.fixed {
		return " CROSS JOIN "
	}
	return ", "
}

// body is everything from FROM on.
func (s *semijoin) body() clause { return s.bodyOf(s.conditions()) }

func (s *semijoin) bodyOf(where []clause) clause {
	return sqlText("FROM ").plus(joined(s.tables, s.comma())).then(" WHERE ").plus(joined(where, " AND "))
}

// exists asks whether there are rows: for each record by itself or, where
// that would read the whole table each time, once for all of them.
func (s *semijoin) exists() clause {
	if s.column == "" {
		return sqlText("EXISTS (SELECT 1 ").plus(s.body()).then(")")
	}
	return sqlText(s.of + ".id IN (SELECT " + s.column + " ").plus(s.bodyOf(s.where)).then(" AND " + s.column + " IS NOT NULL)")
}
