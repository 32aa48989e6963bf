package tools

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// leastRole is what the rules of the CRM ask for a tool, in a few words.
func leastRole(t *Tool) string {
	switch {
	case slices.Contains([]string{"create_organization", "merge_records", "batch", "import_records"}, t.Name):
		return schema.Consultant
	case slices.Contains([]string{"define_tag", "define_segment", "define_view", "define_report", "define_note_category"}, t.Name):
		return schema.Member
	case t.Name == "list_deliveries", t.Set == "admin" && t.Mode != Read:
		return schema.Admin
	case t.Mode != Read:
		return schema.Member
	}
	return schema.Viewer
}

// tries are arguments with which a tool gets past its first look at them.
var tries = map[string]string{
	"get_records": `{"ids":["Acme"]}`, "create_organization": `{"name":"New"}`, "create_contact": `{"first_name":"New"}`, "create_deal": `{"name":"New"}`,
	"create_task": `{"name":"New"}`, "create_service": `{"name":"New"}`, "create_project": `{"name":"New"}`, "create_document": `{"name":"New","url":"https://x.example"}`,
	"update_organization": `{"id":"Acme","industry":"IT"}`, "update_contact": `{"id":"Jane Doe","job_title":"CEO"}`, "update_deal": `{"id":"Renewal","value":1}`,
	"update_task": `{"id":"Call","priority":"high"}`, "update_records": `{"ids":["Jane Doe"],"set":["job_title=CTO"]}`, "duplicate_record": `{"id":"Renewal","name":"Copy"}`,
	"link_records": `{"from":"Renewal","to":["Jane Doe"]}`, "unlink_records": `{"from":"Renewal","to":["Jane Doe"]}`, "add_note": `{"to":"Acme","body":"x"}`,
	"log_activity": `{"type":"call","to":"Acme"}`, "timeline": `{"of":"Acme"}`, "add_member": `{"organization":"Acme","contact":"Jane Doe"}`,
	"update_member": `{"organization":"Acme","contact":"Jane Doe","title":"x"}`, "remove_member": `{"organization":"Acme","contact":"Jane Doe"}`,
	"add_contact_detail": `{"of":"Acme","kind":"email","value":"a@acme.example"}`, "remove_contact_details": `{"of":"Acme","all":true}`,
	"aggregate": `{"type":"deal","measures":["count"]}`, "find_duplicates": `{"type":"contact"}`, "search": `{"query":"acme"}`,
	"merge_records": `{"winner":"Acme","losers":["Bolt"]}`, "batch": `{"steps":[{"tool":"create_task","arguments":{"name":"New"}}]}`,
	"define_field": `{"record_type":"deal","key":"extra","kind":"text"}`, "create_user": `{"first_name":"New"}`, "update_user": `{"id":"usr_1","timezone":"Europe/Paris"}`,
	"update_company": `{"name":"Ours"}`, "delete_setup": `{"id":"Cara"}`, "undo": `{"change":"chg_9999"}`,
}

// someone is a caller of the matrix with the role that they act in.
type someone struct {
	name, role string
	caller     store.Caller
	readOnly   bool
}

func (s *session) everybody() []someone {
	s.Helper()
	list := []someone{{"the owner", schema.Admin, store.Caller{Key: "x"}, false}}
	for _, role := range schema.Roles() {
		id := s.colleague("U" + role)
		s.promote(id, role)
		list = append(list, someone{role, role, store.Caller{User: id, Key: "x"}, false})
		if role == schema.Member {
			list = append(list, someone{"a member's key for an admin", role, store.Caller{User: id, Role: schema.Admin, Key: "x"}, false})
		}
	}
	gone := s.colleague("Gone")
	s.ok("update_user", fmt.Sprintf(`{"id":"usr_%d","role":"admin","status":"inactive"}`, gone))
	return append(list,
		someone{"an inactive admin", "", store.Caller{User: gone}, false},
		someone{"nobody", "", store.Caller{User: 999}, false},
		someone{"an admin's key narrowed to member", schema.Member, store.Caller{Key: "x", Role: schema.Member}, false},
		someone{"an admin's key narrowed to nonsense", "", store.Caller{Key: "x", Role: "god"}, false},
		someone{"an admin's key that reads", schema.Admin, store.Caller{Key: "x"}, true})
}

// TestEveryToolForEveryRole calls each tool as everybody: what a caller may use
// is listed and runs, and nothing else is or does, called by itself, through
// the service of all, or as a step of a batch.
func TestEveryToolForEveryRole(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all"})
	s.ok("create_organization", `{"name":"Acme"}`)
	s.ok("create_organization", `{"name":"Bolt"}`)
	s.ok("create_contact", `{"first_name":"Jane","last_name":"Doe"}`)
	s.ok("create_deal", `{"name":"Renewal"}`)
	s.ok("create_task", `{"name":"Call"}`)
	s.ok("create_user", `{"first_name":"Cara"}`)
	for _, who := range s.everybody() {
		service, err := s.service.For(t.Context(), who.caller, "", who.readOnly, 0)
		if err != nil {
			t.Fatal(who.name, err)
		}
		for _, tool := range s.service.All() {
			may := schema.RoleIncludes(who.role, leastRole(tool)) && (!who.readOnly || tool.Mode == Read)
			if listed := service.Tool(tool.Name) != nil; listed != may {
				t.Errorf("%s: %s is listed: %v, want %v", who.name, tool.Name, listed, may)
			}
			want := schema.Forbidden
			if who.readOnly && tool.IsWriting() {
				want = schema.ReadOnlyMode
			}
			arguments := tries[tool.Name]
			if arguments == "" {
				arguments = "{}"
			}
			s.mayCall(service, who, tool.Name, arguments, may, want)
			if who.readOnly {
				continue
			}
			s.mayCall(s.service, who, tool.Name, arguments, may, want)
			if tool.IsWriting() && !slices.Contains(neverSteps(), tool.Name) && schema.RoleIncludes(who.role, schema.Consultant) {
				s.mayCall(service, who, "batch", fmt.Sprintf(`{"steps":[{"tool":%q,"arguments":%s}]}`, tool.Name, arguments), may, want)
			}
		}
	}
}

// mayCall wants a call to be refused with a code, or not for want of a right.
// What it writes is tried and not kept.
func (s *session) mayCall(service *Service, who someone, tool, arguments string, may bool, want schema.ErrorCode) {
	s.Helper()
	s.now = s.now.Add(1)
	if service.Tool(tool) == nil || service.Tool(tool).IsWriting() {
		arguments = strings.Replace(strings.TrimSuffix(arguments, "}")+`,"dry_run":true}`, "{,", "{", 1)
	}
	answer := service.Call(s.Context(), who.caller, tool, json.RawMessage(arguments))
	refused := answer.Code == schema.Forbidden || answer.Code == schema.ReadOnlyMode
	if refused == may || !may && answer.Code != want {
		s.Errorf("%s: %s %s: may be called: %v, got %s", who.name, tool, arguments, may, answer.Text)
	}
	if refused && !strings.Contains(answer.Text, "may") && !strings.Contains(answer.Text, "is inactive") {
		s.Errorf("%s: %s does not say who may: %s", who.name, tool, answer.Text)
	}
}

// TestMembersWriteMostAndDeleteTheirOwn looks at what is decided record by record.
func TestMembersWriteMostAndDeleteTheirOwn(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all"})
	s.ok("create_organization", `{"name":"Acme","emails":["info@acme.example"]}`)
	s.ok("create_deal", `{"name":"Renewal"}`)
	s.ok("add_note", `{"to":"Acme","body":"The owner's"}`)
	s.ok("create_task", `{"name":"Owner's task"}`)
	bob, cara := s.colleague("Bob"), s.colleague("Cara")
	s.promote(cara, schema.Consultant)
	steps := []struct {
		user            int64
		tool, arguments string
		code            schema.ErrorCode
	}{
		{bob, "create_contact", `{"first_name":"Jane","organization":"Acme","tags":["New tag"]}`, ""},
		{bob, "update_organization", `{"id":"Acme","industry":"IT","emails":[],"tags":["VIP"]}`, ""},
		{bob, "duplicate_record", `{"id":"Acme","name":"Second"}`, schema.Forbidden},
		{bob, "duplicate_record", `{"id":"Renewal","name":"Second"}`, ""},
		{bob, "add_note", `{"to":"Acme","body":"Bob's"}`, ""},
		{bob, "add_note", `{"to":"Acme","body":"x","author":"Cara"}`, schema.InvalidArgument},
		{bob, "log_activity", `{"type":"call","to":"Acme","follow_up":{"name":"Again"}}`, ""},
		{bob, "delete_records", `{"ids":["con_1"]}`, schema.Forbidden},
		{bob, "delete_records", `{"ids":["note_1"]}`, schema.Forbidden},
		{bob, "delete_records", `{"ids":["note_2","note_1"]}`, schema.Forbidden},
		{bob, "update_note", `{"id":"note_1","author":"me"}`, schema.InvalidArgument},
		{bob, "update_note", `{"id":"note_1","is_private":true}`, schema.InvalidArgument},
		{bob, "update_note", `{"id":"note_1","clear":["author"]}`, schema.InvalidArgument},
		{bob, "update_note", `{"id":"note_1","created_at":"2020-01-01"}`, schema.InvalidArgument},
		{bob, "update_note", `{"id":"note_2","is_private":true}`, ""},
		{bob, "update_note", `{"id":"note_2","author":null}`, schema.InvalidArgument},
		{bob, "update_note", `{"id":"note_2","is_private":false,"created_at":"2020-01-01"}`, ""},
		{bob, "update_records", `{"ids":["note_1"],"set":["author=me"]}`, schema.InvalidArgument},
		{bob, "update_note", `{"id":"note_1","append":"and Bob's","author":"usr_1"}`, ""},
		{bob, "update_task", `{"id":"Owner's task","owner":"me"}`, ""},
		{bob, "delete_records", `{"ids":["Owner's task"]}`, schema.Forbidden},
		{bob, "delete_records", `{"ids":["note_2","act_1","Again"]}`, ""},
		{bob, "restore_records", `{"ids":["note_2"]}`, ""},
		{bob, "remove_member", `{"organization":"Acme","contact":"Jane"}`, ""},
		{bob, "undo", `{}`, ""},
		{bob, "undo", `{"change":"chg_2"}`, schema.Forbidden},
		{bob, "undo", `{"since":"-1h"}`, schema.Forbidden},
		{bob, "create_task", `{"name":"Mine"}`, ""},
		{bob, "undo", `{}`, ""},
		{bob, "restore_records", `{"ids":["Mine"]}`, ""},
		{bob, "create_deal", `{"name":"Bob's deal"}`, ""},
		{bob, "undo", `{}`, ""},
		{bob, "restore_records", `{"ids":["Bob's deal"]}`, schema.Forbidden},
		{cara, "restore_records", `{"ids":["Bob's deal"]}`, ""},
		{cara, "add_note", `{"to":"Acme","body":"x","author":"Bob"}`, ""},
		{cara, "create_organization", `{"name":"Cara's"}`, ""},
		{cara, "delete_records", `{"ids":["note_1","Cara's"]}`, ""},
		{cara, "undo", `{"change":"chg_3"}`, ""},
		{cara, "update_user", `{"id":"Bob","role":"admin"}`, schema.Forbidden},
		{bob, "update_user", `{"id":"me","role":"admin"}`, schema.Forbidden},
	}
	for _, step := range steps {
		answer := s.as(step.user, step.tool, step.arguments)
		if answer.Code != step.code {
			t.Errorf("user %d, %s %s: want %q, got %s", step.user, step.tool, step.arguments, step.code, answer.Text)
		}
	}
}

func TestAnUndoneUndoNeedsNoMore(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all"})
	bob := s.colleague("Bob")
	s.as(bob, "create_deal", `{"name":"Bob's"}`)
	change := s.parsed(s.as(bob, "undo", `{}`))["change"]
	if answer := s.as(bob, "undo", fmt.Sprintf(`{"change":%q}`, change)); answer.IsError {
		t.Error(answer.Text)
	}
	s.ok("update_user", fmt.Sprintf(`{"id":"usr_%d","role":"viewer"}`, bob))
	if answer := s.as(bob, "undo", `{}`); answer.Code != schema.Forbidden {
		t.Error("a viewer undoes what they did as a member:", answer.Text)
	}
}

// TestAKeyNarrows looks at the toolsets and the role of a key.
func TestAKeyNarrows(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all"})
	service, err := s.service.For(t.Context(), store.Caller{Role: schema.Viewer}, "notes", false, 0)
	if err != nil {
		t.Fatal(err)
	}
	wider, err := service.With("all", false, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range wider.Tools() {
		if tool.Set != "notes" || tool.IsWriting() {
			t.Errorf("a viewer's key for notes has %s", tool.Name)
		}
	}
	for tool, want := range map[string]schema.ErrorCode{"list_deals": schema.Forbidden, "add_note": schema.Forbidden, "list_notes": "", "nonesuch": schema.NotFound} {
		if answer := wider.Call(t.Context(), store.Caller{Role: schema.Viewer}, tool, json.RawMessage(`{}`)); answer.Code != want {
			t.Errorf("%s: want %q, got %s", tool, want, answer.Text)
		}
	}
	if _, err := s.service.For(t.Context(), store.Caller{}, "nope", false, 0); err == nil {
		t.Error("a key for an unknown toolset is taken")
	}
	answer := s.service.Call(t.Context(), store.Caller{Role: schema.Viewer}, "describe", json.RawMessage(`{}`))
	if !strings.Contains(answer.Text, `"acting_as":"viewer"`) {
		t.Error("describe does not say that the key is narrowed:", answer.Text)
	}
}
