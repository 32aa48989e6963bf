package store

import (
	"cmp"
	"database/sql"
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// Detail is one contact detail as it stands.
type Detail struct {
	ID                 int64
	Kind, Label, Value string
	Primary            bool
	// Integration marks a detail that another system keeps.
	Integration bool
}

// writeDetails makes the contact details that were given: email, phone and
// website set the primary one; emails, phones and websites are the whole list.
func (tx *Tx) writeDetails(d *draft, r *Record) error {
	for _, kind := range schema.DetailKinds {
		if d.typ.Field(kind) == nil {
			return nil
		}
		list, whole := d.values[kind+"s"].([]schema.Detail)
		if _, given := d.values[kind+"s"]; given && d.values[kind+"s"] == nil {
			list, whole = []schema.Detail{}, true
		}
		primary, one := d.values[kind]
		if d.typ.Field(kind).Kept == "" || !whole && !one {
			continue
		}
		if err := tx.writeKind(d, r, kind, list, whole, primary, one); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) writeKind(d *draft, r *Record, kind string, list []schema.Detail, whole bool, primary any, one bool) error {
	value, _ := primary.(string)
	if whole {
		if one && value != "" {
			list = slices.DeleteFunc(list, func(item schema.Detail) bool { return text.Fold(item.Value) == text.Fold(value) })
			list = slices.Insert(list, 0, schema.Detail{Label: "general", Value: value})
		}
		return tx.replaceDetails(d, r, kind, list)
	}
	return tx.writePrimary(d, r, kind, value)
}

// replaceDetails makes the list the whole of a kind; what an integration
// keeps stays.
func (tx *Tx) replaceDetails(d *draft, r *Record, kind string, list []schema.Detail) error {
	old, err := tx.oldDetails(d, r, kind)
	if err != nil {
		return err
	}
	for i, item := range list {
		at := slices.IndexFunc(old, func(o Detail) bool { return text.Fold(o.Value) == text.Fold(item.Value) })
		values := map[string]any{"label": item.Label, "value": item.Value, "is_primary": i == 0, "position": int64(i)}
		if at >= 0 {
			row, err := tx.get(tx.detailKey(old[at].ID))
			if err != nil {
				return err
			}
			if old[at].Integration && !d.options.OverrideIntegration {
				values = map[string]any{"is_primary": i == 0, "position": int64(i)}
			}
			if err := tx.updateDetail(d, row, values); err != nil {
				return err
			}
			continue
		}
		if err := tx.insertDetail(d, r, kind, values); err != nil {
			return err
		}
	}
	return tx.dropDetails(d, old, list)
}

// dropDetails takes away what a new list does not hold.
func (tx *Tx) dropDetails(d *draft, old []Detail, list []schema.Detail) error {
	for _, o := range old {
		if slices.ContainsFunc(list, func(item schema.Detail) bool { return text.Fold(o.Value) == text.Fold(item.Value) }) {
			continue
		}
		if o.Integration && !d.options.OverrideIntegration {
			d.warnings = append(d.warnings, o.Value+" is kept by an integration and stays")
			continue
		}
		row, err := tx.get(tx.detailKey(o.ID))
		if err == nil {
			err = tx.trash(row)
		}
		if err != nil {
			return err
		}
		d.changed = true
		d.removed = append(d.removed, o.Value)
	}
	return nil
}

// writePrimary sets the primary detail of a kind: one with the value becomes
// the primary; else the primary takes the value; empty removes it.
func (tx *Tx) writePrimary(d *draft, r *Record, kind, value string) error {
	old, err := tx.oldDetails(d, r, kind)
	if err != nil {
		return err
	}
	current := slices.IndexFunc(old, func(o Detail) bool { return o.Primary })
	if current < 0 && len(old) > 0 {
		current = 0
	}
	same := slices.IndexFunc(old, func(o Detail) bool { return text.Fold(o.Value) == text.Fold(value) })
	switch {
	case value == "" && current < 0:
		return nil
	case value == "":
		return tx.dropDetails(d, old[current:current+1], nil)
	case same >= 0:
		return tx.makePrimary(d, old, same, value)
	case current >= 0 && (!old[current].Integration || d.options.OverrideIntegration):
		row, err := tx.get(tx.detailKey(old[current].ID))
		if err != nil {
			return err
		}
		d.removed = append(d.removed, old[current].Value)
		return tx.updateDetail(d, row, map[string]any{"value": value, "is_primary": true})
	case current >= 0:
		if err := tx.makePrimary(d, old, -1, ""); err != nil {
			return err
		}
	}
	return tx.insertDetail(d, r, kind, map[string]any{"label": "general", "value": value, "is_primary": true, "position": int64(len(old))})
}

// makePrimary marks one of the details as the primary and no other.
func (tx *Tx) makePrimary(d *draft, old []Detail, which int, value string) error {
	for i, o := range old {
		if o.Primary == (i == which) && (i != which || o.Value == value) {
			continue
		}
		row, err := tx.get(tx.detailKey(o.ID))
		if err != nil {
			return err
		}
		values := map[string]any{"is_primary": i == which}
		if i == which && !o.Integration {
			values["value"] = value
		}
		if err := tx.updateDetail(d, row, values); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) updateDetail(d *draft, row *Record, values map[string]any) error {
	if !row.Has("is_primary") && values["is_primary"] == false {
		delete(values, "is_primary")
	}
	after, changed, err := tx.updateRecord(row, values)
	if err != nil || !changed {
		return err
	}
	d.changed = true
	return tx.countParents(after)
}

func (tx *Tx) insertDetail(d *draft, r *Record, kind string, values map[string]any) error {
	if values["is_primary"] == false {
		delete(values, "is_primary")
	}
	values["kind"], values[r.Type.Name] = kind, r.ID
	row := &Record{Type: tx.Schema().Type("contact_detail"), Values: mergeValues(nil, values)}
	if err := tx.insertRecord(row); err != nil {
		return err
	}
	d.changed = true
	if d.before == nil {
		tx.details[r.Key()] = append(tx.details[r.Key()], detailRow{row.ID, kind, cmp.Or(row.Text("label"), "general"), row.Text("value"), row.Bool("is_primary"), row.Bool("integration")})
	}
	return tx.countParents(row)
}

// oldDetails are those of a kind that a record has before it is written: a new
// one has none.
func (tx *Tx) oldDetails(d *draft, r *Record, kind string) ([]Detail, error) {
	if d.before == nil {
		return nil, nil
	}
	return tx.detailsOfKind(r.Key(), kind)
}

func (tx *Tx) detailKey(id int64) Key { return Key{tx.Schema().Type("contact_detail"), id} }

// counted are the records whose version a part counts for.
var counted = map[string][]string{
	"membership":     {"organization", "contact"},
	"contact_detail": {"organization", "contact"},
	"line":           {"deal"},
}

func (tx *Tx) countParents(part *Record) error {
	for _, name := range counted[part.Type.Name] {
		if id := part.Int(name); id != 0 {
			if err := tx.countChange(Key{tx.Schema().Type(part.Type.Field(name).To), id}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (tx *Tx) detailsOfKind(of Key, kind string) ([]Detail, error) {
	all, err := tx.DetailsOf(of.Type, []int64{of.ID})
	return slices.DeleteFunc(all[of.ID], func(d Detail) bool { return d.Kind != kind }), err
}

// DetailsOf gives the contact details of organizations or contacts, in order.
func (tx *Tx) DetailsOf(t *schema.Type, ids []int64) (map[int64][]Detail, error) {
	found := map[int64][]Detail{}
	column := t.Name + "_id"
	err := chunks(ids, func(ids []int64) error {
		return tx.quick("SELECT "+column+", id, kind, coalesce(label, 'general'), value, coalesce(is_primary, 0), coalesce(integration, 0) FROM contact_detail WHERE "+column+
			" IN ("+placeholders(len(ids))+") AND deleted_at IS NULL ORDER BY "+column+", kind, position, id", numbers(ids), func(rows *sql.Rows) error {
			var of int64
			var d Detail
			if err := rows.Scan(&of, &d.ID, &d.Kind, &d.Label, &d.Value, &d.Primary, &d.Integration); err != nil {
				return err
			}
			found[of] = append(found[of], d)
			return nil
		})
	})
	return found, err
}

func (tx *Tx) detailRows(of Key) ([]detailRow, error) {
	all, err := tx.DetailsOf(of.Type, []int64{of.ID})
	rows := make([]detailRow, len(all[of.ID]))
	for i, d := range all[of.ID] {
		rows[i] = detailRow(d)
	}
	return rows, err
}
