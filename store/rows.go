package store

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/crmcp/crmcp/schema"
)

// This file writes the tables of records and links. Every write is noted in
// the change set with the row before and after, so that nothing changes without
// a history; only purges and upgrades, which change the history, go past it.

// insertRecord writes a new record with its computed fields and gives it its
// number, uid and times.
func (tx *Tx) insertRecord(r *Record) error {
	unnumbered := r.ID == 0
	if err := tx.fillSystem(r); err != nil {
		return err
	}
	if err := tx.mayWrite(schema.Creating, r); err != nil {
		return err
	}
	tx.compute(r)
	if err := tx.checkUnique(nil, r); err != nil {
		return err
	}
	custom := customFields(r)
	query, args, err := insertion(r, custom)
	if err != nil {
		return err
	}
	if err := tx.exec(query, args...); err != nil {
		return tx.explainUnique(r, err)
	}
	if err := tx.writeCustomRows(r, custom, true); err != nil {
		return err
	}
	tx.noteRecord(r, "insert", nil, recorded(r))
	tx.recount(nil, r)
	tx.made[r.Key()] = unnumbered
	tx.touch(r, own|words)
	tx.dirty.known[r.Key()] = r
	return nil
}

// insertion is the statement that writes the row of a new record.
func insertion(r *Record, custom []*schema.Field) (query string, args []any, err error) {
	names, args := append(make([]string, 0, 3*len(r.Values)), "id"), append(make([]any, 0, 3*len(r.Values)), r.ID)
	for _, f := range r.Type.Columns() {
		if f.Kind == schema.RecordID || r.Values[f.Name] == nil {
			continue
		}
		if names, args, err = bound(f, r.Values[f.Name], names, args); err != nil {
			return "", nil, err
		}
	}
	if len(custom) > 0 {
		object, err := customJSON(r, custom)
		if err != nil {
			return "", nil, err
		}
		names, args = append(names, customColumn.Name), append(args, object)
	}
	return "INSERT INTO " + r.Type.Name + " (" + strings.Join(names, ", ") + ") VALUES (" + placeholders(len(names)) + ")", args, nil
}

// fillSystem sets what the system keeps of a new record.
func (tx *Tx) fillSystem(r *Record) (err error) {
	if r.ID == 0 {
		if r.ID, err = tx.nextID(r.Type.Code); err != nil {
			return err
		}
	}
	if r.Text("uid") == "" {
		if r.Values["uid"], err = newUID(); err != nil {
			return err
		}
	}
	for _, name := range []string{"created_at", "updated_at"} {
		if r.Values[name] == nil {
			r.Values[name] = tx.now()
		}
	}
	for _, name := range []string{"created_by", "updated_by"} {
		r.Values[name] = tx.caller.User
	}
	r.Values["version"] = int64(1)
	return nil
}

// updateRecord writes the fields that differ from what stands, counts the
// version up and notes the change. It says whether anything changed.
func (tx *Tx) updateRecord(before *Record, values map[string]any) (*Record, bool, error) {
	after := &Record{Type: before.Type, ID: before.ID, Values: mergeValues(before.Values, values)}
	tx.compute(after)
	changed := changedFields(before, after)
	if !slices.ContainsFunc(changed, func(f *schema.Field) bool { return !f.Computed }) {
		return before, false, nil
	}
	was, is := map[string]any{}, map[string]any{}
	for _, f := range changed {
		if !f.Computed {
			was[f.Name], is[f.Name] = historic(f, before.Values[f.Name]), historic(f, after.Values[f.Name])
		}
	}
	if err := tx.mayChange(before, after); err != nil {
		return nil, false, err
	}
	if err := tx.checkUnique(before, after); err != nil {
		return nil, false, err
	}
	if err := tx.guard(before, after); err != nil {
		return nil, false, err
	}
	clear(tx.stand)
	tx.bump(after)
	changed = append(changed, after.Type.Field("version"), after.Type.Field("updated_at"), after.Type.Field("updated_by"))
	if err := tx.writeFields(after, changed); err != nil {
		return nil, false, tx.explainUnique(after, err)
	}
	tx.noteRecord(after, "update", was, is)
	tx.recount(before, after)
	tx.touch(after, own|wordsOf(changed))
	tx.touchLeft(before, after, changed)
	tx.dirty.known[after.Key()] = after
	delete(tx.setup, after.Key())
	return after, true, nil
}

// wordsOf says whether changed fields are among those by which words or
// identifiers find a record.
func wordsOf(changed []*schema.Field) aspect {
	for _, f := range changed {
		if f.Kind.IsText() || f.Kind == schema.Participants || f.Custom || f.Name == "archived_at" || f.Name == "deleted_at" || f.Name == privately {
			return words
		}
	}
	return 0
}

func (tx *Tx) bump(r *Record) {
	r.Values["version"] = r.Int("version") + 1
	r.Values["updated_at"], r.Values["updated_by"] = tx.now(), tx.caller.User
}

// countChange counts a record's version up because something that belongs to
// it changed (a membership, a tag …). Once a transaction is enough.
func (tx *Tx) countChange(key Key) error {
	if tx.change.touched(key) {
		return nil
	}
	tx.change.mark(key)
	delete(tx.dirty.known, key)
	return tx.exec("UPDATE "+key.Type.Name+" SET version = version + 1, updated_at = ?, updated_by_id = ? WHERE id = ?",
		int64(tx.now()), tx.caller.User, key.ID)
}

// countMembers adds to the number of an organization's members.
func (tx *Tx) countMembers(key Key, j join) error {
	delete(tx.dirty.known, key)
	sets, args := "contact_count = coalesce(contact_count, 0) + ?", []any{j.members}
	if j.version {
		sets, args = sets+", version = version + 1, updated_at = ?, updated_by_id = ?", append(args, int64(tx.now()), tx.caller.User)
	}
	return tx.exec("UPDATE "+key.Type.Name+" SET "+sets+" WHERE id = ?", append(args, key.ID)...)
}

// writeComputed stores computed fields; they are no part of the history.
func (tx *Tx) writeComputed(before *Record, values map[string]any) (*Record, error) {
	after := &Record{Type: before.Type, ID: before.ID, Values: mergeValues(before.Values, values)}
	tx.compute(after)
	changed := changedFields(before, after)
	if len(changed) == 0 {
		return before, nil
	}
	return after, tx.writeFields(after, changed)
}

func (tx *Tx) writeFields(r *Record, fields []*schema.Field) error {
	var sets []string
	var args []any
	var custom []*schema.Field
	for _, f := range fields {
		if f.Custom {
			custom = append(custom, f)
			continue
		}
		var err error
		if sets, args, err = bound(f, r.Values[f.Name], sets, args); err != nil {
			return err
		}
	}
	for i := range sets {
		sets[i] += " = ?"
	}
	if len(custom) > 0 {
		object, err := customJSON(r, custom)
		if err != nil {
			return err
		}
		sets, args = append(sets, customColumn.Name+" = "+jsonMerged(customColumn.Name)), append(args, object)
	}
	err := tx.exec("UPDATE "+r.Type.Name+" SET "+strings.Join(sets, ", ")+" WHERE id = ?", append(args, r.ID)...)
	if err != nil {
		return err
	}
	return tx.writeCustomRows(r, custom, false)
}

// changedFields are the fields whose values differ.
func changedFields(before, after *Record) []*schema.Field {
	var fields []*schema.Field
	for _, f := range before.Type.Held() {
		if !reflect.DeepEqual(before.Values[f.Name], after.Values[f.Name]) {
			fields = append(fields, f)
		}
	}
	return fields
}

func mergeValues(old, changes map[string]any) map[string]any {
	values := make(map[string]any, len(old)+len(changes))
	maps.Copy(values, old)
	for name, value := range changes {
		if value == nil {
			delete(values, name)
		} else {
			values[name] = value
		}
	}
	return values
}

// recorded are the values of a record that belong to its history: not those
// that follow from others, as the primary e-mail does from the contact details.
func recorded(r *Record) map[string]any {
	values := map[string]any{}
	for name, value := range r.Values {
		if f := r.Type.Field(name); f != nil && f.Held() && value != nil && !f.Computed && f.Kept == "" && f.Name != "version" && f.Name != "updated_at" && f.Name != "updated_by" {
			values[f.Name] = historic(f, value)
		}
	}
	return values
}

// ends orders two records as the link table keeps them.
func ends(a, b Key) (left, right Key) {
	if a.Type.Code < b.Type.Code || a.Type.Code == b.Type.Code && a.ID <= b.ID {
		return a, b
	}
	return b, a
}

const insertLinkRow = `INSERT INTO link (left_type, left_id, right_type, right_id, position) VALUES (?, ?, ?, ?, ?)`

// insertLink links two records; it says whether they were not linked before.
func (tx *Tx) insertLink(a, b Key, position int64) (bool, error) {
	left, right := ends(a, b)
	var old int64
	found, err := tx.one(`SELECT position FROM link WHERE left_type = ? AND left_id = ? AND right_type = ? AND right_id = ?`,
		[]any{left.Type.Code, left.ID, right.Type.Code, right.ID}, &old)
	if err == nil && !found {
		err = tx.mayLink()
	}
	if err != nil || found {
		return false, err
	}
	err = tx.exec(insertLinkRow,
		left.Type.Code, left.ID, right.Type.Code, right.ID, position)
	if err != nil {
		return false, err
	}
	tx.noteLink(left, right, "insert", nil, map[string]any{"position": position})
	return true, tx.linkChanged(left, right)
}

// moveLink gives a link another place among those of its record.
func (tx *Tx) moveLink(a, b Key, position int64) error {
	left, right := ends(a, b)
	args := []any{left.Type.Code, left.ID, right.Type.Code, right.ID}
	var was int64
	found, err := tx.one(`SELECT position FROM link WHERE left_type = ? AND left_id = ? AND right_type = ? AND right_id = ?`, args, &was)
	if err != nil || !found || was == position {
		return err
	}
	err = tx.exec(`UPDATE link SET position = ? WHERE left_type = ? AND left_id = ? AND right_type = ? AND right_id = ?`, append([]any{position}, args...)...)
	if err != nil {
		return err
	}
	tx.noteLink(left, right, "update", map[string]any{"position": was}, map[string]any{"position": position})
	tx.touchKey(left, firsts)
	tx.touchKey(right, firsts)
	return nil
}

// deleteLink takes a link away; it says whether there was one.
func (tx *Tx) deleteLink(a, b Key) (bool, error) {
	left, right := ends(a, b)
	args := []any{left.Type.Code, left.ID, right.Type.Code, right.ID}
	var position int64
	const where = ` WHERE left_type = ? AND left_id = ? AND right_type = ? AND right_id = ?`
	found, err := tx.one(`SELECT position FROM link`+where, args, &position)
	if err == nil && found {
		err = tx.mayLink()
	}
	if err != nil || !found {
		return false, err
	}
	if err := tx.exec(`DELETE FROM link`+where, args...); err != nil {
		return false, err
	}
	tx.noteLink(left, right, "delete", map[string]any{"position": position}, nil)
	return true, tx.linkChanged(left, right)
}

// linkChanged brings what follows from a link up to date: computed fields of
// both sides, and their versions where the link is part of what they are.
func (tx *Tx) linkChanged(left, right Key) error {
	tx.touchKey(left, firsts|linkAspects[right.Type.Name])
	tx.touchKey(right, firsts|linkAspects[left.Type.Name])
	for _, pair := range [][2]Key{{left, right}, {right, left}} {
		if !counts(pair[0].Type, pair[1].Type) {
			continue
		}
		if err := tx.countChange(pair[0]); err != nil {
			return err
		}
	}
	return nil
}

// counts says whether a link with the other type counts as a change of a
// record: where one of both sets the CRM up (a tag, a user), unless the other
// may be private, which must not show on what everybody sees.
func counts(t, other *schema.Type) bool {
	return (t.Class != schema.Record || other.Class != schema.Record) && !other.Private && t.Field("version") != nil
}

// marshal gives the JSON of a row's values for the history; nil for none.
func marshal(values map[string]any) (any, error) {
	if values == nil {
		return nil, nil
	}
	data := []byte{'{'}
	for i, name := range slices.Sorted(maps.Keys(values)) {
		if i > 0 {
			data = append(data, ',')
		}
		var err error
		if data, err = appendJSON(append(appendQuoted(data, name), ':'), values[name]); err != nil {
			return nil, err
		}
	}
	return string(append(data, '}')), nil
}

// appendJSON adds the JSON of a value as the library would write it, which
// takes far longer for the few kinds that nearly all values have.
func appendJSON(data []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case string:
		return appendQuoted(data, v), nil
	case int64:
		return strconv.AppendInt(data, v, 10), nil
	case bool:
		return strconv.AppendBool(data, v), nil
	case nil:
		return append(data, "null"...), nil
	}
	other, err := json.Marshal(value)
	return append(data, other...), err
}

func appendQuoted(data []byte, s string) []byte {
	plain := true
	for i := range len(s) {
		plain = plain && s[i] >= ' ' && s[i] < utf8.RuneSelf-1 && s[i] != '"' && s[i] != '\\' && s[i] != '<' && s[i] != '>' && s[i] != '&'
	}
	if plain {
		return append(append(append(data, '"'), s...), '"')
	}
	quoted, _ := json.Marshal(s) // a string always has a JSON form
	return append(data, quoted...)
}
