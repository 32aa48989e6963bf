package store

import (
	"testing"

	"github.com/crmcp/crmcp/schema"
)

// TestUpgradeSeparatesWhatIsPrivate: a file of the first generation offered the
// words of private notes to everybody, and counted their tags' versions up.
func TestUpgradeSeparatesWhatIsPrivate(t *testing.T) {
	f := newFixture(t)
	f.create("organization", map[string]any{"name": "Acme", "tags": []any{"VIP"}})
	f.create("note", map[string]any{"body": "a zyzzyva and a zebra", "organizations": []any{"Acme"}, "tags": []any{"VIP"}, "is_private": true})
	f.create("note", map[string]any{"body": "an open zebra", "organizations": []any{"Acme"}})
	f.update(func(tx *Tx) error {
		for _, statement := range []string{
			`INSERT INTO identifier (value, type, record_id) VALUES ('w:zyzzyva', 0, 0)`, `UPDATE tag SET version = 7`,
			`CREATE UNIQUE INDEX note_one_external ON note (external_id_fold)`, `UPDATE setting SET value = '1' WHERE name = 'generation'`,
		} {
			if err := tx.exec(statement); err != nil {
				return err
			}
		}
		return nil
	})
	db, err := Open(t.Context(), f.db.Path(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.View(t.Context(), Caller{}, func(tx *Tx) error {
		for query, want := range map[string]int64{
			`SELECT count(*) FROM identifier WHERE value = 'w:zyzzyva'`: 0, `SELECT count(*) FROM identifier WHERE value = 'w:zebra'`: 1,
			`SELECT version FROM tag`: 1, `SELECT count(*) FROM sqlite_schema WHERE name = 'note_one_external'`: 0,
		} {
			var got int64
			if _, err := tx.one(query, nil, &got); err != nil {
				return err
			}
			if got != want {
				t.Errorf("%s gives %d, want %d", query, got, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	found, err := db.Check(t.Context(), true)
	if err != nil || len(found) > 0 {
		t.Error(found, err)
	}
}

func TestFirstAdminIsMadeWhereThereIsNone(t *testing.T) {
	f := newFixture(t)
	bob := f.create("user", map[string]any{"first_name": "Bob", "role": "consultant"})
	f.update(func(tx *Tx) error { return tx.exec(`UPDATE user SET role = 'viewer' WHERE id = 1`) })
	id, err := f.db.FirstAdmin(t.Context())
	if err != nil || id != 1 {
		t.Fatal(id, err)
	}
	f.view(func(tx *Tx) error {
		if role, active, err := tx.roleOf(1); role != schema.Admin || !active || err != nil {
			t.Error(role, active, err)
		}
		return nil
	})
	if again, err := f.db.FirstAdmin(t.Context()); err != nil || again != 1 || bob.ID == 1 {
		t.Error(again, err)
	}
}
