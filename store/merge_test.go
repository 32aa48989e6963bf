package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crmcp/crmcp/schema"
)

// merge plans a merge and carries it out.
func (tx *Tx) merge(winner Key, losers []Key, from map[string]Key) (*Record, error) {
	p, err := tx.PlanMerge(winner, losers, from)
	if err != nil {
		return nil, err
	}
	return tx.Merge(p)
}

func (f *fixture) merge(winner *Record, losers ...*Record) *Record {
	f.Helper()
	var keys []Key
	for _, r := range losers {
		keys = append(keys, r.Key())
	}
	f.update(func(tx *Tx) (err error) {
		winner, err = tx.merge(winner.Key(), keys, nil)
		return err
	})
	return winner
}

// linked names what a record is linked with over a relation.
func (f *fixture) linkedNames(r *Record, relation string) string {
	f.Helper()
	var names []string
	f.view(func(tx *Tx) error {
		found, err := tx.Linked(r.Type.Relation(relation), []int64{r.ID}, 0)
		for _, ref := range found[r.ID] {
			names = append(names, ref.Name)
		}
		return err
	})
	return strings.Join(names, ", ")
}

func TestMergeOrganizations(t *testing.T) {
	f := newFixture(t)
	acme := f.create("organization", map[string]any{"name": "Acme", "city": "Paris", "emails": []any{"info@acme.example"}, "phone": "+31 20 1234567",
		"tags": []any{"VIP"}, "metadata": map[string]any{"a": 1, "b": 1}})
	loser := f.create("organization", map[string]any{"name": "Acme Inc", "city": "Lyon", "street": "Rue 1", "industry": "Tools", "emails": []any{"INFO@acme.example", "work: sales@acme.example"},
		"phone": "+31201234567", "tags": []any{"Big"}, "customer_number": "C-2", "external_id": "77", "external_source": "erp", "metadata": map[string]any{"b": 2, "c": 2}})
	f.create("contact", map[string]any{"first_name": "Jane", "organizations": []any{"org_1", "org_2"}})
	f.create("contact", map[string]any{"first_name": "Tom", "organizations": []any{"org_2"}})
	deal := f.create("deal", map[string]any{"name": "Renewal", "organizations": []any{"org_2"}, "value": 100})
	f.create("organization", map[string]any{"name": "Acme Labs", "parent": "org_2"})
	f.create("note", map[string]any{"body": "hello", "organizations": []any{"org_2"}})
	before := f.content()

	acme = f.merge(acme, loser)
	for field, want := range map[string]string{"name": "Acme", "city": "Paris", "street": "", "industry": "Tools", "customer_number": "C-2",
		"external_id": "77", "external_source": "erp", "contact_count": "2", "open_deal_value": "100", "email": "info@acme.example"} {
		f.want(acme, field, want)
	}
	for relation, want := range map[string]string{"contacts": "Jane, Tom", "deals": "Renewal", "children": "Acme Labs", "tags": "VIP, Big",
		"contact_details": "info@acme.example, +31 20 1234567, sales@acme.example"} {
		if got := f.linkedNames(acme, relation); got != want {
			t.Errorf("%s are %q, want %q", relation, got, want)
		}
	}
	f.want(f.again(deal), "organization", "1")
	if got := fmt.Sprint(acme.Values["metadata"]); got != "map[a:1 b:1 c:2]" {
		t.Errorf("metadata is %s", got)
	}
	if _, err := f.undo(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, f.content()); diff != "" {
		t.Errorf("undone (-before +after):\n%s", diff)
	}
}

func TestMergedIDsLeadToTheWinner(t *testing.T) {
	f := newFixture(t)
	var all []*Record
	for i, name := range []string{"A", "B", "C"} {
		all = append(all, f.create("contact", map[string]any{"first_name": name, "email": name + "@x.example", "customer_number": fmt.Sprintf("N-%d", i), "external_id": fmt.Sprintf("ext-%d", i)}))
	}
	f.merge(all[1], all[2])
	f.merge(all[0], all[1])
	for _, reference := range []string{"con_2", "con_3", all[1].Text("uid"), all[2].Text("uid"), "c@x.example"} {
		if got := f.resolve(reference, "contact"); got != "con_1" {
			t.Errorf("%s leads to %s", reference, got)
		}
	}
	for _, given := range []map[string]any{{"uid": all[2].Text("uid")}, {"external_id": "EXT-2"}, {"external_id": "ext-1"}} {
		f.view(func(tx *Tx) error {
			var problems schema.Problems
			in := tx.Reader(true).Read(tx.Schema().Type("contact"), given, &problems)
			if key, found := tx.Existing(in, &problems); !found || key != all[0].Key() {
				t.Errorf("%v is %v %v", given, key, problems)
			}
			return nil
		})
	}
	f.view(func(tx *Tx) error {
		where, err := tx.ParseFilter(all[0].Type, `identifiers in ("N-2", "ext-2") and id = con_3`)
		if err != nil {
			return err
		}
		ids, err := tx.IDs(all[0].Type, where, 0)
		if len(ids) != 1 || ids[0] != 1 {
			t.Errorf("the identifiers of a loser give %v", ids)
		}
		return err
	})
	if _, err := f.undo(); err != nil {
		t.Fatal(err)
	}
	if got := f.resolve("con_3", "contact"); got != "con_2" {
		t.Errorf("after one undo con_3 leads to %s", got)
	}
	f.update(func(tx *Tx) error {
		done, err := tx.Restore([]Key{all[2].Key()})
		if len(done.Warnings) != 1 {
			t.Errorf("warnings %v", done.Warnings)
		}
		return err
	})
	if got := f.resolve("con_3", "contact"); got != "con_3" {
		t.Errorf("restored, con_3 leads to %s", got)
	}
}

func TestMergeKeepsOneOfEachPair(t *testing.T) {
	f := newFixture(t)
	f.create("service", map[string]any{"name": "Audit", "amount": 5})
	f.create("service", map[string]any{"name": "Auditing", "amount": 7})
	deal := f.create("deal", map[string]any{"name": "D", "services": []any{map[string]any{"service": "svc_1", "quantity": 2}, map[string]any{"service": "svc_2", "quantity": 9}}})
	other := f.create("deal", map[string]any{"name": "E", "services": []any{map[string]any{"service": "svc_2", "quantity": 3}}})
	f.update(func(tx *Tx) error {
		t := tx.Schema().Type("service")
		_, err := tx.merge(Key{t, 1}, []Key{{t, 2}}, nil)
		return err
	})
	f.want(f.again(deal), "total_value", "73.0004") // 73 at a mean price of four places
	f.want(f.again(other), "total_value", "21")
	deal = f.merge(deal, other)
	f.want(deal, "total_value", "73.0004")
	foreign := f.create("deal", map[string]any{"name": "F", "currency": "USD", "services": []any{map[string]any{"service": "svc_1", "unit_price": 3}}})
	err := f.db.Update(t.Context(), Caller{}, func(tx *Tx) error {
		_, err := tx.merge(deal.Key(), []Key{foreign.Key()}, nil)
		return err
	})
	wantCode(t, err, schema.Conflict)
}

func TestMergeBreaksCircles(t *testing.T) {
	f := newFixture(t)
	top := f.create("organization", map[string]any{"name": "Top"})
	f.create("organization", map[string]any{"name": "Middle", "parent": "Top"})
	low := f.create("organization", map[string]any{"name": "Low", "parent": "Middle"})
	f.want(f.merge(low, top), "parent", "")
	if got := f.linkedNames(low, "children"); got != "Middle" {
		t.Errorf("children are %s", got)
	}
	a := f.create("organization", map[string]any{"name": "A"})
	b := f.create("organization", map[string]any{"name": "B", "parent": "A"})
	f.view(func(tx *Tx) error {
		p, err := tx.PlanMerge(a.Key(), []Key{b.Key()}, nil)
		if err == nil && slices.ContainsFunc(p.Fields, func(m MergedField) bool { return m.Field.Name == "parent" }) {
			t.Error("the plan shows a parent that is not set")
		}
		return err
	})
	f.want(f.merge(a, b), "parent", "")
}

func TestMergeTakesFieldsFromWhereItIsTold(t *testing.T) {
	f := newFixture(t)
	a := f.create("deal", map[string]any{"name": "A", "value": 10, "stage": "Lead"})
	b := f.create("deal", map[string]any{"name": "B", "value": 20, "currency": "USD", "stage": "Won"})
	p := f.create("contact", map[string]any{"first_name": "Jo", "last_name": "Doe", "phones": []any{"+31201111111"}})
	q := f.create("contact", map[string]any{"first_name": "Johanna", "last_name": "Do", "phones": []any{"+31202222222", "+31203333333"}})
	f.update(func(tx *Tx) (err error) {
		if a, err = tx.merge(a.Key(), []Key{b.Key()}, map[string]Key{"value": b.Key(), "stage": b.Key()}); err != nil {
			return err
		}
		p, err = tx.merge(p.Key(), []Key{q.Key()}, map[string]Key{"name": q.Key(), "phone": q.Key()})
		return err
	})
	for field, want := range map[string]string{"name": "A", "value": "20", "currency": "USD", "status": "won", "probability": "100"} {
		f.want(a, field, want)
	}
	f.want(p, "name", "Johanna Do")
	f.want(p, "phone", "+31202222222")
}

func TestTheNameOfAMergedRecordLeadsToTheOther(t *testing.T) {
	f := newFixture(t)
	one := f.create("organization", map[string]any{"name": "O1"})
	f.merge(one, f.create("organization", map[string]any{"name": "O2"}))
	said := func() string {
		var problems schema.Problems
		f.view(func(tx *Tx) error {
			tx.Resolve("organization", "O2", []*schema.Type{one.Type}, Scope{}, &problems)
			return nil
		})
		return problems[0].Message + " " + problems[0].DidYouMean
	}
	if got := said(); got != "O2 (org_2) was merged into org_1 O1: use that org_1" {
		t.Error(got)
	}
	f.update(func(tx *Tx) error {
		_, err := tx.Delete([]Key{one.Key()})
		return err
	})
	if got := said(); !strings.Contains(got, "org_2 of that name is in the trash") {
		t.Error(got)
	}
}
