package filter_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

var someMeasured = []filter.Measured{
	{Names: []string{"count"}, Kind: schema.Integer},
	{Names: []string{"sum(amount)", "sum(value)"}, Kind: schema.Money},
	{Names: []string{"max(closed_on)"}, Kind: schema.DateOnly},
	{Names: []string{"min(created_at)"}, Kind: schema.DateTime},
}

func TestHaving(t *testing.T) {
	clock := newEnv(t).Clock
	group := []any{int64(3), schema.Decimal(25_000), schema.NewDate(2026, 5, 20), clock.Start(schema.NewDate(2026, 5, 20))}
	empty := []any{int64(0), nil, nil, nil}
	for condition, want := range map[string][2]bool{
		"count > 2":                             {true, false},
		"count >= 3 and sum(amount) = 2.5":      {true, false},
		"count>2.5 AND SUM ( Value )<=2.5":      {true, false},
		"count < 3.5 and count > 3.4":           {false, false},
		"sum(amount) > 2.4999":                  {true, false},
		"sum(amount) != 2.5":                    {false, true},
		"sum(amount) is null or count = 3":      {true, true},
		"sum(amount) is not null":               {true, false},
		"not (count = 3 or count = 4)":          {false, true},
		"!(count = 0)":                          {true, false},
		"max(closed_on) = today":                {true, false},
		"max(closed_on) < 2026-05-20":           {false, false},
		"min(created_at) <= 2026-05-20":         {true, false},
		"min(created_at) > 2026-05-19":          {true, false},
		"min(created_at) > 2026-05-20":          {false, false},
		"count = 1 or count = 3 and count <> 4": {true, false},
	} {
		having, err := filter.ParseHaving(condition, someMeasured, clock)
		if err != nil {
			t.Errorf("%s: %v", condition, err)
			continue
		}
		if got := [2]bool{having(group), having(empty)}; got != want {
			t.Errorf("%s: got %v, want %v", condition, got, want)
		}
	}
}

func TestHavingComparesMomentsWithWholeDays(t *testing.T) {
	clock := newEnv(t).Clock
	group := []any{int64(1), nil, schema.NewDate(2026, 5, 20), schema.MillisOf(clock.Now)}
	for condition, want := range map[string]bool{
		"min(created_at) = today":                        true,
		"min(created_at) != today":                       false,
		"min(created_at) = yesterday":                    false,
		"min(created_at) <> yesterday":                   true,
		"min(created_at) == 2026-05-20":                  true,
		"min(created_at) > today":                        false,
		"min(created_at) >= today":                       true,
		"min(created_at) < today":                        false,
		"min(created_at) <= today":                       true,
		"min(created_at) = now":                          true,
		"min(created_at) = 2026-05-20T10:00":             true,
		"min(created_at) = 2026-05-20T00:00":             false,
		"min(created_at) = this_week":                    true,
		"min(created_at) > last_month":                   true,
		"min(created_at) != 2026":                        false,
		"max(closed_on) = 2026-05":                       true,
		"max(closed_on) > 2026-05":                       false,
		"max(closed_on) <= last_week":                    false,
		"max(closed_on) = 2026-05-20T23:30:00Z":          false,
		"not (max(closed_on) = today and count != 1)":    true,
		"max(closed_on) >= -7d and max(closed_on) < +1d": true,
	} {
		having, err := filter.ParseHaving(condition, someMeasured, clock)
		if err != nil {
			t.Errorf("%s: %v", condition, err)
			continue
		}
		if got := having(group); got != want {
			t.Errorf("%s: got %t, want %t", condition, got, want)
		}
	}
}

func TestHavingProblems(t *testing.T) {
	for condition, want := range map[string][]string{
		"cuont > 3":                        {`"cuont" at 1 is none of the measures: did you mean "count"?`},
		"sum(probability) > 3 and count x": {`"sum(probability)" at 1 is none of the measures: add it to measures`, `expected =, !=, <, <=, > or >= at 32, found "x"`},
		"amount > 5":                       {`"amount" at 1 is none of the measures: did you mean "sum(amount)"?`},
		"count > many":                     {`"many" at 9 is no number`},
		"max(closed_on) > often":           {`"often" at 18 is no date`},
		"min(created_at) > often":          {`"often" at 19 is no time`},
		"count >":                          {"at 8"},
		"count > 3 4":                      {`unexpected "4" at 11`},
		"(count > 3":                       {`expected ")" at 11`},
		"count is 3":                       {`expected "null" at 10`},
		"":                                 {"the end at 1 is none of the measures"},
		strings.Repeat("(", 40):            {"too deep at 33"},
	} {
		_, err := filter.ParseHaving(condition, someMeasured, newEnv(t).Clock)
		if err == nil {
			t.Errorf("%s is taken", condition)
			continue
		}
		got := messages(t, err)
		if len(got) != len(want) || !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, want[0]) }) {
			t.Errorf("%s: got %q, want %q", condition, got, want)
		}
	}
}
