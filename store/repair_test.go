package store

import (
	"database/sql"
	"strings"
	"testing"
)

// An index that lacks rows is found, told to follow from other data, and made
// anew; the rows themselves are all there.
func TestRepairMakesIndexesAnew(t *testing.T) {
	f := filled(t)
	path := f.db.path
	if err := f.db.Close(); err != nil {
		t.Fatal(err)
	}
	handle, err := sql.Open("sqlite", fileName(path)+"?mode=rw")
	if err != nil {
		t.Fatal(err)
	}
	handle.SetMaxOpenConns(1)
	var index, created string
	err = handle.QueryRow(`SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'contact' AND sql LIKE '%name_sort%' LIMIT 1`).Scan(&index, &created)
	if err != nil {
		t.Fatal(err)
	}
	condition := " WHERE id < 0"
	if strings.Contains(created, " WHERE ") {
		condition = " AND id < 0"
	}
	for _, statement := range []string{
		`DROP INDEX "` + index + `"`, created + condition, `PRAGMA writable_schema = 1`,
		`UPDATE sqlite_schema SET sql = replace(sql, '` + condition + `', '') WHERE name = '` + index + `'`,
	} {
		if _, err := handle.Exec(statement); err != nil {
			t.Fatal(statement, err)
		}
	}
	if err := handle.Close(); err != nil {
		t.Fatal(err)
	}
	f.db, err = Open(t.Context(), path, Options{Now: f.db.now})
	if err != nil {
		t.Fatal(err)
	}
	found := f.check(true)
	if len(found) == 0 {
		t.Fatal("rows that an index lacks are not missed")
	}
	for _, one := range found {
		if !one.Derived {
			t.Error("not derived: ", one)
		}
	}
	if err := f.db.Repair(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, one := range f.check(true) {
		t.Error(one)
	}
}
