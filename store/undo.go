package store

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"slices"

	"github.com/crmcp/crmcp/schema"
)

// Undone is what an undo did or would do.
type Undone struct {
	// Changes are the change sets that were taken back, newest first.
	Changes []int64
	// Records are those of which fields were written, each once, in the order it
	// happened; of a change that only linked records, these.
	Records []Key
	// Conflicts stand in the way: later changes of what is to be taken back.
	Conflicts []UndoConflict
	// Hanging tells, in words, of records that go to the trash while later ones
	// are linked with them, only the first few, and of tags that stay because
	// others use them.
	Hanging []string
}

// UndoConflict is a later change that an undo would overwrite.
type UndoConflict struct {
	Record Ref
	// Field is empty for a part, a link or a record that is gone.
	Field string
	// Part says in a word what was added to the record later, and Now which:
	// the kind of a contact detail or the type at the other end; else empty.
	Part string
	// Gone: a purge erased the record.
	Gone bool
	// Left is what the change left, Now what stands; both canonical, but of a
	// custom field's definition as FieldChange has them; nil for empty.
	Left, Now any
	// By, At and Change tell of the latest change that wrote the field, where one is known.
	By     Ref
	At     schema.Millis
	Change int64
}

// undoTool is the tool's name in the history.
const undoTool = "undo"

// firstChange made the database itself; it cannot be taken back.
const firstChange = 1

// Undo takes change sets back, the newest first, field by field. Where a later
// change stands in the way nothing may be written: the caller looks at
// Conflicts; with skip those fields are left as they are.
func (tx *Tx) Undo(ids []int64, skip bool) (*Undone, error) {
	u := &undoing{tx: tx, done: &Undone{}, skip: skip, written: map[string]bool{}, kept: map[string]bool{}}
	sets, err := u.sets(ids)
	if err == nil {
		err = u.widen()
	}
	if err != nil {
		return nil, err
	}
	defer u.narrow()
	for _, set := range sets {
		if err := u.take(set); err != nil {
			return nil, err
		}
	}
	u.narrow()
	if err := tx.settle(); err != nil {
		return nil, err
	}
	return u.result(), nil
}

// undoing is one undo under way.
type undoing struct {
	tx      *Tx
	done    *Undone
	skip    bool
	change  int64
	written map[string]bool
	// linked are both ends of the links that the present change set's undo wrote.
	linked []Key
	// kept are the records whose creation is not taken back.
	kept map[string]bool
	// past knows the deleted custom fields, whose values are taken back too;
	// narrowed is the schema without them, nil where it is the one in use.
	past     *past
	narrowed *schema.Schema
}

// undoSet is a change set and the number under which people see it.
type undoSet struct{ id, head int64 }

// sets are the change sets of changes, the newest first; each once.
func (u *undoing) sets(changes []int64) (list []undoSet, err error) {
	for _, id := range changes {
		head, err := u.tx.headOf(id)
		if err != nil {
			return nil, err
		}
		pieces, err := u.tx.piecesOf(head)
		if err != nil {
			return nil, err
		}
		for _, piece := range pieces {
			list = append(list, undoSet{piece, head})
		}
	}
	slices.SortFunc(list, func(a, b undoSet) int { return cmp.Compare(b.id, a.id) })
	return slices.Compact(list), nil
}

// undoRow is one row of the history as it is read back.
type undoRow struct {
	seq, code, id   int64
	subject, object Key
	action          string
	before, after   map[string]json.RawMessage
	// hidden: it concerns another's private record.
	hidden bool
}

func (u *undoing) take(set undoSet) error {
	id, name := set.id, ChangeString(set.head)
	var tool string
	var user int64
	var undoneBy *int64
	found, err := u.tx.one(`SELECT tool, user_id, undone_by FROM change_set WHERE id = ?`, []any{id}, &tool, &user, &undoneBy)
	if err == nil && found {
		found, err = u.tx.sees(set.head)
	}
	switch {
	case err != nil:
		return err
	case !found:
		return schema.Errorf(schema.NotFound, "there is no %s", name)
	case id == firstChange:
		return schema.Errorf(schema.Conflict, "%s made the database itself and cannot be undone", name)
	case tool == purgeTool:
		return schema.Errorf(schema.Conflict, "%s is a purge: what it erased is gone for good and cannot be brought back", name)
	case undoneBy != nil:
		return schema.Errorf(schema.Conflict, "%s was undone already by %s: undo that to bring it back", name, ChangeString(*undoneBy))
	}
	rows, err := u.rows(id)
	if err == nil {
		err = u.mayUndo(user, tool, rows)
	}
	if err != nil {
		return err
	}
	u.change, u.linked = id, nil
	written, records := len(u.tx.change.rows), len(u.done.Records)
	if err := u.takeWhole(user, rows); err != nil {
		return err
	}
	if len(u.done.Records) == records {
		u.wrote(u.linked...)
	}
	if len(u.tx.change.rows) == written {
		return nil
	}
	if !slices.Contains(u.done.Changes, set.head) {
		u.done.Changes = append(u.done.Changes, set.head)
	}
	return u.mark(id, tool)
}

// takeRows takes the rows of a change set back, the last first.
func (u *undoing) takeRows(user int64, rows []undoRow) error {
	u.tx.undoing = true
	defer func() { u.tx.undoing = false }()
	for _, row := range slices.Backward(rows) {
		run := func() error { return u.row(row) }
		switch {
		case u.keeps(row), u.skips(user, row):
			continue
		case row.hidden:
			run = func() error { return u.quietly(func() error { return u.row(row) }) }
		}
		if err := run(); err != nil {
			return err
		}
	}
	return nil
}

// mark notes by which change a change set was undone; an undo that is undone
// gives back what it had taken.
func (u *undoing) mark(id int64, tool string) error {
	by, err := u.tx.ChangeID()
	if err != nil {
		return err
	}
	changed := []int64{id}
	if tool == undoTool {
		if changed, err = u.freed(id); err != nil {
			return err
		}
	}
	if err := u.tx.exec(`UPDATE change_set SET undone_by = ? WHERE id = ?`, by, id); err != nil {
		return err
	}
	for _, one := range changed {
		if err := u.tx.reseal(one); err != nil {
			return err
		}
	}
	return nil
}

// UndoneBy is the number of the change that took a change back; 0: it stands.
func (tx *Tx) UndoneBy(change int64) (by int64, err error) {
	_, err = tx.one(`SELECT coalesce(undone_by, 0) FROM change_set WHERE id = ?`, []any{change}, &by)
	return by, err
}

// freed takes back that an undo had undone others, and gives all that changed.
func (u *undoing) freed(id int64) (changed []int64, err error) {
	err = u.tx.scan(`SELECT id FROM change_set WHERE undone_by = ? OR id = ? ORDER BY id`, []any{id, id}, func(rows *sql.Rows) error {
		var one int64
		err := rows.Scan(&one)
		changed = append(changed, one)
		return err
	})
	if err != nil {
		return nil, err
	}
	return changed, u.tx.exec(`UPDATE change_set SET undone_by = NULL WHERE undone_by = ?`, id)
}

func (u *undoing) rows(id int64) (list []undoRow, err error) {
	err = u.tx.scan(`SELECT seq, type, record_id, subject_type, subject_id, coalesce(object_type, 0), coalesce(object_id, 0), action, before, after
 FROM change_row WHERE change_id = ? ORDER BY seq`, []any{id}, func(rows *sql.Rows) error {
		var row undoRow
		var subjectType, objectType int64
		var before, after *string
		err := rows.Scan(&row.seq, &row.code, &row.id, &subjectType, &row.subject.ID, &objectType, &row.object.ID, &row.action, &before, &after)
		if err != nil {
			return err
		}
		row.subject.Type, row.object.Type = u.tx.typeOf(subjectType), u.tx.typeOf(objectType)
		for text, into := range map[*string]*map[string]json.RawMessage{before: &row.before, after: &row.after} {
			if text == nil {
				continue
			}
			if err := json.Unmarshal([]byte(*text), into); err != nil {
				return err
			}
		}
		list = append(list, row)
		return nil
	})
	if err == nil {
		err = u.hide(id, list)
	}
	return list, err
}

func (u *undoing) row(row undoRow) error {
	if err := u.renew(&row); err != nil {
		return err
	}
	if row.code == 0 {
		return u.link(row)
	}
	t := u.tx.typeOf(row.code)
	if t == nil {
		return schema.Errorf(schema.Conflict, "%s wrote a type of record that this program does not know", ChangeString(u.change))
	}
	now, err := u.tx.get(Key{t, row.id})
	if err != nil {
		u.conflict(UndoConflict{Record: Ref{Type: t, ID: row.id}, Gone: true})
		return nil //nolint:nilerr // a record that is gone stands in the way
	}
	if row.action == "insert" {
		return u.uncreate(now, row)
	}
	return u.unchange(now, row)
}

// unchange puts back the fields that the change wrote.
func (u *undoing) unchange(now *Record, row undoRow) error {
	fields, err := u.unchanged(now, row.after, fieldNames(row.after), row.subject)
	if err != nil {
		return err
	}
	values := map[string]any{}
	for _, name := range fields {
		f := now.Type.Field(name)
		if values[name], err = recordedValue(f, row.before[name]); err != nil {
			return err
		}
	}
	if len(values) == 0 {
		return nil
	}
	if fits, err := u.definition(now, values); err != nil || !fits {
		return err
	}
	deleted, wrote := values["deleted_at"]
	delete(values, "deleted_at")
	after, _, err := u.tx.updateRecord(now, values)
	if err == nil && wrote {
		err = u.tx.moveTrashed(after, map[string]any{"deleted_at": deleted})
	}
	if err == nil && now.Type.Class == schema.Part {
		err = u.tx.countParents(after)
	}
	u.wrote(now.Key())
	return err
}

// unchanged gives the fields that still hold what the change left; the others
// are conflicts. A field that no longer exists counts as untouched.
func (u *undoing) unchanged(now *Record, left map[string]json.RawMessage, names []string, subject Key) ([]string, error) {
	var same []string
	for _, name := range names {
		f := now.Type.Field(name)
		if f == nil {
			continue
		}
		value, err := recordedValue(f, left[name])
		if err != nil {
			return nil, err
		}
		if sameRecorded(now.Type, name, value, now.Values[name]) {
			same = append(same, name)
			continue
		}
		c := UndoConflict{Record: Ref{now.Type, now.ID, now.Title()}, Field: knownName(now.Type, f), Left: value, Now: now.Values[name]}
		if now.Type.Defines {
			c.Left, c.Now = u.past.definition(now.ID, name, c.Left), u.past.definition(now.ID, name, c.Now)
		}
		if err := u.blame(&c, f, subject); err != nil {
			return nil, err
		}
		u.conflict(c)
	}
	return same, nil
}

func (u *undoing) conflict(c UndoConflict) { u.done.Conflicts = append(u.done.Conflicts, c) }

func (u *undoing) wrote(keys ...Key) {
	for _, key := range keys {
		if !u.written[key.String()] {
			u.written[key.String()] = true
			u.done.Records = append(u.done.Records, key)
		}
	}
}

func fieldNames(values map[string]json.RawMessage) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
