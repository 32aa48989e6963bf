package tools

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
)

// privateNotes makes Ada write very many private notes on Acme at once.
func (s *session) privateNotes(n int) {
	s.Helper()
	steps := make([]string, n)
	for i := range steps {
		steps[i] = `{"tool":"add_note","arguments":{"to":"Acme","body":"zebra","title":"zebra","is_private":true}}`
	}
	s.ok("batch", `{"steps":[`+strings.Join(steps, ",")+`]}`)
}

func TestManyPrivateNotesKeepNothingAway(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all"})
	bob := s.colleague("Bob")
	s.promote(bob, "consultant")
	s.ok("create_organization", `{"name":"Acme","description":"a zebra"}`)
	s.ok("create_organization", `{"name":"Bolt"}`)
	s.ok("add_note", `{"to":"Acme","body":"An open zebra"}`)
	before := s.see(bob, "search", `{"query":"zebra"}`)
	s.privateNotes(310)
	if after := s.see(bob, "search", `{"query":"zebra"}`); after != before {
		t.Errorf("private notes keep others away:\n%s\n%s", before, after)
	}
	change := s.parsed(s.as(bob, "merge_records", `{"winner":"Bolt","losers":["Acme"]}`))["change"]
	told := s.see(bob, "history", fmt.Sprintf(`{"change":%q}`, change))
	if strings.Contains(told, `"rows":`) {
		t.Errorf("the history counts links of private notes: %s", told)
	}
	if answer := s.as(bob, "undo", `{}`); answer.IsError || strings.Contains(answer.Text, "note_4") {
		t.Error(answer.Text)
	}
	if got := s.ok("list_notes", `{"of":"Acme","filter":"is_private = true"}`)["total"]; got != 310.0 {
		t.Errorf("undoing a merge brought %v of 310 private notes back", got)
	}
}

// TestOthersUndoWhatTheySee: of a change that is partly private others take
// back what they see, and the private note stays.
func TestOthersUndoWhatTheySee(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all"})
	bob := s.colleague("Bob")
	s.promote(bob, "consultant")
	s.ok("create_organization", `{"name":"Acme"}`)
	change := s.ok("batch", `{"steps":[{"tool":"add_note","arguments":{"to":"Acme","body":"zebra","is_private":true}},{"tool":"create_contact","arguments":{"first_name":"Jane"}}]}`)["change"]
	answer := s.as(bob, "undo", fmt.Sprintf(`{"change":%q}`, change))
	if answer.IsError || strings.Contains(answer.Text, "note") || !strings.Contains(answer.Text, `"changed":1`) {
		t.Error(answer.Text)
	}
	if got := s.ok("list_notes", `{}`)["total"]; got != 1.0 {
		t.Errorf("%v notes are left", got)
	}
	s.ok("add_note", `{"to":"Acme","body":"zebra","is_private":true}`)
	s.ok("update_note", `{"id":"note_2","body":"known to all","is_private":false}`)
	s.ok("update_note", `{"id":"note_2","body":"changed"}`)
	if answer := s.as(bob, "undo", `{"change":"chg_6"}`); strings.Contains(answer.Text, "zebra") {
		t.Error("what a note said while it was private shows in a conflict:", answer.Text)
	}
}

// TestAnotherMayUseTheSameExternalID: that a private note has an id of another
// system does not show when somebody else gives the same.
func TestAnotherMayUseTheSameExternalID(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all"})
	bob := s.colleague("Bob")
	s.ok("create_organization", `{"name":"Acme"}`)
	const note = `{"to":"Acme","body":"x","external_source":"crm","external_id":"7","is_private":%v}`
	s.ok("add_note", fmt.Sprintf(note, true))
	if answer := s.as(bob, "add_note", fmt.Sprintf(note, false)); answer.IsError {
		t.Error(answer.Text)
	}
	for _, one := range []struct {
		user int64
		open bool
	}{{0, false}, {bob, true}} {
		if answer := s.as(one.user, "add_note", fmt.Sprintf(note, !one.open)); answer.Code != schema.Conflict {
			t.Errorf("a second note of user %d with the same id is taken: %s", one.user, answer.Text)
		}
	}
	if answer := s.as(0, "update_note", `{"id":"note_1","is_private":false}`); answer.Code != schema.Conflict || !strings.Contains(answer.Text, "note_2") {
		t.Error("two open notes have the same id:", answer.Text)
	}
}

// TestUndoTellsTheSameBesidePrivateNotes: what an undo moves of private notes
// without a word leaves what it tells of the others whole.
func TestUndoTellsTheSameBesidePrivateNotes(t *testing.T) {
	var told []any
	for _, private := range []bool{false, true} {
		s := newSession(t, Options{Toolsets: "all"})
		bob := s.colleague("Bob")
		s.promote(bob, "consultant")
		s.ok("create_organization", `{"name":"Acme"}`)
		s.ok("create_organization", `{"name":"Bolt"}`)
		s.ok("add_note", `{"to":"Bolt","body":"open"}`)
		if private {
			s.ok("add_note", `{"to":"Bolt","body":"zebra","is_private":true}`)
		}
		s.as(bob, "merge_records", `{"winner":"Acme","losers":["Bolt"]}`)
		told = append(told, s.parsed(s.as(bob, "undo", `{}`))["changed"])
	}
	if told[0] == nil || told[0] != told[1] {
		t.Errorf("an undo tells of %v records, beside a private note of %v", told[0], told[1])
	}
}
