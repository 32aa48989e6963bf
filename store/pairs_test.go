package store

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
)

// pairs gives the pairs of a type as "con_1 con_2 60: same name".
func (f *fixture) pairsOf(q PairQuery, typ string) []string {
	f.Helper()
	var list []string
	f.view(func(tx *Tx) error {
		q.Type = tx.Schema().Type(typ)
		pairs, _, err := tx.Duplicates(q)
		for _, p := range pairs {
			list = append(list, fmt.Sprintf("%s %s %d: %s", Key{q.Type, p.First.ID}, Key{q.Type, p.Second.ID}, p.Score, strings.Join(p.Reasons, ", ")))
		}
		return err
	})
	return list
}

func TestPairsOfContacts(t *testing.T) {
	for _, c := range []struct {
		one, other map[string]any
		want       string
	}{
		{map[string]any{"first_name": "Ann", "email": "A@x.example"}, map[string]any{"first_name": "Bob", "email": "a@X.example"}, "68: same email A@x.example"},
		{map[string]any{"first_name": "Ann", "phone": "020 1234567"}, map[string]any{"first_name": "Bob", "phone": "+31201234567"}, ""},
		{map[string]any{"first_name": "Ann", "phone": "020 1234567"}, map[string]any{"first_name": "Ann", "phone": "+31201234567"}, "84: same phone 020 1234567, same name"},
		{map[string]any{"name": "", "first_name": "Ann", "last_name": "Bos"}, map[string]any{"first_name": "ANN", "last_name": "bos"}, "60: same name"},
		{map[string]any{"first_name": "Ann", "email": "a@x.example"}, map[string]any{"first_name": "Ann", "email": "b@x.example"}, ""},
		{map[string]any{"first_name": "Ann", "birthday": "1980-01-01"}, map[string]any{"first_name": "Ann", "birthday": "1981-01-01"}, ""},
		{map[string]any{"first_name": "Christina", "birthday": "1980-01-01"}, map[string]any{"first_name": "Christian", "birthday": "1980-01-01"}, "70: similar name, same birthday"},
		{map[string]any{"first_name": "Ann", "last_name": "Bos", "organization": "Acme"}, map[string]any{"first_name": "Bos", "last_name": "Ann", "organization": "Acme"},
			"78: same words in the name, same organization Acme"},
		{map[string]any{"first_name": "A.", "last_name": "Bos", "organization": "Acme"}, map[string]any{"first_name": "Ann", "last_name": "Bos", "organization": "Acme"},
			"65: same name but for initials, same organization Acme"},
		{map[string]any{"first_name": "Jürgen", "last_name": "Müller"}, map[string]any{"first_name": "Juergen", "last_name": "Mueller"}, "55: same name but for its form"},
		{map[string]any{"first_name": "Juergen", "last_name": "Mueller"}, map[string]any{"first_name": "Jürgen", "last_name": "Müller"}, "55: same name but for its form"},
		{map[string]any{"first_name": "Ann", "website": "x.example"}, map[string]any{"first_name": "Bob", "website": "x.example"}, ""},
		{map[string]any{"first_name": "Ann", "linkedin_url": "linkedin.com/in/ann"}, map[string]any{"first_name": "Bob", "linkedin_url": "https://www.linkedin.com/in/Ann/"}, "50: same linkedin_public_identifier ann"},
	} {
		f := newFixture(t)
		f.create("organization", map[string]any{"name": "Acme"})
		delete(c.one, "name")
		f.create("contact", c.one)
		f.create("contact", c.other)
		f.create("contact", map[string]any{"first_name": "Someone", "last_name": "Else"})
		var want []string
		if c.want != "" {
			want = []string{"con_1 con_2 " + c.want}
		}
		if got := f.pairsOf(PairQuery{}, "contact"); strings.Join(got, "; ") != strings.Join(want, "; ") {
			t.Errorf("%v and %v: %v, want %v", c.one, c.other, got, want)
		}
		contact := f.db.Schema().Type("contact")
		if got := f.pairsOf(PairQuery{Of: &Key{contact, 2}}, "contact"); strings.Join(got, "; ") != strings.Join(want, "; ") {
			t.Errorf("%v and %v: of the second %v, want %v", c.one, c.other, got, want)
		}
	}
}

func TestPairsAmongMany(t *testing.T) {
	f := newFixture(t)
	f.update(func(tx *Tx) error {
		twins := map[int]string{70: "Twin Works", 90: "Twin Works GmbH"}
		for i := range fewMeeting + 20 {
			args := map[string]any{"name": cmp.Or(twins[i], fmt.Sprintf("Company %03d", i)), "phone": "+31 20 7654321"}
			if _, err := tx.Create(tx.Reader(false).Read(tx.Schema().Type("organization"), args, &schema.Problems{}), WriteOptions{}); err != nil {
				return err
			}
		}
		return nil
	})
	if got := f.pairsOf(PairQuery{MinScore: 60}, "organization"); len(got) != 1 || !strings.HasPrefix(got[0], "org_71 org_91 ") {
		t.Errorf("pairs %v", got)
	}
	f.view(func(tx *Tx) error {
		typ := tx.Schema().Type("organization")
		for filter, want := range map[string]int{"id = org_91": 1, "id = org_90": 0, `name contains "works"`: 1, `name contains "company"`: 0, `created_at is not null`: 1} {
			where, err := tx.ParseFilter(typ, filter)
			if err != nil {
				return err
			}
			pairs, _, err := tx.Duplicates(PairQuery{Type: typ, Where: where, MinScore: 60})
			if err != nil || len(pairs) != want {
				t.Errorf("%s gives %v %v", filter, pairs, err)
			}
		}
		return nil
	})
	gone := f.again(&Record{Type: f.db.Schema().Type("organization"), ID: 91})
	f.update(func(tx *Tx) error {
		_, err := tx.Delete([]Key{gone.Key()})
		return err
	})
	if got := f.pairsOf(PairQuery{MinScore: 60}, "organization"); len(got) != 0 {
		t.Errorf("with one in the trash: %v", got)
	}
}

func TestCoreName(t *testing.T) {
	for name, want := range map[string]string{"acme b.v.": "acme", "acme, inc.": "acme", "the bv": "the bv", "sa": "sa", "societe generale s.a.": "societe generale"} {
		if got := coreName(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
}
