package store

import (
	"fmt"
	"slices"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// periods are those by which dates are grouped.
var periods = []string{"day", "week", "month", "quarter", "year"}

// Days are counted as Julian day numbers, whose day 0 was a Monday.
const (
	dayOf1970  = 2_440_588
	dayMillis  = 24 * 60 * 60 * 1000
	zeroMillis = dayOf1970 * dayMillis
)

// maxBounds is how many months a statement can tell apart.
const maxBounds = 5_000

// periodOf gives the number of the period in which a date or moment lies:
// YYYYMM of a month, YYYYQ of a quarter, YYYY of a year, the day number of a
// day, a seventh of it of a week. All of it is arithmetic that every SQL
// engine knows.
func (a *aggregation) periodOf(g *grouping, column string) (clause, error) {
	g.weekStart = int64(a.tx.clock.WeekStart+6) % 7
	if g.field.Kind == schema.DateOnly {
		return sqlText(g.inPeriod(column, dayNumber(column))), nil
	}
	first, last, err := a.span(g, column)
	if err != nil {
		return clause{}, err
	}
	if g.period == "day" || g.period == "week" {
		offset := offsets(column, a.tx.clock.Location, first, last)
		day := sqlText("(" + column + " + ").plus(offset).then(fmt.Sprintf(" + %d) / %d", zeroMillis, dayMillis))
		if g.period == "week" {
			day = sqlText("(").plus(day).then(fmt.Sprintf(" - %d) / 7", g.weekStart))
		}
		return day, nil
	}
	return a.calendar(g, column, first, last)
}

// inPeriod is the period of a date in the form YYYYMMDD whose day number is day.
func (g *grouping) inPeriod(date, day string) string {
	switch g.period {
	case "day":
		return day
	case "week":
		return fmt.Sprintf("(%s - %d) / 7", day, g.weekStart)
	case "month":
		return date + " / 100"
	case "quarter":
		return fmt.Sprintf("%[1]s / 10000 * 10 + (%[1]s / 100 %% 100 + 2) / 3", date)
	}
	return date + " / 10000"
}

// dayNumber counts the days of a date in the form YYYYMMDD. Its year begins in
// March, so that the leap day is the last.
func dayNumber(date string) string {
	month := "(" + date + " / 100 % 100)"
	before := "((14 - " + month + ") / 12)"
	year := "(" + date + " / 10000 + 4800 - " + before + ")"
	return fmt.Sprintf("(%s %% 100 + (153 * (%s + 12 * %s - 3) + 2) / 5 + 365 * %[4]s + %[4]s / 4 - %[4]s / 100 + %[4]s / 400 - 32045)",
		date, month, before, year)
}

// span finds the first and last moment of a column among the records; where
// there is none, now.
func (a *aggregation) span(g *grouping, column string) (first, last time.Time, err error) {
	from, to := int64(a.tx.now()), int64(a.tx.now())
	if a.Where == nil && len(g.relations) == 0 && slices.Contains(a.Type.Sorts, g.field.Name) {
		return a.ends(column)
	}
	statement := sqlText("SELECT coalesce(min(moment), ?), coalesce(max(moment), ?) FROM (", from, to).plus(a.from(sqlText(column + " AS moment"))).then(") moments")
	if a.compiler.err != nil {
		return first, last, a.compiler.err
	}
	_, err = a.tx.one(statement.sql, statement.args, &from, &to)
	return schema.Millis(from).Time(), schema.Millis(to).Time(), err
}

// ends finds the first and last moment of all records in the index of the column.
func (a *aggregation) ends(column string) (first, last time.Time, err error) {
	from, to := int64(a.tx.now()), int64(a.tx.now())
	rows := a.compiler.shownRows(a.Type, nil)
	for function, into := range map[string]*int64{"min": &from, "max": &to} {
		statement := rows.selectFrom("coalesce("+function+"("+column+"), ?)", clause{})
		if _, err := a.tx.one(statement.sql, append([]any{*into}, statement.args...), into); err != nil {
			return first, last, err
		}
	}
	return schema.Millis(from).Time(), schema.Millis(to).Time(), nil
}

// offsets is what the clocks of a time zone are ahead of UTC at a moment, in
// milliseconds: one value for summer and winter of each year that is asked for.
func offsets(column string, zone *time.Location, first, last time.Time) clause {
	var bounds, values []int64
	for at := first.In(zone); ; {
		_, seconds := at.Zone()
		values = append(values, int64(seconds)*1000)
		_, until := at.ZoneBounds()
		if until.IsZero() || until.After(last) {
			return stepwise(column, bounds, values)
		}
		bounds = append(bounds, until.UnixMilli())
		at = until
	}
}

// calendar is the month, quarter or year of a moment.
func (a *aggregation) calendar(g *grouping, column string, first, last time.Time) (clause, error) {
	bounds, values, err := a.bounds(g, first, last)
	if err != nil {
		return clause{}, err
	}
	return stepwise(column, bounds, values), nil
}

// bounds are the moments at which months, quarters or years begin, with the
// number of the period before the first and after each. They begin with a day
// of the company's time zone.
func (a *aggregation) bounds(g *grouping, first, last time.Time) (bounds, values []int64, err error) {
	months := map[string]int{"month": 1, "quarter": 3, "year": 12}[g.period]
	day := schema.DateOf(first.In(a.tx.clock.Location))
	month := int(day) / 100 % 100
	day = schema.NewDate(int(day)/10_000, time.Month(month-(month-1)%months), 1)
	for {
		values = append(values, calendarNumber(day, g.period))
		day = schema.AddMonths(day, months)
		start := a.tx.clock.Start(day)
		switch {
		case start > schema.MillisOf(last):
			return bounds, values, nil
		case len(bounds) == maxBounds:
			return nil, nil, schema.Errorf(schema.InvalidArgument, "%s reaches from %s to %s, too far to group it by %s: narrow the filter, such as %s >= -10y",
				g.name, schema.MillisOf(first), schema.MillisOf(last), g.period, g.name)
		}
		bounds = append(bounds, int64(start))
	}
}

func calendarNumber(d schema.Date, period string) int64 {
	year, month := int64(d)/10_000, int64(d)/100%100
	switch period {
	case "month":
		return year*100 + month
	case "quarter":
		return year*10 + (month+2)/3
	}
	return year
}

// stepwise is a value that changes at bounds: the first below the first bound,
// and so on. It halves the bounds, so that many of them cost little.
func stepwise(column string, bounds, values []int64) clause {
	return sqlText("CASE WHEN " + column + " IS NOT NULL THEN ").plus(halves(column, bounds, values)).then(" END")
}

func halves(column string, bounds, values []int64) clause {
	if len(bounds) == 0 {
		return sqlText("CAST(? AS INTEGER)", values[0])
	}
	middle := len(bounds) / 2
	return sqlText("CASE WHEN "+column+" < ? THEN ", bounds[middle]).
		plus(halves(column, bounds[:middle], values[:middle+1])).then(" ELSE ").
		plus(halves(column, bounds[middle+1:], values[middle+1:])).then(" END")
}

// periodName is how a period is shown: 2026-05-04, the first day of a week,
// 2026-05, 2026-Q2, 2026.
func (g *grouping) periodName(n int64) any {
	switch g.period {
	case "day":
		return dateOfDay(n)
	case "week":
		return dateOfDay(n*7 + g.weekStart)
	case "month":
		return fmt.Sprintf("%04d-%02d", n/100, n%100)
	case "quarter":
		return fmt.Sprintf("%04d-Q%d", n/10, n%10)
	}
	return fmt.Sprintf("%04d", n)
}

func dateOfDay(n int64) schema.Date {
	return schema.DateOf(time.Unix((n-dayOf1970)*dayMillis/1000, 0).UTC())
}
