package filter_test

import (
	"testing"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

// TestKindsOfCustomFields compares kinds that only custom fields have.
func TestKindsOfCustomFields(t *testing.T) {
	cases := []struct {
		kind       schema.Kind
		text, want string
	}{
		{schema.DateRange, "source contains today", "and(source.start <= 2026-05-20; source.end >= 2026-05-20)"},
		{schema.DateRange, "source contains this_week", "and(source.start <= 2026-05-18; source.end >= 2026-05-24)"},
		{schema.DateRange, "source < today", "source.end < 2026-05-20"},
		{schema.DateRange, "source <= this_week", "source.end <= 2026-05-24"},
		{schema.DateRange, "source > this_week", "source.start > 2026-05-24"},
		{schema.DateRange, "source >= this_week", "source.start >= 2026-05-18"},
		{schema.DateRange, "source between today and +3d", "and(source.start >= 2026-05-20; source.end <= 2026-05-23)"},
		{schema.DateRange, "source = this_week", "and(source.start >= 2026-05-18; source.end <= 2026-05-24)"},
		{schema.DateRange, "source = 2026-01-01/2026-01-31", "and(source.start = 2026-01-01; source.end = 2026-01-31)"},
		{schema.DateRange, "source is null", "not(source not null)"},
		{schema.DateTimeRange, "source contains now", "and(source.start <= 2026-05-20T08:00:00.000Z; source.end >= 2026-05-20T08:00:00.000Z)"},
		{schema.DateTimeRange, "source in (today, yesterday)",
			"or(and(source.start >= 2026-05-19T22:00:00.000Z; source.end <= 2026-05-20T21:59:59.999Z); " +
				"and(source.start >= 2026-05-18T22:00:00.000Z; source.end <= 2026-05-19T21:59:59.999Z))"},
		{schema.MultiEnum, "source has Red", `source has any "red"`},
		{schema.MultiEnum, "source != red", `not(source has any "red")`},
		{schema.MultiEnum, "source in (red, 'light blue')", `source has any "red" "light_blue"`},
		{schema.MultiEnum, "source has all (red, RED, light_blue)", `source has all "red" "light_blue"`},
		{schema.MultiEnum, "source is empty", "not(source not null)"},
	}
	for _, c := range cases {
		env := newEnv(t)
		deal := env.Schema.Type("deal")
		source := deal.Field("source")
		source.Kind, source.Options = c.kind, []string{"red", "light_blue"}
		f, err := filter.Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := filter.Check(f, deal, env)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		} else if shown(got) != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.text, shown(got), c.want)
		}
	}
}
