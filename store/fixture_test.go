package store

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// fixture is a fresh database with a clock that the test moves.
type fixture struct {
	*testing.T
	db  *DB
	now time.Time
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{T: t, now: time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)}
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "crm.db"), Options{
		OwnerName: "Ada Owner", Country: "NL", TimeZone: "Europe/Amsterdam", Now: func() time.Time { return f.now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	f.db = db
	return f
}

// update runs one writing transaction and fails the test on an error.
func (f *fixture) update(fn func(*Tx) error) {
	f.Helper()
	if err := f.db.Update(context.Background(), Caller{Client: "test", Tool: "test"}, fn); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) view(fn func(*Tx) error) {
	f.Helper()
	if err := f.db.View(context.Background(), Caller{}, fn); err != nil {
		f.Fatal(err)
	}
}

// try creates a record and gives the error.
func (f *fixture) try(typ string, args map[string]any) (written *Written, err error) {
	err = f.db.Update(context.Background(), Caller{Client: "test", Tool: "create_" + typ}, func(tx *Tx) error {
		var problems schema.Problems
		in := tx.Reader(false).Read(tx.Schema().Type(typ), args, &problems)
		var err error
		written, err = tx.Create(in, WriteOptions{Problems: problems})
		return err
	})
	return written, err
}

func (f *fixture) create(typ string, args map[string]any) *Record {
	f.Helper()
	written, err := f.try(typ, args)
	if err != nil {
		f.Fatalf("create %s: %v", typ, err)
	}
	return written.Record
}

// change updates a record and gives what was done.
func (f *fixture) change(r *Record, args map[string]any) *Written {
	f.Helper()
	written, err := f.tryChange(r, args, WriteOptions{})
	if err != nil {
		f.Fatalf("update %s: %v", r.Key(), err)
	}
	return written
}

func (f *fixture) tryChange(r *Record, args map[string]any, o WriteOptions) (written *Written, err error) {
	err = f.db.Update(context.Background(), Caller{Client: "test", Tool: "update_" + r.Type.Name}, func(tx *Tx) error {
		in := tx.Reader(false).Read(r.Type, args, &o.Problems)
		var err error
		written, err = tx.Update(r.Key(), in, o)
		return err
	})
	return written, err
}

// again reads a record as it stands now.
func (f *fixture) again(r *Record) (fresh *Record) {
	f.Helper()
	f.view(func(tx *Tx) (err error) {
		fresh, err = tx.Get(r.Type, r.ID)
		return err
	})
	return fresh
}

// want compares one field's value as text.
func (f *fixture) want(r *Record, field, value string) {
	f.Helper()
	got := ""
	if v := r.Values[field]; v != nil {
		got = plain(v)
	}
	if got != value {
		f.Errorf("%s: %s is %q, want %q", r.Key(), field, got, value)
	}
}

func wantCode(t *testing.T, err error, code schema.ErrorCode) *schema.Error {
	t.Helper()
	var e *schema.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("got %v, want the error %s", err, code)
	}
	return e
}
