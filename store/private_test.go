package store

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestNewDatabaseIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no mode")
	}
	f := newFixture(t)
	f.create("organization", map[string]any{"name": "Acme"})
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(f.db.Path() + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("crm.db%s has the mode %v", suffix, info.Mode())
		}
	}
}

func TestModeOfADatabaseStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "crm.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o640 {
		t.Errorf("the mode became %v", info.Mode())
	}
}
