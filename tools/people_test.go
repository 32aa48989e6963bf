package tools

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
)

func TestUnclearReferencesListCandidates(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all"})
	s.ok("create_organization", `{"name":"Acme"}`)
	s.ok("create_contact", `{"first_name":"Jane","last_name":"Doe","organization":"Acme"}`)
	s.ok("create_contact", `{"first_name":"Jane","last_name":"Doe"}`)
	for tool, arguments := range map[string]string{
		"add_note":               `{"to":"Jane Doe","body":"x"}`,
		"list_notes":             `{"of":"Jane Doe"}`,
		"log_activity":           `{"type":"call","contacts":["Jane Doe"]}`,
		"list_activities":        `{"of":"Jane Doe"}`,
		"timeline":               `{"of":"Jane Doe"}`,
		"add_member":             `{"organization":"Acme","contact":"Jane Doe"}`,
		"update_member":          `{"organization":"Acme","contact":"Jane Doe"}`,
		"remove_member":          `{"organization":"Acme","contact":"Jane Doe"}`,
		"list_members":           `{"contact":"Jane Doe"}`,
		"list_contact_details":   `{"of":"Jane Doe"}`,
		"add_contact_detail":     `{"of":"Jane Doe","value":"jane@doe.example"}`,
		"remove_contact_details": `{"of":"Jane Doe","all":true}`,
		"history":                `{"of":"Jane Doe"}`,
	} {
		problems := s.refused(schema.Ambiguous, tool, arguments)["error"].(map[string]any)["problems"].([]any)
		if candidates := problems[0].(map[string]any)["candidates"].([]any); len(candidates) != 2 {
			t.Errorf("%s: %v", tool, problems)
		}
	}
}

func TestEveryToolOfTheSetsRefusesUnknownArguments(t *testing.T) {
	s := newSession(t, Options{Toolsets: "notes,people,safety"})
	for _, tool := range s.service.Tools() {
		answer, text := s.call(tool.Name, `{"frobnicate":1}`)
		if answer.Code != schema.InvalidArgument || !strings.Contains(text, `"path":"frobnicate"`) {
			t.Errorf("%s: %s", tool.Name, text)
		}
	}
}

func TestRemovingManyDetailsAsksFirst(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all"})
	var emails []string
	for i := range 12 {
		emails = append(emails, fmt.Sprintf(`"a%d@acme.example"`, i))
	}
	s.ok("create_organization", `{"name":"Acme","emails":[`+strings.Join(emails, ",")+`]}`)
	s.refused(schema.ConfirmRequired, "remove_contact_details", `{"of":"Acme","all":true}`)
	if total := s.ok("list_contact_details", `{"of":"Acme"}`)["total"]; total != 12.0 {
		t.Errorf("%v details are left before the confirmation", total)
	}
	s.ok("remove_contact_details", `{"of":"Acme","all":true,"confirm":"<token>"}`)
	if total := s.ok("list_contact_details", `{"of":"Acme"}`)["total"]; total != 0.0 {
		t.Errorf("%v details are left", total)
	}
}

func TestTheKindOfADetailIsReadOffItsValue(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all"})
	s.ok("create_organization", `{"name":"Acme"}`)
	for value, kind := range map[string]string{
		"jane@acme.example": "email", "+31 (0)20 123 45 67": "phone", "020-1234568": "phone",
		"https://acme.example/about": "website", "acme.example": "website",
	} {
		record := s.ok("add_contact_detail", fmt.Sprintf(`{"of":"Acme","value":%q}`, value))["record"].(map[string]any)
		if record["kind"] != kind {
			t.Errorf("%s was taken for %v, not %s", value, record["kind"], kind)
		}
	}
}

func TestListUsersSaysWhoCalls(t *testing.T) {
	s := newSession(t, Options{Toolsets: "people"})
	bob := s.colleague("Bob")
	answer := s.as(bob, "list_users", `{}`)
	lines := strings.SplitSeq(answer.Text, "\n")
	for line := range lines {
		if strings.Contains(line, `"name"`) && strings.Contains(line, `"you":true`) != strings.Contains(line, `"Bob"`) {
			t.Errorf("Bob alone is calling: %s", answer.Text)
		}
	}
	if !strings.Contains(answer.Text, `"you":true`) {
		t.Error(answer.Text)
	}
}
