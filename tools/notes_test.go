package tools

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// colleague adds a user beside the owner and gives the number.
func (s *session) colleague(name string) int64 {
	s.Helper()
	var id int64
	err := s.db.Update(s.Context(), store.Caller{Tool: "test"}, func(tx *store.Tx) error {
		var problems schema.Problems
		in := tx.Reader(false).Read(tx.Schema().Type("user"), map[string]any{"first_name": name, "email": strings.ToLower(name) + "@crm.example"}, &problems)
		w, err := tx.Create(in, store.WriteOptions{Problems: problems})
		if err == nil {
			id = w.Record.ID
		}
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	return id
}

func (s *session) as(user int64, tool, arguments string) *Answer {
	s.now = s.now.Add(time.Second)
	return s.service.Call(s.Context(), store.Caller{User: user, Client: "test"}, tool, json.RawMessage(arguments))
}

func TestPrivateNotesAppearToTheirAuthorAlone(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all"})
	bob := s.colleague("Bob")
	s.ok("create_organization", `{"name":"Acme"}`)
	s.ok("create_deal", `{"name":"Renewal","organization":"Acme"}`)
	before := s.ok("get_records", `{"ids":["org_1"]}`)
	added := s.ok("add_note", `{"to":["Acme","Renewal"],"body":"The secret plan","is_private":true}`)
	if after := s.ok("get_records", `{"ids":["org_1"]}`); !reflect.DeepEqual(after, before) {
		t.Errorf("attaching a private note changed its record: %v, was %v", after, before)
	}
	s.ok("update_note", `{"id":"note_1","append":"Another secret"}`)
	for _, call := range []struct{ tool, arguments string }{
		{"list_notes", `{}`},
		{"list_notes", `{"of":["Acme","Renewal"]}`},
		{"list_notes", `{"search":"secret"}`},
		{"list_notes", `{"filter":"is_private = true"}`},
		{"search", `{"query":"secret"}`},
		{"timeline", `{"of":"Acme"}`},
		{"timeline", `{"of":"Renewal"}`},
		{"history", `{}`},
		{"history", `{"of":"Acme"}`},
		{"history", `{"tool":"add_note"}`},
		{"get_records", `{"ids":["Acme","Renewal"],"include":["notes","history","tasks"]}`},
		{"list_organizations", `{"fields":["name","notes","notes.body"]}`},
		{"list_organizations", `{"filter":"exists(notes where body contains secret)"}`},
		{"list_deals", `{"filter":"count(notes) > 0"}`},
		{"describe", `{}`},
	} {
		answer := s.as(bob, call.tool, call.arguments)
		if answer.IsError || strings.Contains(answer.Text, "secret") || strings.Contains(answer.Text, "note_1") || strings.Contains(answer.Text, `"note":1`) {
			t.Errorf("Bob, %s %s: %s", call.tool, call.arguments, answer.Text)
		}
		if strings.Contains(call.arguments, "count(notes)") && !strings.Contains(answer.Text, `"total":0`) {
			t.Errorf("a private note was counted: %s", answer.Text)
		}
	}
	if answer := s.as(bob, "list_organizations", `{"filter":"count(notes) = 0"}`); !strings.Contains(answer.Text, `"total":1`) {
		t.Errorf("a private note was counted: %s", answer.Text)
	}
	for tool, arguments := range map[string]string{
		"get_records": `{"ids":["note_1"]}`, "update_note": `{"id":"note_1","is_private":false}`, "history": `{"of":"note_1"}`,
		"timeline": `{"of":"note_1"}`, "delete_records": `{"ids":["note_1"]}`, "link_records": `{"from":"note_1","to":["Acme"]}`,
	} {
		if answer := s.as(bob, tool, arguments); answer.Code != schema.NotFound || strings.Contains(answer.Text, "secret") {
			t.Errorf("Bob, %s: %s", tool, answer.Text)
		}
	}
	if answer := s.as(bob, "history", fmt.Sprintf(`{"change":%q}`, added["change"])); answer.Code != schema.NotFound {
		t.Errorf("Bob sees the change of a private note: %s", answer.Text)
	}
	for tool, arguments := range map[string]string{"list_notes": `{"of":"Acme"}`, "search": `{"query":"secret"}`, "timeline": `{"of":"Acme"}`, "history": `{"of":"note_1"}`} {
		if answer := s.as(0, tool, arguments); !strings.Contains(answer.Text, "note_1") {
			t.Errorf("its author, %s: %s", tool, answer.Text)
		}
	}
}

func TestWhatWasPrivateStaysHiddenInHistory(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all"})
	bob := s.colleague("Bob")
	s.ok("create_organization", `{"name":"Acme"}`)
	s.ok("add_note", `{"to":"Acme","body":"The secret plan","is_private":true}`)
	s.ok("update_note", `{"id":"note_1","body":"Known to all","is_private":false}`)
	s.ok("update_note", `{"id":"note_1","title":"Open"}`)
	if answer := s.as(bob, "timeline", `{"of":"Acme"}`); !strings.Contains(answer.Text, "Known to all") {
		t.Errorf("Bob misses a note that is private no more: %s", answer.Text)
	}
	for _, arguments := range []string{`{}`, `{"of":"note_1"}`} {
		answer := s.as(bob, "history", arguments)
		if !strings.Contains(answer.Text, `"Open"`) || strings.Contains(answer.Text, "secret") {
			t.Errorf("Bob, history %s: %s", arguments, answer.Text)
		}
	}
}

func TestPrivateNotesKeepTheirAuthor(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all"})
	bob := s.colleague("Bob")
	s.ok("create_organization", `{"name":"Acme"}`)
	s.ok("add_note", `{"to":"Acme","body":"Open","author":"Bob","flagged":true}`)
	s.refused(schema.InvalidArgument, "add_note", `{"to":"Acme","body":"x","author":"Bob","is_private":true}`)
	s.refused(schema.InvalidArgument, "update_note", `{"id":"note_1","is_private":true}`)
	s.refused(schema.InvalidArgument, "update_note", `{"id":"note_1","clear":["body"]}`)
	if answer := s.as(bob, "update_note", `{"id":"note_1","is_private":true}`); answer.IsError {
		t.Error(answer.Text)
	}
	answer := s.as(bob, "update_note", `{"id":"note_1","body":"Mine","replace":true}`)
	if !strings.Contains(answer.Text, `"is_private":true`) || !strings.Contains(answer.Text, "Bob") || strings.Contains(answer.Text, `"flagged":true`) {
		t.Errorf("replace must leave the author and the privacy of a note: %s", answer.Text)
	}
}

// longText is a body that fills a limit.
func longText(n int) string { return strings.Repeat("word ", n/5) }

func TestAppendLeavesWhatStands(t *testing.T) {
	s := newSession(t, Options{Toolsets: "notes,records"})
	s.ok("create_organization", `{"name":"Acme"}`)
	s.ok("add_note", `{"to":"Acme","body":"  - one\n\n  - two  \n"}`)
	s.ok("update_note", `{"id":"note_1","append":"  - three"}`)
	got := s.ok("get_records", `{"ids":["note_1"]}`)["records"].([]any)[0].(map[string]any)["body"]
	if want := "  - one\n\n  - two  \n\n\n  - three"; got != want {
		t.Errorf("body is %q, want %q", got, want)
	}
	s.ok("add_note", fmt.Sprintf(`{"to":"Acme","body":%q}`, longText(99_990)))
	s.refused(schema.InvalidArgument, "update_note", fmt.Sprintf(`{"id":"note_2","append":%q}`, longText(100)))
}

func TestAFailedFollowUpLeavesNothing(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all"})
	s.ok("create_organization", `{"name":"Acme"}`)
	s.refused(schema.InvalidArgument, "log_activity", `{"type":"call","to":"Acme","follow_up":{"name":"x","due_at":"never"}}`)
	if total := s.ok("list_activities", `{}`)["total"]; total != 0.0 {
		t.Errorf("%v activities were kept", total)
	}
	o := s.ok("log_activity", `{"type":"call","to":"Acme","follow_up":{"title":"Call again","due":"+1w"}}`)
	changed := s.ok("history", fmt.Sprintf(`{"change":%q}`, o["change"]))["changes"].([]any)[0].(map[string]any)
	if n := len(changed["records"].([]any)); n != 4 {
		t.Errorf("one change holds the activity, the task and a link of each, not %d entries: %v", n, changed)
	}
}
