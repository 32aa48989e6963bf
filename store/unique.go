package store

import (
	"fmt"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// explainUnique turns the engine's refusal of a second value into a conflict
// that names the record which has it.
func (tx *Tx) explainUnique(r *Record, err error) error {
	if !isUnique(err) {
		return err
	}
	f := refusedField(r, err)
	if f == nil {
		tx.failed = err
		return schema.Errorf(schema.Conflict, "another %s has the same unique values", r.Type.Name)
	}
	value := fmt.Sprintf("%s %v", f.Name, r.Values[f.Name])
	holder := tx.holder(r, f)
	tx.failed = err
	if holder == "" {
		return schema.Errorf(schema.Conflict, "another %s has the same unique value: %s", r.Type.Name, value)
	}
	return schema.Errorf(schema.Conflict, "%s has the same unique value: %s; change or delete that one first, or merge them", holder, value)
}

// refusedField is the field whose value another record has; nil where the
// engine does not tell.
func refusedField(r *Record, err error) *schema.Field {
	for _, f := range r.Type.Columns() {
		if r.Values[f.Name] != nil && strings.Contains(err.Error(), r.Type.Name+"."+filterColumn(f)) {
			return f
		}
	}
	if f := r.Type.Field("external_id"); f != nil && r.Has("external_id") {
		return f
	}
	return nil
}

// holder names the other record that has a field's value. The engine has taken
// back the refused statement alone, so the transaction can still be read.
func (tx *Tx) holder(r *Record, f *schema.Field) string {
	tx.failed = nil
	// The folded form, of fields that have one, is the second column.
	columns := columnsOf(f)
	value, err := columns[min(1, len(columns)-1)].value(r.Values[f.Name])
	if err != nil {
		return ""
	}
	var id int64
	condition, args := tx.mayRead(r.Type, "t")
	found, err := tx.one("SELECT t.id FROM "+r.Type.Name+" t WHERE t."+filterColumn(f)+" = ? AND t.id <> ? AND t.deleted_at IS NULL"+condition,
		append([]any{value, r.ID}, args...), &id)
	if err != nil || !found {
		return ""
	}
	return tx.called(Key{r.Type, id})
}
