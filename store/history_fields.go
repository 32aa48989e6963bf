package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// The history tells of the values of custom fields by name, records keep them
// by number, and a name may be given again when its field is deleted. A value
// that is written while its field is deleted, which only an undo does, stands
// in the history under the field's number.

// numberMark begins such a name.
const numberMark = "#"

// numberName is the name of a custom field that nobody can have taken.
func numberName(field int64) string { return numberMark + itoa(field) }

// naming is from which row of the history on a name of a custom field meant a
// field; 0: none.
type naming struct{ change, seq, field int64 }

// namings tell which custom field a name meant when, by type and name, and
// what the options of each field have been called, by its number.
type namings struct {
	meanings map[string][]naming
	names    map[int64]string
	labels   map[int64][]string
}

// readNamings reads from the history when custom fields were defined, deleted
// and brought back.
func (tx *Tx) readNamings() (*namings, error) {
	n := &namings{map[string][]naming{}, map[int64]string{}, map[int64][]string{}}
	defining := slices.IndexFunc(tx.Schema().Types, func(t *schema.Type) bool { return t.Defines })
	if defining < 0 {
		return n, nil
	}
	code := tx.Schema().Types[defining].Code
	query := `SELECT change_id, seq, type, record_id, action, before, after FROM change_row WHERE subject_type = ? AND type = ? ORDER BY change_id, seq`
	err := tx.scan(query, []any{code, code}, func(rows *sql.Rows) error {
		row, err := scanLogRow(rows)
		if err == nil {
			n.add(row)
		}
		return err
	})
	return n, err
}

// add follows a row of the history of a definition. Of a row that cannot be
// read the checksum of its change set tells.
func (n *namings) add(row logRow) {
	var state struct {
		RecordType string          `json:"record_type"`
		Key        string          `json:"key"`
		Deleted    json.RawMessage `json:"deleted_at"`
		Options    struct {
			List []schema.Choice `json:"list"`
		} `json:"options"`
	}
	if len(row.after) > 0 && json.Unmarshal(row.after, &state) != nil {
		return
	}
	for _, c := range state.Options.List {
		n.labels[row.id] = append(n.labels[row.id], c.Label)
	}
	if row.action == "insert" {
		n.names[row.id] = state.RecordType + "." + state.Key
	}
	name, field := n.names[row.id], row.id
	if isGiven(state.Deleted) {
		field = 0
	} else if row.action != "insert" && state.Deleted == nil {
		return
	}
	n.meanings[name] = append(n.meanings[name], naming{row.change, row.seq, field})
}

// meant is the number of the custom field of a type that a name meant when a
// row of the history was written; 0: none.
func (n *namings) meant(t *schema.Type, name string, change, seq int64) (field int64) {
	if number, ok := strings.CutPrefix(name, numberMark); ok {
		field, _ = strconv.ParseInt(number, 10, 64)
		return field
	}
	for _, key := range []string{name, strings.TrimSuffix(name, "_custom")} {
		for _, one := range n.meanings[t.Name+"."+key] {
			if one.change < change || one.change == change && one.seq <= seq {
				field = one.field
			}
		}
		if field != 0 {
			return field
		}
	}
	return 0
}

// past is the schema with the deleted custom fields, of whose values the
// history tells too, and what the names of all of them meant when.
type past struct {
	schema *schema.Schema
	fields map[int64]*schema.Field
	named  *namings
}

func (tx *Tx) readPast() (*past, error) {
	whole, err := tx.readDefinitions(true)
	if err != nil {
		return nil, err
	}
	p := &past{schema: whole, fields: map[int64]*schema.Field{}}
	for _, t := range whole.Types {
		for _, f := range t.Fields {
			if f.Custom {
				p.fields[f.ID] = f
			}
		}
	}
	p.named, err = tx.readNamings()
	return p, err
}

// hide makes a custom field a deleted one: its values are neither shown nor
// found, and its name leaves that of others free.
func hide(f *schema.Field) {
	f.Label, f.Name, f.WriteOnly = f.Name, numberName(f.ID), true
}

func isHidden(f *schema.Field) bool { return f.Custom && strings.HasPrefix(f.Name, numberMark) }

// knownName is the name of a field for people: a deleted one is called as it
// was, with its number where another field of the type has its name.
func knownName(t *schema.Type, f *schema.Field) string {
	if !isHidden(f) {
		return f.Name
	}
	taken := func(other *schema.Field) bool {
		return other != f && (other.Name == f.Label || isHidden(other) && other.Label == f.Label)
	}
	if slices.ContainsFunc(t.Fields, taken) {
		return fmt.Sprintf("%s (fld_%d)", f.Label, f.ID)
	}
	return f.Label
}

// renamed gives the values of a row of the history under the names that their
// fields have in the past's schema.
func (p *past) renamed(t *schema.Type, values map[string]json.RawMessage, change, seq int64) map[string]json.RawMessage {
	if values == nil {
		return nil
	}
	list := make(map[string]json.RawMessage, len(values))
	for name, value := range values {
		if f := p.fields[p.meant(t, name, change, seq)]; f != nil {
			name = f.Name
		}
		list[name] = value
	}
	return list
}

// meant is the number of the custom field that a name meant; 0 for a built-in one.
func (p *past) meant(t *schema.Type, name string, change, seq int64) int64 {
	if isBuiltIn(t, name) {
		return 0
	}
	return p.named.meant(t, name, change, seq)
}

func isBuiltIn(t *schema.Type, name string) bool {
	f := t.Field(name)
	return f != nil && !f.Custom
}

// definition shows a value of the definition of a custom field: options by
// their labels, a default as a value of the field, by labels of its time.
func (p *past) definition(id int64, name string, value any) any {
	written, isText := value.(string)
	switch f := p.fields[id]; {
	case name == "options":
		return optionLabels(value)
	case name == "default_value" && isText && f != nil:
		ever := *f
		ever.Options = slices.Concat(f.Options, p.named.labels[id])
		return DefaultValue(&ever, written)
	}
	return value
}
