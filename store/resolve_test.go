package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
)

// types gives the named record types.
func (tx *Tx) types(names ...string) []*schema.Type {
	var list []*schema.Type
	for _, name := range names {
		list = append(list, tx.Schema().Type(name))
	}
	return list
}

// resolve gives the id that a reference means, or the message of its problem.
func (f *fixture) resolve(reference string, types ...string) (answer string) {
	f.Helper()
	f.view(func(tx *Tx) error {
		var problems schema.Problems
		key, ok := tx.Resolve("x", reference, tx.types(types...), Scope{}, &problems)
		if ok != (len(problems) == 0) {
			f.Errorf("%s: found %v with problems %v", reference, ok, problems)
		}
		if answer = key.idOr(""); !ok {
			answer = problems[0].Message
		}
		return nil
	})
	return answer
}

func (k Key) idOr(other string) string {
	if k.Type == nil {
		return other
	}
	return k.String()
}

func (f *fixture) sample() *Record {
	acme := f.create("organization", map[string]any{"name": "Acme", "city": "Paris", "website": "https://www.acme.example/shop"})
	f.create("contact", map[string]any{"first_name": "Jané", "last_name": "Doe", "organization": "Acme",
		"emails": []any{"jane@acme.example", "work: j.doe@acme.example"}})
	f.create("organization", map[string]any{"name": "Globex", "city": "Lyon"})
	f.create("contact", map[string]any{"first_name": "Jane", "last_name": "Doe", "organization": "Globex"})
	f.create("deal", map[string]any{"name": "Acme renewal", "organization": "Acme"})
	f.create("service", map[string]any{"name": "Support", "sku": "SUP-1"})
	return acme
}

func TestReferences(t *testing.T) {
	f := newFixture(t)
	acme := f.sample()
	uid := acme.Text("uid")
	for _, c := range []struct{ reference, types, want string }{
		{"org_1", "organization", "org_1"},
		{"ORG_1", "organization", "org_1"},
		{uid, "contact organization", "org_1"},
		{strings.ToUpper(uid), "organization", "org_1"},
		{"acme", "organization", "org_1"},
		{"  ÀCME ", "organization", "org_1"},
		{"acme.example", "organization", "org_1"},
		{"http://acme.example", "organization", "org_1"},
		{"J.Doe@acme.example", "organization contact", "con_1"},
		{"sup-1", "service", "svc_1"},
		{"me", "user", "usr_1"},
		{"ada owner", "user", "usr_1"},
		{"deal:acme renewal", "organization deal", "deal_1"},
		{"opportunity: Acme renewal", "deal", "deal_1"},
		{"Won", "stage", "stage_5"},
	} {
		if got := f.resolve(c.reference, strings.Fields(c.types)...); got != c.want {
			t.Errorf("%q among %s is %q, want %q", c.reference, c.types, got, c.want)
		}
	}
}

func TestUnclearReferences(t *testing.T) {
	f := newFixture(t)
	f.sample()
	gone := f.create("organization", map[string]any{"name": "Gone"})
	f.update(func(tx *Tx) error {
		_, err := tx.Delete([]Key{gone.Key()})
		return err
	})
	for _, c := range []struct{ reference, types, want string }{
		{"jane doe", "contact", `"jane doe" may be con_2 Jane Doe (Globex) or con_1 Jané Doe (Acme, jane@acme.example): send the id`},
		{"Acmee", "organization", `no organization is called "Acmee"; did you mean org_1 Acme (Paris, acme.example)?`},
		{"Acm", "organization", `no organization is called "Acm"; did you mean org_1 Acme (Paris, acme.example)?`},
		{"acme the renewal", "deal", `no deal is called "acme the renewal"; did you mean deal_1 Acme renewal (Acme, Lead)?`},
		{"con_1", "organization", "con_1 is a contact, not an organization"},
		{"con_1", "organization deal", "con_1 is a contact, not an organization or deal"},
		{"org_99", "organization", "there is no org_99"},
		{"org_3", "organization", "org_3 Gone is in the trash: restore_records brings it back"},
		{"Gone", "organization", `no organization is called "Gone"; org_3 of that name is in the trash: restore_records brings it back`},
		{"Signed", "stage", `no stage is called "Signed"; there are Lead, Qualified, Proposal, Negotiation, Won, Lost`},
		{"wonn", "stage", `no stage is called "wonn"; did you mean stage_5 Won (Sales)?`},
		{"", "stage", "an empty text names no stage: send an id or a name"},
		{"me", "contact", `no contact is called "me": send an id or the exact name, or create it first`},
		{"deal:nothing like it", "deal", `no deal is called "nothing like it": send an id or the exact name, or create it first`},
	} {
		if got := f.resolve(c.reference, strings.Fields(c.types)...); got != c.want {
			t.Errorf("%q among %s:\n got %s\nwant %s", c.reference, c.types, got, c.want)
		}
	}
}

func TestManyCandidates(t *testing.T) {
	f := newFixture(t)
	for i := range 7 {
		f.create("contact", map[string]any{"first_name": "Jan", "last_name": "Bos", "email": fmt.Sprintf("jan%d@bos.example", i)})
	}
	f.view(func(tx *Tx) error {
		keys, err := tx.lookup(tx.types("contact"), "jan bos")
		if len(keys) != 7 {
			t.Errorf("%d records, want all 7", len(keys))
		}
		var problems schema.Problems
		tx.Resolve("contact", "Jan Bos", tx.types("contact"), Scope{}, &problems)
		if p := problems[0]; len(p.Candidates) != 5 || p.Path != "contact" || !strings.Contains(p.Message, "or 2 more: send the id") {
			t.Errorf("problem %+v", p)
		}
		e := &schema.Error{}
		if !errors.As(problems.Err(), &e) || e.Code != schema.Ambiguous {
			t.Errorf("code of %v is not ambiguous", problems.Err())
		}
		return err
	})
}

func TestArchivedOnlyIfNothingElse(t *testing.T) {
	f := newFixture(t)
	old := f.create("organization", map[string]any{"name": "Twin", "website": "old.example"})
	f.change(old, map[string]any{"archived_at": "2026-01-01"})
	if got := f.resolve("twin", "organization"); got != "org_1" {
		t.Errorf("the archived one alone: %s", got)
	}
	f.create("organization", map[string]any{"name": "Twin"})
	if got := f.resolve("twin", "organization"); got != "org_2" {
		t.Errorf("beside a current one: %s", got)
	}
	if got := f.resolve("old.example", "organization"); got != "org_1" {
		t.Errorf("by the archived one's domain: %s", got)
	}
}

func TestStagesInScope(t *testing.T) {
	f := newFixture(t)
	p := f.create("pipeline", map[string]any{"name": "Renewals"})
	f.create("stage", map[string]any{"name": "Won", "kind": "won", "pipeline": "Renewals"})
	f.create("stage", map[string]any{"name": "Asked", "pipeline": "Renewals"})
	if got := f.resolve("Won", "stage"); got != `"Won" may be stage_5 Won (Sales) or stage_7 Won (Renewals): send the id` &&
		got != `"Won" may be stage_7 Won (Renewals) or stage_5 Won (Sales): send the id` {
		t.Error(got)
	}
	f.view(func(tx *Tx) error {
		var problems schema.Problems
		stages := tx.types("stage")
		if key, ok := tx.Resolve("stage", "won", stages, Scope{Pipeline: p.ID}, &problems); !ok || key.ID != 7 {
			t.Errorf("%v %v", key, problems)
		}
		if key, ok := tx.Resolve("stage", "stage_5", stages, Scope{Pipeline: p.ID}, &problems); !ok || key.ID != 5 {
			t.Errorf("an id: %v %v", key, problems)
		}
		if _, ok := tx.Resolve("stage", "Lead", stages, Scope{Pipeline: p.ID}, &problems); ok || !slices.Equal(problems[0].Allowed, []string{"Won", "Asked"}) {
			t.Errorf("of another pipeline: %+v", problems)
		}
		return nil
	})
}

func TestOthersPrivateNotesAreNoReferences(t *testing.T) {
	f := newFixture(t)
	f.create("organization", map[string]any{"name": "Acme"})
	other := f.create("user", map[string]any{"first_name": "Bea", "last_name": "Other"})
	f.create("note", map[string]any{"body": "secret", "is_private": true, "organizations": []any{"Acme"}})
	if got := f.resolve("note_1", "note"); got != "note_1" {
		t.Errorf("to its author: %s", got)
	}
	err := f.db.View(context.Background(), Caller{User: other.ID}, func(tx *Tx) error {
		var problems schema.Problems
		if _, ok := tx.Resolve("x", "note_1", tx.types("note"), Scope{}, &problems); ok || problems[0].Message != "there is no note_1" {
			t.Errorf("to another: %v", problems)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
