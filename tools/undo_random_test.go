package tools

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// sequencesWanted says how many random sequences are undone;
// CRMCP_UNDO_SEQUENCES asks for more than the quick form has.
func sequencesWanted(t *testing.T) int {
	t.Helper()
	text := os.Getenv("CRMCP_UNDO_SEQUENCES")
	if text == "" {
		return 60
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal("CRMCP_UNDO_SEQUENCES: ", err)
	}
	return n
}

// sequencesEach is how many sequences share a database; the trash and the
// history that they leave are part of what the next ones meet.
const sequencesEach = 20

// Random sequences of all writing tools, undone one by one, from the last to
// the first, or as one window, give the content that was there before.
func TestRandomSequencesOfAllToolsUndone(t *testing.T) {
	wrote := map[string]int{}
	for n := range sequencesWanted(t) {
		if n%sequencesEach != 0 {
			continue
		}
		t.Run(strconv.Itoa(n), func(t *testing.T) { undoSequences(t, uint64(n), wrote) })
	}
	all := 0
	for _, tool := range Catalog(schema.New()) {
		if tool.IsWriting() && tool.Lasting == "" && tool.Name != "undo" && wrote[tool.Name] == 0 {
			t.Errorf("no sequence has written with %s", tool.Name)
		}
		all += wrote[tool.Name]
	}
	t.Logf("%d writes undone: %v", all, wrote)
}

func undoSequences(t *testing.T, seed uint64, wrote map[string]int) {
	w := newWriter(t, seed)
	w.furnish()
	start := w.content()
	for range sequencesEach {
		states, changes, began := []string{start}, []string(nil), w.now.Add(time.Millisecond)
		stepwise := w.dice.IntN(4) == 0
		names := w.toolNames()
		for range 3 + w.dice.IntN(8) {
			tool := names[w.dice.IntN(len(names))]
			if change := w.write(tool); change != "" {
				wrote[tool]++
				changes = append(changes, change)
				if stepwise {
					states = append(states, w.content())
				}
			}
		}
		if w.dice.IntN(3) == 0 && len(changes) > 0 && !stepwise {
			w.undo(fmt.Sprintf(`{"since":%q}`, began.Format(time.RFC3339Nano)))
			changes = nil
		}
		for i, change := range slices.Backward(changes) {
			w.undo(fmt.Sprintf(`{"change":%q}`, change))
			if stepwise {
				w.same(states[i], change)
			}
		}
		w.same(start, "the whole")
		w.log = nil
	}
	found, err := w.db.Check(t.Context(), true)
	if err != nil || len(found) > 0 {
		t.Error(found, err)
	}
}

// Every tool that writes is called once and undone; one that cannot be undone
// says why at its definition.
func TestEveryWritingToolCanBeUndone(t *testing.T) {
	w := newWriter(t, 7)
	w.furnish()
	for _, tool := range Catalog(schema.New()) {
		if !tool.IsWriting() || tool.Lasting != "" {
			continue
		}
		if randomCalls()[tool.Name] == nil {
			t.Errorf("%s writes: give it a call in randomCalls, or say at its definition why it cannot be undone", tool.Name)
			continue
		}
		w.undoOne(tool.Name)
	}
}

// undoOne makes one call of a tool that changes something, takes it back, and
// brings it back again.
func (w *writer) undoOne(tool string) {
	w.Helper()
	before := w.content()
	for range 200 {
		w.log = nil
		change := w.write(tool)
		if change == "" {
			continue
		}
		after := w.content()
		w.undo(fmt.Sprintf(`{"change":%q}`, change))
		w.same(before, "the undo")
		if after == before {
			continue
		}
		w.undo(fmt.Sprintf(`{"change":%q}`, w.lastUndo))
		w.same(after, "the undo of the undo")
		return
	}
	w.Errorf("no call of %s has changed anything", tool)
}

// writer makes random calls of writing tools.
type writer struct {
	*session
	dice  *rand.Rand
	calls calls
	// live are the ids of what stands, by type.
	live     map[string][]string
	log      []string
	lastUndo string
}

func newWriter(t *testing.T, seed uint64) *writer {
	s := newSession(t, Options{Toolsets: "all"})
	s.shell = true
	return &writer{session: s, dice: rand.New(rand.NewPCG(seed, 3)), calls: randomCalls()}
}

// furnish makes what the calls refer to.
func (w *writer) furnish() {
	for _, kind := range []string{"organization", "organization", "contact", "contact", "service", "service", "deal", "deal", "task", "project", "document"} {
		w.writeOnce("create_" + kind)
	}
	w.ok("define_field", `{"record_type":"organization","key":"tier","kind":"single_select","options":["Gold","Silver"]}`)
	w.ok("define_field", `{"record_type":"deal","key":"points","kind":"number"}`)
	for _, tool := range []string{"add_note", "log_activity", "add_contact_detail", "add_member", "create_user", "create_webhook"} {
		w.writeOnce(tool)
	}
	w.ok("delete_records", `{"ids":["task_1"]}`)
	w.log = nil
}

// writeOnce calls a tool until it has written, unless nothing is left for it
// to write.
func (w *writer) writeOnce(tool string) {
	for range 30 {
		if w.write(tool) != "" {
			return
		}
	}
}

func (w *writer) toolNames() []string {
	var names []string
	for name := range w.calls {
		if w.service.Tool(name) != nil && name != "undo" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// write calls a tool with random arguments; empty: it was refused or changed
// nothing.
func (w *writer) write(tool string) string {
	w.look()
	args, err := json.Marshal(w.calls[tool](w))
	if err != nil {
		w.Fatal(err)
	}
	answer := w.confirmed(tool, string(args))
	if answer.IsError {
		if answer.Code == schema.Internal {
			w.Fatalf("%s %s: %s", tool, args, answer.Text)
		}
		return ""
	}
	change, _ := w.parsed(answer)["change"].(string)
	w.log = append(w.log, fmt.Sprintf("%s %s → %s", tool, args, change))
	return change
}

// confirmed calls a tool, again with the token where it asks for one.
func (w *writer) confirmed(tool, args string) *Answer {
	answer, _ := w.call(tool, args)
	if answer.Code == schema.ConfirmRequired {
		answer, _ = w.call(tool, strings.TrimSuffix(args, "}")+`,"confirm":"<token>"}`)
	}
	return answer
}

func (w *writer) undo(args string) {
	w.Helper()
	answer := w.confirmed("undo", args)
	if answer.IsError {
		w.Fatalf("undo %s of %s: %s", args, strings.Join(w.log, "\n"), answer.Text)
	}
	w.lastUndo, _ = w.parsed(answer)["change"].(string)
}

func (w *writer) same(want, what string) {
	w.Helper()
	if got := w.content(); sha256.Sum256([]byte(got)) != sha256.Sum256([]byte(want)) {
		w.Fatalf("%s leaves another content (-want +got):\n%s\nafter %s", what, cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")), strings.Join(w.log, "\n"))
	}
}

// look notes which records stand.
func (w *writer) look() {
	w.live = map[string][]string{}
	w.view(func(tx *store.Tx) error {
		for _, t := range tx.Schema().Types {
			ids, err := tx.IDs(t, nil, 0)
			if err != nil {
				return err
			}
			for _, id := range ids {
				w.live[t.Name] = append(w.live[t.Name], t.IDString(id))
			}
		}
		return nil
	})
}

func (w *writer) view(fn func(*store.Tx) error) {
	w.Helper()
	if err := w.db.View(w.Context(), store.Caller{User: 1}, fn); err != nil {
		w.Fatal(err)
	}
}

// counted are the fields that tell of writes, not of what is written.
var counted = []string{"version", "updated_at", "updated_by"}

// content is all that stands outside the trash, as text: every field, and the
// links of every record in their order.
func (w *writer) content() string {
	w.Helper()
	var all strings.Builder
	w.view(func(tx *store.Tx) error {
		for _, t := range tx.Schema().Types {
			if err := typeContent(tx, t, &all); err != nil {
				return err
			}
		}
		return nil
	})
	return all.String()
}

func typeContent(tx *store.Tx, t *schema.Type, all *strings.Builder) error {
	page, err := tx.List(store.Query{Type: t, Limit: 100_000})
	if err != nil {
		return err
	}
	ids := make([]int64, len(page.Records))
	slices.SortFunc(page.Records, func(a, b *store.Record) int { return int(a.ID - b.ID) })
	for i, r := range page.Records {
		ids[i] = r.ID
		for _, f := range t.Held() {
			if value := r.Values[f.Name]; value != nil && !slices.Contains(counted, f.Name) {
				fmt.Fprintf(all, "%s %s %v\n", r.Key(), f.Name, value)
			}
		}
	}
	for _, relation := range t.Relations {
		found, err := tx.Linked(relation, ids, 0)
		if err != nil {
			return err
		}
		for _, id := range ids {
			for _, ref := range found[id] {
				fmt.Fprintf(all, "%s %s %s\n", t.IDString(id), relation.Name, ref.Type.IDString(ref.ID))
			}
		}
	}
	return nil
}
