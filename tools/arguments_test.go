package tools

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crmcp/crmcp/schema"
)

func TestArgumentsAreTakenInEveryForm(t *testing.T) {
	for _, test := range []struct {
		arg  Arg
		raw  string
		want any
	}{
		{Arg{}, `5`, "5"},
		{Arg{}, `{"id":"org_1","name":"Acme"}`, "org_1"},
		{Arg{}, `["one"]`, "one"},
		{Arg{JSON: true}, `[{"field":"a"}]`, `[{"field":"a"}]`},
		{Arg{Commas: true}, `["-value","name"]`, "-value, name"},
		{Arg{Enum: []string{"create_anyway", "skip"}}, `"Create Anyway"`, "create_anyway"},
		{Arg{Kind: Integer}, `"5"`, int64(5)},
		{Arg{Kind: Integer}, `5.0`, int64(5)},
		{Arg{Kind: Number}, `"2.5"`, schema.Decimal(25_000)},
		{Arg{Kind: Boolean}, `"yes"`, true},
		{Arg{Kind: Boolean}, `0`, false},
		{Arg{Kind: Strings}, `"one"`, []string{"one"}},
		{Arg{Kind: Strings}, `"[\"a, b\",\"c\",\"c\"]"`, []string{"a, b", "c"}},
		{Arg{Kind: Strings}, `[{"id":"con_1"},7]`, []string{"con_1", "7"}},
		{Arg{Kind: Strings, Commas: true}, `"name, city"`, []string{"name", "city"}},
		{Arg{Kind: Pairs}, `["a=1","b=x=y"]`, []Pair{{"a", "1", true}, {"b", "x=y", true}}},
		{Arg{Kind: Pairs}, `{"b":null,"a":[1]}`, []Pair{{"a", []any{json.Number("1")}, false}, {"b", nil, false}}},
		{Arg{Kind: Pairs}, `"{\"a\":\"1\"}"`, []Pair{{"a", "1", false}}},
		{Arg{Kind: Struct}, `"{\"name\":\"x\"}"`, map[string]any{"name": "x"}},
		{Arg{Kind: Structs}, `{"name":"x"}`, []map[string]any{{"name": "x"}}},
	} {
		raw, err := decodeJSON([]byte(test.raw))
		if err != nil {
			t.Fatal(err)
		}
		got, err := test.arg.coerce(raw)
		if err != nil {
			t.Errorf("%s as %v: %v", test.raw, test.arg.Kind, err)
			continue
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s as %v (-want +got):\n%s", test.raw, test.arg.Kind, diff)
		}
	}
}

func TestArgumentsThatDoNotFitAreRefused(t *testing.T) {
	for _, test := range []struct {
		arg Arg
		raw string
	}{
		{Arg{}, `[1,2]`},
		{Arg{}, `{}`},
		{Arg{Enum: []string{"a"}}, `"b"`},
		{Arg{Kind: Integer}, `5.5`},
		{Arg{Kind: Integer, Min: 1, Max: 9}, `10`},
		{Arg{Kind: Number}, `"1,5"`},
		{Arg{Kind: Boolean}, `"maybe"`},
		{Arg{Kind: Strings}, `[["a","b"]]`},
		{Arg{Kind: Pairs}, `["a"]`},
		{Arg{Kind: Pairs}, `[["a","b"]]`},
		{Arg{Kind: Struct}, `"x"`},
		{Arg{Kind: Structs}, `[1]`},
	} {
		raw, err := decodeJSON([]byte(test.raw))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := test.arg.coerce(raw); err == nil {
			t.Errorf("%s is taken as %v", test.raw, got)
		}
	}
}

func TestArgumentsMustBeOneObject(t *testing.T) {
	s := newSession(t, Options{})
	for _, raw := range []string{`[]`, `"x"`, `{"name":`, `{} {}`, `7`} {
		s.refused(schema.InvalidArgument, "create_task", raw)
	}
	for i, raw := range []string{``, `null`, `"{}"`} {
		if list := s.ok("list_tasks", raw); list["total"] != 0.0 {
			t.Errorf("%d: %v", i, list)
		}
	}
}

func TestHashIgnoresHowACallIsRun(t *testing.T) {
	hash := func(raw string) string {
		args, err := decodeArguments(json.RawMessage(raw))
		if err != nil {
			t.Fatal(err)
		}
		return hashArguments(args)
	}
	plain := hash(`{"a":1,"b":[2]}`)
	if hash(`{"b":[2],"a":1,"dry_run":true,"confirm":"x","idempotencyKey":"k"}`) != plain {
		t.Error("control arguments change the hash")
	}
	if hash(`{"a":1,"b":[3]}`) == plain {
		t.Error("other arguments have the same hash")
	}
}
