package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crmcp/crmcp/schema"
)

// toldTypes are those that the random changes are about.
var toldTypes = []string{"organization", "contact", "membership", "contact_detail", "deal", "task", "note", "tag"}

// rawRecords shows records as the history keeps them, with the links that
// count as a change of them.
func rawRecords(tx *Tx, records []*Record) ([]json.RawMessage, error) {
	shown := make([]json.RawMessage, len(records))
	for i, r := range records {
		values := recorded(r)
		values["id"] = r.Key().String()
		for _, relation := range r.Type.Relations {
			if relation.To.Class != schema.Setup || relation.Via != schema.ViaLink {
				continue
			}
			// Also those that lie in the trash: that is told of them themselves.
			ids, err := tx.ends(relation, r.ID)
			if err != nil {
				return nil, err
			}
			if slices.Sort(ids); len(ids) > 0 {
				values[relation.Name] = ids
			}
		}
		var err error
		if shown[i], err = json.Marshal(values); err != nil {
			return nil, err
		}
	}
	return shown, nil
}

// teller makes random changes.
type teller struct {
	*fixture
	dice *rand.Rand
}

func (w *teller) key(tx *Tx, typ string) (Key, bool) {
	t := tx.Schema().Type(typ)
	ids, err := column1(tx.ctx, tx.session.conn, "SELECT id FROM "+typ)
	if err != nil || len(ids) == 0 {
		return Key{}, false
	}
	_, id, _ := tx.Schema().ParseID(t.Prefix + "_" + ids[w.dice.IntN(len(ids))])
	return Key{t, id}, true
}

func (w *teller) one(values ...any) any { return values[w.dice.IntN(len(values))] }

// arguments are random values of a type's fields.
func (w *teller) arguments(typ string) map[string]any {
	all := map[string]map[string]any{
		"organization": {"name": w.one("Acme", "Bolt", "Cargo"), "city": w.one("Paris", "Ghent", nil), "tags": w.one([]any{"a"}, []any{"b", "a"}, []any{}), "email": w.one("a@x.example", "b@x.example")},
		"contact":      {"first_name": w.one("Ada", "Bob"), "organizations": w.one([]any{"org_1"}, []any{"org_2", "org_1"}, []any{}), "phone": w.one("+31201234567", "+31207654321")},
		"deal":         {"name": w.one("X", "Y"), "value": w.one(1, 2), "stage": w.one("Lead", "Won", "Lost"), "tags": w.one([]any{"a"}, []any{})},
		"task":         {"name": w.one("Call", "Write"), "status": w.one("completed", "not_started"), "description": w.one("<b>&", nil)},
		"note":         {"body": w.one("p", "q"), "is_private": w.one(true, false), "organizations": []any{"org_1"}},
	}
	args := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(all[typ])) {
		value := all[typ][name]
		if name == "name" || name == "first_name" || name == "body" || name == "organizations" && typ == "note" || w.dice.IntN(2) == 0 {
			args[name] = value
		}
	}
	return args
}

func (w *teller) step(tx *Tx) error {
	typ := w.one("organization", "contact", "deal", "task", "note").(string)
	key, found := w.key(tx, typ)
	var problems schema.Problems
	in := tx.Reader(false).Read(tx.Schema().Type(typ), w.arguments(typ), &problems)
	switch n := w.dice.IntN(12); {
	case n < 3 || !found:
		_, err := tx.Create(in, WriteOptions{Problems: problems})
		return err
	case n < 7:
		_, err := tx.Update(key, in, WriteOptions{Problems: problems})
		return err
	case n == 7:
		_, err := tx.Delete([]Key{key})
		return err
	case n == 8:
		_, err := tx.Restore([]Key{key})
		return err
	case n == 9:
		other, _ := w.key(tx, typ)
		_, err := tx.merge(key, []Key{other}, nil)
		return err
	}
	last, err := tx.ChangeID()
	if err == nil {
		_, err = tx.Undo([]int64{1 + w.dice.Int64N(last)}, false)
	}
	return err
}

// TestEventsTellEverything: whoever takes every event knows what stands, and
// the changes of each are exactly what it changes.
func TestEventsTellEverything(t *testing.T) {
	for seed := range uint64(4) {
		w := &teller{newFixture(t), rand.New(rand.NewPCG(seed, 3))}
		w.db.options.Show = rawRecords
		w.hook("https://receiver.example", "*")
		known := map[string]map[string]any{}
		done := 0
		for range 150 {
			w.now = w.now.Add(time.Second)
			err := w.db.Update(t.Context(), Caller{Client: "test"}, func(tx *Tx) error {
				for range 1 + w.dice.IntN(3) {
					if err := w.step(tx); err != nil {
						return err
					}
				}
				return nil
			})
			if err == nil {
				done++
			}
			for _, e := range w.events() {
				w.fold(known, e)
			}
		}
		standing, private := w.standing()
		// What was shared and is private now, or went to the trash when it was, is
		// not told of any more.
		for _, id := range private {
			delete(known, id)
		}
		if diff := cmp.Diff(standing, known); diff != "" || done < 30 {
			t.Fatalf("seed %d, %d changes (-stands +known):\n%s", seed, done, diff)
		}
	}
}

// fold takes an event in.
func (w *teller) fold(known map[string]map[string]any, e sentEvent) {
	w.Helper()
	id, _ := e.Data.Record["id"].(string)
	_, action, _ := strings.Cut(e.Type, ".")
	switch action {
	case "deleted", "merged":
		delete(known, id)
		return
	case "updated":
		if was := known[id]; was != nil {
			w.compareChanges(e, was)
		}
	}
	known[id] = e.Data.Record
}

// compareChanges wants the fields that differ to be those that the event names.
func (w *teller) compareChanges(e sentEvent, was map[string]any) {
	w.Helper()
	if _, shared := e.Data.Changes["is_private"]; shared {
		return
	}
	typ, _, _ := strings.Cut(e.Type, ".")
	t := w.db.Schema().Type(typ)
	for _, f := range t.Fields {
		_, named := e.Data.Changes[f.Name]
		differs := !reflect.DeepEqual(was[f.Name], e.Data.Record[f.Name])
		if quiet := f.Computed || f.System && f.ReadOnly || f.Hidden || f.WriteOnly || f.Kept != "" || f.Name == "uid" || f.Name == "id"; !quiet && f.Held() && named != differs {
			w.Errorf("%s %v: %s is named: %t, differs: %t (%v, %v)", e.Type, e.Data.Record["id"], f.Name, named, differs, was[f.Name], e.Data.Record[f.Name])
		}
	}
	tags, named := e.Data.Changes["tags"]
	if differs := fmt.Sprint(was["tags"]) != fmt.Sprint(e.Data.Record["tags"]); differs != named {
		w.Errorf("%s %v: tags are named: %t (%v), differ: %t", e.Type, e.Data.Record["id"], named, tags, differs)
	}
}

// standing are the records that a receiver should know, and the ids of those
// that are private.
func (w *teller) standing() (all map[string]map[string]any, private []string) {
	all = map[string]map[string]any{}
	w.view(func(tx *Tx) error {
		tx.caller.User = 0
		for _, typ := range toldTypes {
			t := tx.Schema().Type(typ)
			ids, err := tx.ids64(sqlText("SELECT id FROM " + typ))
			if err != nil {
				return err
			}
			for _, id := range ids {
				r, err := tx.get(Key{t, id})
				if err != nil {
					return err
				}
				raw, err := rawRecords(tx, []*Record{r})
				if err != nil {
					return err
				}
				var shown map[string]any
				if err := json.Unmarshal(raw[0], &shown); err != nil {
					return err
				}
				switch {
				case r.Bool("is_private"), t.Private && r.Has("deleted_at"):
					private = append(private, r.Key().String())
				case !r.Has("deleted_at"):
					all[r.Key().String()] = shown
				}
			}
		}
		return nil
	})
	return all, private
}
