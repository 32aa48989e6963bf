package tools

import (
	"testing"

	"github.com/crmcp/crmcp/schema"
)

// The budgets of what every user pays for in every request, in o200k tokens.
const (
	coreBudget    = 3_900
	defaultBudget = 7_000
	allBudget     = 8_500
	toolBudget    = 320
)

func TestToolsKeepToTheirBudget(t *testing.T) {
	totals := map[string]int{}
	for _, tool := range Catalog(schema.New()) {
		n, err := Tokens(tool)
		if err != nil {
			t.Fatal(err)
		}
		if n > toolBudget {
			t.Errorf("%s costs %d tokens; a tool may cost %d", tool.Name, n, toolBudget)
		}
		for _, group := range groups() {
			if tool.isIn(group) {
				totals[group] += n
			}
		}
		totals[tool.Set] += n
		t.Logf("%-24s %4d", tool.Name, n)
	}
	for group, budget := range map[string]int{"core": coreBudget, "default": defaultBudget, "all": allBudget} {
		if totals[group] > budget {
			t.Errorf("the tools of %s cost %d tokens; they may cost %d", group, totals[group], budget)
		}
	}
	t.Logf("%v", totals)
}
