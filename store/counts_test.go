package store

import (
	"context"
	"errors"
	"testing"
)

// wantTally compares the numbers that are kept of a type with those of its rows.
func (f *fixture) wantTally(typ string, shown, hidden int64) {
	f.Helper()
	f.view(func(tx *Tx) error {
		t := tx.Schema().Type(typ)
		kept, err := tx.tally(t)
		if err != nil {
			return err
		}
		counted, err := tx.countTally(t)
		if err == nil && (kept != counted || kept != tally{shown, hidden}) {
			f.Errorf("%s: %+v are kept, %+v there, want %d and %d", typ, kept, counted, shown, hidden)
		}
		return err
	})
}

// The number of records follows every way in which they come and go.
func TestTalliesFollowWrites(t *testing.T) {
	f := newFixture(t)
	a := f.create("organization", map[string]any{"name": "A"})
	b := f.create("organization", map[string]any{"name": "B"})
	f.wantTally("organization", 2, 0)
	f.change(a, map[string]any{"archived_at": "now"})
	f.wantTally("organization", 1, 1)
	f.change(f.again(a), map[string]any{"city": "Paris"})
	f.update(func(tx *Tx) error { _, err := tx.Delete([]Key{a.Key(), b.Key()}); return err })
	f.wantTally("organization", 0, 2)
	f.update(func(tx *Tx) error { _, err := tx.Restore([]Key{b.Key()}); return err })
	f.wantTally("organization", 1, 1)
	if _, err := f.db.Purge(context.Background(), Caller{}, []Key{a.Key()}, true); err != nil {
		t.Fatal(err)
	}
	f.wantTally("organization", 1, 1)
	if _, err := f.db.Purge(context.Background(), Caller{}, []Key{a.Key()}, false); err != nil {
		t.Fatal(err)
	}
	f.wantTally("organization", 1, 0)
}

// What an attempt or a dry run counted is not counted when it is taken back.
func TestTalliesOfWhatIsTakenBack(t *testing.T) {
	f := newFixture(t)
	insert := func(tx *Tx) error {
		return tx.insertRecord(&Record{Type: tx.Schema().Type("organization"), Values: map[string]any{"name": "A"}})
	}
	failed := errors.New("no")
	f.update(func(tx *Tx) error {
		err := tx.Try(func() error { return errors.Join(insert(tx), failed) })
		if !errors.Is(err, failed) {
			t.Errorf("the attempt gives %v", err)
		}
		if err := insert(tx); err != nil {
			return err
		}
		sum, err := tx.tally(tx.Schema().Type("organization"))
		if sum.shown != 1 {
			t.Errorf("%d records are seen within the transaction", sum.shown)
		}
		return err
	})
	f.update(func(tx *Tx) error { return errors.Join(insert(tx), ErrDryRun) })
	f.wantTally("organization", 1, 0)
}

// A file of the first generation gets the numbers of its records, and its
// words with digits are kept apart.
func TestUpgradeCountsRecords(t *testing.T) {
	f := newFixture(t)
	f.create("organization", map[string]any{"name": "Acme 3000 abc123"})
	for _, statement := range []string{
		`UPDATE identifier SET value = 'w:' || substr(value, 3) WHERE value >= 'x:' AND value < 'x;'`,
		`DROP TABLE record_count`, `UPDATE setting SET value = '1' WHERE name = 'generation'`,
	} {
		f.raw(statement)
	}
	db, err := Open(t.Context(), f.db.path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	f.wantTally("organization", 1, 0)
	found, err := db.Check(t.Context(), true)
	if err != nil || len(found) > 0 {
		t.Errorf("after the upgrade: %v %v", found, err)
	}
}

// A check tells numbers that are not those of the rows, and a repair counts anew.
func TestWrongTalliesAreFoundAndRepaired(t *testing.T) {
	f := newFixture(t)
	f.create("organization", map[string]any{"name": "Acme"})
	f.raw(`UPDATE record_count SET shown = shown + 5 WHERE type = 1`)
	found := f.check(false)
	if len(found) != 1 || !found[0].Derived {
		t.Errorf("a wrong number gives %v", found)
	}
	if err := f.db.Repair(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.wantTally("organization", 1, 0)
	if found := f.check(false); len(found) > 0 {
		t.Errorf("after the repair: %v", found)
	}
}
