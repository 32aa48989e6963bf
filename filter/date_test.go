package filter_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

func TestPeriods(t *testing.T) {
	clock := newEnv(t).Clock
	cases := map[string]string{
		"today": "2026-05-20 2026-05-20", "yesterday": "2026-05-19 2026-05-19", "-30d": "2026-04-20 2026-04-20",
		"+2w": "2026-06-03 2026-06-03", "-3mo": "2026-02-20 2026-02-20", "-1y": "2025-05-20 2025-05-20",
		"this_week": "2026-05-18 2026-05-24", "last_week": "2026-05-11 2026-05-17", "NEXT WEEK": "2026-05-25 2026-05-31",
		"this_month": "2026-05-01 2026-05-31", "last_month": "2026-04-01 2026-04-30", "next_month": "2026-06-01 2026-06-30",
		"this_quarter": "2026-04-01 2026-06-30", "last-quarter": "2026-01-01 2026-03-31", "next_quarter": "2026-07-01 2026-09-30",
		"this_year": "2026-01-01 2026-12-31", "last_year": "2025-01-01 2025-12-31", "next_year": "2027-01-01 2027-12-31",
		"last_7_days": "2026-05-13 2026-05-20", "next_30_days": "2026-05-20 2026-06-19", "last_1_day": "2026-05-19 2026-05-20",
		"last_3_months": "2026-02-20 2026-05-20", "2026": "2026-01-01 2026-12-31", "2024-02": "2024-02-01 2024-02-29", "-1m": "none",
		"2026-02-29": "none", "soon": "none", "last_fortnight": "none", "last_x_days": "none", "last_99999_years": "none", "this_7_days": "none",
	}
	for text, want := range cases {
		first, last, ok := filter.Period(clock, text)
		got := "none"
		if ok {
			got = first.String() + " " + last.String()
		}
		if got != want {
			t.Errorf("Period(%q) = %s, want %s", text, got, want)
		}
	}
}

func TestWeeksStartWhereTheCompanySays(t *testing.T) {
	clock := schema.Clock{Now: time.Date(2026, 5, 24, 12, 0, 0, 0, time.UTC), Location: time.UTC}
	for start, want := range map[time.Weekday]string{
		time.Monday: "2026-05-18", time.Saturday: "2026-05-23", time.Sunday: "2026-05-24",
	} {
		clock.WeekStart = start
		if first, _, _ := filter.Period(clock, "this_week"); first.String() != want {
			t.Errorf("week from %s: %s, want %s", start, first, want)
		}
	}
}

func TestDatesCompareAsWholeDaysAndPeriods(t *testing.T) {
	const start, end = "2026-05-10T22:00:00.000Z", "2026-05-17T21:59:59.999Z"
	cases := map[string]string{
		"created_at = last_week":                            fmt.Sprintf("and(created_at >= %s; created_at <= %s)", start, end),
		"created_at < last_week":                            "created_at < " + start,
		"created_at >= last_week":                           "created_at >= " + start,
		"created_at > last_week":                            "created_at > " + end,
		"created_at <= last_week":                           "created_at <= " + end,
		"created_at != 2026-01-01":                          "not(and(created_at >= 2025-12-31T23:00:00.000Z; created_at <= 2026-01-01T22:59:59.999Z))",
		"created_at > -30min":                               "created_at > 2026-05-20T07:30:00.000Z",
		"expected_close_on = 1998":                          "and(expected_close_on >= 1998-01-01; expected_close_on <= 1998-12-31)",
		"expected_close_on < 2026-02":                       "expected_close_on < 2026-02-01",
		"created_at > -6h":                                  "created_at > 2026-05-20T02:00:00.000Z",
		"created_at = now":                                  "created_at = 2026-05-20T08:00:00.000Z",
		`created_at = "2026-05-01 10:00"`:                   "created_at = 2026-05-01T08:00:00.000Z",
		"created_at between 2026-03-29 and 2026-03-29":      "and(created_at >= 2026-03-28T23:00:00.000Z; created_at <= 2026-03-29T21:59:59.999Z)",
		"expected_close_on in (today, next_month)":          "or(expected_close_on = 2026-05-20; and(expected_close_on >= 2026-06-01; expected_close_on <= 2026-06-30))",
		"expected_close_on > this_quarter":                  "expected_close_on > 2026-06-30",
		"expected_close_on <= now":                          "expected_close_on <= 2026-05-20",
		"close_date = 2026-05-01T23:30:00Z":                 "expected_close_on = 2026-05-02",
		"expected_close_on between last_month and +3d":      "and(expected_close_on >= 2026-04-01; expected_close_on <= 2026-05-23)",
		"expected_close_on not between -1y and last_7_days": "not(and(expected_close_on >= 2025-05-20; expected_close_on <= 2026-05-20))",
	}
	for text, want := range cases {
		got, err := check(t, "deal", text)
		if err != nil {
			t.Error(err)
		} else if shown(got) != want {
			t.Errorf("%s\n got %s\nwant %s", text, shown(got), want)
		}
	}
}

func TestBirthdays(t *testing.T) {
	cases := map[string]string{
		"birthday = --02-29":                         "birthday = --02-29",
		"birthday = 1990-05-01":                      "birthday = 1990-05-01",
		"birthday = today":                           "birthday = --05-20",
		"birthday = -18y":                            "birthday = 2008-05-20",
		"birthday < -18y":                            "birthday < 2008-05-20",
		"birthday = next_30_days":                    "and(birthday >= --05-20; birthday <= --06-19)",
		"birthday between today and +9mo":            "or(birthday >= --05-20; birthday <= --02-20)",
		"birthday between --12-20 and --01-05":       "or(birthday >= --12-20; birthday <= --01-05)",
		"birthday = last_year":                       "and(birthday >= 2025-01-01; birthday <= 2025-12-31)",
		"birthday in (tomorrow, 1990-05-01)":         "or(birthday = --05-21; birthday = 1990-05-01)",
		"birthday between 1980-01-01 and 1990-01-01": "and(birthday >= 1980-01-01; birthday <= 1990-01-01)",
	}
	for text, want := range cases {
		got, err := check(t, "contact", text)
		if err != nil {
			t.Error(err)
		} else if shown(got) != want {
			t.Errorf("%s\n got %s\nwant %s", text, shown(got), want)
		}
	}
}
