package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/crmcp/crmcp/schema"
)

// The values of custom fields stand in one JSON object beside the columns of
// their record, by the numbers of the fields: that is the truth, and keeps the
// values of a field that is hidden. Rows of a narrow table, made of the same
// values, serve filters and sorts.

// customColumn stands for the column of that object among the fields that a
// statement reads.
var customColumn = &schema.Field{Name: "custom", Kind: schema.JSONObject}

// hasCustom says whether records of a type can hold values of custom fields.
func hasCustom(t *schema.Type) bool {
	for _, f := range t.Fields {
		if f.Custom {
			return true
		}
	}
	return false
}

// packed is a value of a custom field as the object and the history keep it:
// options by their numbers, a range as its two ends.
func packed(f *schema.Field, value any) (any, error) {
	switch v := value.(type) {
	case schema.Range:
		return []int64{v.Start, v.End}, nil
	case []string:
		ids := make([]int64, len(v))
		for i, label := range v {
			id, ok := f.ChoiceID(label)
			if !ok {
				return nil, fmt.Errorf("store: %s has no option %q", f.Name, label)
			}
			ids[i] = id
		}
		return ids, nil
	case string:
		if f.Kind != schema.Enum {
			return v, nil
		}
		id, ok := f.ChoiceID(v)
		if !ok {
			return nil, fmt.Errorf("store: %s has no option %q", f.Name, v)
		}
		return id, nil
	}
	return bind(value)
}

// unpacked is packed the other way round; nil for an empty value.
func unpacked(f *schema.Field, raw json.RawMessage) (any, error) {
	switch f.Kind {
	case schema.DateRange, schema.DateTimeRange:
		ends, err := decodeAs[[2]int64](raw)
		return schema.Range{Start: ends[0], End: ends[1]}, err
	case schema.MultiEnum:
		ids, err := decodeAs[[]int64](raw)
		labels := make([]string, 0, len(ids))
		for _, id := range ids {
			labels = append(labels, f.ChoiceLabel(id))
		}
		return labels, err
	case schema.Enum:
		id, err := unpackedInteger(raw)
		return f.ChoiceLabel(id), err
	}
	if f.Kind.Info().Storage == schema.StoreInteger {
		n, err := unpackedInteger(raw)
		return unbindInteger(f, n), err
	}
	// Most texts need no decoding, and lists read thousands of them.
	if n := len(raw); n >= 2 && raw[0] == '"' && !bytes.ContainsRune(raw, '\\') {
		return string(raw[1 : n-1]), nil
	}
	return decodeAs[string](raw)
}

// unpackedInteger reads a number, which the object holds in digits alone.
func unpackedInteger(raw json.RawMessage) (int64, error) {
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return n, nil
	}
	return decodeAs[int64](raw)
}

// readCustom takes the object of a row apart into the values of a record.
func readCustom(r *Record, stored any) error {
	object, isBytes := stored.([]byte)
	if text, ok := stored.(string); ok && !isBytes {
		object = []byte(text)
	}
	var kept map[string]json.RawMessage
	if err := json.Unmarshal(object, &kept); err != nil {
		return fmt.Errorf("store: custom values of %s: %w", r.Key(), err)
	}
	for _, f := range r.Type.Fields {
		if !f.Custom {
			continue
		}
		raw, found := kept[itoa(f.ID)]
		if !found {
			continue
		}
		value, err := unpacked(f, raw)
		if err != nil {
			return fmt.Errorf("store: %s of %s: %w", f.Name, r.Key(), err)
		}
		r.Values[f.Name] = value
	}
	return nil
}

// customJSON is the object of the given custom fields of a record; an empty
// value is null, which takes it out of the object that stands.
func customJSON(r *Record, fields []*schema.Field) (string, error) {
	object := map[string]any{}
	for _, f := range fields {
		value, err := packed(f, r.Values[f.Name])
		if err != nil {
			return "", err
		}
		object[itoa(f.ID)] = value
	}
	data, err := json.Marshal(object)
	return string(data), err
}

// customFields are the custom fields of a record that have a value.
func customFields(r *Record) (fields []*schema.Field) {
	for _, f := range r.Type.Fields {
		if f.Custom && r.Values[f.Name] != nil {
			fields = append(fields, f)
		}
	}
	return fields
}

// writeCustomRows replaces the rows of custom fields of a record.
func (tx *Tx) writeCustomRows(r *Record, fields []*schema.Field, fresh bool) error {
	for _, f := range fields {
		if !fresh {
			err := tx.exec(`DELETE FROM custom_value WHERE type = ? AND field_id = ? AND record_id = ?`, r.Type.Code, f.ID, r.ID)
			if err != nil {
				return err
			}
		}
		rows, err := customRows(f, r.Values[f.Name])
		if err != nil {
			return err
		}
		for _, row := range rows {
			insert := customInsertion(r, f, row)
			if err := tx.exec(insert.Statement, insert.Args...); err != nil {
				return err
			}
		}
	}
	return nil
}

func customInsertion(r *Record, f *schema.Field, row customRow) BulkRow {
	return BulkRow{`INSERT INTO custom_value (type, field_id, record_id, position, folded, sort_key, number) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		[]any{r.Type.Code, f.ID, r.ID, row.position, row.folded, row.sortKey, row.number}}
}

// checkUnique refuses a value of a unique custom field that another record
// outside the trash has. A record that comes out of the trash is checked whole.
func (tx *Tx) checkUnique(before, after *Record) error {
	if after.Has("deleted_at") {
		return nil
	}
	back := before != nil && (before.Has("deleted_at") || isPrivate(before) && !isPrivate(after))
	for _, f := range customFields(after) {
		if !f.Unique || before != nil && !back && before.Values[f.Name] == after.Values[f.Name] {
			continue
		}
		rows, err := customRows(f, after.Values[f.Name])
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := tx.checkTaken(f, after, row); err != nil {
				return err
			}
		}
	}
	return nil
}

func (tx *Tx) checkTaken(f *schema.Field, r *Record, row customRow) error {
	column, value := "number", row.number
	if row.folded != nil {
		column, value = "folded", row.folded
	}
	var other int64
	condition, args := tx.mayRead(r.Type, "t")
	found, err := tx.one(`SELECT t.id FROM custom_value v JOIN `+r.Type.Name+` t ON t.id = v.record_id WHERE v.type = ? AND v.field_id = ? AND v.`+column+
		` = ? AND v.record_id <> ? AND t.deleted_at IS NULL`+condition+` ORDER BY t.id LIMIT 1`, append([]any{r.Type.Code, f.ID, value, r.ID}, args...), &other)
	if err != nil || !found {
		return err
	}
	key := Key{r.Type, other}
	refs, err := tx.Refs(r.Type, []int64{other})
	if err != nil {
		return err
	}
	name := knownName(r.Type, f)
	message := fmt.Sprintf("%s must be unique, and %s has %v already", name, tx.called(key), r.Values[f.Name])
	return &schema.Error{Code: schema.Conflict, Message: message, Problems: schema.Problems{{Path: name, Message: message,
		Candidates: []schema.Candidate{{ID: key.String(), Name: refs[other].Name}}}}}
}
