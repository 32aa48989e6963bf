package store

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crmcp/crmcp/schema"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares with a file under testdata, or rewrites it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got), rewrite it with -update:\n%s", path, diff)
	}
}

// The whole definition of the database. Whoever changes it raises Generation.
func TestDDL(t *testing.T) {
	golden(t, "ddl.golden", fmt.Sprintf("-- generation %d\n%s", Generation, DDL(schema.New())))
}

// A file that lacks columns and indexes of this generation gets them when it
// is opened; one of a newer program is refused.
func TestUpgradeAddsWhatIsMissing(t *testing.T) {
	f := newFixture(t)
	f.create("organization", map[string]any{"name": "Acme", "industry": "Tools"})
	f.update(func(tx *Tx) error {
		for _, statement := range []string{
			`DROP INDEX organization_of_industry`, `ALTER TABLE organization DROP COLUMN industry`,
			`ALTER TABLE organization DROP COLUMN industry_fold`, `ALTER TABLE organization DROP COLUMN industry_sort`,
			`UPDATE setting SET value = '0' WHERE name = 'generation'`,
		} {
			if _, err := tx.session.conn.ExecContext(tx.ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
	if _, err := f.try("organization", map[string]any{"name": "B"}); err == nil {
		t.Fatal("a file of another generation was written")
	}
	if err := f.db.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), f.db.path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	f.db = db
	r := f.create("organization", map[string]any{"name": "Globex", "industry": "Toys"})
	f.want(r, "industry", "Toys")
	f.update(func(tx *Tx) error {
		_, err := tx.session.conn.ExecContext(tx.ctx, `UPDATE setting SET value = '99' WHERE name = 'generation'`)
		return err
	})
	_, err = Open(t.Context(), f.db.path, Options{})
	wantCode(t, err, schema.Conflict)
}
