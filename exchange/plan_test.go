package exchange

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crmcp/crmcp/schema"
)

// targets shows a plan as "Header -> target (how)".
func targets(p *Plan) (list []string) {
	for _, c := range p.Columns {
		list = append(list, c.Header+" -> "+c.Target+" ("+c.How+")")
	}
	return list
}

func TestPlanMatchesHeaders(t *testing.T) {
	s := schema.New()
	for _, c := range []struct {
		typ, headers string
		mapping      []string
		want         []string
	}{
		{"organization", "Title,address,Fax,service_desk_phone,work phone,Phone,phone2,createdAt,Colour", nil, []string{
			"Title -> name (alias)", "address -> street (alias)", "Fax -> phones.fax (detail label)",
			"service_desk_phone -> phones.service_desk (detail label)", "work phone -> phones.work (detail label)",
			"Phone -> phone (exact)", "phone2 -> phones.general (detail label)", "createdAt ->  (set by the system)", "Colour ->  (no such field)"}},
		{"contact", "Full Name,Company,Mobile Phone,home_phone,work_email,owner_email,Role,organization_external_id", nil, []string{
			"Full Name -> name (first and last name)", "Company -> organization (alias)", "Mobile Phone -> phones.mobile (detail label)",
			"home_phone -> phones.home (detail label)", "work_email -> emails.work (detail label)", "owner_email -> owner (alias)",
			"Role -> membership.role (alias)", "organization_external_id -> organization_external_id (external id of organization)"}},
		{"contact", "name,given name,last_name,Account Name,organization", nil, []string{
			"name ->  (set by the system)", "given name -> first_name (alias)", "last_name -> last_name (exact)",
			"Account Name ->  (organization is read from organization)", "organization -> organization (exact)"}},
		{"deal", "Order Date,freight,value,notes,Deal Name,contact_ids", []string{"Order Date=closed on", "freight=metadata.Freight", "notes="}, []string{
			"Order Date -> closed_on (map)", "freight -> metadata.Freight (map)", "value -> value (exact)", "notes ->  (left out)",
			"Deal Name -> name (alias)", "contact_ids -> contacts (alias)"}},
		{"organization", "Nummer,Zentrale", []string{"nummer=phones.fax", "Zentrale=parent_external_id"}, []string{
			"Nummer -> phones.fax (map)", "Zentrale -> parent_external_id (map)"}},
	} {
		p, err := PlanCSV(s, s.Type(c.typ), strings.Split(c.headers, ","), c.mapping)
		if err != nil {
			t.Errorf("%s: %v", c.headers, err)
			continue
		}
		if diff := cmp.Diff(c.want, targets(p)); diff != "" {
			t.Errorf("%s: %s", c.headers, diff)
		}
	}
}

func TestPlanListsWhatHasNoField(t *testing.T) {
	s := schema.New()
	p, err := PlanCSV(s, s.Type("deal"), []string{"name", "freight", "", "ship_country"}, []string{"ship_country="})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"freight", "column 3"}, p.Unmapped); diff != "" {
		t.Error(diff)
	}
}

func TestPlanRefusesWrongMappings(t *testing.T) {
	s := schema.New()
	for mapping, want := range map[string]string{
		"Order Date=closd_on":  `did you mean "closed_on"?`,
		"Ordre Date=closed_on": `the file has no column "Ordre Date"; its columns are Order Date, Total`,
		"Order Date":           `must be "Column=field"`,
		"Total=created_at":     "is kept by the system",
	} {
		_, err := PlanCSV(s, s.Type("deal"), []string{"Order Date", "Total"}, []string{mapping})
		var known *schema.Error
		if !errors.As(err, &known) || known.Code != schema.InvalidArgument || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", mapping, err)
		}
	}
}

func TestColumnsThatAConstantOverridesAreNotMissed(t *testing.T) {
	c := newCRM(t)
	for _, keep := range []bool{false, true} {
		report := c.clean("deal", "name,closed_on,Colour\nA,2024-01-01,red\n", Options{Set: []string{"closed_on=2024-02-02"}, KeepUnmapped: keep})
		if slices.Contains(report.Plan.Unmapped, "closed_on") || slices.Contains(report.Plan.Unmapped, "Colour") == keep {
			t.Errorf("%v have no field", report.Plan.Unmapped)
		}
	}
	if len(c.find("deal", "metadata.closed_on is not null")) > 0 {
		t.Error("the column was kept all the same")
	}
}
