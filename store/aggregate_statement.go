package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// statement writes the SQL in layers: the records with their groups and
// values; each once a group, where relations to many would repeat it; the
// places of values, where there are medians; and the result.
func (a *aggregation) statement() (clause, error) {
	a.selectRows()
	if a.gatherable() {
		return a.gathered()
	}
	var columns []clause
	var keys, others []string
	add := func(name string, column clause, into *[]string) {
		columns = append(columns, column.then(" AS "+name))
		*into = append(*into, name)
	}
	for i, g := range a.groups {
		if g.isConstant() {
			continue
		}
		found, err := a.columnsOf(g)
		if err != nil {
			return clause{}, err
		}
		add(fmt.Sprintf("g%d", i), found.key, &keys)
		add(fmt.Sprintf("s%d", i), found.shown, &others)
		add(fmt.Sprintf("p%d", i), found.rank, &others)
	}
	for i, m := range a.measures {
		add(fmt.Sprintf("v%d", i), a.valueOf(m), &others)
	}
	rows := a.from(sqlText("t.id AS id, ").plus(joined(columns, ", ")))
	if a.repeats() {
		rows = eachOnce(rows, keys, others)
	}
	return a.result(a.placed(rows, keys), keys), a.compiler.err
}

// selectRows selects the records. What drives the statement from another
// table may give a record twice, so it only tells which ones they are.
func (a *aggregation) selectRows() {
	a.rows = a.compiler.matching(a.Type, a.compiler.narrowedIn(a.Type, a.Where), nil)
	if len(a.rows.tables) == 0 {
		return
	}
	ids := a.rows.selectFrom("t.id", clause{})
	a.rows = &selection{t: a.Type, semijoin: semijoin{where: []clause{sqlText("t.id IN (").plus(ids).then(")")}}}
}

// from selects columns of the records and of what is joined to them.
func (a *aggregation) from(columns clause) clause {
	statement := a.rows.selectFrom(columns.sql, a.tables.joins)
	statement.args = slices.Concat(columns.args, statement.args)
	return statement
}

// repeats says that a record may be joined twice with the same group: by two
// organizations of one industry, say. Two tags are never the same.
func (a *aggregation) repeats() bool {
	return slices.ContainsFunc(a.groups, func(g *grouping) bool {
		return slices.ContainsFunc(g.relations, func(r *schema.Relation) bool { return r.Many }) && (g.field != nil || len(g.relations) > 1)
	})
}

func eachOnce(rows clause, keys, others []string) clause {
	columns := slices.Clone(keys)
	for _, name := range others {
		columns = append(columns, "min("+name+") AS "+name)
	}
	by := append([]string{"id"}, keys...)
	return sqlText("SELECT " + strings.Join(columns, ", ") + " FROM (").plus(rows).then(") every GROUP BY " + strings.Join(by, ", "))
}

// placed counts, for each median, the values of a group and the place of each.
func (a *aggregation) placed(rows clause, keys []string) clause {
	var columns []string
	partition := ""
	if len(keys) > 0 {
		partition = "PARTITION BY " + strings.Join(keys, ", ")
	}
	for i, m := range a.measures {
		if m.function == "median" {
			columns = append(columns, fmt.Sprintf("row_number() OVER (%[2]s ORDER BY CASE WHEN v%[1]d IS NULL THEN 1 ELSE 0 END, v%[1]d) AS n%[1]d, count(v%[1]d) OVER (%[2]s) AS k%[1]d", i, partition))
		}
	}
	if columns == nil {
		return rows
	}
	return sqlText("SELECT placing.*, " + strings.Join(columns, ", ") + " FROM (").plus(rows).then(") placing")
}

// result groups and measures; the columns are those that readRow expects.
func (a *aggregation) result(rows clause, keys []string) clause {
	var columns []string
	for i, g := range a.groups {
		if !g.isConstant() {
			columns = append(columns, fmt.Sprintf("g%[1]d, min(s%[1]d), min(p%[1]d)", i))
		}
	}
	for _, m := range a.measures {
		columns = append(columns, m.columns()...)
	}
	statement := sqlText("SELECT " + strings.Join(columns, ", ") + " FROM (").plus(rows).then(") measured")
	if len(keys) > 0 {
		statement = statement.then(" GROUP BY " + strings.Join(keys, ", "))
	}
	return statement
}
