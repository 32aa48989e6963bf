package store

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// Records are first summed up by the columns that their own table has for the
// groups, and only then is looked up what those columns lead to: a thousand
// rows are joined and sorted instead of a million. Where an index holds all
// that is summed up, in order, nothing is sorted at all.

// gatherable tells whether groups and measures are of the records themselves,
// and the measures such that parts of them add up.
func (a *aggregation) gatherable() bool {
	own := func(f *schema.Field) bool { return !f.Custom && f.Kind != schema.MultiEnum }
	constant := true
	for _, g := range a.groups {
		switch {
		case g.isConstant():
			continue
		case g.field == nil:
			r := g.relations[0]
			if len(g.relations) > 1 || r.Via != schema.ViaColumn || r.Field.Custom {
				return false
			}
		case len(g.relations) > 0 || !own(g.field) || g.fallback == "" && g.field.Kind.IsText() && len(g.field.Options) == 0:
			return false
		}
		constant = false
	}
	return !constant && !slices.ContainsFunc(a.measures, func(m *measure) bool {
		return m.label != "count" && (m.function == "median" || m.function == "count_distinct" || m.field == nil || len(m.relations) > 0 || !own(m.field))
	})
}

// gathered writes the statement that sums up first.
func (a *aggregation) gathered() (clause, error) {
	var columns []clause
	var keys []string
	inner, err := a.gathering()
	if err != nil {
		return clause{}, err
	}
	for i, g := range a.groups {
		if g.isConstant() {
			continue
		}
		found := groupColumns{sqlText(fmt.Sprintf("t.period%d", i)), noColumn, noColumn}
		if g.period == "" {
			if found, err = a.columnsOf(g); err != nil {
				return clause{}, err
			}
		}
		key := fmt.Sprintf("g%d", i)
		keys = append(keys, key)
		columns = append(columns, found.key.then(" AS "+key), found.shown.then(fmt.Sprintf(" AS s%d", i)), found.rank.then(fmt.Sprintf(" AS p%d", i)))
	}
	var measured []string
	for i, g := range a.groups {
		if !g.isConstant() {
			measured = append(measured, fmt.Sprintf("g%[1]d, min(s%[1]d), min(p%[1]d)", i))
		}
	}
	for _, m := range a.measures {
		for i := range m.columns() {
			name := fmt.Sprintf("m%d_%d", m.at, i)
			columns = append(columns, sqlText("t."+name))
			measured = append(measured, m.adding()+"("+name+")")
		}
	}
	return sqlText("SELECT " + strings.Join(measured, ", ") + " FROM (SELECT ").plus(joined(columns, ", ")).then(" FROM (").plus(inner).
		then(") t").plus(a.tables.joins).then(") measured GROUP BY " + strings.Join(keys, ", ")), a.compiler.err
}

// adding is how parts of a measure are put together.
func (m *measure) adding() string {
	if m.function == "min" || m.function == "max" {
		return m.function
	}
	return "sum"
}

// gathering sums up the records by their own columns.
func (a *aggregation) gathering() (clause, error) {
	report := a.reportIndex()
	if report == "" {
		if a.Where == nil {
			// No index holds what is read, so the table is read as it lies.
			a.rows.where[0].sql = "+" + a.rows.where[0].sql
		}
		return a.summing(func(g *grouping) (clause, string, error) {
			period, err := a.periodOf(g, "t."+g.field.Column())
			return period, "", err
		}, "")
	}
	for _, g := range a.groups {
		if g.period != "" && g.field.Kind == schema.DateTime {
			return a.summingDays(g, report)
		}
	}
	return a.summing(func(g *grouping) (clause, string, error) {
		month := reportColumn(g.field, "t.")
		return sqlText(g.ofMonth(month)), month, nil
	}, report)
}

// summing writes the statement that sums up; period compiles a group by date
// and says by what finer column it is grouped, where there is one.
func (a *aggregation) summing(period func(*grouping) (clause, string, error), report string) (clause, error) {
	var columns []clause
	var by []string
	for i, g := range a.groups {
		switch {
		case g.isConstant():
			continue
		case g.period != "":
			key, finer, err := period(g)
			if err != nil {
				return clause{}, err
			}
			columns = append(columns, key.then(fmt.Sprintf(" AS period%d", i)))
			by = append(by, cmp.Or(finer, fmt.Sprint(len(columns))))
			continue
		case g.field == nil:
			columns = append(columns, sqlText("t."+g.relations[0].Field.Column()))
		default:
			columns = append(columns, sqlText("t."+filterColumn(g.field)))
		}
		by = append(by, fmt.Sprint(len(columns)))
	}
	for _, m := range a.measures {
		value := "1"
		if m.field != nil {
			value = "t." + filterColumn(m.field)
		}
		for i, column := range m.columns() {
			column = strings.ReplaceAll(column, fmt.Sprintf("v%d", m.at), value)
			columns = append(columns, sqlText(fmt.Sprintf("%s AS m%d_%d", column, m.at, i)))
		}
	}
	if date := a.reportDate(report); date != "" {
		// The index is in the order of its date too, so nothing needs sorting.
		by = append(by, date)
	}
	rows := *a.rows
	rows.index = report
	all := joined(columns, ", ")
	statement := rows.selectFrom(all.sql, clause{}).then(" GROUP BY " + strings.Join(by, ", "))
	statement.args = slices.Concat(all.args, statement.args)
	return statement, nil
}

// reportDate is what a report's index holds of its date, where no group is by it.
func (a *aggregation) reportDate(report string) string {
	for _, names := range a.Type.Reports {
		byDate := slices.ContainsFunc(a.groups, func(g *grouping) bool { return g.period != "" })
		if report == reportName(a.Type, names) && !byDate {
			return reportColumn(a.Type.Field(names[1]), "t.")
		}
	}
	return ""
}

// reportIndex is the index that holds all that a report over everything reads,
// in the order of its groups; empty: there is none.
func (a *aggregation) reportIndex() string {
	if a.Where != nil {
		return ""
	}
	for _, names := range a.Type.Reports {
		if a.within(names) {
			return reportName(a.Type, names)
		}
	}
	return ""
}

// within tells whether a report's index, of a group, a date, a currency and a
// value, holds what is asked for.
func (a *aggregation) within(names []string) bool {
	for _, g := range a.groups {
		switch {
		case g.isConstant():
		case g.period == "day" || g.period == "week":
			return false
		case g.period != "" && g.field.Name == names[1]:
		case g.period != "":
			return false
		case g.field == nil && g.relations[0].Field.Name == names[0]:
		case g.field == nil || g.field.Name != names[0] && g.field.Name != names[2]:
			return false
		}
	}
	return !slices.ContainsFunc(a.measures, func(m *measure) bool { return m.field != nil && m.field.Name != names[3] })
}

// ofMonth is the period of a month in the form YYYYMM.
func (g *grouping) ofMonth(month string) string {
	switch g.period {
	case "quarter":
		return fmt.Sprintf("%[1]s / 100 * 10 + (%[1]s %% 100 + 2) / 3", month)
	case "year":
		return month + " / 100"
	}
	return month
}

// summingDays sums up by the days in UTC that an index holds. Days in which a
// period of the company's time zone begins, and the time before 1970, where
// the engine's division counts days otherwise, are summed up moment by moment.
func (a *aggregation) summingDays(g *grouping, report string) (clause, error) {
	column := "t." + g.field.Column()
	first, last, err := a.span(g, column)
	if err != nil {
		return clause{}, err
	}
	bounds, values, err := a.bounds(g, first, last)
	if err != nil {
		return clause{}, err
	}
	day := dayInUTC(column)
	var begin []int64
	split := []string{"0"}
	for _, bound := range bounds {
		at := time.UnixMilli(bound).UTC().Truncate(24 * time.Hour).UnixMilli()
		begin = append(begin, at/dayMillis)
		if at != bound && at > 0 {
			split = append(split, itoa(at/dayMillis))
		}
	}
	if neverEmpty(g.field) && len(split) == 1 && first.UnixMilli() >= dayMillis {
		return a.summing(func(*grouping) (clause, string, error) { return stepwise(day, begin, values), day, nil }, report)
	}
	within := strings.Join(split, ", ")
	original := a.rows.where
	defer func() { a.rows.where = original }()
	a.rows.where = append(slices.Clip(original), sqlText(day+" > 0"), sqlText(day+" NOT IN ("+within+")"))
	byDay, err := a.summing(func(*grouping) (clause, string, error) { return stepwise(day, begin, values), day, nil }, report)
	if err != nil {
		return clause{}, err
	}
	a.rows.where = append(slices.Clip(original), sqlText("("+day+" IS NULL OR "+day+" <= 0 OR "+day+" IN ("+within+"))"))
	byMoment, err := a.summing(func(*grouping) (clause, string, error) { return stepwise(column, bounds, values), "", nil }, report)
	return byDay.then(" UNION ALL ").plus(byMoment), err
}
