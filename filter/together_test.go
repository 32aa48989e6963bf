package filter_test

import (
	"strings"
	"testing"
)

// TestAllProblemsTogether has filters and, in order, the beginnings of all
// their problems.
func TestAllProblemsTogether(t *testing.T) {
	for filter, want := range map[string][]string{
		"stauts = x and value > 1k and regions has Mars and (": {
			`unknown field "stauts" at 1`, `"1k" at 24 is no number`, `unknown field "regions" at 31`, `expected a field at 53, found the end`},
		"stauts open and value > lots": {
			`unknown field "stauts" at 1`, `expected an operator at 8, found "open"`, `"lots" at 25 is no number`},
		"stauts = open) and valeu > 5":      {`unknown field "stauts" at 1`, `unexpected ")" at 14`, `unknown field "valeu" at 20`},
		"(stauts = open and value > lots":   {`unknown field "stauts" at 2`, `"lots" at 28`, `expected ")" at 32`},
		"exists(taks where name = x) 5":     {`unknown field "taks" at 8`, `expected "and" or "or" at 29`},
		"exists(tasks where nam = x or (":   {`unknown field "nam" at 20`, `expected a field at 32`},
		"count(taks) bigger 3":              {`unknown field "taks" at 7`, `expected =, !=`},
		"stage in (Wonn or Lost) and x = 1": {`expected ")" at 16`, `unknown field "x" at 29`},
		"status = open valeu > 3":           {`expected "and" or "or" at 15, found "valeu": "and" is missing`, `unknown field "valeu" at 15`},
		"value > 3 and status > = open":     {`expected a value at 24, found "="`},
		"value > and status = opne":         {`expected a value at 9`, `"opne" at 22 is no status`},
		"stage = Won or Lost":               {"expected an operator at 20"},
		"exists tasks":                      {"expected an operator at 8"},
		"lower(name) = x and stauts = y":    {`"lower" at 1`, `unknown field "stauts" at 21`},
		"closed_on = between 5 and soon":    {`expected a value at 13, found "between"`, `"5" at 21 is no date`, `"soon" at 27 is no date`},
		"[{\"field\":\"kickof\",\"value\":1},{\"field\":\"stage\",\"operator\":\"bigger\",\"value\":1},{\"field\":\"value\",\"value\":\"lots\"}]": {
			`unknown field "kickof"`, `unknown operator "bigger"`, `"lots" at`},
		`{"or":[{"field":"stauts","operator":"bigger"},{"not":{"field":"a"}},7,{"value":3}]}`: {
			`unknown operator "bigger"`, `unknown field "stauts"`, `the rule has neither operator nor value`, `unknown field "a"`, `a rule is an object`, `needs the name of a field`},
	} {
		_, err := check(t, "deal", filter)
		if err == nil {
			t.Errorf("%s is taken", filter)
			continue
		}
		found := messages(t, err)
		same := len(found) == len(want)
		for i := range min(len(found), len(want)) {
			same = same && strings.HasPrefix(found[i], want[i])
		}
		if !same {
			t.Errorf("%s\n got %s\nwant %s", filter, strings.Join(found, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestMissingAnd(t *testing.T) {
	for wrong, want := range map[string]string{
		"status = open value > 3":                    `"and" is missing, write status = open and value > 3`,
		`name = "Acme" value > 3 or status = won`:    `"and" is missing, write name = "Acme" and value > 3`,
		"name = Closed Won value > 5":                `"and" is missing, write name = "Closed Won" and value > 5`,
		"closed_on = last 30 days value > 3":         `"and" is missing, write closed_on = last_30_days and value > 3`,
		"status in (open, won) value is null":        `"and" is missing, write status in (open, won) and value is null`,
		"value between 1 and 2 status not in (open)": `"and" is missing, write value between 1 and 2 and status not in (open)`,
		"status = open, value > 3":                   `"and" is missing, write status = open and value > 3`,
		"status = open & value > 3":                  `"and" is missing, write status = open and value > 3`,
		"status = open exists(tasks)":                `"and" is missing, write status = open and exists(tasks)`,
		"exists(tasks) value > 3":                    `"and" is missing, write exists(tasks) and value > 3`,
		"name = The Week in Review":                  `a text of several words needs quotes`,
		"status = open -- what is open":              `takes no comments: write status = open`,
		"status = open --what (is open":              `takes no comments: write status = open`,
		"status = open // what":                      `takes no comments`,
		"status = open /* what */":                   `takes no comments`,
		"status = open # what":                       `takes no comments`,
		"-- what\nstatus = open":                     `takes no comments`,
		"status = open -- what\nand value > 3":       `takes no comments`,
	} {
		wantFault(t, wrong, want)
	}
}

func TestRulesSayWhatIsMissing(t *testing.T) {
	for rules, want := range map[string]string{
		`[{"field":"stage"}]`:                                   `the rule has neither operator nor value: add them, such as {"field":"stage","operator":"equals","value":"…"}`,
		`[{"field":"stage","value":[]}]`:                        "the list of values is empty",
		`[{"field":"stage","operator":"gt"}]`:                   `"gt" takes one value, not 0`,
		`[{"field":"value","operator":"isNull","value":7}]`:     `"isNull" takes no value, true or false, not 1`,
		`[{"field":"value","operator":"isNull","value":[1,2]}]`: `"isNull" takes no value, true or false, not 2`,
	} {
		wantFault(t, rules, want)
	}
	for rules, want := range map[string]string{
		`{"field":"value","operator":"isNull","value":false}`:    "value not null",
		`{"field":"value","operator":"isNull","value":true}`:     "not(value not null)",
		`{"field":"value","operator":"isNotNull","value":false}`: "not(value not null)",
		`{"field":"value","operator":"isNotEmpty","value":true}`: "value not null",
		`{"field":"value","value":null}`:                         "not(value not null)",
	} {
		got, err := check(t, "deal", rules)
		if err != nil {
			t.Errorf("%s: %v", rules, err)
		} else if shown(got) != want {
			t.Errorf("%s: got %s, want %s", rules, shown(got), want)
		}
	}
}
