package exchange

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

const organizations = `external_id;name;type;employees;annual_revenue;phone;fax;E-Mail;remarks
A1;Acme;customer;1.200;1.250.000,50;+31 20 123 4567;+31 20 123 4568;info@acme.example;pays late
B2;Bolt;supplier;12;99,5;;+31 30 111 2222;not an address;
`

func TestImportReadsFields(t *testing.T) {
	c := newCRM(t)
	report := c.load("organization", organizations, Options{KeepUnmapped: true, Source: "books"})
	if report.Created != 2 || len(report.Refused) > 0 || report.Change == 0 {
		t.Fatalf("%+v", report)
	}
	if len(report.Warnings) != 1 || !strings.HasPrefix(report.Warnings[0], "line 3: ") || !strings.Contains(report.Warnings[0], "not an address") {
		t.Errorf("warnings: %q", report.Warnings)
	}
	acme := c.one("organization", "name = Acme")
	got := map[string]any{}
	for _, name := range []string{"type", "employee_count", "annual_revenue", "currency", "phone", "email", "external_source", "metadata", "owner"} {
		got[name] = acme.Values[name]
	}
	revenue, _ := schema.ParseDecimal("1250000.5")
	want := map[string]any{"type": "customer", "employee_count": int64(1200), "annual_revenue": revenue, "currency": "EUR", "phone": "+31 20 123 4567",
		"email": "info@acme.example", "external_source": "books", "metadata": map[string]any{"remarks": "pays late"}, "owner": nil}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !acme.Has("imported_at") {
		t.Error("imported_at is empty")
	}
	if diff := cmp.Diff([]string{"+31 20 123 4567", "fax: +31 20 123 4568"}, c.phones(acme)); diff != "" {
		t.Error(diff)
	}
}

func TestImportLinks(t *testing.T) {
	c := newCRM(t)
	c.load("organization", organizations, Options{})
	c.clean("user", "first_name,last_name\nEve,Owens\n", Options{})
	c.clean("tag", "name\nvip\nboard\n", Options{})
	c.clean("contact", "Full Name,Company,organization_external_id,role,mobile,fax,tags\n"+
		"Jane Doe,Wrong name,A1,decision maker,+31 6 1111 1111,,\"vip, board\"\nJohn Roe,bolt,,,,,\n", Options{KeepUnmapped: true, Set: []string{"owner=Eve Owens"}})
	jane := c.one("contact", `organization = Acme and tags = vip and tags = board and owner = "Eve Owens"`)
	if jane.Text("first_name") != "Jane" || jane.Text("phone") != "+31 6 1111 1111" {
		t.Errorf("%v", jane.Values)
	}
	if got := c.one("membership", `contact = "Jane Doe"`).Text("role"); got != "decision_maker" {
		t.Errorf("role %q", got)
	}
	c.one("contact", "organization = Bolt")
	c.clean("deal", "name,value,close_date,closed,company,contacts,stage\nOne,\"1,000.5\",5/31/2026,31.12.2025,Acme,Jane Doe; John Roe,won\n",
		Options{Mapping: []string{"closed=closed_on"}})
	deal := c.one("deal", `organization = Acme and contacts = "John Roe" and stage = Won`)
	if got := deal.Values["closed_on"]; got != schema.NewDate(2025, 12, 31) {
		t.Errorf("closed_on %v", got)
	}
}

func TestRefusedRowsRefuseOnlyThemselves(t *testing.T) {
	c := newCRM(t)
	c.load("organization", organizations, Options{})
	report := c.load("contact", `first_name,last_name,organization,organization_external_id,birthday,role
Ann,One,Acme,,1990-05-01,boss
Bob,Two,,Z9,1990-05-01,
Cid,Three,Acmee,,5/6/1990,
,,Acme,,,
Dee,Four,Acme,,31/1/1990,billing
Eve,Five,,,,billing
`, Options{})
	if report.Created != 1 {
		t.Errorf("%d created", report.Created)
	}
	got := refusedLines(report)
	for line, want := range map[int]string{
		2: "role: role must be one of",
		3: `organization_external_id: no organization has the external id "Z9"`,
		4: `organization: no organization is called "Acmee"; did you mean org_1 Acme`,
		5: "first_name or last_name is needed",
		7: "give its organization too",
	} {
		if !strings.Contains(got[line], want) {
			t.Errorf("line %d: %q, want %q", line, got[line], want)
		}
		delete(got, line)
	}
	if len(got) > 0 {
		t.Errorf("refused as well: %v", got)
	}
	if report.Refused[1].Name != "Bob Two" {
		t.Errorf("named %q", report.Refused[1].Name)
	}
	if got := c.one("contact", "").Values["birthday"]; got != schema.NewDate(1990, 1, 31) {
		t.Errorf("birthday %v", got)
	}
}

// A line of a deal whose price is in another currency fails after the deal's
// own row is written.
func TestRowThatFailsHalfwayLeavesNothing(t *testing.T) {
	c := newCRM(t)
	c.clean("service", "name,price,currency\nChai,18,USD\nChang,19,EUR\n", Options{})
	report := c.load("deal", "name,services,tags\nBad,Chai,fresh\nGood,Chang,\n", Options{})
	if report.Created != 1 || len(report.Refused) != 1 || report.Refused[0].Row != 2 {
		t.Fatalf("%+v", report)
	}
	if names := len(c.find("deal", "")); names != 1 {
		t.Errorf("%d deals", names)
	}
	if tags := c.find("tag", ""); len(tags) != 0 {
		t.Errorf("the refused row left its tag: %v", tags[0].Values)
	}
}

func TestParentsMayStandBelow(t *testing.T) {
	c := newCRM(t)
	report := c.load("organization", "external_id,name,parent_external_id,parent\n1,Child,2,\n2,Middle,,Top\n3,Top,,\n4,Orphan,9,\n", Options{})
	if report.Created != 3 || len(report.Refused) != 1 || report.Refused[0].Row != 5 {
		t.Fatalf("%+v", report)
	}
	c.one("organization", "name = Child and parent = Middle")
	c.one("organization", "name = Middle and parent = Top")
}

func TestIfExists(t *testing.T) {
	const again = "external_id,name,phone,email\nA1,Acme Corp,+31 20 999 9999,\n,Bolt,,sales@bolt.example\n"
	for choice, want := range map[string]Report{
		UpdateSame:   {Created: 1, Updated: 1},
		Update:       {Updated: 2},
		Skip:         {Skipped: 2},
		Refuse:       {Refused: make([]RowError, 2)},
		CreateAnyway: {Created: 1, Refused: make([]RowError, 1)},
	} {
		c := newCRM(t)
		c.load("organization", organizations, Options{})
		got := c.load("organization", again, Options{IfExists: choice})
		if got.Created != want.Created || got.Updated != want.Updated || got.Skipped != want.Skipped || len(got.Refused) != len(want.Refused) {
			t.Errorf("if_exists %q: %+v", choice, got)
		}
	}
}

func TestUpdatesKeepWhatTheFileDoesNotSpeakOf(t *testing.T) {
	c := newCRM(t)
	c.load("organization", organizations, Options{})
	c.clean("organization", "external_id,mobile\nA1,+31 6 2222 2222\n", Options{})
	acme := c.one("organization", "name = Acme")
	if diff := cmp.Diff([]string{"+31 20 123 4567", "fax: +31 20 123 4568", "mobile: +31 6 2222 2222"}, c.phones(acme)); diff != "" {
		t.Error(diff)
	}
	report := c.load("organization", "external_id,phone,fax\nA1,+31 20 777 7777,+31 20 888 8888\n", Options{})
	if diff := cmp.Diff([]string{"+31 20 777 7777", "fax: +31 20 888 8888", "mobile: +31 6 2222 2222"}, c.phones(acme)); diff != "" {
		t.Error(diff)
	}
	if len(report.Warnings) != 1 || !strings.Contains(report.Warnings[0], "removed") {
		t.Errorf("warnings: %q", report.Warnings)
	}
	const people = "external_id,first_name,organization\n7,Jane,Acme\n"
	c.clean("contact", people, Options{})
	c.clean("contact", "external_id,organizations\n7,Acme; Bolt\n", Options{})
	if report := c.clean("contact", people, Options{}); report.Unchanged != 1 {
		t.Errorf("%+v", report)
	}
	c.one("contact", "organizations = Bolt")
}

func TestDryRunWritesNothing(t *testing.T) {
	c := newCRM(t)
	var seen []int
	report := c.load("organization", organizations, Options{DryRun: true, Progress: func(done, total int) { seen = append(seen, done, total) }})
	if report.Created != 2 || report.Change != 0 || len(c.find("organization", "")) != 0 {
		t.Errorf("%+v", report)
	}
	if diff := cmp.Diff([]int{2, 2}, seen); diff != "" {
		t.Error(diff)
	}
}

func TestImportIsOneChange(t *testing.T) {
	c := newCRM(t)
	report := c.load("organization", organizations, Options{})
	again := c.load("organization", organizations, Options{})
	if again.Change != 0 || again.Unchanged != 2 {
		t.Errorf("the second import changed something: %+v", again)
	}
	c.view(func(tx *store.Tx) error {
		changes, _, err := tx.History(store.HistoryQuery{Change: report.Change, Limit: 10})
		if err == nil && (len(changes) != 1 || changes[0].Tool != "import") {
			t.Errorf("%+v", changes)
		}
		return err
	})
}

func TestSameRecordTwiceIsSaid(t *testing.T) {
	c := newCRM(t)
	report := c.load("organization", "external_id,name\nA1,Acme\nA1,Acme BV\n", Options{})
	if report.Created != 1 || report.Updated != 1 || len(report.Warnings) != 1 || !strings.Contains(report.Warnings[0], "line 3: is the same record as line 2") {
		t.Errorf("%+v", report)
	}
}

func TestImportRefusesTheWhole(t *testing.T) {
	c := newCRM(t)
	for name, x := range map[string]struct {
		typ, csv string
		o        Options
		want     string
	}{
		"no name":    {"organization", "Firma,city\nAcme,Paris\n", Options{}, `map one of Firma, city, as in "Firma=name"`},
		"constant":   {"deal", "name\nOne\n", Options{Set: []string{"stagee=Won"}}, `did you mean "stage"?`},
		"no value":   {"deal", "name\nOne\n", Options{Set: []string{"stage"}}, `must be "field=value"`},
		"if_exists":  {"deal", "name\nOne\n", Options{IfExists: "merge"}, "if_exists must be"},
		"company":    {"company", "name\nUs\n", Options{}, "cannot be imported"},
		"empty file": {"deal", "", Options{}, "is empty"},
	} {
		_, err := c.try(x.typ, x.csv, x.o)
		var known *schema.Error
		if !errors.As(err, &known) || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ImportCSV(stopped, c.db, store.Caller{}, c.db.Schema().Type("organization"), strings.NewReader(organizations), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a stopped import: %v", err)
	}
}
