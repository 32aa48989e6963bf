package schema

import (
	"slices"

	"github.com/crmcp/crmcp/text"
)

// customKinds are the kinds that a custom field may have, by the names under
// which people define them.
var customKinds = []struct {
	name string
	kind Kind
	to   string
}{
	{"text", Text, ""}, {"long_text", LongText, ""}, {"number", Number, ""}, {"currency", Money, ""}, {"boolean", Boolean, ""},
	{"date", DateOnly, ""}, {"datetime", DateTime, ""}, {"date_range", DateRange, ""}, {"datetime_range", DateTimeRange, ""},
	{"single_select", Enum, ""}, {"multi_select", MultiEnum, ""}, {"url", URL, ""}, {"email", Email, ""}, {"phone", Phone, ""},
	{"user", Reference, "user"}, {"record", AnyRecord, ""},
}

// CustomKinds are the names of the kinds that a custom field may have.
func CustomKinds() []string {
	names := make([]string, len(customKinds))
	for i, k := range customKinds {
		names[i] = k.name
	}
	return names
}

// CustomKindWords are what other systems call the kinds, with the names of
// CustomKinds that are meant.
func CustomKindWords() map[string]string {
	return map[string]string{
		"select": "single_select", "dropdown": "single_select", "enum": "single_select", "choice": "single_select", "picklist": "single_select",
		"multiselect": "multi_select", "multi_enum": "multi_select", "multi_picklist": "multi_select",
		"string": "text", "textarea": "long_text", "integer": "number", "int": "number", "decimal": "number", "float": "number",
		"money": "currency", "bool": "boolean", "checkbox": "boolean", "timestamp": "datetime", "date_time": "datetime",
		"link": "url", "website": "url", "telephone": "phone", "reference": "record", "relation": "record",
	}
}

// CustomKind gives the kind that a name of CustomKinds stands for, and the
// type that a reference of that kind points to.
func CustomKind(name string) (kind Kind, to string, ok bool) {
	for _, k := range customKinds {
		if k.name == name {
			return k.kind, k.to, true
		}
	}
	return 0, "", false
}

// KindName is what people call the kind of a field.
func (f *Field) KindName() string {
	for _, k := range customKinds {
		if f.Custom && k.kind == f.Kind {
			return k.name
		}
	}
	return f.Kind.String()
}

// Choice is an option of a custom select. Records keep its number, so that it
// can get another label everywhere at once; numbers are never used again.
type Choice struct {
	ID    int64  `json:"id"`
	Label string `json:"label"`
	Color string `json:"color,omitempty"`
	// Removed options cannot be chosen any more; the history still names them.
	Removed bool `json:"removed,omitempty"`
}

// IsSelect says whether the field holds options of its own list.
func (f *Field) IsSelect() bool { return f.Kind == Enum || f.Kind == MultiEnum }

// ChoiceID is the number by which records keep an option; false: there is none
// of that label. An option that can be chosen comes before a removed one.
func (f *Field) ChoiceID(label string) (int64, bool) {
	for _, removed := range []bool{false, true} {
		for _, c := range f.Choices {
			if c.Removed == removed && text.Fold(c.Label) == text.Fold(label) {
				return c.ID, true
			}
		}
	}
	return 0, false
}

// ChoiceLabel is the label of an option that records keep by its number;
// empty: there is none.
func (f *Field) ChoiceLabel(id int64) string {
	at := slices.IndexFunc(f.Choices, func(c Choice) bool { return c.ID == id })
	if at < 0 {
		return ""
	}
	return f.Choices[at].Label
}

// AddFields gives a type of the schema its custom fields. Where a name has
// been taken since by a built-in field, "_custom" is added to it. They stand
// before the fields that the system keeps of every record. A label that
// no other field is called leads to its field too.
func (s *Schema) AddFields(t *Type, fields []*Field) {
	at := slices.IndexFunc(t.Fields, func(f *Field) bool { return f.System })
	for i, f := range fields {
		for t.Canonical(f.Name) != "" {
			f.Name += "_custom"
		}
		t.Fields = slices.Insert(t.Fields, at+i, f)
		t.byName[f.Name] = f
		if f.Kind == Reference {
			t.links[f.Name] = &Relation{Name: f.Name, From: t, To: s.must(f.To), Via: ViaColumn, Field: f}
		}
		t.names = append(t.names, f.Name)
	}
	t.labels = map[string]string{}
	for _, f := range fields {
		label := text.Fold(f.Label)
		switch alias := text.FieldName(f.Label); {
		case alias != "" && t.known(alias) == "":
			f.Aliases = append(f.Aliases, alias)
		case t.known(alias) != f.Name && !text.IsPlainName(f.Label) && t.labels[label] == "":
			t.labels[label] = f.Name
		}
	}
	slices.Sort(t.names)
	t.keepLists()
}

// customField is the definition of a field that people have added. It is
// written by a tool of its own, which checks it as a whole.
func customField() *Type {
	return &Type{
		Name: "custom_field", Plural: "custom_fields", Code: 19, Prefix: "fld", Class: Setup, Title: "label", Names: []string{"key", "label"},
		Rights: onlyAdmins(),
		Short:  []string{"record_type", "key", "label", "kind", "is_required", "is_unique", "default_value", "description", "position"},
		Sorts:  []string{"position"}, Uniques: [][]string{{"record_type", "key"}}, Aliases: []string{"field"}, Defines: true,
		Fields: []*Field{
			{Name: "record_type", Kind: Code, ReadOnly: true},
			{Name: "key", Kind: Code, ReadOnly: true, Doc: "its name in filters, arguments and results"},
			{Name: "label", Kind: Text, ReadOnly: true},
			{Name: "kind", Kind: Enum, Options: CustomKinds(), ReadOnly: true},
			{Name: "options", Kind: JSONObject, ReadOnly: true},
			{Name: "is_required", Kind: Boolean, ReadOnly: true},
			{Name: "is_unique", Kind: Boolean, ReadOnly: true},
			{Name: "default_value", Kind: LongText, ReadOnly: true, Aliases: []string{"default"}, Doc: "what a new record gets, as it would be written"},
			{Name: "description", Kind: LongText, ReadOnly: true},
			{Name: "position", Kind: Integer, ReadOnly: true},
		},
		Doc: "a field that was added to a record type: define_field",
	}
}
