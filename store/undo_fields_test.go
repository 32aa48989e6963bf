package store

import (
	"fmt"
	"strings"
	"testing"
)

// takeBack undoes a change and gives what it did.
func (f *fixture) takeBack(change int64) (done *Undone) {
	f.Helper()
	err := f.db.Update(f.Context(), Caller{Client: "test", Tool: undoTool}, func(tx *Tx) (err error) {
		done, err = tx.Undo([]int64{change}, false)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	return done
}

// trashField deletes a custom field, or brings it back.
func (f *fixture) trashField(id int64, back bool) {
	f.Helper()
	f.update(func(tx *Tx) (err error) {
		keys := []Key{{tx.Schema().Type("custom_field"), id}}
		if back {
			_, err = tx.Restore(keys)
		} else {
			_, err = tx.Delete(keys)
		}
		return err
	})
}

func (f *fixture) lastChange() (id int64) {
	f.Helper()
	changes, _ := f.history(1, HistoryQuery{Limit: 1})
	return changes[0].ID
}

func (f *fixture) wantSound() {
	f.Helper()
	for _, one := range f.check(true) {
		f.Errorf("check: %s", one)
	}
}

// Values of every kind are taken back while their field is deleted, and
// the undo is taken back in its turn, while another field has the name.
func TestUndoReachesDeletedFields(t *testing.T) {
	for _, c := range kindCases() {
		t.Run(c.kind, func(t *testing.T) {
			f := newFixture(t)
			f.create("organization", map[string]any{"name": "Acme"})
			f.create("contact", map[string]any{"first_name": "Zed"})
			f.user("Bo")
			field := f.define(FieldDefinition{Key: "x", Kind: c.kind, Options: c.options}, "project").Key.ID
			one := f.create("project", map[string]any{"name": "One", "x": c.low})
			f.change(f.renew(one), map[string]any{"x": c.high})
			high := f.lastChange()
			f.trashField(field, false)
			if done := f.takeBack(high); len(done.Changes) != 1 || len(done.Conflicts) != 0 || len(done.Records) != 1 {
				t.Fatalf("the undo did %+v", done)
			}
			undo := f.lastChange()
			f.wantSound()
			f.trashField(field, true)
			f.wantShown(f.renew(one), c.shown[0])
			f.wantNames("project", "x is not null", "", "", "One")
			f.trashField(field, false)
			other := f.define(FieldDefinition{Key: "x", Kind: "text"}, "project").Key.ID
			f.change(f.renew(one), map[string]any{"x": "unlike"})
			f.takeBack(undo)
			f.wantShown(f.renew(one), "unlike")
			f.wantSound()
			f.trashField(other, false)
			f.trashField(field, true)
			f.wantShown(f.renew(one), c.shown[1])
			f.wantSound()
		})
	}
}

func TestUndoLeavesDeletedFieldsUnseen(t *testing.T) {
	f, _ := hooked(t, "*")
	field := f.define(FieldDefinition{Key: "x", Kind: "text"}, "organization").Key.ID
	f.create("organization", map[string]any{"name": "Acme", "x": "zebra"})
	f.change(f.renew(f.create("organization", map[string]any{"name": "Beta", "x": "zebra"})), map[string]any{"x": "lion", "city": "Paris"})
	lion := f.lastChange()
	f.trashField(field, false)
	f.events()
	f.takeBack(lion)
	told := f.wantEvents("the undo", "organization.updated org_2")[0]
	if got := fmt.Sprint(told.Data.Changes); got != "map[city:{Paris <nil>}]" {
		t.Errorf("the event tells of %s", got)
	}
	f.view(func(tx *Tx) error {
		hits, _, err := tx.Search("zebra", tx.Schema().Types, 5)
		if len(hits) > 0 {
			t.Errorf("the deleted field is found: %v", hits)
		}
		return err
	})
}

// What was written to a field later stands in the way, by whatever name the
// history tells of it.
func TestUndoBlamesWhoWroteADeletedField(t *testing.T) {
	f := newFixture(t)
	field := f.define(FieldDefinition{Key: "x", Kind: "text"}, "project").Key.ID
	r := f.create("project", map[string]any{"name": "A", "x": "one"})
	f.change(f.renew(r), map[string]any{"x": "two"})
	two := f.lastChange()
	f.change(f.renew(r), map[string]any{"x": "three"})
	three := f.lastChange()
	f.trashField(field, false)
	f.define(FieldDefinition{Key: "x", Kind: "number"}, "project")
	f.change(f.renew(r), map[string]any{"x": 7})
	err := f.db.Update(t.Context(), Caller{}, func(tx *Tx) error {
		done, err := tx.Undo([]int64{two}, false)
		if err == nil && (len(done.Conflicts) != 1 || done.Conflicts[0].Change != three || done.Conflicts[0].Field != "x (fld_1)") {
			t.Errorf("conflicts: %+v", done.Conflicts)
		}
		return ErrDryRun
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A change that made a record is undone with the deleted field, while a later
// record is linked with it, which is told.
func TestUndoOfARecordWithADeletedField(t *testing.T) {
	f := newFixture(t)
	field := f.define(FieldDefinition{Key: "x", Kind: "text"}, "organization").Key.ID
	r := f.create("organization", map[string]any{"name": "A", "x": "zebra"})
	made := f.lastChange()
	f.create("deal", map[string]any{"name": "D", "organization": "A"})
	f.trashField(field, false)
	if done := f.takeBack(made); len(done.Hanging) != 1 || !strings.Contains(done.Hanging[0], "1 deal") {
		t.Errorf("the undo says %+v", done)
	}
	f.wantSound()
	f.takeBack(f.lastChange())
	f.trashField(field, true)
	f.want(f.renew(r), "x", "zebra")
	f.wantSound()
}

func TestParseChange(t *testing.T) {
	if id, ok := ParseChange(" CHG_12 "); id != 12 || !ok {
		t.Errorf("with spaces it is read as %d, %v", id, ok)
	}
	for written, want := range map[string]int64{"chg_7": 7, "3": 3, "": 0, "chg_": 0, "chg_0": 0, "-1": 0, "chg_1x": 0, "1,000": 0} {
		if id, ok := ParseChange(written); ok != (want > 0) || ok && id != want {
			t.Errorf("%q is read as %d, %v", written, id, ok)
		}
	}
}
