package filter_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crmcp/crmcp/filter"
)

func TestNothingMayStandBehindRules(t *testing.T) {
	const rules = `[{"field":"name","operator":"eq","value":"Acme"}]`
	for _, rest := range []string{"} and nonsense", "]", "}", ",", "[]", " x", `"`, "\n{}", " and status = open", "1"} {
		f, err := filter.Parse(rules + rest)
		if err == nil {
			t.Errorf("%s is taken as %s", rules+rest, f)
			continue
		}
		if found := messages(t, err); len(found) != 1 || !strings.Contains(found[0], "goes on behind its JSON rules") {
			t.Errorf("%s: got %q", rules+rest, found)
		}
	}
	if f, err := filter.Parse(" " + rules + " \n\t"); err != nil || f.String() != "name = Acme" {
		t.Errorf("white space behind rules: %v, %v", f, err)
	}
}

// TestProblemsOfRules parses each of them often, as objects have no order.
func TestProblemsOfRules(t *testing.T) {
	for rules, want := range map[string][]string{
		`{"field":"a","value":1,"values":[2]}`:                        {`the rule gives its value twice, as "value" and "values": keep one of them`},
		`{"field":"a","operator":"gt","op":"lt","value":1}`:           {`the rule gives its operator twice, as "op" and "operator": keep one of them`},
		`{"field":"a","Field":"b","FIELD":"c","value":1}`:             {`the rule gives its field twice, as "FIELD" and "Field": keep one of them`, `the rule gives its field twice, as "FIELD" and "field": keep one of them`},
		`{"field":"a","value":1,"values":null}`:                       {`the rule gives its value twice, as "value" and "values": keep one of them`},
		`{"field":"a","value":1,"zebra":1,"apple":1,"or_else":1}`:     {`a rule has "field", "operator" and "value", not "apple"`, `a rule has "field", "operator" and "value", not "or_else"`, `a rule has "field", "operator" and "value", not "zebra"`},
		`[{"field":1,"operator":2,"value":3},{"field":"","value":3}]`: {"must be a text", "must be a text", `needs the name of a field, such as "status" or "organization.industry"`, `needs the name of a field, such as "status" or "organization.industry"`},
	} {
		for range 20 {
			f, err := filter.Parse(rules)
			if err == nil {
				t.Errorf("%s is taken as %s", rules, f)
				break
			}
			if diff := cmp.Diff(want, messages(t, err)); diff != "" {
				t.Errorf("%s: %s", rules, diff)
				break
			}
		}
	}
}
