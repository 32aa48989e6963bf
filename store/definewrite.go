package store

import (
	"database/sql"
	"fmt"
	"slices"

	"github.com/crmcp/crmcp/schema"
)

// write writes the definition, and then what follows from it for the records.
func (d *fieldDraft) write() (*FieldDefined, error) {
	if err := d.checkDistinct(); err != nil {
		return nil, err
	}
	done := &FieldDefined{Warnings: d.warnings, Made: d.before == nil}
	r, err := d.writeRow(done)
	if err != nil {
		return nil, err
	}
	moved, err := d.place(r)
	if err != nil {
		return nil, err
	}
	done.Changed = done.Changed || moved
	if err := d.tx.settle(); err != nil {
		return nil, err
	}
	done.Type = d.tx.Schema().Type(d.Type.Name)
	done.Key = Key{d.tx.Schema().Type(r.Type.Name), r.ID}
	at := slices.IndexFunc(done.Type.Fields, func(f *schema.Field) bool { return f.Custom && f.ID == r.ID })
	if at < 0 {
		return nil, fmt.Errorf("store: %s is not in the schema", r.Key())
	}
	done.Field = done.Type.Fields[at]
	for _, c := range d.removed {
		done.Removed = append(done.Removed, c.Label)
		n, err := d.rewrite(done, c)
		if err != nil {
			return nil, err
		}
		done.Rewritten += n
	}
	return done, d.tx.settle()
}

func (d *fieldDraft) writeRow(done *FieldDefined) (r *Record, err error) {
	t := d.tx.Schema().Type("custom_field")
	if d.before != nil {
		r, done.Changed, err = d.tx.updateRecord(d.before, d.values)
		return r, err
	}
	done.Changed = true
	r = &Record{Type: t, Values: mergeValues(nil, d.values)}
	last, err := d.siblings(t, 0)
	if err != nil {
		return nil, err
	}
	r.Values["position"] = int64(len(last) + 1)
	return r, d.tx.insertRecord(r)
}

// checkDistinct refuses to make a field unique of which two records outside
// the trash have the same value.
func (d *fieldDraft) checkDistinct() error {
	if d.before == nil || d.Unique == nil || !*d.Unique || d.before.Bool("is_unique") {
		return nil
	}
	one, other, found, err := d.tx.twins(d.Type, d.field)
	if err != nil || !found {
		return err
	}
	keys := []Key{{d.Type, one}, {d.Type, other}}
	candidates, err := d.tx.candidates(keys)
	if err != nil {
		return err
	}
	message := fmt.Sprintf("%s cannot be unique: %s and %s have the same value; change one of them first", d.Key, d.tx.called(keys[0]), d.tx.called(keys[1]))
	return &schema.Error{Code: schema.Conflict, Message: message, Problems: schema.Problems{{Path: "is_unique", Message: message, Candidates: candidates}}}
}

// twins are two records outside the trash that have the same value of a custom
// field.
func (tx *Tx) twins(t *schema.Type, f *schema.Field) (one, other int64, found bool, err error) {
	column := "number"
	if keptAsText(f) {
		column = "folded"
	}
	condition, args := tx.mayRead(t, "t")
	found, err = tx.one(`SELECT min(t.id), max(t.id) FROM custom_value v JOIN `+t.Name+` t ON t.id = v.record_id WHERE v.type = ? AND v.field_id = ? AND v.`+column+
		` IS NOT NULL AND t.deleted_at IS NULL`+condition+` GROUP BY v.`+column+` HAVING count(*) > 1 LIMIT 1`, append([]any{t.Code, f.ID}, args...), &one, &other)
	return one, other, found, err
}

// siblings are the other custom fields of the type in their order.
func (d *fieldDraft) siblings(t *schema.Type, without int64) (list []*Record, err error) {
	columns, names := selectColumns(t, "t")
	err = d.tx.scan("SELECT "+names+" FROM "+t.Name+" t WHERE t.deleted_at IS NULL AND t.record_type = ? AND t.id <> ? ORDER BY t.position, t.id",
		[]any{d.Type.Name, without}, func(rows *sql.Rows) error {
			r, err := scanRecord(t, columns, rows)
			list = append(list, r)
			return err
		})
	return list, err
}

// place puts the field at its position and moves the others on.
func (d *fieldDraft) place(r *Record) (moved bool, err error) {
	if d.Position == nil {
		return false, nil
	}
	list, err := d.siblings(r.Type, r.ID)
	if err != nil {
		return false, err
	}
	list = slices.Insert(list, int(min(*d.Position-1, int64(len(list)))), r)
	for i, one := range list {
		_, changed, err := d.tx.updateRecord(one, map[string]any{"position": int64(i + 1)})
		if err != nil {
			return moved, err
		}
		moved = moved || changed
	}
	return moved, nil
}

// rewrite gives the records that have a removed option its replacement.
func (d *fieldDraft) rewrite(done *FieldDefined, removed schema.Choice) (int, error) {
	label, _ := d.replacement(removed)
	f := done.Field
	ids, err := d.tx.holders(done.Type, f.ID, &removed.ID)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		r, err := d.tx.get(Key{done.Type, id})
		if err != nil {
			return 0, err
		}
		if _, _, err := d.tx.updateRecord(r, map[string]any{f.Name: replaced(r.Values[f.Name], removed.Label, label)}); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// replaced is a value with one label in place of another; empty: without it.
func replaced(value any, old, label string) any {
	list, several := value.([]string)
	if !several {
		return emptyAsNil(label)
	}
	kept := []string{}
	for _, one := range list {
		if one == old {
			one = label
		}
		if one != "" && !slices.Contains(kept, one) {
			kept = append(kept, one)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// FieldHolders counts the records that have a value of a custom field, those
// in the trash too.
func (tx *Tx) FieldHolders(definition *Record) (n int64, err error) {
	t := tx.Schema().Type(definition.Text("record_type"))
	if t == nil {
		return 0, nil
	}
	_, err = tx.one(`SELECT count(*) FROM custom_value WHERE type = ? AND field_id = ? AND position = 0`, []any{t.Code, definition.ID}, &n)
	return n, err
}
