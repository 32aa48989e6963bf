package store

import (
	"errors"
	"fmt"
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// WriteOptions say how a record is written.
type WriteOptions struct {
	// Importing keeps doubtful values with a warning and gives no owner.
	Importing bool
	// ExpectedVersion refuses an update of a record that has changed since; 0: any.
	ExpectedVersion int64
	// Replace clears the settable fields that are not given; never links,
	// details, notes or external ids.
	Replace bool
	// OverrideIntegration allows changing contact details that another system keeps.
	OverrideIntegration bool
	// Role and Title are of the membership that a contact's organization makes.
	Role, Title string
	// Problems were found before; all are reported together.
	Problems schema.Problems
}

// Written is what a write did.
type Written struct {
	Record   *Record
	Warnings []string
	// Removed names what a new list took away ("con_7 Jane Doe").
	Removed []string
	Changed bool
	// Relinked are the relations over which links were added or taken away.
	Relinked []string
	// Defaulted are the custom fields that a new record got its default for.
	Defaulted []string
	// Next is the task that completing a recurring one made.
	Next *Record
}

// draft is a record on its way to being written.
type draft struct {
	typ      *schema.Type
	before   *Record // nil for a new one
	in       *schema.Input
	options  WriteOptions
	values   map[string]any // what is to be written; nil empties
	links    map[string][]Key
	lines    []lineDraft
	problems *schema.Problems
	warnings []string
	removed  []string
	// defaulted are the custom fields that got their defaults.
	defaulted []string
	changed   bool
	next      *Record
}

// get is a value as it will stand.
func (d *draft) get(name string) any {
	if value, given := d.values[name]; given {
		return value
	}
	if d.before != nil {
		return d.before.Values[name]
	}
	return nil
}

// given says whether the caller set a field, to whatever value.
func (d *draft) given(name string) bool {
	_, ok := d.in.Values[name]
	return ok
}

// Reader reads a caller's values against this transaction's clock and company.
func (tx *Tx) Reader(importing bool) *schema.Reader {
	return &schema.Reader{Clock: tx.clock, Country: tx.company.Text("country"), Importing: importing}
}

// Create writes a new record with its links, details and lines. Nothing is
// written where there is any problem.
func (tx *Tx) Create(in *schema.Input, o WriteOptions) (*Written, error) {
	d, r, err := tx.create(in, o)
	if err != nil {
		return nil, err
	}
	return tx.complete(d, r)
}

// create writes the row of a new record.
func (tx *Tx) create(in *schema.Input, o WriteOptions) (*draft, *Record, error) {
	d := tx.draft(in, nil, o)
	tx.defaults(d)
	tx.applyRules(d)
	tx.checkRequired(d)
	if err := d.problems.Err(); err != nil {
		return nil, nil, err
	}
	r := &Record{Type: in.Type, Values: mergeValues(nil, tx.ownValues(d))}
	if o.Importing {
		r.Values["imported_at"] = tx.now()
	}
	d.changed = true
	seen := tx.foresee(d, r)
	err := tx.insertRecord(r)
	if seen != 0 {
		tx.foreseen[r.Key()] = seen
	}
	return d, r, err
}

// Update writes what is given of a record and leaves the rest.
func (tx *Tx) Update(key Key, in *schema.Input, o WriteOptions) (*Written, error) {
	before, err := tx.Live(key.Type, key.ID)
	if err != nil {
		return nil, err
	}
	if err := tx.checkVersion(before, o.ExpectedVersion); err != nil {
		return nil, err
	}
	d := tx.draft(in, before, o)
	if o.Replace {
		clearRest(d)
	}
	tx.resetCleared(d)
	tx.applyRules(d)
	tx.checkRequired(d)
	if err := d.problems.Err(); err != nil {
		return nil, err
	}
	after, changed, err := tx.updateRecord(before, tx.ownValues(d))
	if err != nil {
		return nil, err
	}
	d.changed = changed
	d.removed = append(d.removed, droppedOptions(before, after)...)
	return tx.complete(d, after)
}

// complete writes what belongs to a record once its row stands, and reads it back.
func (tx *Tx) complete(d *draft, r *Record) (*Written, error) {
	for _, step := range []func(*draft, *Record) error{tx.writeParts, tx.writeLinks, tx.writeDetails, tx.writeLines, tx.runAfter} {
		if err := step(d, r); err != nil {
			return nil, err
		}
	}
	fresh, err := tx.settleRecord(r.Key())
	if err == nil && (fresh == nil || d.before != nil || !d.options.Importing) {
		fresh, err = tx.get(r.Key())
	}
	if err != nil {
		return nil, err
	}
	return &Written{Record: fresh, Warnings: append(d.in.Warnings, d.warnings...), Removed: d.removed, Changed: d.changed, Defaulted: d.defaulted, Next: d.next}, nil
}

// draft resolves every reference of an input.
func (tx *Tx) draft(in *schema.Input, before *Record, o WriteOptions) *draft {
	problems := slices.Clone(o.Problems)
	d := &draft{typ: in.Type, before: before, in: in, options: o, values: map[string]any{}, links: map[string][]Key{}, problems: &problems}
	scope := tx.stageScope(d)
	for _, f := range in.Type.Fields {
		value, given := in.Values[f.Name]
		if !given {
			continue
		}
		if name, ok := value.(string); ok && tx.referable(f) != nil {
			key, found := tx.Resolve(f.Name, name, tx.referable(f), scope, d.problems)
			if !found {
				continue
			}
			value = referenceTo(f, key)
		}
		d.values[f.Name] = value
	}
	for _, relation := range in.Type.Relations {
		if names, given := in.Links[relation.Name]; given && (in.Lines == nil || !hasLines(relation)) {
			d.links[relation.Name] = tx.resolveLinks(d, relation, names)
		}
	}
	tx.draftLines(d)
	return d
}

// referable are the types that a field can point to; none where it is no reference.
func (tx *Tx) referable(f *schema.Field) []*schema.Type {
	switch f.Kind {
	case schema.Reference:
		return []*schema.Type{tx.Schema().Type(f.To)}
	case schema.AnyRecord:
		return tx.Schema().OfClass(schema.Record)
	}
	return nil
}

// referenceTo is the value of a field that points to a record.
func referenceTo(f *schema.Field, key Key) any {
	if f.Kind == schema.AnyRecord {
		return key.String()
	}
	return key.ID
}

// hasLines says whether a relation leads through lines, which are written with
// their quantities and prices.
func hasLines(r *schema.Relation) bool { return r.Middle != nil && r.Middle.Field("quantity") != nil }

// stageScope is the pipeline in which a stage's name is sought: the one
// given, else the record's own.
func (tx *Tx) stageScope(d *draft) Scope {
	if d.typ.Field("pipeline") == nil {
		return Scope{}
	}
	if name, ok := d.in.Values["pipeline"].(string); ok {
		var problems schema.Problems
		key, _ := tx.Resolve("pipeline", name, []*schema.Type{tx.Schema().Type("pipeline")}, Scope{}, &problems)
		return Scope{Pipeline: key.ID}
	}
	if d.before != nil {
		return Scope{Pipeline: d.before.Int("pipeline")}
	}
	return Scope{}
}

// resolveLinks finds the records that a list names. Tags alone are made on use.
func (tx *Tx) resolveLinks(d *draft, relation *schema.Relation, names []string) []Key {
	keys := []Key{}
	for i, name := range names {
		path := relation.Name
		if len(names) > 1 {
			path = fmt.Sprintf("%s[%d]", relation.Name, i)
		}
		key, ok := tx.resolveOrMake(d, relation, path, name)
		if ok && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

func (tx *Tx) resolveOrMake(d *draft, relation *schema.Relation, path, name string) (Key, bool) {
	if relation.To.Name != madeOnUse {
		return tx.Resolve(path, name, []*schema.Type{relation.To}, Scope{}, d.problems)
	}
	clean, removed := text.Clean(name)
	key, warning, err := tx.tag(clean, d.typ.Private && d.get(privately) == true)
	var known *schema.Error
	switch {
	case errors.As(err, &known):
		d.problems.Add(path, "%s: %s", path, known.Message)
	case err != nil:
		d.problems.Add(path, "%s: could not be looked up: try again", path)
	}
	if removed {
		d.warnings = append(d.warnings, path+": invisible or control characters were removed")
	}
	if warning != "" {
		d.warnings = append(d.warnings, warning)
	}
	return key, err == nil
}

// resetCleared gives a built-in field that has a default this instead of
// nothing: no task is without a status, and no amount without a currency.
func (tx *Tx) resetCleared(d *draft) {
	for _, f := range d.typ.Fields {
		if value, given := d.values[f.Name]; !given || value != nil || f.Custom || f.Default == "" {
			continue
		}
		tx.fillDefault(d, f, tx.Reader(true))
		d.warnings = append(d.warnings, fmt.Sprintf("%s cannot be empty and has its default again", f.Name))
	}
}

// clearRest empties the settable fields that were not given; custom ones stay,
// as each is written for itself.
func clearRest(d *draft) {
	for _, f := range d.typ.Fields {
		_, given := d.values[f.Name]
		plain := f.Default == "" && f.Kept == "" && !f.System && !f.Required && !f.Always && f.Kind != schema.Reference
		if !given && plain && f.Stored() && f.Settable(false) {
			d.values[f.Name] = nil
			if !f.Custom && d.before.Has(f.Name) {
				d.removed = append(d.removed, f.Name)
			}
		}
	}
}

// ownValues are the values of a draft that the record itself holds; metadata merges its
// top-level keys.
func (tx *Tx) ownValues(d *draft) map[string]any {
	values := map[string]any{}
	for name, value := range d.values {
		f := d.typ.Field(name)
		if !f.Held() || f.Kept != "" {
			continue
		}
		values[name] = value
	}
	if given, ok := d.values["metadata"].(map[string]any); ok {
		values["metadata"] = mergeMetadata(d.before, given)
	}
	return values
}

func mergeMetadata(before *Record, given map[string]any) any {
	var old map[string]any
	if before != nil {
		old, _ = before.Values["metadata"].(map[string]any)
	}
	merged := mergeValues(old, given)
	if len(merged) == 0 {
		return nil
	}
	return merged
}
