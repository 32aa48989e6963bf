package tools

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// naughtyStrings are those of github.com/minimaxir/big-list-of-naughty-strings,
// in the folder that CRMCP_TESTDATA names, and the ones that mean something here.
func naughtyStrings(t *testing.T) []string {
	t.Helper()
	folder := os.Getenv("CRMCP_TESTDATA")
	if folder == "" {
		t.Skip("set CRMCP_TESTDATA to a folder that holds blns/blns.json to run this")
	}
	data, err := os.ReadFile(filepath.Join(folder, "blns", "blns.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	if err := json.Unmarshal(data, &list); err != nil || len(list) < 500 {
		t.Fatalf("%d strings: %v", len(list), err)
	}
	return append(list, "\x00", "a\x00b", `\`, `\\"`, `\n`, `"`, `'`, `""`, "%", "_", "%_%", "a,b", ",", ";", "=", "a=b", ":", "deal:x",
		"[1]", `["a"]`, `{"a":1}`, "org_1", "tag_0", "deal_99", "me", "e\u0301", "\u0301", "\u202etxt", "\u200b", "x\u200by", "\U000e0041", "\ufffd",
		strings.Repeat("a", 255), strings.Repeat("é", 255), "a\nb", "a\r\nb", "\ta ", "Straße", "İ", "ǅ")
}

// place is where a text is kept.
type place struct {
	create   string
	argument string
	// arguments are those of a call that writes the text.
	arguments func(s string) map[string]any
	// list finds it again by the path.
	list, path string
	// held is the text in a whole record.
	held    func(record map[string]any) any
	clean   func(s string) (string, bool)
	longest int
	// needed texts may not be empty, shared ones are the same in any case.
	needed, shared bool
}

func places() []place {
	called := func(name string) func(map[string]any) any {
		return func(record map[string]any) any { return record[name] }
	}
	return []place{
		{create: "create_organization", argument: "name", list: "list_organizations", path: "name", held: called("name"), clean: text.Clean, longest: 255, needed: true,
			arguments: func(s string) map[string]any { return map[string]any{"name": s, "if_exists": "create_anyway"} }},
		{create: "create_contact", argument: "last_name", list: "list_contacts", path: "last_name", held: called("last_name"), clean: text.Clean, longest: 255,
			arguments: func(s string) map[string]any {
				return map[string]any{"first_name": "A", "last_name": s, "if_exists": "create_anyway"}
			}},
		{create: "add_note", argument: "body", list: "list_notes", path: "body", held: called("body"), clean: cleanLong, longest: 100_000, needed: true,
			arguments: func(s string) map[string]any { return map[string]any{"to": "org_1", "body": s} }},
		{create: "create_deal", argument: "description", list: "list_deals", path: "description", held: called("description"), clean: cleanLong, longest: 100_000,
			arguments: func(s string) map[string]any { return map[string]any{"name": "D", "description": s} }},
		{create: "create_task", argument: "tags", list: "list_tasks", path: "tags", held: firstTag, clean: text.Clean, longest: 255, needed: true, shared: true,
			arguments: func(s string) map[string]any { return map[string]any{"name": "T", "tags": []string{s}} }},
		{create: "create_project", argument: "metadata", list: "list_projects", path: "metadata.k", held: keptValue, clean: cleanLong, longest: 60_000,
			arguments: func(s string) map[string]any { return map[string]any{"name": "P", "metadata": map[string]any{"k": s}} }},
	}
}

// cleanLong is the form of a long text, of which a blank one is none.
func cleanLong(s string) (string, bool) {
	clean, removed := text.CleanLong(s)
	if strings.TrimSpace(clean) == "" {
		clean = ""
	}
	return clean, removed
}

func firstTag(record map[string]any) any {
	if tags, _ := record["tags"].([]any); len(tags) > 0 {
		return tags[0]
	}
	return nil
}

func keptValue(record map[string]any) any {
	metadata, _ := record["metadata"].(map[string]any)
	return metadata["k"]
}

func TestNaughtyStringsAreKeptAndFound(t *testing.T) {
	for _, p := range places() {
		t.Run(p.argument, func(t *testing.T) {
			t.Parallel()
			s := newSession(t, Options{Toolsets: "all"})
			s.ok("create_organization", `{"name":"First"}`)
			for _, naughty := range naughtyStrings(t) {
				s.keepAndFind(p, naughty)
			}
		})
	}
}

func (s *session) keepAndFind(p place, naughty string) {
	s.Helper()
	want, removed := p.clean(naughty)
	arguments := p.arguments(naughty)
	answer, said := s.call(p.create, jsonOf(arguments))
	if answer.IsError {
		tooLong := utf8.RuneCountInString(want) > p.longest
		if answer.Code != schema.InvalidArgument || !tooLong && (want != "" || !p.needed) || !strings.Contains(said, p.argument) {
			s.Errorf("%s with %q: %s", p.create, naughty, said)
		}
		return
	}
	if strings.Contains(said, "invisible or control characters were removed") != removed {
		s.Errorf("%s with %q, of which %q stays, does not say what it removed: %s", p.create, naughty, want, said)
	}
	id, _ := s.parsed(answer)["record"].(map[string]any)["id"].(string)
	records, _ := s.ok("get_records", jsonOf(map[string]any{"ids": id}))["records"].([]any)
	held, _ := p.held(records[0].(map[string]any)).(string)
	if held != want && (!p.shared || text.Fold(held) != text.Fold(want)) {
		s.Errorf("%s keeps %q for %q", p.create, held, naughty)
	}
	if want == "" {
		return
	}
	where := p.path + " == " + filterText(held) + " and " + p.path + " = " + filterText(held)
	if found := s.idsOf(p.list, map[string]any{"filter": where, "limit": 200}); !slices.Contains(found, id) {
		s.Errorf("%s %s finds %v, not %s", p.list, where, found, id)
	}
}

// filterText writes a text as filters take it.
func filterText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s) + `"`
}

func jsonOf(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// idsOf gives the ids of what a list tool answers.
func (s *session) idsOf(tool string, arguments map[string]any) (ids []string) {
	s.Helper()
	records, _ := s.ok(tool, jsonOf(arguments))["records"].([]any)
	for _, record := range records {
		id, _ := record.(map[string]any)["id"].(string)
		ids = append(ids, id)
	}
	return ids
}

// TestNaughtyArguments sends the strings where none of them can be right.
func TestNaughtyArguments(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all"})
	s.ok("create_organization", `{"name":"First"}`)
	s.ok("create_deal", `{"name":"D","organization":"org_1"}`)
	before := s.written()
	for _, naughty := range naughtyStrings(t) {
		for _, arguments := range []map[string]any{{"filter": naughty}, {"sort": naughty}, {"fields": naughty}, {"cursor": naughty}, {"of": naughty}, {"search": naughty},
			{"filter": "name = " + naughty}, {"filter": "organizations.name contains " + filterText(naughty)}} {
			s.answered("list_deals", jsonOf(arguments))
		}
		s.answered("search", jsonOf(map[string]any{"query": naughty}))
		s.answered("get_records", jsonOf(map[string]any{"ids": []string{naughty}}))
		s.answered("update_deal", jsonOf(map[string]any{"id": "deal_1", "stage": naughty, "name": ""}))
		s.answered("delete_records", jsonOf(map[string]any{"ids": []string{naughty, "con_77"}, "confirm": naughty}))
		s.answered("link_records", jsonOf(map[string]any{"from": naughty, "to": naughty}))
		s.answered("undo", jsonOf(map[string]any{"change": naughty + "?"}))
		s.answered(naughty, "{}")
		s.answered("list_deals", naughty)
	}
	if after := s.written(); after != before {
		t.Errorf("%d changes were written", after-before)
	}
}

// answered runs a tool that may answer anything but an internal error, shortly.
func (s *session) answered(tool, arguments string) *Answer {
	s.Helper()
	answer, said := s.call(tool, arguments)
	shown := text.Truncate(arguments, 200)
	switch {
	case answer.Code == schema.Internal:
		s.Errorf("%s %s: %s", tool, shown, text.Truncate(said, 400))
	case !json.Valid(answer.JSON) || !utf8.Valid(answer.JSON):
		s.Errorf("%s %s answers no JSON: %q", tool, shown, text.Truncate(said, 400))
	case answer.IsError && len(answer.JSON) > longestError:
		s.Errorf("%s %s: the error has %d bytes: %s", tool, shown, len(answer.JSON), text.Truncate(said, 200))
	}
	return answer
}

// longestError is how many bytes an error may have: it is read by a model.
const longestError = 16_384

// written is how many changes there are.
func (s *session) written() int {
	s.Helper()
	changes, _ := s.ok("history", `{"limit":1}`)["changes"].([]any)
	if len(changes) == 0 {
		return 0
	}
	newest, _ := changes[0].(map[string]any)
	return changeNumbered(newest["id"])
}

// changeOf is the number of the change that an answer names; 0: none.
func changeOf(answer map[string]any) int { return changeNumbered(answer["change"]) }

func changeNumbered(id any) int {
	s, _ := id.(string)
	number, _ := strconv.Atoi(strings.TrimPrefix(s, "chg_"))
	return number
}

// TestCleanUpOfFreeObjects: texts in metadata are cleaned as all others are,
// numbers keep their digits, and what no database could look into is refused.
func TestCleanUpOfFreeObjects(t *testing.T) {
	s := newSession(t, Options{})
	for _, metadata := range []string{`{"a\u200b":["x\u202ey",{"b":"\u0000"}],"n":12345678901234567890.5,"blank":" \u00a0"}`,
		jsonOf(`{"a\u200b":["x\u202ey",{"b":"\u0000"}],"n":12345678901234567890.5,"blank":" \u00a0"}`)} {
		answer := s.ok("create_project", `{"name":"P","metadata":`+metadata+`}`)
		if warnings := jsonOf(answer["warnings"]); !strings.Contains(warnings, "metadata: invisible") {
			t.Errorf("metadata %s: warnings %s", metadata, warnings)
		}
		id, _ := answer["record"].(map[string]any)["id"].(string)
		_, text := s.call("get_records", jsonOf(map[string]any{"ids": id}))
		if !strings.Contains(text, `"metadata":{"a":["xy",{"b":""}],"blank":"","n":12345678901234567890.5}`) {
			t.Errorf("metadata %s is kept as %s", metadata, text)
		}
	}
	for metadata, says := range map[string]string{
		strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat("}", 65): "too deep",
		`{"a":1,"a\u200b":2}`: "twice",
		`"{\"a\":1} {}"`:      "must be a JSON object",
	} {
		if e := jsonOf(s.refused(schema.InvalidArgument, "create_project", `{"name":"P","metadata":`+metadata+`}`)); !strings.Contains(e, says) {
			t.Errorf("metadata %.40s is refused with %s", metadata, e)
		}
	}
}

// TestTagsThatLookLikeSomethingElse are found by the names they have.
func TestTagsThatLookLikeSomethingElse(t *testing.T) {
	s := newSession(t, Options{})
	s.ok("create_organization", `{"name":"First"}`)
	answer := s.ok("create_task", `{"name":"T","tags":["org_1","V\u200bIP"]}`)
	if warnings := jsonOf(answer["warnings"]); !strings.Contains(warnings, "tags[1]: invisible") {
		t.Errorf("warnings %s", warnings)
	}
	if found := s.idsOf("list_tasks", map[string]any{"filter": `tags has all ("org_1", VIP)`}); !slices.Equal(found, []string{"task_1"}) {
		t.Errorf("found %v", found)
	}
	s.refused(schema.InvalidArgument, "create_task", `{"name":"T","tags":["\u200b"]}`)
	s.refused(schema.InvalidArgument, "create_task", `{"name":"T","tags":["tag_77"]}`)
}

// TestABlankTextIsNone: white space alone is no note.
func TestABlankTextIsNone(t *testing.T) {
	s := newSession(t, Options{})
	s.ok("create_organization", `{"name":"First"}`)
	for _, body := range []string{`""`, `" \n\t "`, `"\u00a0\u3000"`, `"\u200b \ufeff"`} {
		s.refused(schema.InvalidArgument, "add_note", `{"to":"org_1","body":`+body+`}`)
	}
}
