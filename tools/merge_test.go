package tools

import (
	"encoding/json"
	"strings"
	"testing"
)

// oldIDs are calls of every tool that takes the id of an organization or
// contact, with the ids of records that were merged away.
var oldIDs = []struct{ tool, arguments string }{
	{"get_records", `{"ids":["con_2","org_2"]}`},
	{"update_organization", `{"id":"org_2","industry":"Tools"}`},
	{"update_contact", `{"id":"con_2","city":"Paris"}`},
	{"update_records", `{"ids":["org_2","con_2"],"set":["country=FR"]}`},
	{"create_organization", `{"name":"Child","parent":"org_2"}`},
	{"create_contact", `{"first_name":"New","organization":"org_2"}`},
	{"create_deal", `{"name":"D","organization":"org_2","contacts":["con_2"]}`},
	{"create_task", `{"name":"T","organization":"org_2","contacts":["con_2"]}`},
	{"create_project", `{"name":"P","organization":"org_2"}`},
	{"create_document", `{"name":"F","organization":"org_2","url":"https://x.example"}`},
	{"duplicate_record", `{"id":"org_2","name":"Copy"}`},
	{"link_records", `{"from":"con_2","to":["deal_1","tag:VIP"]}`},
	{"link_records", `{"from":"deal_1","to":["con_2"]}`},
	{"unlink_records", `{"from":"deal_1","to":["con_2"]}`},
	{"add_note", `{"to":["con_2","org_2"],"body":"B"}`},
	{"list_notes", `{"of":["con_2"]}`},
	{"log_activity", `{"type":"call","to":["org_2"],"contacts":["con_2"]}`},
	{"list_activities", `{"of":"con_2"}`},
	{"timeline", `{"of":"org_2"}`},
	{"list_members", `{"organization":"org_2"}`},
	{"add_member", `{"organization":"org_2","contact":"con_2"}`},
	{"update_member", `{"organization":"org_2","contact":"con_2","role":"billing"}`},
	{"add_contact_detail", `{"of":"con_2","kind":"email","value":"new@x.example"}`},
	{"list_contact_details", `{"of":"con_2"}`},
	{"remove_contact_details", `{"of":"con_2","all":true}`},
	{"list_organizations", `{"filter":"id = org_2"}`},
	{"list_contacts", `{"filter":"organization = org_2 and id in (con_2)"}`},
	{"list_deals", `{"filter":"organizations has org_2 and contact = con_2"}`},
	{"aggregate", `{"type":"contact","filter":"organization = org_2"}`},
	{"find_duplicates", `{"of":"con_2"}`},
	{"merge_records", `{"winner":"con_2","losers":["con_3"]}`},
	{"batch", `{"steps":[{"tool":"update_contact","arguments":{"id":"con_2","city":"Lyon"}}]}`},
	{"remove_member", `{"organization":"org_2","contact":"con_2"}`},
	{"delete_records", `{"ids":["con_2","org_2"]}`},
}

// Wherever an id is taken, that of a merged record means the one that stands,
// and so does its uid.
func TestMergedIDsAreTakenEverywhere(t *testing.T) {
	for _, form := range []string{"id", "uid"} {
		s := newSession(t, Options{Toolsets: "all"})
		uids := map[string]string{}
		for _, name := range []string{"1", "2"} {
			for tool, fields := range map[string]string{"create_organization": `{"name":"Acme ` + name + `"}`, "create_contact": `{"first_name":"Jane ` + name + `","emails":["j` + name + `@x.example"]}`} {
				id := s.ok(tool, fields)["record"].(map[string]any)["id"].(string)
				uids[id] = s.ok("get_records", `{"ids":["`+id+`"]}`)["records"].([]any)[0].(map[string]any)["uid"].(string)
			}
		}
		s.ok("create_contact", `{"first_name":"Jan"}`)
		s.ok("merge_records", `{"winner":"con_1","losers":["con_2"]}`)
		s.ok("merge_records", `{"winner":"org_1","losers":["org_2"]}`)
		for _, call := range oldIDs {
			arguments := call.arguments
			if form == "uid" && call.tool != "find_duplicates" {
				arguments = strings.NewReplacer(`"con_2"`, `"`+uids["con_2"]+`"`, `"org_2"`, `"`+uids["org_2"]+`"`).Replace(arguments)
			}
			answer, _ := json.Marshal(s.ok(call.tool, arguments))
			if strings.Contains(string(answer), `"con_2"`) || strings.Contains(string(answer), `"org_2"`) {
				t.Errorf("%s %s answers %s", call.tool, arguments, answer)
			}
		}
	}
}
