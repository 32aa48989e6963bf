package store

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
)

func (f *fixture) likely(r *Record) string {
	f.Helper()
	var list []string
	f.view(func(tx *Tx) error {
		likely, err := tx.LikelyDuplicates(f.again(r))
		for _, l := range likely {
			list = append(list, l.Key.String()+" "+l.Name+": "+l.Reason)
		}
		return err
	})
	return strings.Join(list, "; ")
}

func TestLikelyDuplicateOrganizations(t *testing.T) {
	f := newFixture(t)
	first := map[string]any{"name": "Acme", "email": "info@acme.example", "phone": "020 123 4567", "website": "acme.example",
		"registration_number": "NL 17", "external_id": "900", "participants": []any{"erp: 55"}}
	f.create("organization", first)
	for _, c := range []struct {
		args map[string]any
		want string
	}{
		{map[string]any{"name": "ACME"}, "org_1 Acme: same name"},
		{map[string]any{"name": "A", "email": "INFO@acme.example"}, "org_1 Acme: same email INFO@acme.example"},
		{map[string]any{"name": "B", "phone": "+31201234567"}, "org_1 Acme: same phone +31201234567"},
		{map[string]any{"name": "C", "phone": "+49201234567"}, ""},
		{map[string]any{"name": "D", "website": "https://www.acme.example/jobs"}, "org_1 Acme: same website https://www.acme.example/jobs"},
		{map[string]any{"name": "E", "registration_number": "nl17"}, "org_1 Acme: same registration_number nl17"},
		{map[string]any{"name": "F", "customer_number": "NL17"}, ""},
		{map[string]any{"name": "G", "customer_number": "900"}, ""},
		{map[string]any{"name": "H", "email": "sales@acme.example"}, ""},
	} {
		r := f.create("organization", c.args)
		if got := f.likely(r); got != c.want {
			t.Errorf("%v: %q, want %q", c.args, got, c.want)
		}
		f.update(func(tx *Tx) error {
			_, err := tx.Delete([]Key{r.Key()})
			return err
		})
	}
}

func TestLikelyDuplicateContacts(t *testing.T) {
	f := newFixture(t)
	f.create("organization", map[string]any{"name": "Acme"})
	f.create("contact", map[string]any{"first_name": "Jane", "last_name": "Doe", "email": "jane@acme.example", "organization": "Acme", "website": "acme.example"})
	for _, c := range []struct {
		args map[string]any
		want string
	}{
		{map[string]any{"first_name": "jane", "last_name": "DOE"}, "con_1 Jane Doe: same name"},
		{map[string]any{"first_name": "Jane", "last_name": "Doe", "email": "other@globex.example"}, ""},
		{map[string]any{"first_name": "Jane", "last_name": "Doe", "email": "other@globex.example", "organization": "Acme"}, "con_1 Jane Doe: same name and organization"},
		{map[string]any{"first_name": "J.", "email": "Jane@Acme.example"}, "con_1 Jane Doe: same email Jane@Acme.example"},
		{map[string]any{"first_name": "Joe", "website": "acme.example"}, ""},
	} {
		r := f.create("contact", c.args)
		if got := f.likely(r); got != c.want {
			t.Errorf("%v: %q, want %q", c.args, got, c.want)
		}
		f.update(func(tx *Tx) error {
			_, err := tx.Delete([]Key{r.Key()})
			return err
		})
	}
	if got := f.likely(f.create("deal", map[string]any{"name": "Jane Doe"})); got != "" {
		t.Errorf("a deal has %q", got)
	}
}

func TestSwitchboardPhoneIsNoDuplicate(t *testing.T) {
	f := newFixture(t)
	var last *Record
	for i := range 8 {
		last = f.create("contact", map[string]any{"first_name": fmt.Sprintf("P%d", i), "phone": "020 555 1234"})
	}
	if got := f.likely(last); got != "" {
		t.Error(got)
	}
}

// existing gives the id that an input means, or the message of the problem.
func (f *fixture) existing(typ string, args map[string]any) (answer string) {
	f.Helper()
	f.view(func(tx *Tx) error {
		var problems schema.Problems
		in := tx.Reader(true).Read(tx.Schema().Type(typ), args, &problems)
		key, found := tx.Existing(in, &problems)
		if answer = key.idOr(""); !found {
			answer = ""
		}
		if len(problems) > 0 {
			answer = problems[0].Path + ": " + problems[0].Message
		}
		return nil
	})
	return answer
}

func TestExistingOrganization(t *testing.T) {
	f := newFixture(t)
	acme := f.create("organization", map[string]any{"name": "Acme", "email": "info@acme.example", "website": "acme.example", "external_source": "erp", "external_id": "A7"})
	f.create("organization", map[string]any{"name": "Mailers", "website": "gmail.com"})
	f.create("organization", map[string]any{"name": "Twin"})
	f.create("organization", map[string]any{"name": "Twin", "city": "Ghent"})
	gone := f.create("organization", map[string]any{"name": "Gone"})
	f.update(func(tx *Tx) error {
		_, err := tx.Delete([]Key{gone.Key()})
		return err
	})
	const other = "018f0000-0000-7000-8000-000000000000"
	for _, c := range []struct {
		args map[string]any
		want string
	}{
		{map[string]any{"name": "X", "uid": acme.Text("uid")}, "org_1"},
		{map[string]any{"name": "Acme", "uid": other, "email": "info@acme.example"}, ""},
		{map[string]any{"name": "Acme", "uid": other, "external_source": "ERP", "external_id": "a7"}, "org_1"},
		{map[string]any{"name": "X", "external_source": "erp", "external_id": "a7"}, "org_1"},
		{map[string]any{"name": "Acme", "external_source": "crm", "external_id": "a7"}, ""},
		{map[string]any{"name": "X", "emails": []any{"work: INFO@acme.example"}}, "org_1"},
		{map[string]any{"name": "X", "website": "http://www.acme.example/a"}, "org_1"},
		{map[string]any{"name": "X", "email": "new@acme.example"}, "org_1"},
		{map[string]any{"name": "X", "email": "new@gmail.com"}, ""},
		{map[string]any{"name": "X", "website": "gmail.com"}, ""},
		{map[string]any{"name": "ácme"}, "org_1"},
		{map[string]any{"name": "Gone"}, ""},
		{map[string]any{"name": "Twin"}, `name: "Twin" fits 2 records, among them org_4 Twin (Ghent) or org_3 Twin: update the one you mean by its id, or send if_exists create_anyway`},
		{map[string]any{"name": "X", "uid": gone.Text("uid")}, "uid: org_5 has this uid and is in the trash: restore_records brings it back"},
	} {
		if got := f.existing("organization", c.args); got != c.want {
			t.Errorf("%v means %q, want %q", c.args, got, c.want)
		}
	}
}

func TestNamesakesCountWhereTheyAreLeftAsTheyAre(t *testing.T) {
	f := newFixture(t)
	f.create("organization", map[string]any{"name": "Acme"})
	f.create("organization", map[string]any{"name": "Bolt"})
	f.create("contact", map[string]any{"first_name": "Jane", "last_name": "Doe", "organization": "Acme"})
	f.create("contact", map[string]any{"first_name": "Jane", "last_name": "Doe", "organization": "Bolt", "email": "jane@bolt.example"})
	for _, c := range []struct {
		typ  string
		args map[string]any
		want string
	}{
		{"contact", map[string]any{"first_name": "jane", "last_name": "DOE", "organization": "Acme"}, "con_1"},
		{"contact", map[string]any{"first_name": "Jane", "last_name": "Doe", "organization": "Bolt"}, "con_2"},
		{"contact", map[string]any{"first_name": "Jane", "last_name": "Doe", "organization": "Acme", "email": "jane@bolt.example"}, "con_2"},
		{"contact", map[string]any{"first_name": "Jane", "last_name": "Doe"}, ""},
		{"contact", map[string]any{"first_name": "Jane", "organization": "Acme"}, ""},
		{"contact", map[string]any{"first_name": "Jane", "last_name": "Doe", "organization": "Cork"}, ""},
		{"contact", map[string]any{"first_name": "Jane", "last_name": "Doe", "organization": "Acme", "external_id": "7"}, ""},
		{"organization", map[string]any{"name": "Acme"}, "org_1"},
	} {
		got := ""
		f.view(func(tx *Tx) error {
			var problems schema.Problems
			in := tx.Reader(true).Read(tx.Schema().Type(c.typ), c.args, &problems)
			if key, found := tx.ExistingOrNamesake(in, &problems); found {
				got = key.String()
			}
			return problems.Err()
		})
		if got != c.want {
			t.Errorf("%s %v means %q, want %q", c.typ, c.args, got, c.want)
		}
	}
	if got := f.existing("contact", map[string]any{"first_name": "Jane", "last_name": "Doe", "organization": "Acme"}); got != "" {
		t.Errorf("%s would be changed on a name alone", got)
	}
}

func TestExistingOthers(t *testing.T) {
	f := newFixture(t)
	f.create("contact", map[string]any{"first_name": "Jane", "last_name": "Doe", "email": "jane@acme.example"})
	f.create("deal", map[string]any{"name": "Renewal", "external_id": "D1"})
	f.create("user", map[string]any{"first_name": "Bea", "email": "bea@acme.example"})
	for _, c := range []struct {
		typ  string
		args map[string]any
		want string
	}{
		{"contact", map[string]any{"first_name": "Jane", "last_name": "Doe"}, ""},
		{"contact", map[string]any{"first_name": "J", "email": "JANE@acme.example"}, "con_1"},
		{"contact", map[string]any{"first_name": "J", "website": "acme.example"}, ""},
		{"deal", map[string]any{"name": "Renewal"}, ""},
		{"deal", map[string]any{"name": "Other", "external_id": "d1"}, "deal_1"},
		{"user", map[string]any{"first_name": "B", "email": "Bea@acme.example"}, "usr_2"},
	} {
		if got := f.existing(c.typ, c.args); got != c.want {
			t.Errorf("%s %v means %q, want %q", c.typ, c.args, got, c.want)
		}
	}
}
