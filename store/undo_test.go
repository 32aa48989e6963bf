package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crmcp/crmcp/schema"
)

// content is all that can be read of a database, as text: every field of the
// records outside the trash but what the system counts, and their links.
func (f *fixture) content() string {
	f.Helper()
	var lines []string
	counted := []string{"version", "updated_at", "updated_by", "created_at", "position"}
	f.view(func(tx *Tx) error {
		for _, t := range tx.Schema().Types {
			fields, columns := selectColumns(t, "t")
			condition, args := tx.shown(t, "t")
			err := tx.scan("SELECT "+columns+" FROM "+t.Name+" t WHERE "+condition, args, func(rows *sql.Rows) error {
				r, err := scanRecord(t, fields, rows)
				for name, value := range r.Values {
					if !slices.Contains(counted, name) {
						lines = append(lines, fmt.Sprintf("%s %s %v", r.Key(), name, value))
					}
				}
				return err
			})
			if err != nil {
				return err
			}
			for _, r := range t.Relations {
				if err := f.linked(tx, t, r, &lines); err != nil {
					return err
				}
			}
		}
		return nil
	})
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func (f *fixture) linked(tx *Tx, t *schema.Type, r *schema.Relation, lines *[]string) error {
	ids, err := tx.IDs(t, nil, 0)
	if err != nil {
		return err
	}
	found, err := tx.Linked(r, ids, 0)
	for id, refs := range found {
		for _, ref := range refs {
			*lines = append(*lines, fmt.Sprintf("%s %s %s", t.IDString(id), r.Name, ref.Type.IDString(ref.ID)))
		}
	}
	return err
}

// undo takes back the last change and gives what it did.
func (f *fixture) undo() (done *Undone, err error) {
	err = f.db.Update(context.Background(), Caller{Client: "test", Tool: undoTool}, func(tx *Tx) error {
		id, err := tx.LastChange()
		if err != nil || id == 0 {
			return schema.Errorf(schema.NotFound, "nothing to undo: %v", err)
		}
		if done, err = tx.Undo([]int64{id}, false); err == nil && len(done.Conflicts) > 0 {
			return schema.Errorf(schema.Conflict, "%v", done.Conflicts)
		}
		return err
	})
	return done, err
}

func TestUndoIsExact(t *testing.T) {
	f := newFixture(t)
	f.create("service", map[string]any{"name": "Audit", "amount": 5})
	states := []string{f.content()}
	step := func(fn func()) {
		fn()
		states = append(states, f.content())
	}
	var acme, deal *Record
	step(func() {
		acme = f.create("organization", map[string]any{"name": "Acme", "emails": []any{"a@acme.example", "work: b@acme.example"}, "tags": []any{"VIP"}})
	})
	step(func() { f.create("contact", map[string]any{"first_name": "Jane", "organization": "Acme"}) })
	step(func() {
		deal = f.create("deal", map[string]any{"name": "D", "organization": "Acme", "contacts": "Jane", "services": "Audit"})
	})
	step(func() { f.create("note", map[string]any{"body": "hello", "deals": "D"}) })
	step(func() { f.change(deal, map[string]any{"stage": "Won", "services": []any{}}) })
	step(func() {
		f.change(acme, map[string]any{"emails": "c@acme.example", "tags": []any{}, "industry": "Tools"})
	})
	step(func() {
		f.update(func(tx *Tx) error {
			_, err := tx.Delete([]Key{acme.Key(), deal.Key()})
			return err
		})
	})
	for i := len(states) - 1; i > 0; i-- {
		if _, err := f.undo(); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		if diff := cmp.Diff(states[i-1], f.content()); diff != "" {
			t.Fatalf("undo of step %d (-before +after):\n%s", i, diff)
		}
	}
}

// Links come back in the order in which they were shown, also those that have
// the same place because they were made from the other side.
func TestUndoKeepsTheOrderOfLinks(t *testing.T) {
	f := newFixture(t)
	for _, name := range []string{"A", "B"} {
		f.create("deal", map[string]any{"name": name})
	}
	project := f.create("project", map[string]any{"name": "P", "deals": []any{"A", "B"}})
	f.create("deal", map[string]any{"name": "C", "projects": []any{"P"}})
	order := func() (names string) {
		f.view(func(tx *Tx) error {
			found, err := tx.Linked(tx.Schema().Type("project").Relation("deals"), []int64{project.ID}, 0)
			for _, ref := range found[project.ID] {
				names += ref.Name
			}
			return err
		})
		return names
	}
	before := order()
	f.change(project, map[string]any{"deals": []any{"C"}})
	if _, err := f.undo(); err != nil {
		t.Fatal(err)
	}
	if after := order(); after != before {
		t.Errorf("the order was %s, is %s", before, after)
	}
}

// Two changes are undone at once, of which the later one changed what follows
// from another record of the first.
func TestUndoOfTwoChangesOfContactDetails(t *testing.T) {
	f := newFixture(t)
	before := f.content()
	jane := f.create("contact", map[string]any{"first_name": "Jane", "emails": []any{"a@x.example", "work: b@x.example"}})
	f.change(jane, map[string]any{"email": "c@x.example"})
	f.update(func(tx *Tx) error {
		done, err := tx.Undo([]int64{2, 3}, false)
		if err == nil && len(done.Conflicts) > 0 {
			t.Errorf("conflicts %+v", done.Conflicts)
		}
		return err
	})
	if diff := cmp.Diff(before, f.content()); diff != "" {
		t.Errorf("after undoing both (-before +after):\n%s", diff)
	}
}

func TestUndoRefusesWhatWasChangedSince(t *testing.T) {
	f := newFixture(t)
	acme := f.create("organization", map[string]any{"name": "Acme"})
	f.change(acme, map[string]any{"industry": "Tools", "city": "Paris"})
	f.now = f.now.Add(time.Hour)
	f.change(acme, map[string]any{"industry": "Toys"})
	f.update(func(tx *Tx) error {
		done, err := tx.Undo([]int64{3}, false)
		if err != nil {
			return err
		}
		if len(done.Conflicts) != 1 || done.Conflicts[0].Field != "industry" || done.Conflicts[0].Change != 4 || done.Conflicts[0].Now != "Toys" {
			t.Errorf("conflicts %+v", done.Conflicts)
		}
		return ErrDryRun
	})
	f.update(func(tx *Tx) error {
		_, err := tx.Undo([]int64{3}, true)
		return err
	})
	acme = f.again(acme)
	f.want(acme, "industry", "Toys")
	f.want(acme, "city", "")
}

func TestUndoOfAnUndo(t *testing.T) {
	f := newFixture(t)
	acme := f.create("organization", map[string]any{"name": "Acme", "tags": "VIP"})
	before := f.content()
	if _, err := f.undo(); err != nil {
		t.Fatal(err)
	}
	if r := f.again(acme); !r.Has("deleted_at") {
		t.Error("an undone create still stands")
	}
	f.update(func(tx *Tx) error {
		tx.caller.Tool = undoTool
		_, err := tx.Undo([]int64{3}, false)
		return err
	})
	if diff := cmp.Diff(before, f.content()); diff != "" {
		t.Errorf("undo of the undo (-before +after):\n%s", diff)
	}
	if _, err := f.undo(); err != nil {
		t.Error("what was brought back cannot be undone again: ", err)
	}
}

// Random sequences of writes, undone one by one, give the content that was
// there before each.
func TestRandomSequencesUndone(t *testing.T) {
	for seed := range uint64(20) {
		f := newFixture(t)
		random := rand.New(rand.NewPCG(seed, 1))
		states := []string{f.content()}
		for range 15 {
			if f.randomWrite(random) {
				states = append(states, f.content())
			}
		}
		for i := len(states) - 1; i > 0; i-- {
			if _, err := f.undo(); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if diff := cmp.Diff(states[i-1], f.content()); diff != "" {
				t.Fatalf("seed %d, step %d (-before +after):\n%s", seed, i, diff)
			}
		}
	}
}

// randomWrite makes one change; it says whether anything was written.
func (f *fixture) randomWrite(random *rand.Rand) bool {
	pick := func(words ...string) string { return words[random.IntN(len(words))] }
	name := pick("Acme", "Globex", "Initech", "Umbrella")
	var last int64
	err := f.db.Update(context.Background(), Caller{Client: "test", Tool: "random"}, func(tx *Tx) error {
		kind := pick("organization", "contact", "deal", "task", "service")
		args := map[string]any{"name": name, "tags": []any{pick("A", "B"), pick("B", "C")}}
		if kind == "contact" {
			args = map[string]any{"first_name": name, "email": pick("a@x.example", "b@x.example"), "organizations": []any{pick("Acme", "Globex")}}
		}
		if kind == "deal" {
			args["stage"], args["services"] = pick("Lead", "Won", "Lost"), []any{pick("Acme", "Globex")}
		}
		if kind == "task" {
			args["status"], args["recurrence"], args["due_at"] = pick("completed", "not_started"), "weekly", "+1d"
		}
		var problems schema.Problems
		in := tx.Reader(false).Read(tx.Schema().Type(kind), args, &problems)
		ids, err := tx.IDs(in.Type, nil, 5)
		if err != nil {
			return err
		}
		switch action := random.IntN(6); {
		case len(ids) > 0 && action == 0:
			_, err = tx.Delete([]Key{{in.Type, ids[random.IntN(len(ids))]}})
		case len(ids) > 0 && action < 3:
			_, err = tx.Update(Key{in.Type, ids[random.IntN(len(ids))]}, in, WriteOptions{Problems: problems})
		case len(ids) > 0 && action == 3:
			_, err = tx.Link(Key{in.Type, ids[random.IntN(len(ids))]}, []string{"tag:" + pick("A", "D")}, LinkOptions{})
		case len(ids) > 1 && action == 4:
			random.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
			losers := []Key{{in.Type, ids[1]}}
			if len(ids) > 2 && random.IntN(2) == 0 {
				losers = append(losers, Key{in.Type, ids[2]})
			}
			_, err = tx.merge(Key{in.Type, ids[0]}, losers, nil)
		default:
			_, err = tx.Create(in, WriteOptions{Problems: problems})
		}
		if err == nil && tx.Changed() {
			last, err = tx.ChangeID()
		}
		return err
	})
	return err == nil && last != 0
}
