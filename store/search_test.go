package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
)

// search gives the ids that a search finds, in order.
func (f *fixture) search(query string, types ...string) (ids []string) {
	f.Helper()
	for _, hit := range f.hits(query, types...) {
		ids = append(ids, hit.Key.String())
	}
	return ids
}

func (f *fixture) hits(query string, types ...string) (hits []Hit) {
	f.Helper()
	f.view(func(tx *Tx) (err error) {
		hits, _, err = tx.Search(query, tx.types(types...), 20)
		return err
	})
	return hits
}

func (f *fixture) library() {
	f.create("organization", map[string]any{"name": "Acme Bakery", "city": "Amsterdam", "phone": "+31 20 123 4567", "customer_number": "K-0017", "website": "acme.example"})
	f.create("organization", map[string]any{"name": "Bakkerij de Groot", "description": "Supplies acme with flour"})
	f.create("organization", map[string]any{"name": "Łódź Ærø Straße", "city": "東京都"})
	f.create("contact", map[string]any{"first_name": "Jonathan", "last_name": "Baker", "email": "jon@acme.example"})
	f.create("contact", map[string]any{"first_name": "Ann", "last_name": "Johnson", "linkedin_url": "https://www.linkedin.com/in/ann-j/"})
	f.create("deal", map[string]any{"name": "Acme"})
	f.create("note", map[string]any{"title": "Call", "body": "They want a quotation for ovens before summer", "organizations": []any{"Acme Bakery"}})
	f.create("document", map[string]any{"name": "Terms", "content": "Delivery within fourteen days, by bicycle.", "mime_type": "text/plain"})
}

func TestSearchFinds(t *testing.T) {
	f := newFixture(t)
	f.library()
	for _, c := range []struct{ query, types, want string }{
		{"acme", "", "deal_1 org_1 org_2 con_1"},
		{"acme", "organization", "org_1 org_2"},
		{"020-1234567", "", "org_1"},
		{"tel:+31201234567", "contact organization", "org_1"},
		{"k-0017", "", "org_1"},
		{"http://www.acme.example/x", "", "org_1"},
		{"JON@acme.example", "", "con_1"},
		{"linkedin.com/in/ann-j", "", "con_2"},
		{"lodz", "", "org_3"},
		{"aero strasse", "", "org_3"},
		{"京都", "", "org_3"},
		{"都", "", "org_3"},
		{"quotation ovens", "", "note_1"},
		{"quotat", "", "note_1"},
		{"bicycle", "", "doc_1"},
		{"bak", "", "org_2 con_1 org_1"},
		{"ann johnsson", "", "con_2"},
		{"jonhson", "", "con_2"},
		{"kaker jonathan", "", "con_1"},
		{"bakkery amsterdam", "", "org_1"},
		{"amsterdan", "", "org_1"},
		{"jonathan groot", "", "con_1 org_2"},
		{"nothinglikeit", "", ""},
		{"*** \" OR", "", ""},
		{"", "", ""},
		{"ada", "user", "usr_1"},
	} {
		got := f.search(c.query, strings.Fields(c.types)...)
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q among %s finds %v, want %s", c.query, c.types, got, c.want)
		}
	}
}

func TestSearchShowsWhatMatched(t *testing.T) {
	f := newFixture(t)
	f.library()
	for _, c := range []struct{ query, name, field, snippet string }{
		{"acme bakery", "Acme Bakery", "name", ""},
		{"0201234567", "Acme Bakery", "phone", "+31 20 123 4567"},
		{"K0017 flour", "Bakkerij de Groot", "description", "Supplies acme with flour"},
		{"ovens", "Call", "body", "They want a quotation for ovens before summer"},
		{"bicycel", "Terms", "content", "Delivery within fourteen days, by bicycle."},
		{"jon@acme.example", "Jonathan Baker", "email", "jon@acme.example"},
	} {
		hits := f.hits(c.query)
		if c.field == "description" {
			hits = f.hits("flour")
		}
		if len(hits) == 0 {
			t.Errorf("%q finds nothing", c.query)
			continue
		}
		if h := hits[0]; h.Name != c.name || h.Field != c.field || h.Snippet != c.snippet {
			t.Errorf("%q shows %+v", c.query, h)
		}
	}
}

func TestSearchFollowsChanges(t *testing.T) {
	f := newFixture(t)
	r := f.create("organization", map[string]any{"name": "Initech", "email": "info@initech.example"})
	f.change(r, map[string]any{"name": "Hooli", "emails": []any{"mail@hooli.example"}})
	for query, want := range map[string]int{"initech": 0, "hooli": 1, "info@initech.example": 0, "mail@hooli.example": 1} {
		if got := f.search(query); len(got) != want {
			t.Errorf("%s finds %v after the change", query, got)
		}
	}
	f.change(f.again(r), map[string]any{"archived_at": "2026-05-01"})
	if got := append(f.search("hooli"), f.search("mail@hooli.example")...); len(got) > 0 {
		t.Errorf("finds the archived %v", got)
	}
	f.change(f.again(r), map[string]any{"archived_at": nil})
	f.update(func(tx *Tx) error {
		_, err := tx.Delete([]Key{r.Key()})
		return err
	})
	if got := append(f.search("hooli"), f.search("mail@hooli.example")...); len(got) > 0 {
		t.Errorf("finds %v in the trash", got)
	}
	f.update(func(tx *Tx) error {
		_, err := tx.Restore([]Key{r.Key()})
		return err
	})
	if got := append(f.search("hooli"), f.search("mail@hooli.example")...); !slices.Equal(got, []string{"org_1", "org_1"}) {
		t.Errorf("finds %v after the restore", got)
	}
}

func TestSearchKeepsPrivateNotesPrivate(t *testing.T) {
	f := newFixture(t)
	f.create("organization", map[string]any{"name": "Acme"})
	other := f.create("user", map[string]any{"first_name": "Bea", "last_name": "Other"})
	f.create("note", map[string]any{"body": "the merger codename is zephyr", "is_private": true, "organizations": []any{"Acme"}})
	if got := f.search("zephyr"); len(got) != 1 {
		t.Errorf("its author finds %v", got)
	}
	err := f.db.View(context.Background(), Caller{User: other.ID}, func(tx *Tx) error {
		for _, query := range []string{"zephyr", "zephir", "zep"} {
			if hits, more, err := tx.Search(query, nil, 20); len(hits) > 0 || more || err != nil {
				t.Errorf("another finds %v %v %v by %s", hits, more, err, query)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSearchLimit(t *testing.T) {
	f := newFixture(t)
	for range 5 {
		f.create("contact", map[string]any{"first_name": "Kim", "last_name": "Park"})
	}
	f.view(func(tx *Tx) error {
		hits, more, err := tx.Search("kim", nil, 3)
		if len(hits) != 3 || !more {
			t.Errorf("%d hits, more %v", len(hits), more)
		}
		hits, more, _ = tx.Search("kim", nil, 5)
		if len(hits) != 5 || more {
			t.Errorf("%d hits, more %v", len(hits), more)
		}
		return err
	})
}

// Words that are common in titles, but hardly ever in the same one, are looked
// for among the newest titles of each.
func TestSearchForCommonWordsOfTitles(t *testing.T) {
	f := newFixture(t)
	f.update(func(tx *Tx) error {
		create := func(typ, name, description string) {
			in := &schema.Input{Type: tx.Schema().Type(typ), Values: map[string]any{"name": name, "description": description}}
			if _, err := tx.Create(in, WriteOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		for range commonTitles {
			create("deal", "Renewal", "")
			create("deal", "Pilot", "")
		}
		create("deal", "Renewal after the pilot", "")
		for range newestTexts {
			create("service", "Audit", "A renewal of the pilot")
		}
		return nil
	})
	if found := f.search("pilot renewal"); len(found) == 0 || found[0] != fmt.Sprintf("deal_%d", 2*commonTitles+1) {
		t.Errorf("%v", found)
	}
}
