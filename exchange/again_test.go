package exchange

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crmcp/crmcp/store"
)

const people = "first_name,last_name,organization\nJane,Doe,Acme\nJohn,Roe,Acme\nJane,Doe,\n"

func TestPeopleImportedAgain(t *testing.T) {
	for choice, want := range map[string]Report{
		UpdateSame:   {Created: 3, Doubles: make([]Double, 3)},
		Update:       {Created: 3, Doubles: make([]Double, 3)},
		Skip:         {Created: 1, Skipped: 2, Doubles: make([]Double, 1)},
		Refuse:       {Created: 1, Refused: make([]RowError, 2), Doubles: make([]Double, 1)},
		CreateAnyway: {Created: 3},
	} {
		c := newCRM(t)
		c.clean("organization", "name\nAcme\n", Options{})
		first := c.clean("contact", people, Options{})
		if len(first.Doubles) != 0 {
			t.Errorf("the first import repeats %+v", first.Doubles)
		}
		got := c.load("contact", people, Options{IfExists: choice})
		if got.Created != want.Created || got.Updated != 0 || got.Skipped != want.Skipped || len(got.Refused) != len(want.Refused) || len(got.Doubles) != len(want.Doubles) {
			t.Errorf("if_exists %q: %+v", choice, got)
		}
	}
}

func TestDoublesNameTheRowAndTheRecord(t *testing.T) {
	c := newCRM(t)
	c.load("organization", organizations, Options{})
	got := c.load("organization", "name,external_id\nNew,\nACME,\nBolt,Z1\nNew,\n", Options{})
	if len(got.Doubles) != 1 || got.Doubles[0].Row != 3 || got.Doubles[0].Of.Key.String() != "org_1" || got.Doubles[0].Of.Reason != "same name" {
		t.Errorf("%+v", got.Doubles)
	}
}

func TestMissingTypesAreNamedOnce(t *testing.T) {
	c := newCRM(t)
	c.load("organization", organizations, Options{})
	got := c.load("contact", "first_name,owner,organization\nA,Nobody Known,Bolt\nB,Nobody Else,Zzyzx\nC,,Acmee\n", Options{})
	var missing []string
	for _, typ := range got.Missing {
		missing = append(missing, typ.Name)
	}
	if diff := cmp.Diff([]string{"user", "organization"}, missing); diff != "" {
		t.Error(diff)
	}
	if similar := c.load("contact", "first_name,organization\nC,Acmee\n", Options{}); len(similar.Missing) > 0 {
		t.Errorf("a misspelt name is taken for a missing one: %v", similar.Missing)
	}
}

func TestMetadataKeepsNumbers(t *testing.T) {
	c := newCRM(t)
	c.clean("deal", "name,Freight,Code,Paid\nA,32.38,007,true\nB,-3,+316,sure\nC,140,12345678901234567,no\n", Options{KeepUnmapped: true})
	for filter, want := range map[string]int{
		"metadata.freight > 100": 1, "metadata.freight < 33": 2, "metadata.paid = true": 1,
		`metadata.code = "007"`: 1, `metadata.code = "12345678901234567"`: 1, `metadata.code = "+316"`: 1,
	} {
		if got := len(c.find("deal", filter)); got != want {
			t.Errorf("%s: %d deals, want %d", filter, got, want)
		}
	}
}

func TestPlainValue(t *testing.T) {
	for cell, isNumber := range map[string]bool{
		"0": true, "-3": true, "32.38": true, "0.5": true, "-0.5": true, "123456789012345": true,
		"007": false, "+31": false, "1 000": false, "1e5": false, ".5": false, "5.": false, "1234567890123456": false, "-": false, "12a": false,
	} {
		if text, isText := plainValue(cell).(string); isText == isNumber {
			t.Errorf("%q: %v", cell, text)
		}
	}
}

func TestUnmappedColumnsOfATypeWithoutMetadata(t *testing.T) {
	c := newCRM(t)
	got := c.load("user", "first_name,Shoe size\nEve,38\nBob,43\n", Options{KeepUnmapped: true})
	if got.Created != 2 || len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "no metadata to keep other columns in: Shoe size left out") {
		t.Errorf("%+v", got)
	}
}

// However many rows are looked up at once, a row finds the record that one
// before it has made, and the one into which that of its id was merged.
func TestExternalIDsFindWhatIsThere(t *testing.T) {
	c := newCRM(t)
	c.clean("organization", "name,external_source,external_id\nAcme,old,A1\nBolt,old,B1\n", Options{})
	report := c.load("organization", "name,external_source,external_id,city\nAcme,old,a1,Bonn\nCask,old,C1,\nCask,OLD,c1,Köln\nDune,new,A1,\n", Options{})
	if report.Created != 2 || report.Updated != 2 {
		t.Errorf("%+v", report)
	}
	organization := c.db.Schema().Type("organization")
	err := c.db.Update(t.Context(), store.Caller{}, func(tx *store.Tx) error {
		plan, err := tx.PlanMerge(store.Key{Type: organization, ID: 1}, []store.Key{{Type: organization, ID: 2}}, nil)
		if err == nil {
			_, err = tx.Merge(plan)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	report = c.clean("organization", "external_source,external_id,postal_code\nold,B1,1234\n", Options{})
	if report.Created != 0 || report.Updated != 1 {
		t.Errorf("the id of a merged record: %+v", report)
	}
}
