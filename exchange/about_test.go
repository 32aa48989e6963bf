package exchange

import (
	"slices"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/store"
)

// about are the ids of what a note or activity is about.
func (c *crm) about(r *store.Record) (ids []string) {
	c.Helper()
	c.view(func(tx *store.Tx) error {
		for _, relation := range r.Type.Relations {
			linked, err := tx.Linked(relation, []int64{r.ID}, 0)
			if err != nil {
				return err
			}
			for _, ref := range linked[r.ID] {
				ids = append(ids, ref.Type.IDString(ref.ID))
			}
		}
		return nil
	})
	slices.Sort(ids)
	return ids
}

func TestNotesAndActivitiesNameWhatTheyAreAbout(t *testing.T) {
	c := newCRM(t)
	c.clean("organization", "name,external_id\nAcme,A1\nBolt,B1\n", Options{Source: "crm"})
	c.clean("contact", "first_name,last_name,email\nJane,Doe,jane@example.com\n", Options{})
	c.clean("deal", "name\nRenewal\n", Options{})
	for _, one := range []struct{ columns, cells, about string }{
		{"organization", "Acme", "org_1"}, {"company", "Acme", "org_1"}, {"organization_name", "Acme", "org_1"}, {"Organization ID", "org_2", "org_2"},
		{"organization_external_id", "B1", "org_2"}, {"contact_email", "jane@example.com", "con_1"}, {"Deal", "Renewal", "deal_1"},
		{"organizations", "Acme; Bolt", "org_1 org_2"}, {"to", "Acme; contact:Jane Doe; deal_1", "con_1 deal_1 org_1"},
		{"to,organization", "Bolt;deal_1,Acme", "deal_1 org_1 org_2"},
	} {
		for typ, body := range map[string]string{"note": "body", "activity": "type,body"} {
			cells := "Old"
			if typ == "activity" {
				cells = "call,Old"
			}
			before := len(c.find(typ, ""))
			c.clean(typ, body+","+one.columns+"\n"+cells+","+one.cells+"\n", Options{Source: "crm"})
			all := c.find(typ, "")
			if len(all) != before+1 {
				t.Fatalf("%d of %s", len(all), typ)
			}
			if got := strings.Join(c.about(all[before]), " "); got != one.about {
				t.Errorf("%s with %s is about %s, want %s", typ, one.columns, got, one.about)
			}
		}
	}
}

func TestNotesAboutNothingAreRefused(t *testing.T) {
	c := newCRM(t)
	c.clean("organization", "name\nAcme\nBolt\n", Options{})
	if _, err := c.try("note", "body\nOld\n", Options{}); err == nil || !strings.Contains(err.Error(), "to is needed: no column names what each note is about: map one of body to") {
		t.Errorf("%v", err)
	}
	c.clean("note", "body\nOlder\n", Options{Set: []string{"to=Acme;Bolt"}})
	if got := c.about(c.one("note", "body = Older")); len(got) != 2 {
		t.Errorf("a note about %v", got)
	}
	report := c.load("note", "external_id,body,organization\n1,Old,Acme\n2,New,\n", Options{Source: "crm"})
	if report.Created != 1 || !strings.Contains(refusedLines(report)[3], "to is needed") {
		t.Errorf("%+v", report)
	}
	c.load("note", "external_id,to\n1,Acme;Bolt\n", Options{Source: "crm"})
	again := c.load("note", "external_id,body,organization\n1,Oldest,Acme\n", Options{Source: "crm"})
	if note := c.one("note", "body = Oldest"); again.Updated != 1 || len(c.about(note)) != 2 {
		t.Errorf("%+v", again)
	}
}
