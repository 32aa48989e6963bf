package filter_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

// advice is a wrong value and the one that its error must name; none if empty.
type advice struct{ field, wrong, right string }

func TestAdvisedDatesAreTaken(t *testing.T) {
	followAdvice(t, []advice{
		{"created_at", "30 days ago", "-30d"},
		{"created_at", "30d ago", "-30d"},
		{"created_at", "3 months ago", "-3mo"},
		{"created_at", "an hour ago", ""},
		{"created_at", "6 hours ago", "-6h"},
		{"created_at", "last 24 hours", "-24h"},
		{"created_at", "10 minutes ago", "-10min"},
		{"created_at", "in 2 weeks", "+2w"},
		{"created_at", "7 days from now", "+7d"},
		{"created_at", "now-6h", "-6h"},
		{"created_at", "now()", "now"},
		{"closed_on", "today+7", "+7d"},
		{"closed_on", "today - 1 year", "-1y"},
		{"closed_on", "CURRENT_DATE", "today"},
		{"closed_on", "the last 30 days", "last_30_days"},
		{"closed_on", "past 2 weeks", "last_2_weeks"},
		{"closed_on", "previous month", "last_month"},
		{"closed_on", "current quarter", "this_quarter"},
		{"closed_on", "coming 7 days", "next_7_days"},
		{"closed_on", "this_qarter", "this_quarter"},
		{"closed_on", "last_weeek", "last_week"},
		{"closed_on", "tomorow", "tomorrow"},
		{"closed_on", "2026/5/1", "2026-05-01"},
		{"closed_on", "2026-5-1", "2026-05-01"},
		{"closed_on", "1.5.2026", "2026-05-01"},
		{"closed_on", "1 May 2026", "2026-05-01"},
		{"closed_on", "May 1, 2026", "2026-05-01"},
		{"closed_on", "May 2026", "2026-05"},
		{"closed_on", "05/01/2026", ""},
		{"closed_on", "30 days", ""},
		{"closed_on", "sometime", ""},
	})
}

func TestAdvisedNumbersAreTaken(t *testing.T) {
	followAdvice(t, []advice{
		{"amount", "€500", "500"},
		{"amount", "500 EUR", "500"},
		{"amount", "EUR 5", "5"},
		{"amount", "-1,000", "-1000"},
		{"amount", "1,000,000.50", "1000000.50"},
		{"amount", "1.000.000", "1000000"},
		{"amount", "1.234,56", "1234.56"},
		{"amount", "12,5", "12.5"},
		{"amount", "1 000", "1000"},
		{"amount", "1_000", "1000"},
		{"amount", "10k", "10000"},
		{"amount", "1.5M", "1500000"},
		{"amount", "5 apples", ""},
		{"amount", "5 10", ""},
		{"amount", "1..", ""},
		{"probability", "50%", "50"},
	})
}

// followAdvice compares with the wrong value, then with the one that the error
// names in its place: it must be the right one, and be taken.
func followAdvice(t *testing.T, cases []advice) {
	t.Helper()
	for _, c := range cases {
		_, err := check(t, "deal", c.field+` > "`+c.wrong+`"`)
		var failure *schema.Error
		if !errors.As(err, &failure) || len(failure.Problems) != 1 {
			t.Errorf("%s > %s: got %v, want one problem", c.field, c.wrong, err)
			continue
		}
		if got := failure.Problems[0].DidYouMean; got != c.right {
			t.Errorf("%s > %s: advised %q, want %q", c.field, c.wrong, got, c.right)
		}
		if c.right == "" {
			continue
		}
		if _, err := check(t, "deal", c.field+" > "+c.right); err != nil {
			t.Errorf("%s > %s: the advice is refused: %v", c.field, c.right, err)
		}
	}
}

// TestAdvisedConditionsAreTaken has filters and what their errors advise.
func TestAdvisedConditionsAreTaken(t *testing.T) {
	for wrong, right := range map[string]string{
		"stage not Won":              "stage != Won",
		"stage is not Won":           "stage != Won",
		"status is open":             "status = open",
		"stage Won":                  "stage = Won",
		"stage = Won or Lost":        "stage = Won or stage = Lost",
		`name contains "a" or "b"`:   "name contains a or name contains b",
		"amount >= 100 and <= 200":   "amount >= 100 and amount <= 200",
		"amount > 5 and not < 3":     "",
		"exists tasks":               "exists(tasks)",
		"amount between 5, 10":       "between 5 and 10",
		"amount = 5..10":             "between 5 and 10",
		"closed_on = last 30 days":   "last_30_days",
		"created_at > now() - 30d":   "-30d",
		"closed_on < today + 7":      "+7d",
		"amount > 1 000":             "write 1000",
		"amount > 1,000":             "write 1000",
		"amount > 500 EUR":           "currency = EUR",
		"month(closed_on) = 5":       "closed_on = 2026-05",
		"lower(name) = x":            "write name alone",
		"coalesce(name) = x":         "name is null",
		"stage in [Won, Lost]":       "in (Won, Lost)",
		"name ilike x":               "use like",
		"name not ilike x":           "use not like",
		"tags overlaps (VIP)":        "use has any",
		"tags has_all (VIP)":         "use has all",
		"name isnt x":                "use !=",
		"owner missing":              "use is null",
		"company.industry = IT":      "organization.industry",
		"deals.amount = 5":           `"amount"`,
		"is_won = true":              "status = won",
		"tasks.count > 2":            "count(tasks)",
		"number_of_tasks > 2":        "count(tasks)",
		"select name where name = x": "the condition alone",
		"where status = open":        "leave it out",
		"status = open limit 5":      "without order, groups and limit",
	} {
		_, err := check(t, "deal", wrong)
		if err == nil {
			t.Errorf("%s is taken", wrong)
			continue
		}
		found := messages(t, err)
		if len(found) != 1 || !strings.Contains(found[0], right) {
			t.Errorf("%s: got %q, want one with %q", wrong, found, right)
		}
	}
}

func TestTooDeepIsOneProblem(t *testing.T) {
	for _, open := range []string{"(", "not (", "exists(tasks where "} {
		text := ""
		for range 40 {
			text += open
		}
		if _, err := filter.Parse(text + "name = x"); err == nil || len(messages(t, err)) != 1 {
			t.Errorf("40 times %q: got %v, want one problem", open, err)
		}
	}
}
