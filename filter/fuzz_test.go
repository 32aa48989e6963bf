package filter_test

import (
	"encoding/json"
	"testing"

	"github.com/crmcp/crmcp/filter"
)

// FuzzParse: whatever comes in, there is no panic, and what is printed of a
// filter reads as the same filter and checks to the same tree.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`status = active and owner = me or not value > 10000.5`,
		`exists(deals where stage in (Won, "Lost") and count(tasks) >= 2)`,
		`tags has all (VIP, 'do not call') && name !~ "a\"b" || created_at between -30d and today`,
		`metadata."a b" is not null and identifiers in (a@b.c)`, "a has any any", `((`, `"`, `! ! (x = 1`,
		`[{"field":"status","operator":"in","value":["active"]},{"or":[{"field":"a"},{"not":{"field":"b","value":1}}]}]`,
		`{"field":"Created At","operator":"inLastDays","value":3}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := filter.Parse(text)
		if err != nil {
			return
		}
		same(t, parsed)
	})
}

// FuzzRules feeds decoded JSON of any shape.
func FuzzRules(f *testing.F) {
	f.Add(`[{"field":"a.b","operator":"hasNone","value":["x",1,true,null]}]`)
	f.Add(`{"and":[{"or":[{"not":{"field":"a","op":"between","values":[1,2]}}]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		var rules any
		if json.Unmarshal([]byte(text), &rules) != nil {
			return
		}
		if parsed, err := filter.ParseRules(rules); err == nil {
			same(t, parsed)
		}
	})
}

func same(t *testing.T, parsed *filter.Filter) {
	t.Helper()
	printed := parsed.String()
	again, err := filter.Parse(printed)
	if err != nil {
		if len([]rune(printed)) > filter.MaxCharacters {
			return
		}
		t.Fatalf("%q cannot be read: %v", printed, err)
	}
	if again.String() != printed {
		t.Fatalf("%q is read as %q", printed, again)
	}
	env := newEnv(t)
	one, err := filter.Check(parsed, env.Schema.Type("deal"), env)
	two, errAgain := filter.Check(again, env.Schema.Type("deal"), env)
	if (err == nil) != (errAgain == nil) || err == nil && shown(one) != shown(two) {
		t.Fatalf("%q and %q check differently: %v, %v", parsed, again, err, errAgain)
	}
}
