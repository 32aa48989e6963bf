package exchange

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
)

// northwind gives a file of the Northwind trading company.
func northwind(t *testing.T, name string) string {
	t.Helper()
	folder := os.Getenv("CRMCP_TESTDATA")
	if folder == "" {
		t.Skip("CRMCP_TESTDATA names no folder with northwind/*.csv")
	}
	data, err := os.ReadFile(filepath.Join(folder, "northwind", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// northwindFiles are imported in this order, for later ones name earlier ones.
var northwindFiles = []struct {
	file, typ string
	rows      int
	options   Options
}{
	{"members.csv", "user", 9, Options{}},
	{"organizations.csv", "organization", 120, Options{}},
	{"contacts.csv", "contact", 120, Options{}},
	{"services.csv", "service", 77, Options{KeepUnmapped: true}},
	{"deals.csv", "deal", 830, Options{KeepUnmapped: true, Set: []string{"stage=Won"}, Mapping: []string{"order_date=closed_on"}}},
}

func TestNorthwind(t *testing.T) {
	c := newCRM(t)
	for _, f := range northwindFiles {
		report := c.clean(f.typ, northwind(t, f.file), f.options)
		if report.Created != f.rows {
			t.Errorf("%s: %d created, want %d", f.file, report.Created, f.rows)
		}
	}
	for _, q := range []struct {
		typ, where string
		want       int
	}{
		{"organization", "country = Germany", 14},
		{"organization", "country = Germany and type = customer", 11},
		{"organization", "type = supplier", 29},
		{"deal", "value > 10000", 14},
		{"deal", `owner = "Margaret Peacock"`, 156},
		{"deal", "organization.country = Germany", 122},
		{"deal", "closed_on >= 1997-01-01 and closed_on <= 1997-12-31", 408},
		{"deal", "status = won", 830},
		{"contact", `organization = "Alfreds Futterkiste"`, 1},
		{"service", "amount > 50", 7},
	} {
		if got := len(c.find(q.typ, q.where)); got != q.want {
			t.Errorf("%s where %s: %d, want %d", q.typ, q.where, got, q.want)
		}
	}
	if got := sumOf(c, "deal", "value"); got != "1354458.59" {
		t.Errorf("the deals are worth %s", got)
	}
	alfred := c.one("organization", "external_id = ALFKI")
	if got := strings.Join(c.phones(alfred), ", "); got != "030-0074321, fax: 030-0076545" {
		t.Errorf("phones: %s", got)
	}
	if got := alfred.Int("deal_count"); got != 6 {
		t.Errorf("%d deals of ALFKI", got)
	}
}

func TestNorthwindTwiceDoublesNothing(t *testing.T) {
	c := newCRM(t)
	for _, f := range northwindFiles {
		if f.typ == "contact" || f.typ == "deal" {
			continue
		}
		text := northwind(t, f.file)
		c.clean(f.typ, text, f.options)
		if again := c.clean(f.typ, text, f.options); again.Unchanged != f.rows || again.Change != 0 {
			t.Errorf("%s again: %+v", f.file, again)
		}
	}
}

func sumOf(c *crm, typ, field string) string {
	var sum schema.Decimal
	for _, r := range c.find(typ, "") {
		sum += r.Decimal(field)
	}
	return sum.String()
}
