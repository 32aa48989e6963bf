package filter

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/crmcp/crmcp/schema"
)

var (
	countedDays = regexp.MustCompile(`^(?:last|next)_(\d+)_(?:day|week|month|year)s?$`)
	weekLabel   = regexp.MustCompile(`^(\d{4})-?w(0?[1-9]|[1-4]\d|5[0-3])$`)
	weekdayName = regexp.MustCompile(`^(?:(?:on|this|last|next)[\s_-]+)?(sun|mon|tue|tues|wed|thu|thur|thurs|fri|sat|sunday|monday|tuesday|wednesday|thursday|friday|saturday)$`)
)

// dateAdvice says what to write instead of a text that is no date, and gives
// the one date that was likely meant.
func dateAdvice(clock schema.Clock, s string, moments bool) (advice, near string) {
	forms := whenForms(moments)
	isDate := func(s string) bool { _, ok := readWhen(clock, s, moments); return ok }
	if low, high, both := rightRange(s, isDate); both {
		return fmt.Sprintf("write between %s and %s", word(low), word(high)), ""
	}
	near = nearestDate(s)
	if m := countedDays.FindStringSubmatch(choose(near != "", near, strings.ToLower(s))); m != nil && !isDate(m[0]) {
		reason := choose(strings.Trim(m[1], "0") == "", "the number must be at least 1", "that is too far away")
		return reason + "  (" + forms + ")", ""
	}
	lower := strings.ToLower(strings.TrimSpace(s))
	if m := weekdayName.FindStringSubmatch(lower); m != nil {
		before, after := weekdays(clock, m[1])
		return fmt.Sprintf("names of weekdays are not taken: use a date, %s or %s, or this_week, last_week, next_week  (%s)", before, after, forms), ""
	}
	if m := weekLabel.FindStringSubmatch(lower); m != nil {
		first, last := weekOf(m[1], m[2])
		return fmt.Sprintf("write between %s and %s", first, last), ""
	}
	if near == "" || !isDate(near) {
		return "use " + forms, ""
	}
	return fmt.Sprintf("did you mean %s?  (%s)", near, forms), near
}

// weekdays gives the last day of that name, which may be today, and the next.
func weekdays(clock schema.Clock, name string) (before, after schema.Date) {
	before = clock.Today()
	for !strings.HasPrefix(strings.ToLower(before.Time(time.UTC).Weekday().String()), name[:3]) {
		before = before.AddDays(-1)
	}
	return before, before.AddDays(7)
}

// weekOf gives the first and last day of a week that is counted as ISO 8601
// does: the first one has 4 January in it.
func weekOf(year, week string) (first, last schema.Date) {
	y, _ := strconv.Atoi(year)
	n, _ := strconv.Atoi(week)
	fourth := schema.NewDate(y, time.January, 4)
	monday := fourth.AddDays(-(int(fourth.Time(time.UTC).Weekday()) + 6) % 7)
	first = monday.AddDays(7 * (n - 1))
	return first, first.AddDays(6)
}
