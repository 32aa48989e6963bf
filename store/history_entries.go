package store

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// historyReader turns rows of the history into entries that the caller may see.
type historyReader struct {
	tx *Tx
	q  HistoryQuery
	// names are the records that entries name; nil: not for this caller.
	names map[Key]*Ref
	// private tells up to which row each record of another author was private.
	private map[Key]int64
	// past is read when a row first tells of a custom field.
	past *past
}

// fill reads the entries of a change; false where the caller may see none.
func (h *historyReader) fill(c *Change) (bool, error) {
	if ref, err := h.name(Key{c.User.Type, c.User.ID}); err != nil {
		return false, err
	} else if ref != nil {
		c.User = *ref
	}
	limit := fewEntries
	if h.q.Change != 0 {
		limit = manyEntries
	}
	pieces, err := h.tx.piecesOf(c.ID)
	for _, piece := range pieces {
		if err == nil && !c.MoreEntries {
			err = h.read(c, piece, limit)
		}
	}
	return len(c.Entries) > 0, err
}

// read adds the entries of a change set to its change, up to a limit.
func (h *historyReader) read(c *Change, set int64, limit int) error {
	for from := int64(0); ; {
		rows, err := h.tx.rowsOf(h.q, set, from)
		if err != nil {
			return err
		}
		for _, row := range rows {
			from = row.seq + 1
			entry, visible, err := h.entry(row)
			if err != nil {
				return err
			}
			if visible && len(c.Entries) == limit {
				c.MoreEntries = true
				return h.countRows(c)
			}
			if visible {
				c.Entries = append(c.Entries, entry)
			}
		}
		if len(rows) < entriesAtOnce {
			return nil
		}
	}
}

func (h *historyReader) entry(row historyRow) (e Entry, visible bool, err error) {
	unknown := row.subject.Type == nil || row.key.ID != 0 && row.key.Type == nil
	moved := row.key.ID == 0 && row.action == "update"
	if unknown || moved {
		return e, false, nil
	}
	for _, key := range []Key{row.key, row.subject, row.object} {
		if hidden, err := h.hidden(key, row); err != nil || hidden {
			return e, false, err
		}
	}
	if h.q.of.Type != nil && row.object == h.q.of {
		row.subject, row.object = row.object, row.subject
	}
	e = Entry{Key: row.key, Record: h.ref(row.subject)}
	if row.object.Type != nil {
		other := h.ref(row.object)
		e.Other = &other
	}
	before, after, err := recordedValues(row)
	if err != nil {
		return e, false, err
	}
	e.Action = actionOf(row, before, after)
	e.Fields, err = h.rowFields(row, before, after)
	return e, true, err
}

// rowFields gives the changed fields of a row, those of custom fields as they
// were named when it was written, deleted or not.
func (h *historyReader) rowFields(row historyRow, before, after map[string]json.RawMessage) ([]FieldChange, error) {
	t := row.key.Type
	if t == nil || !t.Defines && onlyBuiltIn(t, before) && onlyBuiltIn(t, after) {
		return h.fields(t, before, after)
	}
	if h.past == nil {
		var err error
		if h.past, err = h.tx.readPast(); err != nil {
			return nil, err
		}
	}
	before, after = h.past.renamed(t, before, row.change, row.seq), h.past.renamed(t, after, row.change, row.seq)
	list, err := h.fields(h.past.schema.Type(t.Name), before, after)
	for i := range list {
		if one := &list[i]; t.Defines {
			one.Before, one.After = h.past.definition(row.key.ID, one.Field, one.Before), h.past.definition(row.key.ID, one.Field, one.After)
		}
	}
	return list, err
}

func onlyBuiltIn(t *schema.Type, values map[string]json.RawMessage) bool {
	for name := range values {
		if !isBuiltIn(t, name) {
			return false
		}
	}
	return true
}

// hidden says whether an entry about a record is not for the caller: it is a
// webhook and the caller no admin, it may not be read now, or it was another's
// private one when the row was written.
func (h *historyReader) hidden(key Key, row historyRow) (bool, error) {
	if key.Type == nil {
		return false, nil
	}
	ref, err := h.name(key)
	switch {
	case err != nil || !isSecret(key.Type):
		return false, err
	case key.Type.Sends:
		return h.tx.role != schema.Admin, nil
	case ref == nil:
		return true, nil
	}
	until, err := h.privateUntil(key)
	return row.change<<24|row.seq <= until, err
}

// privateUntil finds the last row after which a record of another author was
// not private any more; -1 where it never was, or is the caller's own.
func (h *historyReader) privateUntil(key Key) (int64, error) {
	if until, known := h.private[key]; known {
		return until, nil
	}
	until := int64(-1)
	r, err := h.tx.Get(key.Type, key.ID)
	if err == nil && r.Int("author") != h.tx.caller.User {
		until, err = h.tx.lastPrivate(key)
	}
	h.private[key] = until
	return until, err
}

func (tx *Tx) lastPrivate(key Key) (until int64, err error) {
	until = -1
	err = tx.scan(`SELECT change_id, seq, before, after FROM change_row WHERE subject_type = ? AND subject_id = ? AND type = ?`,
		[]any{key.Type.Code, key.ID, key.Type.Code}, func(rows *sql.Rows) error {
			var change, seq int64
			var before, after []byte
			if err := rows.Scan(&change, &seq, &before, &after); err != nil {
				return err
			}
			for _, values := range [][]byte{before, after} {
				var state struct {
					Private bool `json:"is_private"`
				}
				if len(values) == 0 {
					continue
				}
				if err := json.Unmarshal(values, &state); err != nil {
					return err
				}
				if state.Private {
					until = max(until, change<<24|seq)
				}
			}
			return nil
		})
	return until, err
}

// name reads what a record is called, in the trash or not; nil where there is
// none for this caller.
func (h *historyReader) name(key Key) (*Ref, error) {
	if ref, known := h.names[key]; known {
		return ref, nil
	}
	title := "''"
	if key.Type.Title != "" {
		title = "coalesce(t." + key.Type.TitleField().Column() + ", '')"
	}
	condition, args := h.tx.mayRead(key.Type, "t")
	ref := &Ref{Type: key.Type, ID: key.ID}
	found, err := h.tx.one("SELECT "+title+" FROM "+key.Type.Name+" t WHERE t.id = ?"+condition, append([]any{key.ID}, args...), &ref.Name)
	if !found {
		ref = nil
	}
	h.names[key] = ref
	return ref, err
}

// ref names a record; one that is no more keeps its id.
func (h *historyReader) ref(key Key) Ref {
	if ref := h.names[key]; ref != nil {
		return *ref
	}
	return Ref{Type: key.Type, ID: key.ID}
}

// actionOf says in a word what a row did.
func actionOf(row historyRow, before, after map[string]json.RawMessage) string {
	link := row.key.Type == nil
	switch {
	case row.action == purged:
		return "erased"
	case row.action == "insert" && link:
		return "linked"
	case row.action == "delete" && link:
		return "unlinked"
	case row.action == "insert":
		return "created"
	case row.action == "delete", given(after, "deleted_at"):
		return "deleted"
	case given(before, "deleted_at"):
		return "restored"
	}
	return "updated"
}

func given(values map[string]json.RawMessage, name string) bool {
	value := values[name]
	return len(value) > 0 && !bytes.Equal(value, []byte("null"))
}

// recordedValues reads the values of a row before and after.
func recordedValues(row historyRow) (before, after map[string]json.RawMessage, err error) {
	if len(row.before) > 0 {
		err = json.Unmarshal(row.before, &before)
	}
	if err == nil && len(row.after) > 0 {
		err = json.Unmarshal(row.after, &after)
	}
	return before, after, err
}

// fields gives the changed fields in declared order; those that the type no
// longer knows come last, as they were recorded, but for values of deleted
// custom fields, which are nothing to those who do not know the past.
func (h *historyReader) fields(t *schema.Type, before, after map[string]json.RawMessage) (list []FieldChange, err error) {
	names := map[string]bool{}
	for name := range before {
		names[name] = true
	}
	for name := range after {
		names[name] = true
	}
	if t == nil {
		return nil, nil
	}
	for _, f := range t.Fields {
		if !names[f.Name] {
			continue
		}
		delete(names, f.Name)
		if f.System && f.ReadOnly || f.Name == "uid" || f.WriteOnly && !f.Custom || f.Hidden {
			continue
		}
		change := FieldChange{Field: knownName(t, f)}
		if change.Before, err = h.value(f, before[f.Name]); err != nil {
			return nil, err
		}
		if change.After, err = h.value(f, after[f.Name]); err != nil {
			return nil, err
		}
		list = append(list, change)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if strings.HasPrefix(name, numberMark) {
			continue
		}
		change := FieldChange{Field: name}
		if len(before[name]) > 0 {
			change.Before = before[name]
		}
		if len(after[name]) > 0 {
			change.After = after[name]
		}
		list = append(list, change)
	}
	return list, nil
}

// anyRecord names the record of an id; an id of no record stays as it is.
func (h *historyReader) anyRecord(id string) (any, error) {
	t, number, ok := h.tx.Schema().ParseID(id)
	if !ok {
		return id, nil
	}
	key := Key{t, number}
	_, err := h.name(key)
	return h.ref(key), err
}

// value reads a recorded value; a reference is named, a range is its text.
func (h *historyReader) value(f *schema.Field, raw json.RawMessage) (any, error) {
	value, err := recordedValue(f, raw)
	if span, ok := value.(schema.Range); ok {
		return f.RangeText(span), err
	}
	if written, ok := value.(string); ok && f.Kind == schema.AnyRecord {
		return h.anyRecord(written)
	}
	id, isID := value.(int64)
	if err != nil || f.Kind != schema.Reference || !isID {
		return value, err
	}
	key := Key{h.tx.Schema().Type(f.To), id}
	if _, err := h.name(key); err != nil {
		return nil, err
	}
	return h.ref(key), nil
}
