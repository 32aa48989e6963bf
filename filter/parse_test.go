package filter_test

import (
	"testing"

	"github.com/crmcp/crmcp/filter"
)

func TestPrintingIsCanonical(t *testing.T) {
	cases := map[string]string{
		"":                                   "",
		"  status=active  ":                  "status = active",
		"status = 'won' AND Owner == \"me\"": "status = won and Owner == me",
		"a = 1 or b = 2 and c = 3":           "a = 1 or b = 2 and c = 3",
		"(a = 1 or b = 2) and ((c = 3))":     "(a = 1 or b = 2) and c = 3",
		"(a = 1 and b = 2) and (c = 3 or (d = 4 or e = 5))": "a = 1 and b = 2 and (c = 3 or d = 4 or e = 5)",
		"a=1&&b=2||!c=3":                                                   "a = 1 and b = 2 or not c = 3",
		"not (a = 1 and not b = 2)":                                        "not (a = 1 and not b = 2)",
		"a <> 1 and a != 2":                                                "a != 1 and a != 2",
		"a ~ x and a !~ y and not a contains z":                            "a contains x and a not contains y and not a contains z",
		"a starts with x or a startsWith y":                                "a starts with x or a starts with y",
		"a not ends with x or a ends_with y":                               "a not ends with x or a ends with y",
		"a like 'x%' and a not like '100\\%'":                              `a like "x%" and a not like "100\\%"`,
		"a in (x, 'y z', -3.5) and b not in last_week":                     `a in (x, "y z", -3.5) and b not in (last_week)`,
		"a between 1 and 2 and b not between 3 AND 4":                      "a between 1 and 2 and b not between 3 and 4",
		"a is null and b is not empty and c = null":                        "a is null and b is not null and c is null",
		"a has x and b has any (x) and c not has all(x,y) and d has all z": "a has any (x) and b has any (x) and c not has all (x, y) and d has all (z)",
		"a has any":                                           `a has any ("any")`,
		"a has all and b has 'all'":                           `a has any ("all") and b has any ("all")`,
		"a = 'null' and b = 'and'":                            `a = "null" and b = "and"`,
		"exists(deals where value>5 or x=1)":                  "exists(deals where value > 5 or x = 1)",
		"EXISTS ( a.b ) and count(a)<>0":                      "exists(a.b) and count(a) != 0",
		"exists in (x) and count = 3":                         "exists in (x) and count = 3",
		`"Created At" = today and "status" = x`:               `"Created At" = today and status = x`,
		`metadata."a \"b" = 'it''s' and "not" = 'a\nb'`:       `metadata."a \"b" = "it's" and "not" = "a\nb"`,
		"a = 2026-05-01T10:00:00+02:00 and b = ada@x.example": "a = 2026-05-01T10:00:00+02:00 and b = ada@x.example",
		"名前 = 日本語 and b = 'C:\\dir'":                          `名前 = 日本語 and b = "C:\\dir"`,
	}
	for text, want := range cases {
		f, err := filter.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if f.String() != want {
			t.Errorf("%s\n got %s\nwant %s", text, f, want)
		}
	}
}

func TestRulesMeanTheSameAsText(t *testing.T) {
	cases := map[string]string{
		`[]`: "",
		`[{"field":"status","operator":"in","value":["active","closed"]}]`:                              "status in (active, closed)",
		`[{"field":"status","operator":"equals","value":"on hold"},{"field":"a","op":"neq","value":1}]`: `status = "on hold" and a != 1`,
		`{"field":"a","value":"x"}`:         "a = x",
		`[{"field":"a","value":["x","y"]}]`: "a in (x, y)",
		`[{"or":[{"field":"a","operator":"gt","value":1.50},{"field":"b","operator":"lte","value":-2}]},{"field":"c","operator":"eq","value":true}]`:              "(a > 1.50 or b <= -2) and c = true",
		`[{"not":{"field":"a","operator":"contains","value":"x"}}]`:                                                                                               "not a contains x",
		`[{"not":[{"field":"a","operator":"gte","value":1},{"and":[{"field":"b","operator":"lt","value":2}]}]}]`:                                                  "not (a >= 1 and b < 2)",
		`[{"field":"a","operator":"startsWith","value":"and"},{"field":"b","operator":"ends_with","value":"any"}]`:                                                `a starts with "and" and b ends with "any"`,
		`[{"field":"a","operator":"notIn","value":"x"},{"field":"a","operator":"not in","value":[1]}]`:                                                            "a not in (x) and a not in (1)",
		`[{"field":"a","operator":"between","value":[1,2]}]`:                                                                                                      "a between 1 and 2",
		`[{"field":"a","operator":"isNull"},{"field":"b","operator":"isNotNull","value":null}]`:                                                                   "a is null and b is not null",
		`[{"field":"a","operator":"isNull","value":true}]`:                                                                                                        "a is null",
		`[{"field":"a","operator":"equals","value":null}]`:                                                                                                        "a is null",
		`[{"field":"a","operator":"hasSome","value":["x"]},{"field":"a","operator":"hasAll","value":["x","y"]},{"field":"a","operator":"hasNone","value":["z"]}]`: "a has any (x) and a has all (x, y) and a not has any (z)",
		`[{"field":"a","operator":"hasSome"},{"field":"a","operator":"hasAll"},{"field":"a","operator":"hasNone"}]`:                                               "a is not null and a is not null and a is null",
		`[{"field":"a","operator":"inLastDays","value":30},{"field":"a","operator":"inLastDays","value":"7"}]`:                                                    "a = last_30_days and a = last_7_days",
		`[{"field":"Created At","operator":"gt","value":"today"},{"field":"metadata.x y","value":12345678901234567890}]`:                                          `"Created At" > today and metadata."x y" = 12345678901234567890`,
	}
	for rules, want := range cases {
		f, err := filter.Parse(rules)
		if err != nil {
			t.Errorf("%s: %v", rules, err)
		} else if f.String() != want {
			t.Errorf("%s\n got %s\nwant %s", rules, f, want)
		}
	}
}

func TestDecodedRules(t *testing.T) {
	rules := []any{
		map[string]any{"field": "value", "operator": "gt", "value": float64(1_000_000)},
		map[string]any{"field": "probability", "operator": "in", "value": []any{10, int64(20)}},
	}
	f, err := filter.ParseRules(rules)
	if err != nil {
		t.Fatal(err)
	}
	if want := "value > 1000000 and probability in (10, 20)"; f.String() != want {
		t.Errorf("got %s, want %s", f, want)
	}
	if f, err = filter.ParseRules("status = open"); err != nil || f.String() != "status = open" {
		t.Errorf("a string of rules gave %v, %v", f, err)
	}
}
