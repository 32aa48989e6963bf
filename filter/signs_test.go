package filter_test

import (
	"strings"
	"testing"
)

// TestSignsInValues has values that begin with an operator or another sign:
// what stands behind it must never be taken for the value.
func TestSignsInValues(t *testing.T) {
	for wrong, want := range map[string]string{
		`status = "!open"`:                   `"!open" at 10 is no status: write status != open`,
		`status = "<>open"`:                  "write status != open",
		`status = "!= open"`:                 "write status != open",
		`status = "not open"`:                "write status != open",
		`status != "!open"`:                  "write status = open",
		`status = "=open"`:                   "write status = open",
		`status = -open`:                     "write status = open, or status != open",
		`status in ("!open", won)`:           "write status != open",
		`{"field":"status","value":"!open"}`: "write status != open",
		`stage = "!Won"`:                     "write stage != Won",
		`stage = -Won`:                       "write stage = Won, or stage != Won",
		`currency = "!EUR"`:                  "write currency != EUR",
		`organization.country = "!NL"`:       "write organization.country != NL",
		`organization.country = -NL`:         "write organization.country = NL, or organization.country != NL",
		`value = ">5"`:                       "write value > 5",
		`value = "<= 5"`:                     "write value <= 5",
		`value = "!5"`:                       "write value != 5",
		`closed_on = ">2026-01-01"`:          "write closed_on > 2026-01-01",
		`closed_on = "!this_week"`:           "write closed_on != this_week",
		`status = "?open"`:                   "is no status: open, won, lost",
	} {
		wantFault(t, wrong, want)
	}
}

func TestReferencesPointToNames(t *testing.T) {
	for wrong, want := range map[string]string{
		`organization = "Org 0"`:                  `use its id, uid or whole name, or organization.name contains "Org 0"`,
		`organization != "Org 0"`:                 `or organization.name not contains "Org 0"`,
		`organization in (Acme, Org)`:             "or organization.name contains Org",
		`organization contains "Org 0"`:           `is null, is empty, or organization.name contains "Org 0"`,
		`organization not like "Org%"`:            `or organization.name not like "Org%"`,
		`organization.parent starts with Org`:     "or organization.parent.name starts with Org",
		`tags contains V`:                         "or tags.name contains V",
		`tags has VIPP`:                           "or tags.name contains VIPP",
		`id = "Big deal"`:                         `or name contains "Big deal"`,
		`organization.id = "Org 0"`:               `or organization.name contains "Org 0"`,
		`id = org_99`:                             "is no deal: use its id, uid or whole name\n",
		`stage = Negot`:                           "or stage.name contains Negot",
		`organization.parent.parent.parent = Org`: "whole name\n",
	} {
		wantFault(t, wrong, want)
		_, right, named := strings.Cut(want[max(0, strings.LastIndex(want, "or ")):], "or ")
		if !named || strings.HasSuffix(want, "\n") {
			continue
		}
		if _, err := check(t, "deal", right); err != nil {
			t.Errorf("%s: the advice %s is refused: %v", wrong, right, err)
		}
	}
}

func TestAmbiguousNumbersHaveTwoReadings(t *testing.T) {
	for wrong, want := range map[string]string{
		`amount > €10.000`:        "write 10000 or 10, and currency = EUR beside it",
		`amount > "10.500 EUR"`:   "write 10500 or 10.5, and currency = EUR beside it",
		`amount > "€ -1.250"`:     "write -1250 or -1.25,",
		`amount > "€0.500"`:       "write 0.500,",
		`amount > "€1000.500"`:    "write 1000.500,",
		`amount > "€10.50"`:       "write 10.50,",
		`amount > "€1.000.000"`:   "write 1000000,",
		`probability > "10.000%"`: "write 10000 or 10",
	} {
		wantFault(t, wrong, want)
	}
}
