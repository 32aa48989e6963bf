package tools

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/crmcp/crmcp/store"
)

// privateWorld is a CRM in which Ada (the owner) keeps private notes and Bob, a
// consultant, looks around.
type privateWorld struct {
	*session
	random *rand.Rand
	bob    int64
	notes  []string
	last   string
}

func newPrivateWorld(t *testing.T, seed uint64) *privateWorld {
	s := newSession(t, Options{Toolsets: "all"})
	w := &privateWorld{session: s, random: rand.New(rand.NewPCG(seed, 7)), bob: s.colleague("Bob")} //nolint:gosec // a test that can be repeated
	s.promote(w.bob, "consultant")
	for _, call := range []struct{ tool, arguments string }{
		{"create_organization", `{"name":"Acme","tags":["VIP","Cold"]}`}, {"create_organization", `{"name":"Bolt","description":"plan of a zebra"}`},
		{"create_organization", `{"name":"Cargo"}`}, {"create_organization", `{"name":"Dull"}`},
		{"create_contact", `{"first_name":"Jane","last_name":"Doe","organization":"Acme"}`}, {"create_deal", `{"name":"Renewal","organization":"Acme","contacts":["Jane Doe"]}`},
		{"create_task", `{"name":"Call Jane","contacts":["Jane Doe"]}`}, {"add_note", `{"to":["Acme","Jane Doe"],"body":"A giraffe, seen by all","flagged":true,"tags":["VIP"]}`},
		{"add_note", `{"to":"Renewal","body":"Open zebra","category":"meeting"}`},
	} {
		s.ok(call.tool, call.arguments)
	}
	if answer := s.as(w.bob, "add_note", `{"to":"Acme","body":"Bob's own plan"}`); answer.IsError {
		t.Fatal(answer.Text)
	}
	w.now = w.now.Add(24 * time.Hour)
	return w
}

// promote gives a user a role.
func (s *session) promote(user int64, role string) {
	s.Helper()
	err := s.db.Update(s.Context(), store.Caller{Tool: "test"}, func(tx *store.Tx) error {
		t := tx.Schema().Type("user")
		in := tx.Reader(false).Read(t, map[string]any{"role": role}, nil)
		_, err := tx.Update(store.Key{Type: t, ID: user}, in, store.WriteOptions{})
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
}

func (w *privateWorld) one(list ...string) string { return list[w.random.IntN(len(list))] }

func (w *privateWorld) parent() string {
	return w.one("Acme", "Bolt", "Cargo", "Jane Doe", "Renewal", "Call Jane")
}

func (w *privateWorld) words() string {
	return w.one("zebra", "zebar", "giraffe", "plan", "acme", "gironde", "planning", "Jane") + " " + w.one("plan", "zebras", "okapi", strconv.Itoa(w.random.IntN(99)))
}

// private does one thing to a private note of Ada's; nothing of it is for Bob.
func (w *privateWorld) private() (tool, arguments string, answer *Answer) {
	tool, arguments = "add_note", fmt.Sprintf(`{"to":[%q,%q],"body":%q,"title":%q,"is_private":true,"flagged":%v,"category":%q}`,
		w.parent(), w.parent(), w.words(), w.words(), w.random.IntN(2) == 0, w.one("general", "meeting", "call"))
	if len(w.notes) > 0 && w.random.IntN(5) > 0 {
		tool, arguments = w.onNote(w.one(w.notes...))
	}
	answer = w.service.Call(w.Context(), store.Caller{Client: "test"}, tool, json.RawMessage(arguments))
	var object struct {
		Change string
		Record struct{ ID string }
	}
	if err := json.Unmarshal(answer.JSON, &object); err != nil {
		w.Fatal(err)
	}
	if !answer.IsError && object.Change != "" {
		w.last = object.Change
	}
	if tool == "add_note" && !answer.IsError {
		w.notes = append(w.notes, object.Record.ID)
	}
	return tool, arguments, answer
}

func (w *privateWorld) onNote(id string) (tool, arguments string) {
	parent := w.parent()
	calls := [][2]string{
		{"update_note", fmt.Sprintf(`{"id":%q,"body":%q}`, id, w.words())},
		{"update_note", fmt.Sprintf(`{"id":%q,"append":%q,"title":%q}`, id, w.words(), w.words())},
		{"update_note", fmt.Sprintf(`{"id":%q,"flagged":%v,"category":%q,"created_at":"2026-0%d-01"}`, id, w.random.IntN(2) == 0, w.one("general", "meeting"), 1+w.random.IntN(4))},
		{"update_note", fmt.Sprintf(`{"id":%q,"external_id":"ext-%d","external_source":"crm","owner":%q}`, id, w.random.IntN(3), w.one("Bob", "me"))},
		{"update_note", fmt.Sprintf(`{"id":%q,"archived_at":%s,"metadata":{"x":"zebra"}}`, id, w.one(`"2026-05-01"`, "null"))},
		{"update_note", fmt.Sprintf(`{"id":%q,"tags":[%s]}`, id, w.one(`"VIP"`, `"VIP","Cold"`, ``, `"Quite new"`))},
		{"link_records", fmt.Sprintf(`{"from":%q,"to":[%q]}`, id, parent)},
		{"link_records", fmt.Sprintf(`{"from":%q,"to":[%q]}`, parent, id)},
		{"unlink_records", fmt.Sprintf(`{"from":%q,"to":[%q]}`, parent, id)},
		{"link_records", fmt.Sprintf(`{"from":%q,"to":["tag:%s"]}`, id, w.one("VIP", "Cold", "Secret tag"))},
		{"unlink_records", fmt.Sprintf(`{"from":%q,"to":["tag:%s"]}`, id, w.one("VIP", "Cold"))},
		{"delete_records", fmt.Sprintf(`{"ids":[%q]}`, id)},
		{"restore_records", fmt.Sprintf(`{"ids":[%q]}`, id)},
		{"update_records", fmt.Sprintf(`{"ids":[%q],"set":["flagged=true","title=%s"]}`, id, w.words())},
		{"batch", fmt.Sprintf(`{"steps":[{"tool":"add_note","arguments":{"to":%q,"body":"zebra","is_private":true}},{"tool":"update_note","arguments":{"id":"$1.id","append":"giraffe"}},{"tool":"update_note","arguments":{"id":%q,"body":%q}}]}`, parent, id, w.words())},
		{"undo", fmt.Sprintf(`{"change":%q}`, w.last)},
		{"undo", fmt.Sprintf(`{"change":%q,"skip_conflicts":true}`, w.last)},
	}
	call := calls[w.random.IntN(len(calls))]
	return call[0], call[1]
}

// open does something that everybody sees, so that private notes meet merges,
// deletions of what they hang on, and undoing. It does the same in the twin,
// and both must answer Bob alike.
func (w *privateWorld) open(twin *privateWorld) {
	parent := w.parent()
	calls := [][2]string{
		{"add_note", fmt.Sprintf(`{"to":%q,"body":%q}`, parent, w.words())},
		{"merge_records", `{"winner":"Acme","losers":["Bolt"]}`}, {"merge_records", `{"winner":"Cargo","losers":["Bolt"]}`},
		{"delete_records", fmt.Sprintf(`{"ids":[%q]}`, parent)}, {"restore_records", `{"ids":["org_2","con_1","deal_1","task_1"]}`},
		{"undo", `{}`}, {"undo", `{}`}, {"undo", `{}`}, {"undo", `{"since":"-20h","skip_conflicts":true,"dry_run":true}`},
		{"update_organization", fmt.Sprintf(`{"id":"Acme","description":%q}`, w.words())},
		{"update_organization", `{"id":"Acme","tags":["Cold"]}`},
		{"duplicate_record", fmt.Sprintf(`{"id":%q,"name":"Another"}`, w.one("Acme", "Renewal"))},
		{"add_note", fmt.Sprintf(`{"to":"Acme","body":"x","external_id":"ext-%d","external_source":"crm"}`, w.random.IntN(3))},
	}
	call := calls[w.random.IntN(len(calls))]
	w.now, twin.now = w.now.Add(time.Minute), twin.now.Add(time.Minute)
	one, other := w.see(w.bob, call[0], call[1]), twin.see(twin.bob, call[0], call[1])
	if one != other {
		w.Fatalf("Bob's %s %s answers otherwise where there are other private notes:\n%s\n%s", call[0], call[1], one, other)
	}
	w.now, twin.now = w.now.Add(time.Minute), twin.now.Add(time.Minute)
	if found := differs(w.view(w.bob), twin.view(twin.bob)); found != "" {
		w.Fatalf("after %s %s Bob sees a difference where there are other private notes: %s", call[0], call[1], found)
	}
}

// follow does in the twin world what uses up as many numbers of notes and
// changes, with a private note that hangs on nothing else.
func (w *privateWorld) follow(tool string, answer *Answer) {
	made := struct{ Change string }{}
	if err := json.Unmarshal(answer.JSON, &made); err != nil {
		w.Fatal(err)
	}
	if answer.IsError || made.Change == "" {
		return
	}
	tool, arguments := tool, fmt.Sprintf(`{"to":"Dull","body":"%d","is_private":true}`, w.random.Uint64())
	if tool != "add_note" && tool != "batch" {
		tool, arguments = "update_note", fmt.Sprintf(`{"id":%q,"body":"%d"}`, w.notes[0], w.random.Uint64())
	} else {
		tool = "add_note"
	}
	followed := w.service.Call(w.Context(), store.Caller{Client: "test"}, tool, json.RawMessage(arguments))
	if followed.IsError {
		w.Fatal(followed.Text)
	}
	if tool == "add_note" {
		w.notes = append(w.notes, newNote.FindString(followed.Text))
	}
}

// TestNothingOfPrivateNotesShows changes private notes at random and looks,
// after each change, whether anything that another user can see has changed.
// CRMCP_PRIVATE_CASES says how many changes.
func TestNothingOfPrivateNotesShows(t *testing.T) {
	cases := 200
	if n, err := strconv.Atoi(os.Getenv("CRMCP_PRIVATE_CASES")); err == nil {
		cases = n
	}
	const inOneWorld = 50
	done := map[string]int{}
	for seed := uint64(1); cases > 0; seed++ {
		n := min(cases, inOneWorld)
		cases -= n
		if !t.Run(fmt.Sprintf("world %d", seed), func(t *testing.T) { lookForPrivate(t, seed, n, done) }) {
			return
		}
	}
	t.Logf("changes by tool: %v", done)
}

func lookForPrivate(t *testing.T, seed uint64, cases int, done map[string]int) {
	w, twin := newPrivateWorld(t, seed), newPrivateWorld(t, seed)
	const inOneView = 10
	for cases > 0 {
		n := min(cases, inOneView)
		cases -= n
		w.open(twin)
		before := w.view(w.bob)
		for range n {
			tool, arguments, answer := w.private()
			t.Log(tool, arguments, answer.Text)
			twin.follow(tool, answer)
			if !answer.IsError {
				done[tool]++
			}
			w.look(before, 6)
			w.guessAt(w.pick(guesses, 3), 1)
		}
		w.look(before, len(lookAround))
		w.guessAt(guesses, len(undoGuesses))
	}
}

// look compares what Bob sees by some calls with what he saw before.
func (w *privateWorld) look(before map[string]string, n int) {
	w.Helper()
	after := map[string]string{}
	for _, at := range w.random.Perm(len(lookAround))[:n] {
		name, seen := w.glance(w.bob, lookAround[at])
		after[name] = seen
	}
	if found := differs(before, after); found != "" {
		w.Fatal("Bob sees a difference in ", found)
	}
}

func (w *privateWorld) pick(calls []viewCall, n int) []viewCall {
	var some []viewCall
	for _, at := range w.random.Perm(len(calls))[:n] {
		some = append(some, calls[at])
	}
	return some
}

// guessAt looks whether Bob can tell a private note, or a change of one, from
// none.
func (w *privateWorld) guessAt(calls []viewCall, changes int) {
	w.Helper()
	if len(w.notes) > 0 {
		if found := w.guess(w.bob, calls, w.one(w.notes...), "note_98765"); found != "" {
			w.Fatal("Bob can tell a private note from none by ", found)
		}
	}
	if w.last != "" {
		if found := w.guess(w.bob, w.pick(undoGuesses, changes), w.last, "chg_98765"); found != "" {
			w.Fatal("Bob can tell a change of a private note from none by ", found)
		}
	}
}
