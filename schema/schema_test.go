package schema

import (
	"slices"
	"testing"
)

func TestTypesAreWhole(t *testing.T) {
	s := New()
	codes, prefixes := map[int64]string{}, map[string]string{}
	for _, typ := range s.Types {
		if other := codes[typ.Code]; other != "" {
			t.Errorf("%s and %s share the code %d", typ.Name, other, typ.Code)
		}
		if other := prefixes[typ.Prefix]; other != "" {
			t.Errorf("%s and %s share the prefix %s", typ.Name, other, typ.Prefix)
		}
		codes[typ.Code], prefixes[typ.Prefix] = typ.Name, typ.Name
		if typ.Code < 1 || typ.Code > 63 {
			t.Errorf("%s: code %d does not fit a search row", typ.Name, typ.Code)
		}
		checkNamed(t, typ)
	}
}

// checkNamed holds every list of names in a type against its fields.
func checkNamed(t *testing.T, typ *Type) {
	t.Helper()
	lists := slices.Concat(typ.Lookups, typ.Uniques, [][]string{typ.Names, typ.Keys, typ.Sorts, typ.OneOf})
	for _, name := range slices.Concat(lists...) {
		if f := typ.Field(name); f == nil || !f.Stored() {
			t.Errorf("%s: %q is no stored field", typ.Name, name)
		}
	}
	for _, name := range typ.Short {
		if typ.Field(name) == nil && typ.Relation(name) == nil {
			t.Errorf("%s: short form names %q, which is no field or relation", typ.Name, name)
		}
	}
	if len(typ.Sorts) > 8 {
		t.Errorf("%s: %d indexes for sorting; at most 8", typ.Name, len(typ.Sorts))
	}
	seen := map[string]bool{}
	for _, f := range typ.Fields {
		for _, name := range append([]string{f.Name}, f.Aliases...) {
			if seen[name] {
				t.Errorf("%s: %q is declared twice", typ.Name, name)
			}
			seen[name] = true
		}
	}
	for _, r := range typ.Relations {
		for _, name := range append([]string{r.Name}, r.Aliases...) {
			if seen[name] {
				t.Errorf("%s: %q is declared twice", typ.Name, name)
			}
			seen[name] = true
		}
	}
}

// Both sides of a link between records declare it, so that it is a fact of both.
func TestLinksAreDeclaredOnBothSides(t *testing.T) {
	s := New()
	for _, typ := range s.Types {
		for _, r := range typ.Relations {
			if r.Via != ViaLink || r.To.Class == Setup || typ.Class == Setup {
				continue
			}
			back := slices.ContainsFunc(r.To.Relations, func(o *Relation) bool { return o.Via == ViaLink && o.To == typ })
			if !back {
				t.Errorf("%s has %s, but %s has no link back", typ.Name, r.Name, r.To.Name)
			}
		}
	}
}

func TestCanonicalNames(t *testing.T) {
	s := New()
	for _, c := range []struct{ typ, spelling, want string }{
		{"organization", "title", "name"},
		{"organization", "customerId", "customer_number"},
		{"organization", "Chamber Of Commerce Number", "registration_number"},
		{"organization", "people", "contacts"},
		{"organization", "owner_id", "owner"},
		{"organization", "parent_id", "parent"},
		{"deal", "contact_ids", "contacts"},
		{"deal", "organization_id", "organization"},
		{"deal", "closeDate", "expected_close_on"},
		{"task", "createdAt", "created_at"},
		{"task", "due date", "due_at"},
		{"contact", "telephone", "phone"},
		{"contact", "nonsense", ""},
	} {
		if got := s.Type(c.typ).Canonical(c.spelling); got != c.want {
			t.Errorf("%s: %q is %q, want %q", c.typ, c.spelling, got, c.want)
		}
	}
}

func TestParseID(t *testing.T) {
	s := New()
	typ, n, ok := s.ParseID("org_42")
	if !ok || typ.Name != "organization" || n != 42 {
		t.Errorf("org_42: %v %d %v", typ, n, ok)
	}
	for _, bad := range []string{"org_", "org_0", "org_+1", "org_042", "_1", "xyz_1", "org42", "org_99999999999999999999"} {
		if _, _, ok := s.ParseID(bad); ok {
			t.Errorf("%q was taken for an id", bad)
		}
	}
}
