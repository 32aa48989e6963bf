package filter_test

import (
	"strings"
	"testing"

	"github.com/crmcp/crmcp/filter"
)

// TestLabelsOfPeriodsAreTaken compares with what aggregates print of days,
// weeks, months, quarters and years.
func TestLabelsOfPeriodsAreTaken(t *testing.T) {
	const third = "and(closed_on >= 2026-07-01; closed_on <= 2026-09-30)"
	for condition, want := range map[string]string{
		"closed_on = 2026-Q3":                       third,
		`closed_on = "2026-Q3"`:                     third,
		"closed_on = 2026q3":                        third,
		"closed_on != 2026-Q3":                      "not(" + third + ")",
		"closed_on < 2026-Q3":                       "closed_on < 2026-07-01",
		"closed_on <= 2026-Q3":                      "closed_on <= 2026-09-30",
		"closed_on > 2026-Q4":                       "closed_on > 2026-12-31",
		"closed_on >= 2026-Q1":                      "closed_on >= 2026-01-01",
		"closed_on in (2026-05-18, 2026-05, 2026)":  "or(closed_on = 2026-05-18; and(closed_on >= 2026-05-01; closed_on <= 2026-05-31); and(closed_on >= 2026-01-01; closed_on <= 2026-12-31))",
		"closed_on between 2025-Q4 and 2026-Q1":     "and(closed_on >= 2025-10-01; closed_on <= 2026-03-31)",
		"created_at = 2026-Q3":                      "and(created_at >= 2026-06-30T22:00:00.000Z; created_at <= 2026-09-30T21:59:59.999Z)",
		"metadata.quarter >= 2026-Q3":               `metadata[quarter] >= "2026-Q3"`,
		`[{"field":"closed_on","value":"2026-Q3"}]`: third,
	} {
		got, err := check(t, "deal", condition)
		if err != nil {
			t.Errorf("%s: %v", condition, err)
		} else if shown(got) != want {
			t.Errorf("%s\n got %s\nwant %s", condition, shown(got), want)
		}
	}
	for _, wrong := range []string{"2026-Q0", "2026-Q5", "2026-Q", "0000-Q1", "2026-QQ", "2026-Q11"} {
		if _, err := check(t, "deal", "closed_on = "+wrong); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
}

func TestAdvisedPeriodsAreTaken(t *testing.T) {
	followAdvice(t, []advice{
		{"closed_on", "Q3 2026", "2026-Q3"},
		{"closed_on", "Q3/2026", "2026-Q3"},
		{"closed_on", "q3-2026", "2026-Q3"},
		{"closed_on", "2026 Q3", "2026-Q3"},
		{"closed_on", "2026/Q3", "2026-Q3"},
		{"closed_on", "2026-W21", ""},
		{"closed_on", "last_0_days", ""},
		{"closed_on", "last 0 days", ""},
		{"closed_on", "next_999999_days", ""},
		{"closed_on", "monday", ""},
	})
}

func TestDatesThatAreNoneSayWhatFits(t *testing.T) {
	for condition, want := range map[string]string{
		"closed_on = Q3 2026":                   `found "2026": write 2026-Q3`,
		"closed_on = last_0_days":               "the number must be at least 1",
		`closed_on = "next 0 weeks"`:            "the number must be at least 1",
		"closed_on = last_99999_years":          "too far",
		"closed_on = monday":                    "names of weekdays are not taken: use a date, 2026-05-18 or 2026-05-25, or this_week, last_week, next_week",
		"closed_on < Wed":                       "use a date, 2026-05-20 or 2026-05-27, or",
		`closed_on > "last friday"`:             "use a date, 2026-05-15 or 2026-05-22, or",
		"closed_on > next friday":               "names of weekdays are not taken",
		"closed_on = 2026-W21":                  "write between 2026-05-18 and 2026-05-24",
		"closed_on = between today and +7d":     `found "between": leave out "=", write closed_on between today and +7d`,
		"closed_on != between today and +7d":    "write closed_on not between today and +7d",
		"stage = in (Won, Lost)":                "write stage in (Won, Lost)",
		"stage != not in (Won, Lost)":           "write stage in (Won, Lost)",
		"name == contains acme":                 "write name contains acme",
		"stage = is null":                       "write stage is null",
		"closed_on = between today":             `leave out "="`,
		`closed_on = between "Q3 2026" and +1y`: `"Q3 2026" at 21 is no date`,
	} {
		_, err := check(t, "deal", condition)
		if err == nil {
			t.Errorf("%s is taken", condition)
			continue
		}
		found := messages(t, err)
		last := found[len(found)-1]
		if !strings.Contains(last, want) || len(found) > 1+strings.Count(condition, `"Q3`) {
			t.Errorf("%s: got %q, want %q", condition, found, want)
		}
	}
}

func TestHavingTakesLabelsAndLists(t *testing.T) {
	clock := newEnv(t).Clock
	group := []any{int64(3), nil, newEnv(t).Clock.Today(), nil}
	for condition, want := range map[string]bool{
		"max(closed_on) = 2026-Q2":                              true,
		"max(closed_on) != 2026q2":                              false,
		"max(closed_on) > 2026-Q1 and max(closed_on) < 2026-Q3": true,
		"max(closed_on) between 2026-Q1 and 2026-Q2":            true,
		"max(closed_on) in (2025, 2026-Q2)":                     true,
		"max(closed_on) not in (2025, 2026-Q1)":                 true,
		"count in (1, 2, 3)":                                    true,
		"count in (4)":                                          false,
		"count not in (1, 3)":                                   false,
		"sum(amount) in (1)":                                    false,
		"sum(amount) not in (1)":                                true,
	} {
		having, err := filter.ParseHaving(condition, someMeasured, clock)
		if err != nil {
			t.Errorf("%s: %v", condition, err)
		} else if got := having(group); got != want {
			t.Errorf("%s: got %t, want %t", condition, got, want)
		}
	}
	for condition, want := range map[string]string{
		"count in (1, many)":               `"many" at 14 is no number`,
		"count = between 1 and 3":          `found "between": leave out "=", write count between 1 and 3`,
		"count != in (1, 3)":               `leave out "!=", write count not in (1, 3)`,
		"max(closed_on) = Q3/2026":         "did you mean 2026-Q3?",
		"max(closed_on) > monday":          "names of weekdays are not taken",
		"max(closed_on) > last_0_days":     "at least 1",
		"sum(amount) > €10.000":            "write 10000 or 10",
		"count between 1 and 3 and (x = 1": `"x" at 28`,
	} {
		_, err := filter.ParseHaving(condition, someMeasured, clock)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", condition, err, want)
		}
	}
}
