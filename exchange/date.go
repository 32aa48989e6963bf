package exchange

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/crmcp/crmcp/text"
)

// order says in which order a column was seen to write day and month.
type order struct{ dayFirst, monthFirst bool }

// numericDate is a date of three numbers, with a time behind it or not.
var numericDate = regexp.MustCompile(`^(\d{1,4})([./-])(\d{1,2})([./-])(\d{1,4})(?:[T ]+(\d.*))?$`)

// writtenLayouts are dates that leave no doubt.
var writtenLayouts = []string{
	"20060102", "2 January 2006", "2 Jan 2006", "2-Jan-2006", "January 2, 2006", "Jan 2, 2006", "Mon, 2 Jan 2006", "Mon, 02 Jan 2006 15:04:05 -0700",
}

var timeLayouts = []string{"15:04", "15:04:05", "15:04:05.999999", "3:04 PM", "3:04:05 PM", "3:04PM", "3:04:05PM"}

// learn takes a value as evidence of the column's order.
func (o *order) learn(s string) {
	m := numericDate.FindStringSubmatch(s)
	if m == nil || len(m[1]) > 2 {
		return
	}
	first, _ := strconv.Atoi(m[1])
	second, _ := strconv.Atoi(m[3])
	o.dayFirst = o.dayFirst || first > 12 && second <= 12
	o.monthFirst = o.monthFirst || second > 12 && first <= 12
}

// or gives the order of the whole file to a column that shows none.
func (o order) or(file order) order {
	if o.dayFirst || o.monthFirst {
		return o
	}
	return file
}

// date writes a date or time as the schema reads it; what it does not know is
// given as it is. withTime keeps the time of the day.
func (o order) date(s string, withTime bool) (string, error) {
	m := numericDate.FindStringSubmatch(s)
	if m == nil {
		return writtenDate(s), nil
	}
	year, month, day, err := o.parts(s, m)
	if err != nil {
		return "", err
	}
	iso := fmt.Sprintf("%s-%02d-%02d", year, month, day)
	if m[6] == "" || !withTime {
		return iso, nil
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, strings.ToUpper(strings.TrimSpace(m[6]))); err == nil {
			return iso + t.Format(" 15:04:05"), nil
		}
	}
	return s, nil
}

func (o order) parts(s string, m []string) (year string, month, day int, err error) {
	first, _ := strconv.Atoi(m[1])
	second, _ := strconv.Atoi(m[3])
	last, _ := strconv.Atoi(m[5])
	short := text.Truncate(s, 40)
	switch {
	case len(m[1]) == 4 && len(m[5]) <= 2:
		return m[1], second, last, nil
	case len(m[1]) > 2 || len(m[5]) != 4:
		return "", 0, 0, fmt.Errorf("%q has no year of four digits: write it as 2026-05-31", short)
	case m[2] == "." || first > 12 || first == second:
		return m[5], second, first, nil
	case second > 12:
		return m[5], first, second, nil
	case o.dayFirst != o.monthFirst && o.dayFirst:
		return m[5], second, first, nil
	case o.dayFirst != o.monthFirst:
		return m[5], first, second, nil
	}
	return "", 0, 0, fmt.Errorf("%q may mean %s-%02d-%02d or %s-%02d-%02d: write it as one of them", short, m[5], first, second, m[5], second, first)
}

// writtenDate reads dates whose month is a word, and eight digits.
func writtenDate(s string) string {
	for _, layout := range writtenLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format(time.DateOnly)
		}
	}
	return s
}
