package store

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// beside opens the fixture's file a second time, as another process does, and
// has it read, so that what it knows is from before what follows.
func (f *fixture) beside() *DB {
	f.Helper()
	other, err := Open(f.Context(), f.db.Path(), Options{Now: func() time.Time { return f.now }})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := other.Close(); err != nil {
			f.Error(err)
		}
	})
	if err := other.View(f.Context(), Caller{}, func(*Tx) error { return nil }); err != nil {
		f.Fatal(err)
	}
	return other
}

func seen[T any](t *testing.T, db *DB, caller Caller, look func(tx *Tx) T) (found T) {
	t.Helper()
	err := db.View(t.Context(), caller, func(tx *Tx) error {
		found = look(tx)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func (f *fixture) company() *Record {
	return seen(f.T, f.db, Caller{}, func(tx *Tx) *Record {
		r, err := tx.Get(tx.Schema().Type("company"), 1)
		if err != nil {
			f.Error(err)
		}
		return r
	})
}

func TestRoleChangedByAnotherProcessHoldsAtOnce(t *testing.T) {
	f := newFixture(t)
	bob := f.create("user", map[string]any{"first_name": "Bob", "role": "member"})
	other := f.beside()
	role := func() string { return seen(t, other, Caller{User: bob.ID}, (*Tx).Role) }
	if got := role(); got != schema.Member {
		t.Fatalf("the role is %q", got)
	}
	f.change(bob, map[string]any{"role": "viewer"})
	if got := role(); got != schema.Viewer {
		t.Errorf("after a change by another process the role is %q", got)
	}
	f.change(bob, map[string]any{"status": "inactive"})
	if got := role(); got != "" {
		t.Errorf("an inactive user has the role %q", got)
	}
	if got := seen(t, other, Caller{User: 99}, (*Tx).Role); got != "" {
		t.Errorf("nobody has the role %q", got)
	}
	zoe := f.create("user", map[string]any{"first_name": "Zoe", "role": "consultant"})
	if got := seen(t, other, Caller{User: zoe.ID}, (*Tx).Role); got != schema.Consultant {
		t.Errorf("a new user has the role %q", got)
	}
}

func TestRoleIsNarrowedForEachCallAnew(t *testing.T) {
	f := newFixture(t)
	for _, limit := range []string{"", schema.Viewer, "", schema.Member} {
		want := schema.NarrowerRole(schema.Admin, limit)
		if got := seen(t, f.db, Caller{Role: limit}, (*Tx).Role); got != want {
			t.Errorf("with the limit %q the role is %q, want %q", limit, got, want)
		}
	}
}

func TestCompanyChangedByAnotherProcessHoldsAtOnce(t *testing.T) {
	f := newFixture(t)
	other := f.beside()
	company := func() string {
		return seen(t, other, Caller{}, func(tx *Tx) string {
			return fmt.Sprintf("%s %s %s", tx.Company().Text("currency"), tx.Clock().Location, tx.Clock().WeekStart)
		})
	}
	if got := company(); got != "EUR Europe/Amsterdam Monday" {
		t.Fatal(got)
	}
	f.change(f.company(), map[string]any{"currency": "USD", "timezone": "Asia/Tokyo", "week_start": "sunday"})
	if got := company(); got != "USD Asia/Tokyo Sunday" {
		t.Errorf("after a change by another process the company is %s", got)
	}
	own := seen(t, f.db, Caller{}, func(tx *Tx) string { return tx.Company().Text("currency") })
	if own != "USD" {
		t.Errorf("after a change of its own a process has the currency %s", own)
	}
}

func TestFieldDefinedByAnotherProcessIsThereAtOnce(t *testing.T) {
	f := newFixture(t)
	other := f.beside()
	has := func() bool {
		return seen(t, other, Caller{}, func(tx *Tx) bool { return tx.Schema().Type("organization").Field("shoe_size") != nil })
	}
	for range 2 {
		if has() {
			t.Fatal("the field is there before it was defined")
		}
	}
	f.define(FieldDefinition{Key: "shoe_size", Kind: "number"}, "organization")
	for range 2 {
		if !has() {
			t.Error("a field that another process defined is missing")
		}
	}
}

func TestUpgradedFileIsRefusedAtOnce(t *testing.T) {
	f := newFixture(t)
	other := f.beside()
	f.update(func(tx *Tx) error {
		return tx.exec(`UPDATE setting SET value = ? WHERE name = 'generation'`, itoa(Generation+1))
	})
	for range 2 {
		err := other.View(t.Context(), Caller{}, func(*Tx) error { return nil })
		wantCode(t, err, schema.Conflict)
	}
}

// The state that is kept must be that of the transaction: to ask whether it
// still holds is what takes the snapshot, so that no commit falls between.
func TestDataVersionBelongsToTheSnapshot(t *testing.T) {
	f := newFixture(t)
	other := f.beside()
	err := other.View(t.Context(), Caller{}, func(tx *Tx) error {
		f.change(f.company(), map[string]any{"currency": "USD"})
		r, err := tx.Get(tx.Schema().Type("company"), 1)
		if err == nil && r.Text("currency") != tx.Company().Text("currency") {
			t.Errorf("the transaction began with %s and reads %s", tx.Company().Text("currency"), r.Text("currency"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := seen(t, other, Caller{}, func(tx *Tx) string { return tx.Company().Text("currency") }); got != "USD" {
		t.Errorf("the next transaction begins with %s", got)
	}
}

func TestReadsBeginWithOneStatement(t *testing.T) {
	f := newFixture(t)
	var asked []string
	other, err := Open(t.Context(), f.db.Path(), Options{Trace: func(query string, _ []any) { asked = append(asked, query) }})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	begin := func() []string {
		asked = nil
		seen(t, other, Caller{}, (*Tx).Role)
		return asked
	}
	for _, name := range []string{"one", "two"} {
		f.create("tag", map[string]any{"name": name})
		if got := begin(); len(got) < 2 {
			t.Errorf("after a commit a read begins with %q", got)
		}
		if got := begin(); len(got) != 1 || got[0] != dataVersionSQL {
			t.Errorf("the next read begins with %q", got)
		}
	}
}

func TestQuickStatementDoesNotBeginAfterTheCallHasEnded(t *testing.T) {
	f := newFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := f.db.View(ctx, Caller{}, func(tx *Tx) error {
		cancel()
		return tx.quick(`SELECT 1`, nil, func(*sql.Rows) error {
			t.Error("a statement ran")
			return nil
		})
	})
	if err == nil {
		t.Error("a call that has ended did not fail")
	}
}

func TestSegmentsFilterChangedByAnotherProcessHoldsAtOnce(t *testing.T) {
	f := newFixture(t)
	org := f.create("organization", map[string]any{"name": "Acme", "city": "Utrecht"})
	segment := f.create("segment", map[string]any{"title": "Local", "filter": "city = Paris"})
	other := f.beside()
	members := func() int {
		return seen(t, other, Caller{}, func(tx *Tx) int {
			linked, err := tx.Linked(tx.Schema().Type("organization").Relation("segments"), []int64{org.ID}, 0)
			if err != nil {
				t.Error(err)
			}
			return len(linked[org.ID])
		})
	}
	for range 2 {
		if members() != 0 {
			t.Fatal("the organization is in a segment that it does not meet")
		}
	}
	f.change(segment, map[string]any{"filter": "city = Utrecht"})
	for range 2 {
		if members() != 1 {
			t.Error("a segment's filter that another process changed does not hold")
		}
	}
}

func TestReadNamedReadsWhatIsShownOnly(t *testing.T) {
	f := newFixture(t)
	shown := f.create("organization", map[string]any{"name": "Acme"})
	gone := f.create("organization", map[string]any{"name": "Gone"})
	f.update(func(tx *Tx) error {
		_, err := tx.Delete([]Key{gone.Key()})
		return err
	})
	bob := f.create("user", map[string]any{"first_name": "Bob", "role": "admin"})
	secret := f.create("note", map[string]any{"body": "mine", "is_private": true, "organizations": []any{"Acme"}})
	readable := map[string]bool{shown.Key().String(): true, gone.Key().String(): false, "org_99": false, "Acme": false, "": false, secret.Key().String(): false}
	for reference, want := range readable {
		r := seen(t, f.db, Caller{User: bob.ID}, func(tx *Tx) *Record {
			r, err := tx.ReadNamed(reference)
			if err != nil {
				t.Error(err)
			}
			return r
		})
		if (r != nil) != want {
			t.Errorf("%q is read as %v", reference, r)
		}
	}
}
