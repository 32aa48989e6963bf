package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/crmcp/crmcp/schema"
)

// Undone is what an undo did or would do.
type Undone struct {
	// Changes are the change sets that were taken back, newest first.
	Changes []int64
	// Records are those that were written, each once, in the order it happened.
	Records []Key
	// Conflicts stand in the way: later changes of what is to be taken back.
	Conflicts []UndoConflict
	// Hanging tells of records that go to the trash while later ones are linked
	// with them, in words; only the first few.
	Hanging []string
}

// UndoConflict is a later change that an undo would overwrite.
type UndoConflict struct {
	Record Ref
	// Field is empty for a link or a record that is gone.
	Field string
	// Left is what the change left, Now what stands; both canonical, nil for empty.
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

// LastChange is the newest change of this user through this client that is
// neither an undo nor undone; 0: none.
func (tx *Tx) LastChange() (int64, error) {
	var id int64
	_, err := tx.one(`SELECT id FROM change_set WHERE user_id = ? AND client = ? AND tool <> ? AND undone_by IS NULL AND id > ? ORDER BY id DESC LIMIT 1`,
		[]any{tx.caller.User, tx.caller.Client, undoTool, firstChange}, &id)
	return id, err
}

// Window gives the change sets since a moment by a client or user (empty: any)
// that are not undone, newest first.
func (tx *Tx) Window(since schema.Millis, client string, user int64) ([]int64, error) {
	query, args := `SELECT id FROM change_set WHERE at >= ? AND undone_by IS NULL AND tool <> ? AND id > ?`, []any{int64(since), undoTool, firstChange}
	if client != "" {
		query, args = query+` AND client = ?`, append(args, client)
	}
	if user != 0 {
		query, args = query+` AND user_id = ?`, append(args, user)
	}
	return tx.ids64(sqlText(query+` ORDER BY id DESC`, args...))
}

// Undo takes change sets back, the newest first, field by field. Where a later
// change stands in the way nothing may be written: the caller looks at
// Conflicts; with skip those fields are left as they are.
func (tx *Tx) Undo(ids []int64, skip bool) (*Undone, error) {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, func(a, b int64) int { return int(b - a) })
	u := &undoing{tx: tx, done: &Undone{}, skip: skip}
	for _, id := range ids {
		if err := u.take(id); err != nil {
			return nil, err
		}
	}
	return u.done, tx.settle()
}

// undoing is one undo under way.
type undoing struct {
	tx     *Tx
	done   *Undone
	skip   bool
	change int64
}

// undoRow is one row of the history as it is read back.
type undoRow struct {
	code, id        int64
	subject, object Key
	action          string
	before, after   map[string]json.RawMessage
}

func (u *undoing) take(id int64) error {
	var tool string
	var undoneBy *int64
	found, err := u.tx.one(`SELECT tool, undone_by FROM change_set WHERE id = ?`, []any{id}, &tool, &undoneBy)
	switch {
	case err != nil:
		return err
	case !found:
		return schema.Errorf(schema.NotFound, "there is no %s", ChangeString(id))
	case id == firstChange:
		return schema.Errorf(schema.Conflict, "%s made the database itself and cannot be undone", ChangeString(id))
	case undoneBy != nil:
		return schema.Errorf(schema.Conflict, "%s was undone already by %s: undo that to bring it back", ChangeString(id), ChangeString(*undoneBy))
	}
	rows, err := u.rows(id)
	if err != nil {
		return err
	}
	u.change = id
	written := len(u.tx.change.rows)
	for _, row := range slices.Backward(rows) {
		if err := u.row(row); err != nil {
			return err
		}
	}
	if len(u.tx.change.rows) == written {
		return nil
	}
	u.done.Changes = append(u.done.Changes, id)
	return u.mark(id, tool)
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
	err = u.tx.scan(`SELECT type, record_id, subject_type, subject_id, coalesce(object_type, 0), coalesce(object_id, 0), action, before, after
 FROM change_row WHERE change_id = ? ORDER BY seq`, []any{id}, func(rows *sql.Rows) error {
		var row undoRow
		var subjectType, objectType int64
		var before, after *string
		err := rows.Scan(&row.code, &row.id, &subjectType, &row.subject.ID, &objectType, &row.object.ID, &row.action, &before, &after)
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
	return list, err
}

func (u *undoing) row(row undoRow) error {
	if row.code == 0 {
		return u.link(row)
	}
	t := u.tx.typeOf(row.code)
	if t == nil {
		return schema.Errorf(schema.Conflict, "%s wrote a type of record that this program does not know", ChangeString(u.change))
	}
	now, err := u.tx.get(Key{t, row.id})
	if err != nil {
		u.conflict(UndoConflict{Record: Ref{Type: t, ID: row.id, Name: "is gone"}})
		return nil //nolint:nilerr // a record that is gone stands in the way
	}
	if row.action == "insert" {
		return u.uncreate(now, row)
	}
	return u.unchange(now, row)
}

// uncreate moves a record that the change made to the trash.
func (u *undoing) uncreate(now *Record, row undoRow) error {
	before := len(u.done.Conflicts)
	_, err := u.unchanged(now, row.after, append(fieldNames(row.after), "deleted_at"), row.subject)
	if err != nil || len(u.done.Conflicts) > before {
		return err
	}
	u.wrote(now.Key())
	if err := u.tellHanging(now); err != nil {
		return err
	}
	return u.tx.trash(now)
}

// fewHanging is how many records with links an undo tells of.
const fewHanging = 5

// tellHanging says what is linked with a record that goes to the trash: what
// the change itself linked is unlinked by then.
func (u *undoing) tellHanging(r *Record) error {
	if r.Type.Class != schema.Record || len(u.done.Hanging) >= fewHanging {
		return nil
	}
	linked, err := u.tx.hanging(r.Key())
	if err == nil && linked != "" {
		u.done.Hanging = append(u.done.Hanging, fmt.Sprintf("%s goes to the trash, and %s linked with it later stop showing it", u.tx.called(r.Key()), linked))
	}
	return err
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
	deleted, wrote := values["deleted_at"]
	delete(values, "deleted_at")
	after, _, err := u.tx.updateRecord(now, values)
	if err == nil && wrote {
		err = u.tx.setDeleted(after, deleted)
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
		if reflect.DeepEqual(value, now.Values[name]) {
			same = append(same, name)
			continue
		}
		c := UndoConflict{Record: Ref{now.Type, now.ID, now.Title()}, Field: name, Left: value, Now: now.Values[name]}
		if err := u.blame(&c, subject); err != nil {
			return nil, err
		}
		u.conflict(c)
	}
	return same, nil
}

// blame finds the latest change that wrote a field after the one to be undone.
func (u *undoing) blame(c *UndoConflict, subject Key) error {
	var user, at int64
	found, err := u.tx.one(`SELECT s.id, s.user_id, s.at FROM change_row r JOIN change_set s ON s.id = r.change_id
 WHERE r.subject_type = ? AND r.subject_id = ? AND r.type = ? AND r.record_id = ? AND r.change_id > ? AND r.after LIKE ? ORDER BY r.change_id DESC LIMIT 1`,
		[]any{subject.Type.Code, subject.ID, c.Record.Type.Code, c.Record.ID, u.change, `%"` + c.Field + `":%`}, &c.Change, &user, &at)
	if err != nil || !found {
		return err
	}
	c.At = schema.Millis(at)
	refs, err := u.tx.Refs(u.tx.Schema().Type("user"), []int64{user})
	c.By = refs[user]
	return err
}

func (u *undoing) link(row undoRow) error {
	if row.subject.Type == nil || row.object.Type == nil {
		return nil
	}
	old, now := linkPosition(row.before), int64(0)
	found, err := u.tx.one(`SELECT position FROM link WHERE left_type = ? AND left_id = ? AND right_type = ? AND right_id = ?`,
		[]any{row.subject.Type.Code, row.subject.ID, row.object.Type.Code, row.object.ID}, &now)
	if err != nil {
		return err
	}
	expected := row.action != "delete"
	if found != expected {
		u.conflict(UndoConflict{Record: Ref{row.subject.Type, row.subject.ID, u.tx.called(row.object)}, Left: expected, Now: found})
		return nil
	}
	for _, end := range []Key{row.subject, row.object} {
		if there, err := u.tx.exists(end); err != nil || !there {
			u.conflict(UndoConflict{Record: Ref{Type: end.Type, ID: end.ID, Name: "is gone"}})
			return err
		}
	}
	u.wrote(row.subject)
	u.wrote(row.object)
	switch row.action {
	case "insert":
		_, err = u.tx.deleteLink(row.subject, row.object)
	case "delete":
		_, err = u.tx.insertLink(row.subject, row.object, old)
	default:
		err = u.tx.moveLink(row.subject, row.object, now, old)
	}
	return err
}

func linkPosition(values map[string]json.RawMessage) int64 {
	n, _ := decodeAs[int64](values["position"])
	return n
}

func (u *undoing) conflict(c UndoConflict) { u.done.Conflicts = append(u.done.Conflicts, c) }

func (u *undoing) wrote(key Key) {
	if !slices.Contains(u.done.Records, key) {
		u.done.Records = append(u.done.Records, key)
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
