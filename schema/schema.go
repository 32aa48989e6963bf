// Package schema says what the CRM holds: every record type with its fields,
// limits and relations, declared once. Tables, checks, filters, input schemas
// and the reference follow from it. It does no I/O.
package schema

import (
	"slices"
	"strconv"
	"strings"

	"github.com/crmcp/crmcp/text"
)

// Schema is the set of record types of one database.
type Schema struct {
	Types  []*Type
	byName map[string]*Type
}

// New builds the built-in types. Each call makes a set of its own, to which
// the custom fields of a database can be added.
func New() *Schema {
	s := &Schema{byName: map[string]*Type{}, Types: []*Type{
		organization(), contact(), membership(), contactDetail(), deal(), line(), service(), task(), project(),
		document(), note(), activity(), user(), tag(), segment(), pipeline(), stage(), category(), customField(), webhook(), company(),
	}}
	for _, t := range s.Types {
		s.byName[t.Name] = t
		if t.Class == Record {
			t.Relations = append(t.Relations, Link("tags", "tag", "", "labels"))
		}
	}
	for _, t := range s.Types {
		t.index(s)
	}
	for _, t := range s.Types {
		t.connect(s)
	}
	s.must("webhook").byName["events"].Options = s.eventPatterns()
	return s
}

func (s *Schema) must(name string) *Type {
	t := s.byName[name]
	if t == nil {
		panic("schema: no type " + name)
	}
	return t
}

// Type finds a type by its exact name; nil: none.
func (s *Schema) Type(name string) *Type { return s.byName[name] }

// Find finds a type by its name, plural, prefix or alias in any spelling; nil: none.
func (s *Schema) Find(spelling string) *Type { return FindAmong(s.Types, spelling) }

// FindAmong finds the one of some types that Find would find if there were no
// others: a company is an organization where the company itself is not meant.
func FindAmong(types []*Type, spelling string) *Type {
	name := text.FieldName(spelling)
	for _, t := range types {
		if t.Name == name || t.Plural == name || t.Prefix == name {
			return t
		}
	}
	for _, t := range types {
		for _, alias := range append([]string{t.Prefix}, t.Aliases...) {
			if alias == name || alias+"s" == name || strings.TrimSuffix(alias, "y")+"ies" == name {
				return t
			}
		}
	}
	return nil
}

// OfClass gives the types of some classes in declared order.
func (s *Schema) OfClass(classes ...Class) []*Type {
	var types []*Type
	for _, t := range s.Types {
		if slices.Contains(classes, t.Class) {
			types = append(types, t)
		}
	}
	return types
}

// ParseID takes a short id apart: org_42 is number 42 of organization.
func (s *Schema) ParseID(id string) (t *Type, number int64, ok bool) {
	at := strings.LastIndexByte(id, '_')
	if at < 1 {
		return nil, 0, false
	}
	number, err := strconv.ParseInt(id[at+1:], 10, 64)
	if err != nil || number < 1 || id[at+1] == '+' || id[at+1] == '0' {
		return nil, 0, false
	}
	prefix := strings.ToLower(id[:at])
	for _, t := range s.Types {
		if t.Prefix == prefix {
			return t, number, true
		}
	}
	return nil, 0, false
}
