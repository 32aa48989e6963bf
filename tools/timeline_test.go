package tools

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crmcp/crmcp/schema"
)

// busyAccount fills an account whose events share moments.
func busyAccount(s *session) {
	s.Helper()
	s.ok("create_organization", `{"name":"Acme"}`)
	s.ok("create_organization", `{"name":"Other"}`)
	for i := range 4 {
		s.ok("create_contact", fmt.Sprintf(`{"first_name":"P%d","organization":"Acme","emails":["p%d@acme.example"]}`, i, i))
		s.ok("create_deal", fmt.Sprintf(`{"name":"D%d","organization":"Acme","contacts":["P%d"]}`, i, i))
		s.ok("add_note", fmt.Sprintf(`{"to":["Acme","D%d","P%d"],"body":"Note %d","created_at":"2026-05-04T08:00:05Z"}`, i, i, i))
		s.ok("log_activity", fmt.Sprintf(`{"type":"call","to":["D%d","P%d"],"occurred_at":"2026-05-04T08:00:05Z","follow_up":{"name":"T%d"}}`, i, i, i))
		s.ok("update_deal", fmt.Sprintf(`{"id":"D%d","stage":"Won"}`, i))
		s.ok("update_task", fmt.Sprintf(`{"id":"T%d","status":"completed"}`, i))
		s.ok("add_note", `{"to":"Other","body":"Elsewhere"}`)
	}
}

func (s *session) events(arguments string) (rows []string, next string) {
	s.Helper()
	answer := s.ok("timeline", arguments)
	for _, row := range answer["events"].([]any) {
		rows = append(rows, fmt.Sprint(row))
	}
	next, _ = answer["next_cursor"].(string)
	return rows, next
}

func TestTimelinePagesMakeTheWhole(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all"})
	busyAccount(s)
	whole, next := s.events(`{"of":"Acme","limit":200}`)
	if next != "" || len(whole) < 28 {
		t.Fatalf("%d events, next %q", len(whole), next)
	}
	for i, row := range whole {
		if strings.Contains(row, "Elsewhere") {
			t.Error("the timeline tells of another account:", row)
		}
		if strings.Contains(strings.Join(whole[:i], "\n"), row) {
			t.Error("told twice:", row)
		}
	}
	for _, limit := range []int{1, 2, 3, 7, len(whole)} {
		var all []string
		for cursor := ""; ; {
			rows, next := s.events(fmt.Sprintf(`{"of":"Acme","limit":%d,"cursor":%q}`, limit, cursor))
			all = append(all, rows...)
			if cursor = next; next == "" {
				break
			}
		}
		if diff := cmp.Diff(whole, all); diff != "" {
			t.Errorf("pages of %d differ from the whole:\n%s", limit, diff)
		}
	}
}

func TestTimelineFitsTheLimitOfAnAnswer(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all", MaxText: 2_000})
	busyAccount(s)
	answer, _ := s.call("timeline", `{"of":"Acme","limit":200}`)
	if len(answer.Text) > 2_000 || !strings.Contains(answer.Text, `"truncated":true`) {
		t.Fatalf("%d bytes: %s", len(answer.Text), answer.Text)
	}
	var told []string
	for cursor := ""; ; {
		rows, next := s.events(fmt.Sprintf(`{"of":"Acme","limit":200,"cursor":%q}`, cursor))
		told = append(told, rows...)
		if cursor = next; next == "" {
			break
		}
	}
	if len(told) < 28 {
		t.Errorf("only %d events in all pages", len(told))
	}
}

func TestTimelineLeavesOutWhatIsGone(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all"})
	busyAccount(s)
	s.ok("remove_member", `{"organization":"Acme","contact":"P1"}`)
	s.ok("delete_records", `{"ids":["D0","T0","act_1","note_1","D1"]}`)
	s.ok("update_note", `{"id":"note_3","archived_at":"2026-05-04"}`)
	rows, _ := s.events(`{"of":"Acme","limit":200}`)
	told := strings.Join(rows, "\n")
	for _, gone := range []string{"Note 0", "name:T0", "id:act_1 ", "id:deal_1 ", "id:deal_2 ", "name:T1", "id:con_2 name:P1] what:created", "membership"} {
		if strings.Contains(told, gone) {
			t.Errorf("the timeline still tells of %q:\n%s", gone, told)
		}
	}
	for _, there := range []string{"Note 2", "name:T2", "id:act_4"} {
		if !strings.Contains(told, there) {
			t.Errorf("the timeline does not tell of %q:\n%s", there, told)
		}
	}
	s.ok("delete_records", `{"ids":["Acme"]}`)
	s.refused(schema.NotFound, "timeline", `{"of":"org_1"}`)
	if history, _ := s.call("history", `{"of":"org_1"}`); history.IsError {
		t.Error("the history of a record in the trash can be read:", history.Text)
	}
}

func TestHistoryOfAWideChangeFits(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all", MaxText: 2_000})
	var phones []string
	for i := range 60 {
		phones = append(phones, fmt.Sprintf(`"+31 20 123 %04d"`, i))
	}
	o := s.ok("create_organization", `{"name":"Acme","phones":[`+strings.Join(phones, ",")+`]}`)
	answer, text := s.call("history", fmt.Sprintf(`{"change":%q}`, o["change"]))
	if answer.IsError || len(answer.Text) > 2_000 || !strings.Contains(text, `"rows":61`) {
		t.Errorf("%d bytes: %s", len(answer.Text), text)
	}
}
