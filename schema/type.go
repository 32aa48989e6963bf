package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/text"
)

// Class groups the types by what they are to a user.
type Class int

// Classes: what people keep, what belongs to a record, what sets the CRM up.
const (
	Record Class = iota
	Part
	Setup
)

// Type is one record type: its fields and relations follow through to the
// table, the checks, the filters, the tools and the reference.
type Type struct {
	Name   string
	Plural string
	// Code is the type's number in link and search rows; it is never reused.
	Code   int64
	Prefix string
	Class  Class
	// Title is the field that names a record to people.
	Title string
	// Names are the fields by which a reference finds a record.
	Names []string
	// OneOf: at least one of these must have a value.
	OneOf []string
	// Keys are the fields whose values identify a record exactly (customer_number …).
	Keys []string
	// Short is what a list shows of each record unless told otherwise.
	Short []string
	// Sorts are the fields that an index sorts by.
	Sorts []string
	// Lookups are further indexes, each a list of fields (a leading filter, then the sort).
	Lookups [][]string
	// Reports are indexes that hold all that a report reads, each a list of
	// fields: what groups, a date or moment, then currency and value. Moments
	// stand in it by the day in UTC, dates by the month.
	Reports [][]string
	// Uniques are groups of fields that no two records outside the trash may share.
	Uniques   [][]string
	Aliases   []string
	Fields    []*Field
	Relations []*Relation
	// Searchable types are found by the words of their texts.
	Searchable bool
	// Defines: the type's records are part of the schema, which is read again
	// when one of them changes.
	Defines bool
	// Events: changes of the type's records are told to webhooks although it is
	// no type of Class Record.
	Events bool
	// Sends: the type's records say where events are sent; every process reads
	// them again when one of them changes.
	Sends bool
	// Merges: records of the type can be merged into one another.
	Merges bool
	// Private types have records that only their author sees.
	Private bool
	// Attached types have records that are hidden when everything they are
	// attached to is in the trash.
	Attached bool
	// Rights say who may write records of the type.
	Rights Rights
	Doc    string

	byName map[string]*Field
	// labels lead to the custom fields whose labels, read as names, would be
	// those of other fields ("Budget ($)" beside "Budget (€)").
	labels map[string]string
	links  map[string]*Relation
	names  []string
	// columns and held are kept, as every record that is read or written asks for them.
	columns, held []*Field
}

// Field finds a field by its canonical name.
func (t *Type) Field(name string) *Field { return t.byName[name] }

// Relation finds a relation by its canonical name; a reference field is a
// relation to one.
func (t *Type) Relation(name string) *Relation { return t.links[name] }

// TitleField is the field that names a record.
func (t *Type) TitleField() *Field { return t.byName[t.Title] }

// Words are the canonical names of the type's fields and relations, for
// suggestions; their aliases are not among them.
func (t *Type) Words() []string { return t.names }

// longestName is how many bytes a name may have that means a field.
const longestName = 1_000

// Canonical finds the field or relation that a caller's spelling means:
// createdAt, "Created At", an alias, owner_id, contact_ids. Empty: none.
func (t *Type) Canonical(spelling string) string {
	if len(spelling) > longestName {
		return ""
	}
	if len(t.labels) > 0 && !text.IsPlainName(spelling) {
		if found := t.labels[text.Fold(strings.TrimSpace(spelling))]; found != "" {
			return found
		}
	}
	name := text.FieldName(spelling)
	if found := t.known(name); found != "" {
		return found
	}
	if short, ok := strings.CutSuffix(name, "_ids"); ok {
		for _, r := range t.Relations {
			if r.One == short || r.Name == short+"s" {
				return r.Name
			}
		}
	}
	if short, ok := strings.CutSuffix(name, "_id"); ok && t.links[short] != nil {
		return short
	}
	return ""
}

func (t *Type) known(name string) string {
	if t.byName[name] != nil || t.links[name] != nil {
		return name
	}
	for _, f := range t.Fields {
		if slices.Contains(f.Aliases, name) {
			return f.Name
		}
	}
	for _, r := range t.Relations {
		if slices.Contains(r.Aliases, name) {
			return r.Name
		}
	}
	return ""
}

// Settable finds the relation to many that an input name sets: its own name
// or, with one set, the singular.
func (t *Type) Settable(name string) (r *Relation, one bool) {
	for _, r := range t.Relations {
		if r.Settable && name != "" && (r.Name == name || r.One == name) {
			return r, r.One == name
		}
	}
	return nil, false
}

// IDString is the short typed id of a record of this type.
func (t *Type) IDString(id int64) string { return fmt.Sprintf("%s_%d", t.Prefix, id) }

// Columns are the fields with a column, in declared order. The list is not to
// be changed.
func (t *Type) Columns() []*Field { return t.columns }

// Held are the fields whose values a record holds itself: those with a column
// in declared order, then the custom ones in theirs. The list is not to be
// changed.
func (t *Type) Held() []*Field { return t.held }

// keepLists lists the fields anew after some were added.
func (t *Type) keepLists() {
	var columns, custom []*Field
	for _, f := range t.Fields {
		if f.Stored() {
			columns = append(columns, f)
		}
		if f.Custom {
			custom = append(custom, f)
		}
	}
	t.columns, t.held = columns, slices.Concat(columns, custom)
}

// index builds the look-ups after all types are known.
func (t *Type) index(s *Schema) {
	t.byName, t.links = map[string]*Field{}, map[string]*Relation{}
	for _, r := range t.Relations {
		r.From, r.To = t, s.must(r.to)
		if r.One != "" {
			t.Fields = append(t.Fields, &Field{Name: r.One, Kind: Reference, To: r.to, Computed: true,
				Doc: "the first of " + r.Name})
		}
		t.links[r.Name] = r
	}
	for _, f := range append(standardFields(t.Class), t.mergeFields()...) {
		declared := func(own *Field) bool { return own.Name == f.Name }
		if !slices.ContainsFunc(t.Fields, declared) {
			t.Fields = append(t.Fields, f)
		}
	}
	for _, f := range t.Fields {
		t.byName[f.Name] = f
		if f.Kind == Reference {
			t.links[f.Name] = &Relation{Name: f.Name, From: t, To: s.must(f.To), Via: ViaColumn, Field: f}
		}
	}
	t.keepLists()
}

// connect fills in the relations once every type is indexed.
func (t *Type) connect(s *Schema) {
	for _, r := range t.Relations {
		switch r.Via {
		case ViaBack:
			r.Field = r.To.byName[r.back]
		case ViaMiddle:
			r.Middle = s.must(r.middle)
			r.Near, r.Far = r.Middle.byName[r.near], r.Middle.byName[r.far]
		}
	}
	for name := range t.byName {
		t.names = append(t.names, name)
	}
	for name := range t.links {
		if t.byName[name] == nil {
			t.names = append(t.names, name)
		}
	}
	slices.Sort(t.names)
}

// mergeFields are those that records need so that they can be merged.
func (t *Type) mergeFields() []*Field {
	if !t.Merges {
		return nil
	}
	return []*Field{{Name: "merged_into", Kind: Reference, To: t.Name, System: true, ReadOnly: true, Hidden: true, Internal: true, Doc: "the record that its id leads to since they were merged"}}
}

// standardFields are those that every record of a class has, beyond its own.
func standardFields(class Class) []*Field {
	fields := []*Field{}
	if class == Record {
		fields = append(fields,
			&Field{Name: "owner", Kind: Reference, To: "user", Aliases: []string{"assignee", "assigned_to", "responsible", "account_manager"}, Always: true, Doc: "who looks after it; the caller unless given"},
			&Field{Name: "metadata", Kind: JSONObject, System: true, Doc: "a free JSON object; metadata.key filters"},
			&Field{Name: "archived_at", Kind: DateTime, System: true, Doc: "archived records are hidden from lists"})
	}
	return append(fields,
		&Field{Name: "external_source", Kind: Code, System: true, Doc: "where it came from"},
		&Field{Name: "external_id", Kind: Code, System: true, Doc: "its id there; with the source, unique"},
		&Field{Name: "uid", Kind: Code, UUID: true, System: true, Max: 36, Doc: "a UUIDv7 that stays the same across databases"},
		&Field{Name: "created_at", Kind: DateTime, System: true, ReadOnly: true},
		&Field{Name: "created_by", Kind: Reference, To: "user", System: true, ReadOnly: true},
		&Field{Name: "updated_at", Kind: DateTime, System: true, ReadOnly: true, Aliases: []string{"modified_at", "last_modified"}},
		&Field{Name: "updated_by", Kind: Reference, To: "user", System: true, ReadOnly: true},
		&Field{Name: "imported_at", Kind: DateTime, System: true, ReadOnly: true},
		&Field{Name: "deleted_at", Kind: DateTime, System: true, ReadOnly: true, Hidden: true, Internal: true},
		&Field{Name: "version", Kind: Integer, System: true, ReadOnly: true, Doc: "counts up with each change"},
		&Field{Name: "id", Kind: RecordID, System: true, ReadOnly: true})
}
