package main

import (
	"path/filepath"
	"testing"

	"github.com/crmcp/crmcp/store"
)

// A made database must be what the store would have written.
func TestMadeDatabase(t *testing.T) {
	const organizations = 40
	path := t.TempDir() + "/made.db"
	if err := makeDatabase(t.Context(), path, organizations); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(path + ".*"); err != nil || len(left) > 0 {
		t.Errorf("%v are left beside it, %v", left, err)
	}
	db, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := verify(t.Context(), db, organizations); err != nil {
		t.Error(err)
	}
}

// Every case must run, whatever its time.
func TestCasesRun(t *testing.T) {
	s := settings{organizations: 2_000, rounds: 1, database: t.TempDir() + "/made.db"}
	b, err := openBench(t.Context(), s, s.organizations)
	if err != nil {
		t.Fatal(err)
	}
	for _, cases := range [][]readCase{b.gets(), b.lists(), b.filters(), b.searches()} {
		if err := b.read(t.Context(), cases); err != nil {
			t.Error(err)
		}
	}
	if err := b.write(t.Context()); err != nil {
		t.Error(err)
	}
	if err := b.close(); err != nil {
		t.Error(err)
	}
}
