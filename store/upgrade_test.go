package store

import (
	"compress/gzip"
	"context"
	"database/sql"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// oldFiles are databases as released programs have written them: custom
// fields, merged and deleted records, an undo, private notes.
func oldFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/generation*.db.gz")
	if err != nil || len(files) == 0 {
		t.Fatal("no files of older programs: ", err)
	}
	return files
}

// unzippedFile gives a copy of an old file to work on.
func unzippedFile(t *testing.T, file string) string {
	t.Helper()
	packed, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	reader, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "crm.db")
	into, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(into, reader)
	if err := errors.Join(err, into.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// oldRows are the rows of a file's tables by the columns that it has, as text,
// and the statements that read them again.
func oldRows(t *testing.T, path string, statements map[string]string) map[string][]string {
	t.Helper()
	handle, err := openAlone(path)
	if err != nil {
		t.Fatal(err)
	}
	defer handle.Close()
	ctx := context.Background()
	if len(statements) == 0 {
		tables, err := column1(ctx, handle, contentTablesSQL)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range tables {
			keys, err := column1(ctx, handle, tableKeysSQL(table))
			columns, more := column1(ctx, handle, tableColumnsSQL(table)+" ORDER BY name")
			if err := errors.Join(err, more); err != nil {
				t.Fatal(err)
			}
			parts := make([]string, len(columns))
			for i, column := range columns {
				parts[i] = "'" + column + "=' || quote(" + quoteName(column) + ")"
			}
			statements[table] = "SELECT " + strings.Join(parts, " || ' ' || ") + " FROM " + quoteName(table) + " ORDER BY " + quoteNames(keys)
		}
	}
	rows := map[string][]string{}
	for table, statement := range statements {
		if rows[table], err = column1(ctx, handle, statement); err != nil {
			t.Fatal(err)
		}
	}
	return rows
}

// kept are the rows that an upgrade leaves as they are: all but the file's own
// settings and the words that are kept for forgiving typos.
func kept(rows map[string][]string) map[string][]string {
	delete(rows, "setting")
	rows["identifier"] = slices.DeleteFunc(rows["identifier"], func(row string) bool { return strings.Contains(row, " type=0 ") })
	return rows
}

// A file of each released program is brought up to this one's form: all that
// was in it is in it, it is whole, and work goes on, undo too.
func TestFilesOfOlderProgramsAreUpgraded(t *testing.T) {
	for _, file := range oldFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			path, statements := unzippedFile(t, file), map[string]string{}
			before := kept(oldRows(t, path, statements))
			f := openedAgain(t, path)
			f.whole()
			if err := f.db.Close(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, kept(oldRows(t, path, statements))); diff != "" {
				t.Errorf("the upgrade changed rows (-before +after):\n%s", diff)
			}
			if saved, _ := filepath.Glob(filepath.Join(BackupFolder(path), "crm-before-generation-*.db")); len(saved) != 1 {
				t.Error("backups before the upgrade: ", saved)
			}
			f = openedAgain(t, path)
			if diff := cmp.Diff(newFixture(t).indexNames(), f.indexNames()); diff != "" {
				t.Errorf("the indexes are not those of a new file (-new +upgraded):\n%s", diff)
			}
			last := int64(0)
			f.view(func(tx *Tx) error {
				_, err := tx.one(`SELECT max(id) FROM change_set`, nil, &last)
				return err
			})
			f.update(func(tx *Tx) error {
				done, err := tx.Undo([]int64{last}, false)
				if err == nil && (len(done.Conflicts) > 0 || len(done.Records) == 0) {
					t.Errorf("the last change before the upgrade cannot be undone: %+v", done)
				}
				return err
			})
			f.create("organization", map[string]any{"name": "New", "tags": []any{"VIP"}})
			f.whole()
			if err := f.db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// openedAgain opens a file that is there; the test closes it.
func openedAgain(t *testing.T, path string) *fixture {
	t.Helper()
	f := &fixture{T: t, now: time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)}
	db, err := Open(t.Context(), path, Options{Now: func() time.Time { return f.now }})
	if err != nil {
		t.Fatal(err)
	}
	f.db = db
	return f
}

func (f *fixture) indexNames() (names []string) {
	f.Helper()
	f.view(func(tx *Tx) error {
		return tx.scan(`SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name`, nil, func(rows *sql.Rows) error {
			var name string
			err := rows.Scan(&name)
			names = append(names, name)
			return err
		})
	})
	return names
}

// whole wants nothing to be found by the deep check.
func (f *fixture) whole() {
	f.Helper()
	found, err := f.db.Check(context.Background(), true)
	if err != nil || len(found) > 0 {
		f.Error("the file is not whole: ", found, err)
	}
}
