package tools

import (
	"context"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// The address of a webhook may be a secret itself, so nobody but admins learns
// of it from the past either.
func TestHistoryKeepsWebhooksForAdmins(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all"})
	s.ok("create_organization", `{"name":"Acme"}`)
	others := map[string]int64{}
	for _, role := range []string{"consultant", "member", "viewer"} {
		others[role] = s.colleague(strings.ToUpper(role[:1]) + role[1:])
		s.ok("update_user", `{"id":"`+role+`@crm.example","role":"`+role+`"}`)
	}
	s.shell = true
	hook := s.ok("create_webhook", `{"url":"https://hooks.example.com/secret","events":["*"]}`)["change"].(string)
	s.ok("update_webhook", `{"id":"hook_1","url":"https://hooks.example.com/dead"}`)
	mixed := s.ok("batch", `{"steps":[{"tool":"update_organization","arguments":{"id":"Acme","city":"Delft"}},{"tool":"update_webhook","arguments":{"id":"hook_1","description":"dead words"}}]}`)["change"].(string)
	s.shell = false
	for role, user := range others {
		for _, call := range []viewCall{
			{"history", `{"limit":100}`}, {"history", `{"tool":"update_webhook"}`}, {"history", `{"change":"` + hook + `"}`}, {"history", `{"change":"` + mixed + `"}`},
			{"history", `{"of":"hook_1"}`}, {"get_records", `{"ids":["Acme"],"include":["history"]}`}, {"timeline", `{"of":"Acme"}`},
			{"undo", `{"change":"` + hook + `","dry_run":true}`}, {"undo", `{"change":"` + mixed + `","dry_run":true}`}, {"undo", `{"since":"-1h","dry_run":true}`},
		} {
			if seen := s.see(user, call.tool, call.arguments); strings.Contains(seen, "hooks.example") || strings.Contains(seen, "dead") || strings.Contains(seen, `"hook_`) {
				t.Errorf("%s sees by %s %s: %s", role, call.tool, call.arguments, seen)
			}
		}
		if seen := s.see(user, "history", `{"change":"`+hook+`"}`); !strings.Contains(seen, "there is no change "+hook) {
			t.Errorf("%s learns that %s is there: %s", role, hook, seen)
		}
	}
	if seen := s.see(others["consultant"], "undo", `{"change":"`+mixed+`"}`); !strings.Contains(seen, `"changed":1`) {
		t.Error("the rest of the change is not undone:", seen)
	}
	if _, seen := s.call("history", `{"of":"hook_1"}`); !strings.Contains(seen, `["https://hooks.example.com/secret","https://hooks.example.com/dead"]`) {
		t.Error("an admin does not see it:", seen)
	}
	if _, seen := s.call("list_setup", `{"kind":"webhooks"}`); !strings.Contains(seen, "dead words") {
		t.Error("undoing the rest has changed the webhook:", seen)
	}
}

func TestPurgeIsPassedOverByUndo(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all"})
	s.ok("create_contact", `{"first_name":"Jane"}`)
	wanted := s.ok("create_organization", `{"name":"Acme"}`)["change"]
	erased := store.Key{Type: schema.New().Type("contact"), ID: 1}
	if _, err := s.db.Purge(context.Background(), store.Caller{Client: "test"}, []store.Key{erased}, false); err != nil {
		t.Fatal(err)
	}
	last := s.ok("history", `{"limit":1}`)["changes"].([]any)[0].(map[string]any)
	if action := last["records"].([]any)[0].(map[string]any)["action"]; last["tool"] != "purge" || action != "erased" {
		t.Errorf("the purge is told as %v", last)
	}
	refusal := s.refused(schema.Conflict, "undo", `{"change":"`+last["id"].(string)+`"}`)
	if text := refusal["error"].(map[string]any)["message"].(string); !strings.Contains(text, "gone for good") {
		t.Error(text)
	}
	if undone := s.ok("undo", `{}`)["undone"].([]any); len(undone) != 1 || undone[0] != wanted {
		t.Errorf("undo took back %v, not %v", undone, wanted)
	}
	refusal = s.refused(schema.Conflict, "undo", `{"change":"chg_2"}`)
	if text := refusal["error"].(map[string]any)["problems"].([]any)[0].(map[string]any)["message"]; text != "con_1 is gone for good" {
		t.Error(text)
	}
}
