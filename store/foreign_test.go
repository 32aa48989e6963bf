package store

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
)

// A database of another program is refused and left as it is.
func TestForeignDatabase(t *testing.T) {
	for _, ddl := range []string{"CREATE TABLE t (a)", "CREATE TABLE setting (name TEXT, value TEXT)"} {
		path := filepath.Join(t.TempDir(), "other.db")
		handle, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := handle.Exec(ddl); err != nil {
			t.Fatal(err)
		}
		db, err := Open(t.Context(), path, Options{})
		if err == nil {
			_ = db.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "another program") {
			t.Errorf("opening a file with %s: %v", ddl, err)
		}
		var tables int
		if err := handle.QueryRow("SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil || tables != 1 {
			t.Errorf("%d tables, %v", tables, err)
		}
		_ = handle.Close()
	}
}
