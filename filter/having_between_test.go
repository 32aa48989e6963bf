package filter_test

import (
	"strings"
	"testing"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

func TestHavingBetween(t *testing.T) {
	clock := newEnv(t).Clock
	measured := []filter.Measured{{Names: []string{"count"}, Kind: schema.Integer}, {Names: []string{"sum(amount)"}, Kind: schema.Money},
		{Names: []string{"max(closed_on)"}, Kind: schema.DateOnly}, {Names: []string{"summ(x)"}, Wrong: true}}
	group := []any{int64(3), schema.Decimal(100_0000), schema.NewDate(2026, 5, 20), nil}
	for condition, want := range map[string]bool{
		"count between 1 and 3":                                 true,
		"count between 3.5 and 4 or count = 3":                  true,
		"count not between 1 and 3":                             false,
		"not count between 4 and 5 and count > 2":               true,
		"sum(amount) between 100 and 400000":                    true,
		"sum(amount) between 100.0001 and 400000":               false,
		"max(closed_on) between 2026-05-20 and 2026-06":         true,
		"max(closed_on) between last_month and this_month":      true,
		"max(closed_on) not between -60d and -30d && count=3":   true,
		"summ(x) between a and b or summ(x) > yesterday":        false,
		"count between 1 and 3 and sum(amount) between 1 and 2": false,
	} {
		having, err := filter.ParseHaving(condition, measured, clock)
		if err != nil {
			t.Errorf("%s: %v", condition, err)
		} else if got := having(group); got != want {
			t.Errorf("%s: got %t, want %t", condition, got, want)
		}
	}
	for condition, want := range map[string]string{
		"count between 5 and 3":              `"5" at 15 lies above "3": between takes the lower bound first`,
		"count between 1, 3":                 `expected "and" at 16 between the two bounds`,
		"count between many and 3":           `"many" at 15`,
		"count not > 3":                      `expected "between" at 11, found ">"`,
		"count between many and 3 and x = 1": `"x" at 30 is none of the measures`,
	} {
		_, err := filter.ParseHaving(condition, measured, clock)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", condition, err, want)
		}
	}
}
