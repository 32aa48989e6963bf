package store

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// FieldDefinition says how a custom field is made, or changed where it is
// there: the one of ID, or the one of Type with the key. Nil parts stay as they are.
type FieldDefinition struct {
	ID   int64
	Type *schema.Type
	// Key is the field's name; empty: made of the label.
	Key, Label, Kind string
	// Options are all labels of a select in their order; options that are
	// missing are removed. Empty: as they are.
	Options []string
	// Colors, Rename and Replace are pairs of labels and colours, of old and
	// new labels, of removed options and what takes their place in records
	// (empty: nothing does).
	Colors, Rename, Replace [][2]string
	Required, Unique        *bool
	// Default is what new records get, as it would be written; empty: nothing.
	Default, Description *string
	// Position is the place among the type's custom fields, from 1.
	Position *int64
	// Taken are further names that a key must not have, Problems what was
	// found wrong before; all is reported together.
	Taken    []string
	Problems schema.Problems
}

// FieldDefined is a custom field as it stands after its definition.
type FieldDefined struct {
	Key   Key
	Type  *schema.Type
	Field *schema.Field
	// Made: the field is new. Changed: something is different from before.
	Made, Changed bool
	// Removed are the labels of removed options, Rewritten how many records
	// had one of them.
	Removed   []string
	Rewritten int
	Warnings  []string
}

// fieldDraft is a definition on its way to being written.
type fieldDraft struct {
	FieldDefinition
	tx       *Tx
	before   *Record // nil for a new field
	problems *schema.Problems
	values   map[string]any
	field    *schema.Field // as it will stand
	choices  []schema.Choice
	removed  []schema.Choice
	warnings []string
	// unclear: the kind or the options are wrong, so that nothing can be said
	// of what follows from them.
	unclear bool
}

const maxKeyLength = 64

// DefineField makes or changes a custom field. Its record type, key and kind
// stay what they are. All problems are reported at once, and nothing is
// written then; values that are no longer unique are a conflict.
func (tx *Tx) DefineField(definition FieldDefinition) (*FieldDefined, error) {
	problems := slices.Clone(definition.Problems)
	d := &fieldDraft{FieldDefinition: definition, tx: tx, problems: &problems, values: map[string]any{}}
	if err := d.find(); err != nil {
		return nil, err
	}
	d.name()
	d.chooseKind()
	if err := d.chooseOptions(); err != nil {
		return nil, err
	}
	d.flags()
	d.chooseDefault()
	if err := d.problems.Err(); err != nil {
		return nil, err
	}
	return d.write()
}

// find reads the field that is to be changed, if it is there.
func (d *fieldDraft) find() error {
	derived := d.Key == ""
	if derived {
		d.Key = d.Label
	}
	d.Key = text.FieldName(d.Key)
	if d.ID == 0 && d.Type != nil && d.Key != "" {
		_, err := d.tx.one(`SELECT id FROM custom_field WHERE record_type = ? AND key = ? AND deleted_at IS NULL`, []any{d.Type.Name, d.Key}, &d.ID)
		if err != nil {
			return err
		}
	} else {
		derived = false
	}
	if d.ID == 0 {
		return nil
	}
	before, err := d.tx.Live(d.tx.Schema().Type("custom_field"), d.ID)
	if err != nil {
		return err
	}
	if label, _ := text.Clean(d.Label); derived && text.Fold(label) != text.Fold(before.Text("label")) {
		d.refuseTakeover(before, label)
		return nil
	}
	d.before = before
	of := d.tx.Schema().Type(d.before.Text("record_type"))
	if d.Type != nil && of != d.Type {
		d.problems.Add("record_type", "record_type cannot change: %s is a field of %s; make another one for %s", d.before.Key(), of.Name, d.Type.Name)
	}
	d.Type, d.Key = of, d.before.Text("key")
	return nil
}

// refuseTakeover reports a label whose key is that of a field with another
// label, and goes on as if the field were a new one.
func (d *fieldDraft) refuseTakeover(other *Record, label string) {
	key := d.Key
	for n := 2; d.Type.Canonical(d.Key) != ""; n++ {
		d.Key = fmt.Sprintf("%s_%d", key, n)
	}
	d.ID = 0
	*d.problems = append(*d.problems, schema.Problem{Path: "key", DidYouMean: d.Key,
		Message: fmt.Sprintf("%q makes the key %s, which is that of %s %q: send key %q to make another field, or key %q to change that one",
			label, key, other.Key(), other.Title(), d.Key, key)})
}

// name checks the key and label of a new field, or the label of an old one.
func (d *fieldDraft) name() {
	label, _ := text.Clean(d.Label)
	if utf8.RuneCountInString(label) > 255 {
		d.problems.Add("label", "label has %d characters; at most 255 fit", utf8.RuneCountInString(label))
	}
	switch {
	case d.before != nil:
	case d.Type == nil:
		d.problems.Add("record_type", "record_type is needed: the type whose records get the field, such as organization")
		return
	case d.Type.Class != schema.Record:
		d.noFields()
		return
	default:
		d.checkKey()
		d.values["record_type"], d.values["key"] = d.Type.Name, d.Key
		if label == "" {
			label = labelOfKey(d.Key)
		}
	}
	if label != "" {
		d.values["label"] = label
		d.checkLabel(label)
	}
}

// checkLabel refuses the label of another custom field: nobody could tell which
// of the two it means.
func (d *fieldDraft) checkLabel(label string) {
	if d.before != nil && text.Fold(d.before.Text("label")) == text.Fold(label) {
		return
	}
	for _, f := range d.Type.Fields {
		if f.Custom && f.ID != d.ID && text.Fold(f.Label) == text.Fold(label) {
			d.problems.Add("label", "%s is called %q already: choose another label", f.Name, f.Label)
		}
	}
}

// labelOfKey is what a field is called whose label was not given: "Debtor code".
func labelOfKey(key string) string {
	first, size := utf8.DecodeRuneInString(key)
	return string(unicode.ToUpper(first)) + strings.ReplaceAll(key[size:], "_", " ")
}

// noFields reports a type that has no custom fields.
func (d *fieldDraft) noFields() {
	var names []string
	for _, t := range d.tx.Schema().OfClass(schema.Record) {
		names = append(names, t.Name)
	}
	*d.problems = append(*d.problems, schema.Problem{Path: "record_type", Allowed: names,
		Message: fmt.Sprintf("a %s has no custom fields: use %s", d.Type.Name, orList(names))})
}

// fieldWords are names of built-in fields of some types that general code
// asks every type for.
var fieldWords = []string{"avatar", "avatar_url", "author", "content", "custom", "email", "emails", "filter", "is_detached", "is_primary", "is_private",
	"linkedin_url", "mime_type", "phone", "phones", "pipeline", "position", "quantity", "role", "sha256", "stage", "website", "websites"}

// checkKey refuses a key that means something else already.
func (d *fieldDraft) checkKey() {
	first, _ := utf8.DecodeRuneInString(d.Key)
	builtIn := schema.New().Type(d.Type.Name)
	switch found := builtIn.Canonical(d.Key); {
	case d.Key == "":
		d.problems.Add("key", "key or label is needed: what the field is called, such as tier")
	case len(d.Key) > maxKeyLength || !unicode.IsLetter(first):
		d.problems.Add("key", "key must begin with a letter and have at most %d bytes, not %q", maxKeyLength, text.Truncate(d.Key, 80))
	case found == d.Key:
		d.problems.Add("key", "key cannot be %q: %s has a built-in field of that name; use that, or another key", d.Key, d.Type.Name)
	case found != "":
		d.problems.Add("key", "key cannot be %q: it is another name of the built-in field %s of %s; use that, or another key", d.Key, found, d.Type.Name)
	case slices.Contains(d.Taken, d.Key):
		d.problems.Add("key", "key cannot be %q: tools have an argument of that name; use another, such as %s_%s", d.Key, d.Type.Name, d.Key)
	case readsLike(builtIn, d.Key) != "":
		d.problems.Add("key", "key cannot be %[1]q: it reads like the built-in %[3]s of %[2]s; use that, or another key such as %[2]s_%[1]s", d.Key, d.Type.Name, readsLike(builtIn, d.Key))
	case slices.Contains(fieldWords, d.Key) || d.isFilterWord():
		d.problems.Add("key", "key cannot be %q: the word has a meaning of its own; use another, such as %s_%s", d.Key, d.Type.Name, d.Key)
	}
}

// readsLike is the built-in field or relation that a key shortens (created of
// created_at, tag of tags); empty: none.
func readsLike(t *schema.Type, key string) string {
	for _, ending := range []string{"s", "_at", "_on"} {
		if found := t.Canonical(key + ending); found != "" && strings.HasPrefix(found, key) {
			return found
		}
	}
	return ""
}

// isFilterWord says whether a filter reads the key as something else: one of
// its words, a person or a date.
func (d *fieldDraft) isFilterWord() bool {
	_, _, isPeriod := filter.Period(d.tx.clock, d.Key)
	_, _, isMoment := d.tx.clock.Moment(d.Key)
	return isPeriod || isMoment || filter.IsReserved(d.Key) || slices.Contains([]string{"me", "any", "all", "some", "none", "empty", "true", "false"}, d.Key)
}

// chooseKind sets the kind of a new field.
func (d *fieldDraft) chooseKind() {
	if d.before != nil {
		d.field, _ = fieldOf(d.before)
		if d.Kind != "" && d.Kind != d.before.Text("kind") {
			d.problems.Add("kind", "kind cannot change: %s is a %s; make another field", d.Key, d.before.Text("kind"))
		}
		return
	}
	kind, to, ok := schema.CustomKind(d.Kind)
	d.field = &schema.Field{Name: d.Key, Kind: kind, To: to, Custom: true}
	if ok {
		d.values["kind"] = d.Kind
		d.warnHidden()
		return
	}
	d.unclear = true
	if !d.reported("kind") {
		*d.problems = append(*d.problems, schema.Problem{Path: "kind", Allowed: schema.CustomKinds(), DidYouMean: text.Nearest(d.Kind, schema.CustomKinds()),
			Message: "kind must be one of " + strings.Join(schema.CustomKinds(), ", ")})
	}
}

// warnHidden tells of a deleted field of the same key, which keeps its values.
func (d *fieldDraft) warnHidden() {
	if d.Type == nil {
		return
	}
	var id int64
	found, err := d.tx.one(`SELECT id FROM custom_field WHERE record_type = ? AND key = ? AND deleted_at IS NOT NULL ORDER BY id DESC LIMIT 1`,
		[]any{d.Type.Name, d.Key}, &id)
	if err == nil && found {
		d.warnings = append(d.warnings, fmt.Sprintf("the deleted field fld_%d had the same key; its values stay with it and are not those of the new field", id))
	}
}

// flags sets what is said of required, unique, description and position.
func (d *fieldDraft) flags() {
	if d.Required != nil {
		d.values["is_required"] = *d.Required
		d.field.Required = *d.Required
	}
	if d.Unique != nil {
		d.values["is_unique"] = *d.Unique
		d.field.Unique = *d.Unique
		if *d.Unique && !canBeUnique(d.field) {
			d.problems.Add("is_unique", "a %s cannot be unique", d.field.KindName())
		}
	}
	if d.Description != nil {
		clean, _ := text.CleanLong(*d.Description)
		d.values["description"] = emptyAsNil(clean)
	}
	if d.Position != nil && *d.Position < 1 {
		d.problems.Add("position", "position counts from 1")
	}
}

func emptyAsNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// canBeUnique tells the kinds of which each record can have another value.
func canBeUnique(f *schema.Field) bool {
	switch f.Kind {
	case schema.LongText, schema.Boolean, schema.DateRange, schema.DateTimeRange, schema.Enum, schema.MultiEnum:
		return false
	}
	return true
}

// chooseDefault checks that a default is a value of the field.
func (d *fieldDraft) chooseDefault() {
	if d.Default == nil || d.unclear {
		return
	}
	d.values["default_value"] = emptyAsNil(strings.TrimSpace(*d.Default))
	value, err := d.tx.Reader(false).Parse(d.field, *d.Default)
	if err != nil {
		*d.problems = append(*d.problems, schema.Problem{Path: "default", Message: "default " + err.Error(), Allowed: d.field.Options})
		return
	}
	if name, ok := value.(string); ok && d.tx.referable(d.field) != nil {
		d.tx.Resolve("default", name, d.tx.referable(d.field), Scope{}, d.problems)
	}
	if value != nil && d.field.Unique {
		d.problems.Add("default", "a unique field has no default: two new records would share it")
	}
}

// definitionRules keeps general writes away from definitions, which are
// checked as a whole.
func (tx *Tx) definitionRules(d *draft) {
	d.problems.Add("", "a custom field is made and changed with define_field")
}
