package tools

import (
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// wrongValues are of every JSON type and form. What fits some argument fits few.
func wrongValues() []json.RawMessage {
	list := []json.RawMessage{json.RawMessage(strings.Repeat("[", 300) + strings.Repeat("]", 300)), json.RawMessage(`"` + strings.Repeat("x", 20_000) + `"`)}
	for _, value := range []string{`-1.5`, `1e400`, `99999999999999999999`, `"some words"`, `["a","b"]`, `[{"a":1}]`, `{"a":{"b":[1]}}`,
		`{"id":"org_1"}`, `null`, `true`, `""`, `[]`, `{}`, `[null]`, `"usr_1"`, `"org_99999"`, `"\u0000"`, `"[1"`} {
		list = append(list, json.RawMessage(value))
	}
	return list
}

// megabyte is a text that nobody means, of very many words.
func megabyte() json.RawMessage { return json.RawMessage(`"` + strings.Repeat("long ", 200_000) + `"`) }

// rightArguments are what a tool takes when only one argument is to be wrong.
func rightArguments(tool *Tool) map[string]any {
	right := map[string]any{"ids": []string{"task_1"}, "id": "task_1", "query": "x", "name": "N", "from": "deal_1", "to": "con_1", "of": "org_1", "body": "B", "type": "call",
		"organization": "org_1", "contact": "con_1", "value": "a@b.example"}
	switch tool.Of {
	case "":
		right["type"] = "deal"
	case "organization", "contact", "deal", "task":
		right["id"] = "The " + tool.Of
	default:
		right["id"] = schema.New().Type(tool.Of).IDString(1)
	}
	arguments := map[string]any{}
	for _, arg := range tool.In {
		if arg.Required {
			arguments[arg.Name] = right[arg.Name]
		}
	}
	if tool.Mode == Destroy {
		arguments["dry_run"] = true
	}
	return arguments
}

// newFilledSession has one record of every type.
func newFilledSession(t *testing.T) *session {
	t.Helper()
	s := newSession(t, Options{Toolsets: "all", MaxText: 8_192})
	s.ok("create_organization", `{"name":"The organization","emails":["info@acme.example"]}`)
	s.ok("create_contact", `{"last_name":"The contact","organization":"org_1","emails":["ada@acme.example"]}`)
	for _, name := range []string{"deal", "task", "service", "project", "document"} {
		s.ok("create_"+name, `{"name":"The `+name+`"}`)
	}
	s.ok("add_note", `{"to":"org_1","body":"Hello"}`)
	s.ok("log_activity", `{"to":"org_1","type":"call"}`)
	return s
}

// TestWrongValuesForEveryArgument: one clear answer each, and nothing written
// where it is an error. The tools are dealt out, so that no part takes long.
func TestWrongValuesForEveryArgument(t *testing.T) {
	const parts = 8
	for part := range parts {
		t.Run(fmt.Sprint(part), func(t *testing.T) {
			t.Parallel()
			s := newFilledSession(t)
			for i, tool := range s.service.All() {
				if i%parts == part {
					s.sendWrongValues(tool)
				}
			}
		})
	}
}

func (s *session) sendWrongValues(tool *Tool) {
	s.Helper()
	right, huge := rightArguments(tool), map[Kind]bool{}
	written := s.written()
	for _, arg := range append(slices.Clone(tool.In), tool.controls()...) {
		values := wrongValues()
		if !huge[arg.Kind] {
			huge[arg.Kind] = true
			values = append(values, megabyte())
		}
		for _, value := range values {
			arguments := maps.Clone(right)
			arguments[arg.Name] = value
			if answer := s.answered(tool.Name, jsonOf(arguments)); !answer.IsError {
				written = max(written, changeOf(s.parsed(answer)))
			}
		}
		if after := s.written(); after != written {
			s.Errorf("%s refuses a value of %s and yet writes: change %d after %d", tool.Name, arg.Name, after, written)
			written = after
		}
	}
}

func TestUnknownArgumentsAreNamed(t *testing.T) {
	s := newFilledSession(t)
	before := s.written()
	for _, tool := range s.service.All() {
		for _, name := range []string{"no_such_thing", "", " ", "__proto__", "\u202e", strings.Repeat("n", 100_000)} {
			arguments := rightArguments(tool)
			arguments[name] = "x"
			if answer := s.answered(tool.Name, jsonOf(arguments)); answer.Code != schema.InvalidArgument || !strings.Contains(answer.Text, tool.Name+" takes no") {
				t.Errorf("%s with %.60q: %s", tool.Name, name, text.Truncate(answer.Text, 400))
			}
		}
	}
	if after := s.written(); after != before {
		t.Errorf("%d changes were written", after-before)
	}
}

func TestArgumentsThatAreNoObject(t *testing.T) {
	s := newFilledSession(t)
	before := s.written()
	for _, arguments := range []string{`[]`, `5`, `"x"`, `{`, `{"name":}`, `{"name":"a"} {}`, `nul`, "\x00", `{"name":"` + "\xff" + `"`,
		strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 100_000), strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)} {
		for _, tool := range s.service.All() {
			if answer := s.answered(tool.Name, arguments); answer.Code != schema.InvalidArgument {
				t.Errorf("%s %.60q: %s", tool.Name, arguments, answer.Text)
			}
		}
	}
	if after := s.written(); after != before {
		t.Errorf("%d changes were written", after-before)
	}
}

func TestReferencesThatMeanNothing(t *testing.T) {
	s := newFilledSession(t)
	for range 2 {
		s.ok("create_contact", `{"last_name":"Lovelace","if_exists":"create_anyway"}`)
	}
	before := s.written()
	for _, test := range []struct {
		code                  schema.ErrorCode
		tool, arguments, says string
	}{
		{schema.NotFound, "update_deal", `{"id":"org_1","name":"X"}`, "org_1 is an organization"},
		{schema.NotFound, "update_deal", `{"id":"deal_99","name":"X"}`, "deal_99"},
		{schema.InvalidArgument, "update_deal", `{"id":"Nobody","name":"X"}`, "Nobody"},
		{schema.Ambiguous, "update_contact", `{"id":"Lovelace","job_title":"X"}`, "con_2"},
		{schema.Ambiguous, "add_note", `{"to":"Lovelace","body":"X"}`, "con_3"},
		{schema.InvalidArgument, "create_deal", `{"name":"X","organization":"Nobody","contacts":["Lovelace","con_77"],"owner":"usr_9"}`, "usr_9"},
		{schema.NotFound, "get_records", `{"ids":["org_99999999999999999"]}`, "org_99999999999999999"},
		{schema.InvalidArgument, "get_records", `{"ids":["org_99999999999999999999"]}`, "org_99999999999999999999"},
		{schema.InvalidArgument, "undo", `{"change":"1,000"}`, "chg_7"},
		{schema.InvalidArgument, "undo", `{"change":"chg_1x"}`, "chg_7"},
	} {
		if problem := jsonOf(s.refused(test.code, test.tool, test.arguments)); !strings.Contains(problem, test.says) {
			t.Errorf("%s %s does not say %q: %s", test.tool, test.arguments, test.says, problem)
		}
	}
	if after := s.written(); after != before {
		t.Errorf("%d changes were written", after-before)
	}
}

func TestAFilterListsAllItsMistakes(t *testing.T) {
	s := newFilledSession(t)
	e := s.refused(schema.InvalidArgument, "list_deals", jsonOf(map[string]any{
		"filter": `stauts = won and stage > Lead and stage = Wonn and value = much`, "sort": "nmae", "fields": "vlaue"}))
	problems, _ := e["error"].(map[string]any)["problems"].([]any)
	if len(problems) != 6 {
		t.Errorf("%d problems: %s", len(problems), jsonOf(e))
	}
	for i, said := range []string{"stauts", ">", "Wonn", "much"} {
		if i < len(problems) && !strings.Contains(jsonOf(problems[i]), strings.ReplaceAll(said, ">", `\u003e`)) {
			t.Errorf("problem %d does not name %s: %s", i, said, jsonOf(problems[i]))
		}
	}
}

// TestHugeInputIsRefusedAndForgotten: refusals say what is too large, and no
// call leaves memory behind.
func TestHugeInputIsRefusedAndForgotten(t *testing.T) {
	s := newFilledSession(t)
	before := s.written()
	body := strings.Repeat("ten megabytes ", 10<<20/14)
	brackets := strings.Repeat("(", 100_000)
	deep := strings.Repeat(`{"a":`, 5_000) + "1" + strings.Repeat("}", 5_000)
	calls := []struct{ tool, arguments, says string }{
		{"add_note", jsonOf(map[string]any{"to": "org_1", "body": body}), "body has"},
		{"create_organization", jsonOf(map[string]any{"name": body}), "name has"},
		{"create_organization", `{"name":"X","metadata":` + deep + `}`, "metadata"},
		{"create_organization", jsonOf(map[string]any{"name": "X", "metadata": map[string]any{"k": body}}), "metadata"},
		{"list_deals", jsonOf(map[string]any{"filter": brackets}), "filter"},
		{"list_deals", jsonOf(map[string]any{"filter": "name = " + filterText(body)}), "filter"},
		{"list_deals", jsonOf(map[string]any{"filter": strings.Repeat("not ", 2_000) + "name = x"}), "filter"},
		{"list_deals", jsonOf(map[string]any{"filter": json.RawMessage(strings.Repeat(`{"not":`, 5_000) + "1" + strings.Repeat("}", 5_000))}), "filter"},
		{"list_deals", jsonOf(map[string]any{"filter": strings.Repeat("[", 100_000)}), "filter"},
		{"list_deals", jsonOf(map[string]any{"sort": strings.Repeat("name,", 100_000)}), "sort"},
		{"list_deals", jsonOf(map[string]any{"fields": strings.Repeat("organization.", 100_000)}), "fields"},
		{"list_deals", jsonOf(map[string]any{"cursor": body}), "cursor"},
		{"get_records", jsonOf(map[string]any{"ids": strings.Split(body[:1<<20], " ")}), "ids"},
	}
	for _, call := range calls {
		answer := s.answered(call.tool, call.arguments)
		if !answer.IsError || !strings.Contains(answer.Text, call.says) {
			t.Errorf("%s %.60s…: does not say %q: %s", call.tool, call.arguments, call.says, text.Truncate(answer.Text, 400))
		}
	}
	start := heapInUse()
	for i := range 200 {
		call := calls[(i*7+2)%len(calls)]
		if len(call.arguments) > 2<<20 && i%20 != 0 {
			continue
		}
		s.answered(call.tool, call.arguments)
	}
	if grown := int64(heapInUse()) - int64(start); grown > 16<<20 {
		t.Errorf("200 calls left %d MiB", grown>>20)
	}
	if after := s.written(); after != before {
		t.Errorf("%d changes were written", after-before)
	}
}

func heapInUse() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapInuse
}
