package store

import (
	"testing"

	"github.com/crmcp/crmcp/schema"
)

// Whoever imports learns nothing of others' private notes: neither by an
// external id or uid, nor by what the look ahead says of them.
func TestExistingSeesNothingPrivate(t *testing.T) {
	f := newFixture(t)
	f.create("organization", map[string]any{"name": "Acme"})
	note := f.create("note", map[string]any{"body": "mine", "is_private": true, "organizations": []any{"Acme"}, "external_source": "erp", "external_id": "n1"})
	bob := f.create("user", map[string]any{"first_name": "Bob", "role": "consultant"})
	for user, want := range map[int64]bool{0: true, bob.ID: false} {
		err := f.db.View(t.Context(), Caller{User: user}, func(tx *Tx) error {
			notes := tx.Schema().Type("note")
			for _, args := range []map[string]any{
				{"body": "x", "external_source": "erp", "external_id": "N1"}, {"body": "x", "uid": note.Text("uid")},
			} {
				var problems schema.Problems
				in := tx.Reader(true).Read(notes, args, &problems)
				if _, found := tx.Existing(in, &problems); found != want || len(problems) > 0 {
					t.Errorf("user %d, %v: %v, %v", user, args, found, problems)
				}
			}
			without, err := tx.WithoutExternal(notes, "erp", []string{"n1"})
			if without["n1"] == want {
				t.Errorf("user %d: n1 is without a record: %v", user, without["n1"])
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
