package store

import (
	"fmt"
	"strings"
	"testing"
)

// related writes the related records of some records, as "id: name, name".
func (f *fixture) related(typ, relation string, each int, ids ...int64) string {
	f.Helper()
	var lines []string
	f.view(func(tx *Tx) error {
		found, err := tx.Linked(tx.Schema().Type(typ).Relation(relation), ids, each)
		for _, id := range ids {
			var names []string
			for _, ref := range found[id] {
				names = append(names, ref.Name)
			}
			lines = append(lines, fmt.Sprintf("%d: %s", id, strings.Join(names, ", ")))
		}
		return err
	})
	return strings.Join(lines, "; ")
}

func TestLinked(t *testing.T) {
	f := newFixture(t)
	f.organizationWithEverything()
	jane := f.create("contact", map[string]any{"first_name": "Jane", "organizations": []any{"Bolt", "Acme"}})
	f.create("contact", map[string]any{"first_name": "Bob", "organization": "Acme"})
	f.create("contact", map[string]any{"first_name": "Ann", "organization": "Acme", "archived_at": "now"})
	gone := f.create("contact", map[string]any{"first_name": "Gone", "organization": "Acme"})
	f.create("deal", map[string]any{"name": "Big", "organizations": []any{"Bolt", "Acme"}, "contacts": []any{"Bob", "Jane"}})
	f.update(func(tx *Tx) error {
		return tx.exec(`UPDATE contact SET deleted_at = 1 WHERE id = ?`, gone.ID)
	})
	for _, c := range []struct {
		typ, relation string
		each          int
		ids           []int64
		want          string
	}{
		{"organization", "contacts", 0, []int64{1, 2, 3}, "1: Jane, Bob, Ann; 2: Jane; 3: "},
		{"organization", "contacts", 1, []int64{1, 2}, "1: Jane; 2: Jane"},
		{"contact", "organizations", 0, []int64{jane.ID}, "1: Bolt, Acme"},
		{"deal", "organizations", 0, []int64{1}, "1: Bolt, Acme"},
		{"deal", "contacts", 1, []int64{1}, "1: Bob"},
		{"organization", "deals", 0, []int64{1, 2}, "1: Big; 2: Big"},
		{"organization", "tags", 0, []int64{1, 2}, "1: VIP; 2: "},
		{"organization", "parent", 0, []int64{1, 2}, "1: ; 2: Acme"},
		{"organization", "children", 0, []int64{1, 2}, "1: Bolt; 2: "},
		{"organization", "contact_details", 0, []int64{1}, "1: a@a.example, +31 20 123 4567, b@b.example"},
		{"organization", "segments", 0, []int64{1, 2}, "1: Big; 2: By hand"},
		{"segment", "organizations", 0, []int64{1, 2}, "1: Acme; 2: Bolt"},
		{"segment", "contacts", 0, []int64{1}, "1: "},
		{"pipeline", "stages", 2, []int64{1}, "1: Lead, Qualified"},
	} {
		if got := f.related(c.typ, c.relation, c.each, c.ids...); got != c.want {
			t.Errorf("%s of %s: %q, want %q", c.relation, c.typ, got, c.want)
		}
	}
}

func TestListSearch(t *testing.T) {
	f := newFixture(t)
	for i, name := range []string{"Café Zürich", "Zürich Bakery", "Bakers of Bern", "Bern 1200"} {
		f.create("organization", map[string]any{"name": name, "employee_count": i, "description": "some words"})
	}
	f.create("organization", map[string]any{"name": "Zürich Archive", "archived_at": "now"})
	f.create("contact", map[string]any{"first_name": "Zürich", "organization": "Bern 1200"})
	f.create("tag", map[string]any{"name": "Bern"})
	f.wantNames("organization", "", "name", "zurich", "Café Zürich Zürich Bakery")
	f.wantNames("organization", "", "name", "WORDS bak", "Bakers of Bern Zürich Bakery")
	f.wantNames("organization", "", "name", "bak words", "")
	f.wantNames("organization", "employee_count > 2", "name", "bern", "Bern 1200")
	f.wantNames("organization", "exists(contacts where name = Zurich)", "name", "bern", "Bern 1200")
	f.wantNames("organization", "archived_at is not null", "name", "zurich arch", "Zürich Archive")
	f.wantNames("contact", "", "name", "zur", "Zürich")
	f.wantNames("tag", "", "name", "ber", "Bern")
	err := f.db.View(t.Context(), Caller{}, func(tx *Tx) error {
		_, err := tx.List(Query{Type: tx.Schema().Type("organization"), Search: "!?"})
		return err
	})
	wantCode(t, err, "invalid_argument")
}

// TestSearchOfCommonWords compares a list of a word that nearly all records
// have with the list of all of them.
func TestSearchOfCommonWords(t *testing.T) {
	f := newFixture(t)
	f.fill(1_200)
	f.update(func(tx *Tx) error {
		return tx.exec(`UPDATE organization SET archived_at = 1 WHERE id % 3 = 0 AND id < 30`)
	})
	f.update(func(tx *Tx) error {
		for id := int64(3); id < 30; id += 3 {
			tx.touchKey(Key{tx.Schema().Type("organization"), id}, words)
		}
		return nil
	})
	f.view(func(tx *Tx) error {
		q := f.query(tx, "organization", "", "name")
		for _, search := range []string{"n", "n1", "n17"} {
			q.Search, q.Cursor, q.Limit = search, "", 5_000
			page, err := tx.List(q)
			if err != nil {
				return err
			}
			want, err := tx.Count(q.Type, f.query(tx, "organization", "name starts with "+search, "").Where)
			if err != nil || page.Total != want || !page.TotalExact || int64(len(page.Records)) != want {
				t.Errorf("search %q: %d records, total %d, want %d: %v", search, len(page.Records), page.Total, want, err)
			}
		}
		return nil
	})
}
