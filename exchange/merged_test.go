package exchange

import (
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

func (c *crm) merge(typ string, winner, loser int64) {
	c.Helper()
	t := c.db.Schema().Type(typ)
	err := c.db.Update(c.Context(), store.Caller{}, func(tx *store.Tx) error {
		plan, err := tx.PlanMerge(store.Key{Type: t, ID: winner}, []store.Key{{Type: t, ID: loser}}, nil)
		if err == nil {
			_, err = tx.Merge(plan)
		}
		return err
	})
	if err != nil {
		c.Fatal(err)
	}
}

func TestMergedRecordsImportedAgain(t *testing.T) {
	for _, rows := range []string{"1,Wow,Bonn\n2,Wow GmbH,Köln\n", "2,Wow GmbH,Köln\n1,Wow,Bonn\n"} {
		c := newCRM(t)
		file, o := "external_id,name,city\n"+rows, Options{Source: "crm"}
		c.clean("organization", file, o)
		winner := c.one("organization", "external_id = 1").ID
		c.merge("organization", winner, 3-winner)
		for range 2 {
			report := c.load("organization", file, o)
			if report.Unchanged != 1 || report.Skipped != 1 || report.Change != 0 || len(report.Warnings) != 1 ||
				!strings.Contains(report.Warnings[0], "skipped, because its record was merged into org_") {
				t.Errorf("%+v", report)
			}
		}
		r := c.one("organization", "archived_at is null")
		if r.Text("name") != "Wow" || r.Text("city") != "Bonn" || r.Text("external_id") != "1" {
			t.Errorf("%v", r.Values)
		}
	}
}

// Without the line of the record itself, the first line that leads to it
// writes it, and leaves it its own key.
func TestMergedRecordsWithoutTheirOwnLine(t *testing.T) {
	c := newCRM(t)
	o := Options{Source: "crm"}
	c.clean("organization", "external_id,name\n1,Wow\n2,Wow GmbH\n3,Wow AG\n", o)
	c.merge("organization", 1, 2)
	c.merge("organization", 1, 3)
	file := "external_id,name\n2,Wow GmbH\n3,Wow AG\n"
	if first := c.load("organization", file, o); first.Updated != 1 || first.Skipped != 1 {
		t.Errorf("%+v", first)
	}
	if again := c.load("organization", file, o); again.Unchanged != 1 || again.Skipped != 1 || again.Change != 0 {
		t.Errorf("%+v", again)
	}
	if r := c.one("organization", "archived_at is null"); r.Text("name") != "Wow GmbH" || r.Text("external_id") != "1" {
		t.Errorf("%v", r.Values)
	}
}

func TestUpsertLeavesTheKeyOfTheWinner(t *testing.T) {
	c := newCRM(t)
	c.clean("organization", "external_id,external_source,name\n1,crm,Wow\n2,crm,Wow GmbH\n", Options{})
	loser := c.one("organization", "external_id = 2").Text("uid")
	winner := c.one("organization", "external_id = 1").Text("uid")
	c.merge("organization", 1, 2)
	for _, key := range []map[string]any{{"external_id": "2", "external_source": "crm"}, {"uid": loser}, {"uid": loser, "external_id": "1", "external_source": "crm"}} {
		err := c.db.Update(t.Context(), store.Caller{}, func(tx *store.Tx) error {
			in := &schema.Input{Type: tx.Schema().Type("organization"), Values: key}
			key["city"] = "Bonn"
			found, ok := tx.Existing(in, &schema.Problems{})
			if !ok || found.ID != 1 {
				t.Errorf("found %v", found)
			}
			_, err := tx.Update(found, in, store.WriteOptions{})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		r := c.one("organization", "city = Bonn")
		if r.Text("external_id") != "1" || r.Text("external_source") != "crm" || r.Text("uid") != winner {
			t.Errorf("%v", r.Values)
		}
	}
}
