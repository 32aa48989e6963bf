package filter

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// Period reads a day (2026-05-01, today, -30d) or a period (2026, 2026-05, 2026-Q2,
// this_week, last_month, next_quarter, last_7_days) and gives its first and its last day
// in the company's time zone. last_7_days runs from -7d to today, next_7_days
// from today to +7d, so that nothing of the last 7 times 24 hours is left out.
func Period(clock schema.Clock, s string) (first, last schema.Date, ok bool) {
	if d, ok := clock.Date(s); ok {
		return d, d, true
	}
	if first, last, ok := writtenPeriod(strings.TrimSpace(s)); ok {
		return first, last, true
	}
	parts := strings.Split(strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(s))), "_")
	switch len(parts) {
	case 2:
		return calendarPeriod(clock, parts[0], parts[1])
	case 3:
		return rollingPeriod(clock, parts[0], parts[1], parts[2])
	}
	return 0, 0, false
}

// writtenPeriod is a year (2026), a quarter (2026-Q2) or a month (2026-05).
func writtenPeriod(s string) (first, last schema.Date, ok bool) {
	if t, err := time.Parse("2006", s); err == nil && t.Year() > 0 {
		return schema.NewDate(t.Year(), time.January, 1), schema.NewDate(t.Year(), time.December, 31), true
	}
	if t, err := time.Parse("2006-01", s); err == nil && t.Year() > 0 {
		first = schema.DateOf(t)
		return first, schema.AddMonths(first, 1).AddDays(-1), true
	}
	if m := quarterLabel.FindStringSubmatch(s); m != nil && m[1] != "0000" {
		year, _ := strconv.Atoi(m[1])
		first = schema.NewDate(year, time.Month(3*int(m[2][0]-'0')-2), 1)
		return first, schema.AddMonths(first, 3).AddDays(-1), true
	}
	return 0, 0, false
}

// quarterLabel is what reports call a quarter: 2026-Q2.
var quarterLabel = regexp.MustCompile(`^(\d{4})-?[qQ]([1-4])$`)

// calendarPeriod is the week, month, quarter or year before, around or after today.
func calendarPeriod(clock schema.Clock, which, unit string) (first, last schema.Date, ok bool) {
	steps, ok := map[string]int{"last": -1, "this": 0, "next": 1}[which]
	if !ok {
		return 0, 0, false
	}
	today := clock.Today()
	year, month := int(today)/10_000, time.Month(int(today)/100%100)
	months := 0
	switch unit {
	case "week":
		back := (int(today.Time(time.UTC).Weekday()-clock.WeekStart) + 7) % 7
		first = today.AddDays(7*steps - back)
		return first, first.AddDays(6), true
	case "month":
		first, months = schema.NewDate(year, month, 1), 1
	case "quarter":
		first, months = schema.NewDate(year, month-(month-1)%3, 1), 3
	case "year":
		first, months = schema.NewDate(year, time.January, 1), 12
	default:
		return 0, 0, false
	}
	first = schema.AddMonths(first, steps*months)
	return first, schema.AddMonths(first, months).AddDays(-1), true
}

// rollingPeriod is last_N_days and the like, today included.
func rollingPeriod(clock schema.Clock, which, count, unit string) (first, last schema.Date, ok bool) {
	short := map[string]string{"day": "d", "week": "w", "month": "mo", "year": "y"}[strings.TrimSuffix(unit, "s")]
	n, err := strconv.Atoi(count)
	if short == "" || err != nil || n < 1 {
		return 0, 0, false
	}
	switch which {
	case "last":
		first, ok = clock.Date("-" + count + short)
		return first, clock.Today(), ok
	case "next":
		last, ok = clock.Date("+" + count + short)
		return clock.Today(), last, ok
	}
	return 0, 0, false
}
