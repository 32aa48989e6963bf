package schema

import "testing"

// Labels that read alike lead each to its own field, and none takes a name
// away from a built-in field.
func TestLabelsLeadToTheirFields(t *testing.T) {
	s := New()
	deal := s.Type("deal")
	s.AddFields(deal, []*Field{
		{Name: "budget", Label: "Budget (€)", Custom: true, ID: 1},
		{Name: "budget_2", Label: "Budget ($)", Custom: true, ID: 2},
		{Name: "weight_kg", Label: "Weight (kg)", Custom: true, ID: 3},
		{Name: "short_name", Label: "Name", Custom: true, ID: 4},
		{Name: "share", Label: "%", Custom: true, ID: 5},
	})
	for spelling, want := range map[string]string{
		"Budget (€)": "budget", "budget": "budget", "Budget": "budget", " budget ($) ": "budget_2", "Budget 2": "budget_2",
		"Weight (kg)": "weight_kg", "weightKg": "weight_kg", "Name": "name", "%": "share", "$": "",
	} {
		if got := deal.Canonical(spelling); got != want {
			t.Errorf("%q leads to %q, not %q", spelling, got, want)
		}
	}
}
