package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/crmcp/crmcp/schema"
)

// Custom fields are rows of the database, so the schema is too. A stamp in
// the file counts the changes of such rows; every transaction compares it with
// the one of the schema that this process has read, and so notices what
// another process, or a transaction before it, has defined.

// definitions is the schema as it was read at a stamp.
type definitions struct {
	stamp  string
	schema *schema.Schema
	hooks  []hook
}

// stateSQL reads the generation and the stamp of the definitions at once.
const stateSQL = `SELECT CAST(value AS INTEGER), coalesce((SELECT value FROM setting WHERE name = 'definitions'), '') FROM setting WHERE name = 'generation'`

// loadDefinitions gives the transaction the schema of a stamp.
func (tx *Tx) loadDefinitions(stamp string) error {
	known := tx.db.definitions.Load()
	if known.stamp == stamp {
		tx.schema, tx.hooks = known.schema, known.hooks
		return nil
	}
	tx.schema = schema.New()
	fresh, err := tx.readDefinitions(false)
	if err != nil {
		return err
	}
	tx.schema = fresh
	if tx.hooks, err = tx.readHooks(fresh); err != nil {
		return err
	}
	tx.db.definitions.Store(&definitions{stamp, fresh, tx.hooks})
	tx.db.wake()
	return nil
}

// readDefinitions builds the schema with the custom fields of the database,
// where it is asked for also with the deleted ones, whose values records keep.
func (tx *Tx) readDefinitions(deleted bool) (*schema.Schema, error) {
	s := schema.New()
	t := s.Type("custom_field")
	columns, list := selectColumns(t, "t")
	byType := map[string][]*schema.Field{}
	err := tx.scan("SELECT "+list+" FROM "+t.Name+" t WHERE t.deleted_at IS NULL OR ? ORDER BY t.position, t.id", []any{deleted}, func(rows *sql.Rows) error {
		r, err := scanRecord(t, columns, rows)
		if err != nil {
			return err
		}
		// A kind that this program does not know was defined by a newer one.
		if _, _, known := schema.CustomKind(r.Text("kind")); !known {
			return nil
		}
		f, err := fieldOf(r)
		if r.Has("deleted_at") {
			hide(f)
		}
		byType[r.Text("record_type")] = append(byType[r.Text("record_type")], f)
		return err
	})
	if err != nil {
		return nil, err
	}
	for name, fields := range byType {
		if of := s.Type(name); of != nil {
			s.AddFields(of, fields)
		}
	}
	return s, nil
}

// fieldOf is the field that a row defines.
func fieldOf(r *Record) (*schema.Field, error) {
	kind, to, ok := schema.CustomKind(r.Text("kind"))
	if !ok {
		return nil, fmt.Errorf("store: %s has the kind %q", r.Key(), r.Text("kind"))
	}
	choices, err := choicesOf(r)
	f := &schema.Field{Name: r.Text("key"), Kind: kind, To: to, Custom: true, ID: r.ID, Label: r.Text("label"), Doc: r.Text("description"),
		Default: r.Text("default_value"), Required: r.Bool("is_required"), Unique: r.Bool("is_unique"), Choices: choices}
	for _, c := range choices {
		if !c.Removed {
			f.Options = append(f.Options, c.Label)
		}
	}
	return f, err
}

// choicesOf are the options that a row defines, removed ones too.
func choicesOf(r *Record) ([]schema.Choice, error) { return choicesIn(r.Values["options"]) }

func choicesIn(value any) ([]schema.Choice, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var kept struct {
		List []schema.Choice `json:"list"`
	}
	err = json.Unmarshal(data, &kept)
	return kept.List, err
}

// DefaultValue is the default of a field as its values are shown: a truth
// value, a number, the label of an option or a list of them. A default of
// another kind, or one that is no value of the field any more, stays as it is
// written: "me" and "+3d" say another thing each time.
func DefaultValue(f *schema.Field, written string) any {
	switch f.Kind {
	case schema.Boolean, schema.Integer, schema.Number, schema.Money, schema.Enum, schema.MultiEnum:
		if value, err := (&schema.Reader{}).Parse(f, written); err == nil && value != nil {
			return value
		}
	}
	return written
}

// optionLabels shows what the history keeps of the options of a custom field:
// the labels of those that can be chosen, with their colours.
func optionLabels(value any) any {
	choices, err := choicesIn(value)
	if err != nil || value == nil {
		return value
	}
	labels := []string{}
	for _, c := range choices {
		switch {
		case c.Removed:
		case c.Color != "":
			labels = append(labels, c.Label+" ("+c.Color+")")
		default:
			labels = append(labels, c.Label)
		}
	}
	return labels
}

// keptChoices are options as the row keeps them.
func keptChoices(choices []schema.Choice) any {
	if len(choices) == 0 {
		return nil
	}
	list := make([]any, len(choices))
	for i, c := range choices {
		one := map[string]any{"id": json.Number(fmt.Sprint(c.ID)), "label": c.Label}
		if c.Color != "" {
			one["color"] = c.Color
		}
		if c.Removed {
			one["removed"] = true
		}
		list[i] = one
	}
	return map[string]any{"list": list}
}

// noteDefinition notes that a row of the schema was written; what finds the records
// that hold such a field changes with its being there and being unique.
func (tx *Tx) noteDefinition(key Key, after map[string]any) {
	if !key.Type.Defines && !key.Type.Sends {
		return
	}
	if tx.redefined == nil {
		tx.redefined = map[Key]bool{}
	}
	if key.Type.Sends {
		tx.redefined[key] = false
		return
	}
	_, hidden := after["deleted_at"]
	_, unique := after["is_unique"]
	tx.redefined[key] = tx.redefined[key] || hidden || unique
}

// redefine reads the schema again after rows of it were written, and counts
// the stamp up, so that everybody else does too.
func (tx *Tx) redefine() error {
	changed := tx.redefined
	tx.redefined = nil
	if slices.ContainsFunc(slices.Collect(maps.Keys(changed)), func(key Key) bool { return key.Type.Sends }) {
		if err := tx.MaySend(); err != nil {
			return err
		}
		tx.queued = true
	}
	err := tx.exec(`INSERT INTO setting (name, value) VALUES ('definitions', '1') ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)`)
	if err != nil {
		return err
	}
	fresh, err := tx.readDefinitions(false)
	if err != nil {
		return err
	}
	tx.adopt(fresh)
	if tx.hooks, err = tx.readHooks(fresh); err != nil {
		return err
	}
	for _, key := range slices.SortedFunc(maps.Keys(changed), func(a, b Key) int { return int(a.ID - b.ID) }) {
		if !changed[key] {
			continue
		}
		if err := tx.touchHolders(key); err != nil {
			return err
		}
	}
	return nil
}

// adopt goes on with another schema: what the transaction has noted under the
// types of the old one is noted under those of the new.
func (tx *Tx) adopt(fresh *schema.Schema) {
	tx.schema = fresh
	renew := func(key Key) Key { return Key{fresh.Type(key.Type.Name), key.ID} }
	old := tx.dirty
	tx.dirty = dirtySet{}
	for _, key := range old.order {
		tx.touchKey(renew(key), old.aspects[key])
	}
	counted := tx.change.counted
	tx.change.counted = nil
	for key := range counted {
		tx.change.mark(renew(key))
	}
	for i := range tx.change.rows {
		row := &tx.change.rows[i]
		for _, key := range []*Key{&row.key, &row.subject, &row.object} {
			if key.Type != nil {
				*key = renew(*key)
			}
		}
	}
	joins := tx.joins
	tx.joins = map[Key]join{}
	for key, n := range joins {
		tx.joins[renew(key)] = n
	}
	tx.setup = map[Key]*Record{}
	if tx.company != nil {
		tx.company.Type = fresh.Type(tx.company.Type.Name)
	}
}

// touchHolders has the words and identifiers of all records made anew that
// hold a field of words.
func (tx *Tx) touchHolders(definition Key) error {
	r, err := tx.get(definition)
	if err != nil {
		return err
	}
	f, err := fieldOf(r)
	t := tx.schema.Type(r.Text("record_type"))
	if err != nil || t == nil || !f.Kind.IsText() {
		return err
	}
	ids, err := tx.holders(t, f.ID, nil)
	for _, id := range ids {
		tx.touchKey(Key{t, id}, words)
	}
	return err
}

// holders are the records that hold a value of a custom field, in the trash or
// not; where an option is given, those that hold it.
func (tx *Tx) holders(t *schema.Type, field int64, option *int64) ([]int64, error) {
	query, args := `SELECT DISTINCT record_id FROM custom_value WHERE type = ? AND field_id = ?`, []any{t.Code, field}
	if option != nil {
		query, args = query+` AND number = ?`, append(args, *option)
	}
	return tx.ids64(sqlText(query+` ORDER BY record_id`, args...))
}
