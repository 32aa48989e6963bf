package schema

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Clock is what relative dates are read against: the moment of the call and
// the company's time zone and week.
type Clock struct {
	Now       time.Time
	Location  *time.Location
	WeekStart time.Weekday
}

// Today is the current day in the company's time zone.
func (c Clock) Today() Date { return DateOf(c.Now.In(c.Location)) }

var relativeDate = regexp.MustCompile(`^([+-])(\d{1,5})(d|w|mo|y|h|min)$`)

// Date reads YYYY-MM-DD, today, yesterday, tomorrow, now and +3d, -2w, +1mo, -1y.
func (c Clock) Date(s string) (Date, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	switch s {
	case "today", "now":
		return c.Today(), true
	case "yesterday":
		return c.Today().AddDays(-1), true
	case "tomorrow":
		return c.Today().AddDays(1), true
	}
	if m := relativeDate.FindStringSubmatch(s); m != nil && m[3] != "h" && m[3] != "min" {
		n, _ := strconv.Atoi(m[1] + m[2])
		return c.shift(n, m[3])
	}
	return ParseDate(s)
}

// shift moves today by n units; months and years stop at the last day of the month.
func (c Clock) shift(n int, unit string) (Date, bool) {
	today := c.Today()
	switch unit {
	case "d":
		today = today.AddDays(n)
	case "w":
		today = today.AddDays(7 * n)
	case "mo":
		today = AddMonths(today, n)
	case "y":
		today = AddMonths(today, 12*n)
	}
	return today, today >= 10_000 && today <= 99991231
}

// AddMonths moves a date by months and keeps it within the month: 31 January
// plus one month is the last day of February.
func AddMonths(d Date, n int) Date {
	first := time.Date(int(d)/10_000, time.Month(int(d)/100%100)+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return NewDate(first.Year(), first.Month(), min(int(d)%100, last))
}

// ParseDate reads YYYY-MM-DD alone and checks that the day exists.
func ParseDate(s string) (Date, bool) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return 0, false
	}
	return DateOf(t), true
}

var momentLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04",
}

// Moment reads an RFC 3339 time (without an offset: the company's time zone),
// now, -6h and -10min. dayOnly is true where only a day was said; the moment is then
// its first one.
func (c Clock) Moment(s string) (m Millis, dayOnly, ok bool) {
	s = strings.TrimSpace(s)
	if strings.EqualFold(s, "now") {
		return MillisOf(c.Now), false, true
	}
	if r := relativeDate.FindStringSubmatch(strings.ToLower(s)); r != nil && (r[3] == "h" || r[3] == "min") {
		n, _ := strconv.Atoi(r[1] + r[2])
		unit := map[string]time.Duration{"h": time.Hour, "min": time.Minute}[r[3]]
		return MillisOf(c.Now.Add(time.Duration(n) * unit)), false, true
	}
	if d, isDate := c.Date(s); isDate {
		return c.Start(d), true, true
	}
	for _, layout := range momentLayouts {
		if t, err := time.ParseInLocation(layout, strings.ToUpper(s), c.Location); err == nil && t.Year() >= 1 && t.Year() <= 9999 {
			return MillisOf(t), false, true
		}
	}
	return 0, false, false
}

// Start is the first moment of a day in the company's time zone.
func (c Clock) Start(d Date) Millis { return MillisOf(d.Time(c.Location)) }

// End is the last millisecond of a day in the company's time zone.
func (c Clock) End(d Date) Millis { return c.Start(d.AddDays(1)) - 1 }
