package filter

import (
	"regexp"
	"strings"
	"time"

	"github.com/crmcp/crmcp/text"
)

// rightForm gives the form of the language for a date or number that was
// written in another one; empty where it is not clear what is meant.
func rightForm(s string) string {
	if right := rightDate(s); right != "" {
		return right
	}
	return rightNumber(s).advice("currency")
}

var (
	// shiftedDate is "30 days ago", "now() - 30d", "NOW() - INTERVAL '30 days'", "today + 7", "7 days from now".
	shiftedDate = regexp.MustCompile(`^(now|today|current_date|current_timestamp|getdate|sysdate|in)?\s*(?:\(\s*\))?\s*([+-])?\s*(?:interval\s*)?['"]?(\d{1,5})\s*([a-z]+)?['"]?\s*(ago|from\s+now|from\s+today)?$`)
	// rolledDate is "last 30 days", calendarDate "previous month", quarterDate "Q3 2026" or "2026/Q3".
	rolledDate   = regexp.MustCompile(`^(?:(?:in|within)\s+)?(?:the\s+)?([a-z]+)[\s_-]+(\d{1,5})[\s_-]*([a-z]+)$`)
	calendarDate = regexp.MustCompile(`^(?:the\s+)?([a-z]+)[\s_-]+(week|month|quarter|year)$`)
	quarterDate  = regexp.MustCompile(`^q([1-4])[\s/_-]*(\d{4})$|^(\d{4})[\s/_-]*q([1-4])$`)
)

// rightDate is rightForm of dates: -30d for "30 days ago".
func rightDate(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	switch strings.ReplaceAll(s, " ", "") {
	case "now()", "current_timestamp", "current_timestamp()", "sysdate":
		return "now"
	case "today()", "current_date", "current_date()", "curdate()", "getdate()":
		return "today"
	}
	if m := quarterDate.FindStringSubmatch(s); m != nil {
		return choose(m[2] != "", m[2], m[3]) + "-Q" + choose(m[1] != "", m[1], m[4])
	}
	if m := calendarDate.FindStringSubmatch(s); m != nil && turn(m[1]) != "" {
		return turn(m[1]) + "_" + m[2]
	}
	if m := rolledDate.FindStringSubmatch(s); m != nil && turn(m[1]) != "" && turn(m[1]) != "this" {
		return rolled(turn(m[1]), m[2], dateUnit(m[3]))
	}
	if m := shiftedDate.FindStringSubmatch(s); m != nil {
		return shifted(m[1], m[2], m[3], m[4], m[5])
	}
	return writtenDate(s)
}

// shifted is a day relative to today; without a sign, an anchor or "ago"
// nobody knows which.
func shifted(anchor, sign, count, unit, direction string) string {
	short := dateUnit(unit)
	if unit == "" && (anchor == "now" || anchor == "today") && sign != "" {
		short = "d"
	}
	switch {
	case short == "":
		return ""
	case direction == "ago":
		sign = "-"
	case direction != "" || anchor == "in":
		sign = "+"
	}
	if sign == "" {
		return ""
	}
	return sign + count + short
}

// rolled is last_30_days and the like; hours are counted from now.
func rolled(which, count, unit string) string {
	switch unit {
	case "d", "w", "mo", "y":
		return which + "_" + count + "_" + map[string]string{"d": "days", "w": "weeks", "mo": "months", "y": "years"}[unit]
	case "h", "min":
		return choose(which == "last", "-", "+") + count + unit
	}
	return ""
}

// turn is last, this or next.
func turn(word string) string {
	switch word {
	case "last", "past", "previous", "prev", "prior":
		return "last"
	case "this", "current":
		return "this"
	case "next", "coming", "following":
		return "next"
	}
	return ""
}

func dateUnit(word string) string {
	switch strings.TrimSuffix(word, "s") {
	case "d", "day":
		return "d"
	case "w", "wk", "week":
		return "w"
	case "mo", "month":
		return "mo"
	case "y", "yr", "year":
		return "y"
	case "h", "hr", "hour":
		return "h"
	case "min", "minute":
		return "min"
	}
	return ""
}

// writtenDate is a date of the calendar in another spelling that leaves no
// doubt about day and month.
func writtenDate(s string) string {
	for layout, right := range map[string]string{
		"2006/1/2": time.DateOnly, "2006-1-2": time.DateOnly, "2.1.2006": time.DateOnly, "2 January 2006": time.DateOnly,
		"2 Jan 2006": time.DateOnly, "January 2, 2006": time.DateOnly, "Jan 2, 2006": time.DateOnly,
		"January 2006": "2006-01", "Jan 2006": "2006-01", "2006/1": "2006-01",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format(right)
		}
	}
	return ""
}

// dateNames are the dates that have names, for suggestions.
var dateNames = []string{"today", "now", "yesterday", "tomorrow", "this_week", "last_week", "next_week", "this_month", "last_month",
	"next_month", "this_quarter", "last_quarter", "next_quarter", "this_year", "last_year", "next_year", "last_7_days",
	"last_30_days", "last_90_days", "next_7_days", "next_30_days"}

// nearestDate is the date that a text was most likely meant to be.
func nearestDate(s string) string {
	if right := rightDate(s); right != "" {
		return right
	}
	return text.Nearest(strings.NewReplacer(" ", "_", "-", "_").Replace(s), dateNames)
}

// rightRange takes "100..200" and, of dates, "2026-01-01/2026-03-31" apart
// where both bounds fit.
func rightRange(s string, fits func(string) bool) (low, high string, ok bool) {
	for _, sign := range []string{"...", "..", "–", "/", " - ", " to "} {
		low, high, both := strings.Cut(s, sign)
		low, high = strings.TrimSpace(low), strings.TrimSpace(high)
		if both && fits(low) && fits(high) {
			return low, high, true
		}
	}
	return "", "", false
}
