package tools

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/crmcp/crmcp/store"
)

type viewCall struct{ tool, arguments string }

// lookAround are calls by which somebody could learn of another's private
// note: everything that lists, counts, filters, searches, groups and tells of
// the past, and previews of what hangs on a record.
var lookAround = []viewCall{
	{"describe", `{}`}, {"describe", `{"type":"note"}`},
	{"list_notes", `{"limit":100}`}, {"list_notes", `{"filter":"is_private = true or flagged = true"}`}, {"list_notes", `{"search":"zebra"}`},
	{"list_notes", `{"of":["Acme","Bolt"],"sort":"-updated_at"}`}, {"list_notes", `{"filter":"archived_at is not empty"}`}, {"list_notes", `{"filter":"tags has VIP"}`},
	{"list_organizations", `{"fields":["version","updated_at","updated_by","last_activity_at","notes","notes.body","tags"],"sort":"-updated_at"}`},
	{"list_organizations", `{"filter":"exists(notes where body contains zebra) or count(notes) > 2 or notes.flagged = true","fields":["name"]}`},
	{"list_organizations", `{"filter":"notes is empty or notes.category = meeting or notes.author = \"Ada Owner\"","fields":["name"]}`},
	{"list_contacts", `{"fields":["version","updated_at","notes","notes.title"],"filter":"not notes.body contains giraffe"}`},
	{"list_deals", `{"fields":["version","updated_at","notes"],"filter":"count(notes where is_private = true) < 1"}`},
	{"list_tasks", `{"fields":["version","updated_at","notes"]}`},
	{"list_users", `{"fields":["name","version","updated_at"]}`}, {"list_setup", `{}`},
	{"aggregate", `{"type":"note","group_by":["author","category","flagged"],"measures":["count"]}`},
	{"aggregate", `{"type":"organization","group_by":["notes.category"],"measures":["count"]}`},
	{"aggregate", `{"type":"contact","measures":["count"],"filter":"count(notes) > 1","group_by":["notes.author"]}`},
	{"aggregate", `{"type":"note","group_by":["organizations","tags","month(created_at)"],"measures":["count","max(updated_at)"],"having":"count > 0"}`},
	{"search", `{"query":"zebra"}`}, {"search", `{"query":"zebar","limit":50}`}, {"search", `{"query":"gir"}`}, {"search", `{"query":"plan acme"}`},
	{"search", `{"query":"zebra giraffe","types":["note"]}`}, {"search", `{"query":"ext-1"}`}, {"search", `{"query":"planning zebr"}`}, {"search", `{"query":"note_6"}`},
	{"get_records", `{"ids":["Acme","Bolt","Jane Doe","Renewal","Call Jane"],"include":["notes","history","activities","tasks","deals","documents"]}`},
	{"timeline", `{"of":"Acme","limit":50}`}, {"timeline", `{"of":"Jane Doe"}`}, {"timeline", `{"of":"Renewal"}`},
	{"history", `{"limit":100}`}, {"history", `{"of":"Acme"}`}, {"history", `{"user":"Ada Owner"}`}, {"history", `{"tool":"add_note","limit":2}`}, {"history", `{"of":"tag_1"}`},
	{"undo", `{"dry_run":true}`}, {"undo", `{"since":"-20h","dry_run":true,"skip_conflicts":true}`},
	{"find_duplicates", `{"type":"organization"}`}, {"agenda", `{}`}, {"pipeline_report", `{}`},
	{"delete_records", `{"ids":["Acme","Jane Doe","Renewal","Call Jane"],"dry_run":true}`},
	{"merge_records", `{"winner":"Acme","losers":["Bolt"],"dry_run":true}`},
	{"duplicate_record", `{"id":"Renewal","name":"Copy","dry_run":true}`},
	{"update_records", `{"type":"organization","filter":"notes.body contains zebra","expected_count":0,"set":["industry=x"],"dry_run":true}`},
	{"add_note", `{"to":"Acme","body":"mine","dry_run":true,"external_id":"ext-1","external_source":"crm"}`},
	{"get_records", `{"ids":["tag_1","tag_2","usr_1","usr_2"],"include":["history"]}`}, {"search", `{"query":"ext-2","types":["note"]}`},
}

// guesses are calls that name a note by its id or uid.
var guesses = []viewCall{
	{"get_records", `{"ids":["<id>"],"include":["history"]}`}, {"update_note", `{"id":"<id>","body":"x","dry_run":true}`},
	{"update_note", `{"id":"<id>","append":"x","expected_version":7}`}, {"delete_records", `{"ids":["<id>"]}`}, {"restore_records", `{"ids":["<id>"]}`},
	{"link_records", `{"from":"<id>","to":["Acme"]}`}, {"unlink_records", `{"from":"Acme","to":["<id>"]}`}, {"link_records", `{"from":"Acme","to":["<id>"]}`},
	{"history", `{"of":"<id>"}`}, {"timeline", `{"of":"<id>"}`}, {"list_notes", `{"of":"<id>"}`}, {"list_notes", `{"filter":"id = <id>"}`},
	{"list_organizations", `{"filter":"notes = <id>"}`}, {"update_records", `{"ids":["<id>"],"set":["flagged=true"],"dry_run":true}`},
	{"add_note", `{"to":"<id>","body":"x"}`}, {"merge_records", `{"winner":"<id>","losers":["Acme"],"dry_run":true}`},
	{"batch", `{"steps":[{"tool":"update_note","arguments":{"id":"<id>","flagged":true}}],"dry_run":true}`},
	{"create_deal", `{"name":"<id>","organization":"<id>","dry_run":true}`},
}

// undoGuesses name a change.
var undoGuesses = []viewCall{
	{"undo", `{"change":"<id>","dry_run":true}`}, {"undo", `{"change":"<id>","skip_conflicts":true}`}, {"history", `{"change":"<id>"}`},
}

// see calls a tool as a user at the moment that it is, without moving the clock.
func (s *session) see(user int64, tool, arguments string) string {
	answer := s.service.Call(s.Context(), store.Caller{User: user, Client: "test"}, tool, []byte(arguments))
	text := uidPattern.ReplaceAllString(answer.Text, "<uid>")
	text = tokenPattern.ReplaceAllString(text, `"confirm":"<token>"`)
	return cursorPattern.ReplaceAllString(text, `"next_cursor":"<cursor>"`)
}

// view is all that a user sees, by call.
func (s *session) view(user int64) map[string]string {
	all := map[string]string{}
	for _, call := range lookAround {
		name, seen := s.glance(user, call)
		all[name] = seen
	}
	return all
}

func (s *session) glance(user int64, call viewCall) (name, seen string) {
	seen = s.see(user, call.tool, call.arguments)
	if call.tool == "add_note" {
		// Numbers are never used again: there may be gaps.
		seen = strings.Replace(seen, newNote.FindString(seen), "<new>", 1)
	}
	return call.tool + " " + call.arguments, seen
}

// differs tells the first call that answers otherwise.
func differs(before, after map[string]string) string {
	for _, call := range lookAround {
		name := call.tool + " " + call.arguments
		if seen, looked := after[name]; looked && before[name] != seen {
			return fmt.Sprintf("%s\nbefore: %s\nafter:  %s", name, before[name], after[name])
		}
	}
	return ""
}

// guess compares what calls answer for something private with what they answer
// for something that does not exist, and gives the first difference.
func (s *session) guess(user int64, calls []viewCall, private, ghost string) string {
	for _, call := range calls {
		one := strings.ReplaceAll(s.see(user, call.tool, strings.ReplaceAll(call.arguments, "<id>", private)), private, "<id>")
		other := strings.ReplaceAll(s.see(user, call.tool, strings.ReplaceAll(call.arguments, "<id>", ghost)), ghost, "<id>")
		one, other = newChange.ReplaceAllString(one, "<change>"), newChange.ReplaceAllString(other, "<change>")
		if one != other {
			return fmt.Sprintf("%s %s\nprivate: %s\nnone:    %s", call.tool, call.arguments, one, other)
		}
	}
	return ""
}

var (
	newNote   = regexp.MustCompile(`note_\d+`)
	newChange = regexp.MustCompile(`chg_\d+|deal_\d+`)
)
