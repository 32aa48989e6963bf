package store

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// A restore that cannot be carried out leaves the database as it was, under
// its own name and no other.
func TestRestoreThatFailsChangesNothing(t *testing.T) {
	f := filled(t)
	_, file := f.backup("")
	f.create("contact", map[string]any{"first_name": "Later"})
	before, path := f.contentHash(), f.db.path
	if err := f.db.Close(); err != nil {
		t.Fatal(err)
	}
	left, stop := context.WithCancel(t.Context())
	stop()
	for name, swap := range map[string]func(*Restoring) (string, error){
		"cancelled": func(r *Restoring) (string, error) { return r.Swap(left) },
		"the copy is gone": func(r *Restoring) (string, error) {
			if err := os.Remove(r.copied); err != nil {
				return "", err
			}
			return r.Swap(t.Context())
		},
	} {
		restoring, err := PrepareRestore(t.Context(), file, path, false, f.now)
		if err != nil {
			t.Fatal(err)
		}
		if kept, err := swap(restoring); err == nil || kept != "" {
			t.Errorf("%s: %q, %v", name, kept, err)
		}
		db, err := Open(t.Context(), path, Options{Now: f.db.now})
		if err != nil {
			t.Fatal(name, err)
		}
		if got := (&fixture{T: t, db: db}).contentHash(); got != before {
			t.Errorf("%s: the database does not hold what it did", name)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if more, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*replaced*")); len(more) > 0 {
			t.Errorf("%s leaves %v", name, more)
		}
	}
}

// Where the disk gives a file no second name, a failed exchange gives the old
// one its name back.
func TestWhatWasRenamedGetsItsNameBack(t *testing.T) {
	folder := t.TempDir()
	path, kept := filepath.Join(folder, "crm.db"), filepath.Join(folder, "kept.db")
	for _, ending := range []string{"", "-wal"} {
		if err := os.WriteFile(kept+ending, []byte("old"+ending), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := giveBack(kept, path); err != nil {
		t.Fatal(err)
	}
	for _, ending := range []string{"", "-wal"} {
		if text, err := os.ReadFile(path + ending); err != nil || string(text) != "old"+ending {
			t.Error(string(text), err)
		}
	}
}
