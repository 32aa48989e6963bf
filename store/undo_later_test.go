package store

import (
	"context"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
)

// filledLater makes an organization in one piece of a change and fills it in
// the next; between runs after each.
func (f *fixture) filledLater(between func()) (change int64) {
	f.Helper()
	var key Key
	steps := []func(tx *Tx) error{
		func(tx *Tx) error {
			w, err := tx.Create(&schema.Input{Type: tx.Schema().Type("organization"), Values: map[string]any{"name": "Acme"}}, WriteOptions{Importing: true})
			if err == nil {
				key = w.Record.Key()
			}
			return err
		},
		func(tx *Tx) error {
			var problems schema.Problems
			in := tx.Reader(true).Read(tx.Schema().Type("organization"), map[string]any{"city": "Delft", "emails": []any{"a@acme.example"}, "tags": []any{"new"}}, &problems)
			_, err := tx.Update(key, in, WriteOptions{Importing: true, Problems: problems})
			return err
		},
	}
	err := f.db.Pieces(context.Background(), Caller{Client: "test", Tool: "long"}, func(p *Pieces) error {
		for _, step := range steps {
			if err := p.Write(step); err != nil {
				return err
			}
			change = p.Change()
			between()
		}
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
	return change
}

// takeBackWith undoes a change, skipping conflicts or not.
func (f *fixture) takeBackWith(change int64, skip bool) (done *Undone) {
	f.Helper()
	err := f.db.Update(context.Background(), Caller{Client: "test", Tool: undoTool}, func(tx *Tx) (err error) {
		done, err = tx.Undo([]int64{change}, skip)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	return done
}

// What a change filled in itself, in a later piece, is not in its own way.
func TestUndoOfWhatWasCreatedAndFilledAtOnce(t *testing.T) {
	f := newFixture(t)
	before := f.content()
	change := f.filledLater(func() { f.create("task", map[string]any{"name": "Other"}) })
	if done := f.takeBackWith(change, false); len(done.Conflicts) > 0 {
		t.Error(done)
	}
	for range 2 {
		if _, err := f.undo(); err != nil {
			t.Fatal(err)
		}
	}
	if after := f.content(); after != before {
		t.Errorf("after the undo there is\n%s\nand not\n%s", after, before)
	}
	f.sound()
}

// A creation that is left as it is keeps all that it was created with, while
// the others of the same change are taken back.
func TestSkippedCreationsStayWhole(t *testing.T) {
	f := newFixture(t)
	var kept, gone *Record
	f.update(func(tx *Tx) error {
		for name, into := range map[string]**Record{"Kept": &kept, "Gone": &gone} {
			var problems schema.Problems
			in := tx.Reader(false).Read(tx.Schema().Type("organization"), map[string]any{"name": name, "emails": []any{name + "@acme.example"}, "tags": []any{"VIP"}}, &problems)
			w, err := tx.Create(in, WriteOptions{Problems: problems})
			if err != nil {
				return err
			}
			*into = w.Record
		}
		return nil
	})
	change := f.newest(HistoryQuery{})[0].ID
	f.change(kept, map[string]any{"city": "Delft"})
	done := f.takeBackWith(change, true)
	if len(done.Conflicts) != 1 || done.Conflicts[0].Field != "city" || done.Conflicts[0].Change != change+1 || len(done.Hanging) != 1 {
		t.Errorf("%+v", done)
	}
	if len(done.Records) != 2 {
		t.Errorf("not the other one and its address are taken back: %v", done.Records)
	}
	f.want(f.again(kept), "email", "Kept@acme.example")
	if !strings.Contains(f.content(), kept.Key().String()+" tags tag_1") {
		t.Error("the one that stays has lost its tag")
	}
	if !f.again(gone).Has("deleted_at") {
		t.Error("the other one was not taken back")
	}
	f.sound()
}
