package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// fileBytes is all that lies on the disk for a database.
func fileBytes(t *testing.T, path string) []byte {
	t.Helper()
	var all []byte
	for _, ending := range []string{"", "-wal"} {
		data, err := os.ReadFile(path + ending)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		all = append(all, data...)
	}
	return all
}

func TestPurgeLeavesNoTrace(t *testing.T) {
	f := filled(t)
	const marker = "zyxmarkerqvw"
	person := f.create("contact", map[string]any{"first_name": marker, "last_name": "Once", "email": marker + "@x.example", "description": "about " + marker,
		"organizations": []any{"Acme Café"}, "tags": []any{"vip"}, "metadata": map[string]any{"k": marker}})
	f.change(person, map[string]any{"first_name": "Renamed", "email": "other@x.example"})
	f.create("note", map[string]any{"body": "alone " + marker, "contacts": []any{person.Key().String()}})
	shared := f.create("note", map[string]any{"body": "shared", "contacts": []any{person.Key().String()}, "organizations": []any{"Acme Café"}})
	f.create("activity", map[string]any{"type": "call", "subject": "Spoke about " + marker, "contacts": []any{person.Key().String()}})
	kept := f.create("task", map[string]any{"name": "Other", "contacts": []any{person.Key().String()}, "organizations": []any{"Acme Café"}})
	f.create("document", map[string]any{"name": "x", "content": "content " + marker, "contacts": []any{person.Key().String()}})
	deal := f.create("deal", map[string]any{"name": "With him", "contacts": []any{person.Key().String()}})
	f.update(func(tx *Tx) error {
		return tx.Keep("create_contact", "k2", "h", `{"id":"`+person.Key().String()+`","name":"`+marker+`"}`)
	})
	if !bytes.Contains(fileBytes(t, f.db.path), []byte(marker)) {
		t.Fatal("the marker was never there")
	}
	done, err := f.db.Purge(context.Background(), Caller{}, []Key{person.Key()}, false)
	if err != nil {
		t.Fatal(err)
	}
	if len(done.Records) != 1 || done.Along["document"] != 1 || done.Along["activity"] != 1 || done.Along["task"] != 0 || done.Along["note"] != 1 || done.Along["membership"] != 1 || done.Along["contact_detail"] != 1 || !done.Overwritten {
		t.Errorf("%+v", done)
	}
	if at := bytes.Index(fileBytes(t, f.db.path), []byte(marker)); at >= 0 {
		t.Errorf("the marker is still there: %q", fileBytes(t, f.db.path)[max(at-60, 0):at+40])
	}
	f.want(f.again(deal), "contact", "")
	f.want(f.again(shared), "body", "shared")
	f.want(f.again(kept), "name", "Other")
	for _, one := range f.check(true) {
		t.Error(one)
	}
	next := f.create("contact", map[string]any{"first_name": "Next"})
	if next.ID <= person.ID {
		t.Errorf("the number %d was used again", next.ID)
	}
	f.view(func(tx *Tx) error {
		changes, _, err := tx.History(HistoryQuery{Tool: purgeTool})
		if err != nil || len(changes) != 1 {
			t.Error("the history does not keep that something was erased: ", changes, err)
		}
		return nil
	})
}

func TestPurgeOfTheTrash(t *testing.T) {
	f := filled(t)
	f.view(func(tx *Tx) error {
		keys, err := tx.Trash(f.now.Add(-30 * 24 * time.Hour))
		if err != nil || len(keys) != 0 {
			t.Error("a month ago nothing was deleted: ", keys, err)
		}
		return nil
	})
	before := f.now.Add(time.Hour)
	tried, err := f.db.PurgeTrash(context.Background(), Caller{}, before, true)
	if err != nil || len(tried.Records) == 0 {
		t.Fatal(tried, err)
	}
	done, err := f.db.PurgeTrash(context.Background(), Caller{}, before, false)
	if err != nil || len(done.Records) != len(tried.Records) {
		t.Fatal(done, err)
	}
	again, err := f.db.PurgeTrash(context.Background(), Caller{}, before, true)
	if err != nil || len(again.Records) != 0 {
		t.Error(again, err)
	}
	for _, one := range f.check(true) {
		t.Error(one)
	}
}

func TestPurgeKeepsWhatIsNeeded(t *testing.T) {
	f := filled(t)
	key := Key{f.db.Schema().Type("stage"), 5}
	done, err := f.db.Purge(context.Background(), Caller{}, []Key{key}, false)
	if err != nil || len(done.Kept) != 1 || len(done.Records) != 0 {
		t.Errorf("%+v %v", done, err)
	}
	f.again(&Record{Type: key.Type, ID: key.ID})
}

func TestUndoDoesNotBringBackWhatWasErased(t *testing.T) {
	f := filled(t)
	person := f.create("contact", map[string]any{"first_name": "Erased"})
	deal := f.create("deal", map[string]any{"name": "Linked", "contacts": []any{"Erased"}})
	if _, err := f.db.Purge(context.Background(), Caller{}, []Key{person.Key()}, false); err != nil {
		t.Fatal(err)
	}
	var last int64
	f.update(func(tx *Tx) error {
		if _, err := tx.one(`SELECT max(id) FROM change_set`, nil, &last); err != nil {
			return err
		}
		undone, err := tx.Undo([]int64{last}, true)
		var known *schema.Error
		if !errors.As(err, &known) || known.Code != schema.Conflict {
			t.Error(undone, err)
		}
		return nil
	})
	f.want(f.again(deal), "contact", "")
	for _, one := range f.check(true) {
		t.Error(one)
	}
}

func TestUndoPassesOverWhatWasErased(t *testing.T) {
	f := newFixture(t)
	kept := f.create("organization", map[string]any{"name": "Kept"})
	gone := f.create("organization", map[string]any{"name": "Gone"})
	if _, err := f.db.Purge(t.Context(), Caller{}, []Key{gone.Key()}, false); err != nil {
		t.Fatal(err)
	}
	f.update(func(tx *Tx) error {
		last, err := tx.LastChange()
		if err != nil || last == 0 {
			t.Fatal(last, err)
		}
		undone, err := tx.Undo([]int64{last}, false)
		if err != nil || len(undone.Records) != 1 || undone.Records[0] != kept.Key() {
			t.Errorf("%+v, %v", undone, err)
		}
		return nil
	})
}

func TestRepairMakesDerivedDataAnew(t *testing.T) {
	f := filled(t)
	for _, statement := range []string{
		`UPDATE organization SET name_fold = 'x', name_sort = x'00', open_deal_count = 77 WHERE id = 1`,
		`DELETE FROM identifier WHERE type = (SELECT min(type) FROM identifier WHERE type > 0)`,
		`DELETE FROM fulltext WHERE rowid > 0 AND rowid < 200`,
		`UPDATE custom_value SET number = 9, folded = 'q'`,
		`UPDATE deal SET weighted_value = 5`,
	} {
		f.raw(statement)
	}
	for _, one := range f.check(false) {
		if !one.Derived {
			t.Error("not derived: ", one)
		}
	}
	if err := f.db.Repair(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, one := range f.check(true) {
		t.Error(one)
	}
}
