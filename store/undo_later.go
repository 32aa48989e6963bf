package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// Taking back a creation moves the whole record to the trash, so that what
// others added to it later stands in the way too: fields that were empty, and
// parts that count as a change of it. What they linked with it is only told of.

// uncreate moves a record that the change made to the trash, unless others
// have filled it since.
func (u *undoing) uncreate(now *Record, row undoRow) error {
	if used, err := u.usedLater(now); err != nil || used {
		return err
	}
	before := len(u.done.Conflicts)
	left := append(fieldNames(row.after), "deleted_at")
	_, err := u.unchanged(now, row.after, append(left, laterFields(now, left)...), row.subject)
	if err != nil {
		return err
	}
	blocked, err := u.laterParts(now)
	if err != nil {
		return err
	}
	if blocked || len(u.done.Conflicts) > before {
		u.kept[now.Key().String()] = true
		return nil
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

// laterFields are the fields that a record was created without and that are
// filled now; what follows from other fields does not count.
func laterFields(now *Record, left []string) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(recorded(now))) {
		f := now.Type.Field(name)
		follows := f.By != "" || f.ReadOnly && !now.Type.Defines
		if !follows && !slices.Contains(left, name) {
			names = append(names, name)
		}
	}
	return names
}

// laterParts finds the parts that a record still has when those that came with
// it are taken back; it says whether there are any.
func (u *undoing) laterParts(now *Record) (found bool, err error) {
	for _, name := range slices.Sorted(maps.Keys(counted)) {
		t := u.tx.Schema().Type(name)
		if !slices.Contains(counted[name], now.Type.Name) {
			continue
		}
		condition, args := u.tx.shown(t, "t")
		query := "SELECT t.id FROM " + t.Name + " t WHERE t." + t.Field(now.Type.Name).Column() + " = ? AND " + condition + " ORDER BY t.id"
		ids, err := u.tx.ids64(clause{query, append([]any{now.ID}, args...)})
		if err != nil {
			return false, err
		}
		for _, id := range ids {
			found = true
			if err := u.partStays(now, Key{t, id}); err != nil {
				return false, err
			}
		}
	}
	return found, nil
}

// partStays notes that a part stands in the way of taking its record back.
func (u *undoing) partStays(now *Record, key Key) error {
	part, err := u.tx.get(key)
	if err != nil {
		return err
	}
	c := UndoConflict{Record: Ref{now.Type, now.ID, now.Title()}, Part: part.Text("kind"), Now: part.Title()}
	first, second := u.tx.parents(part)
	if c.Part == "" {
		other := first
		if other == now.Key() {
			other = second
		}
		c.Part, c.Now = other.Type.Name, u.tx.called(other)
	}
	c.Change, err = u.lastOf(first, key)
	if err != nil || c.Change == 0 && !u.skip {
		// The part itself is a conflict already.
		return err
	}
	u.conflict(c)
	return u.tellWho(&u.done.Conflicts[len(u.done.Conflicts)-1])
}

// lastOf is the latest change after the one to be undone that wrote a part; 0: none.
func (u *undoing) lastOf(subject, part Key) (last int64, err error) {
	_, err = u.tx.one(`SELECT coalesce(max(change_id), 0) FROM change_row WHERE subject_type = ? AND subject_id = ? AND type = ? AND record_id = ? AND change_id > ?`,
		[]any{subject.Type.Code, subject.ID, part.Type.Code, part.ID, u.change}, &last)
	return last, err
}

// usedLater says whether a record that was made because it was named is used
// by what the undo does not take back: then it stays.
func (u *undoing) usedLater(now *Record) (bool, error) {
	if now.Type.Name != madeOnUse || now.Has("deleted_at") {
		return false, nil
	}
	users, err := u.tx.usersOf(now.Key())
	if err == nil && users != "" {
		u.done.Hanging = append(u.done.Hanging, fmt.Sprintf("%s stays, as others use it now: %s", u.tx.called(now.Key()), users))
	}
	return users != "", err
}

// usersOf counts in words the records that show a link with what sets the CRM up.
func (tx *Tx) usersOf(key Key) (string, error) {
	var words []string
	for _, t := range tx.Schema().OfClass(schema.Record) {
		mine, other := "right", "left"
		if t.Code > key.Type.Code {
			mine, other = other, mine
		}
		condition, args := tx.shown(t, "t")
		query := fmt.Sprintf("SELECT count(*) FROM link l JOIN %[1]s t ON t.id = l.%[2]s_id WHERE l.%[3]s_type = ? AND l.%[3]s_id = ? AND l.%[2]s_type = ? AND ", t.Name, other, mine)
		var n int
		_, err := tx.one(query+condition, append([]any{key.Type.Code, key.ID, t.Code}, args...), &n)
		if err != nil {
			return "", err
		}
		words = appendCount(words, n, t)
	}
	return strings.Join(words, ", "), nil
}

// errKept says that a record stays which a first attempt had begun to take back.
var errKept = errors.New("store: a record stays that was to be taken back")

// takeWhole takes rows back so that a record whose creation is skipped keeps
// the parts and links that it was created with: where one turns out to stay
// the rows are gone through anew without it.
func (u *undoing) takeWhole(user int64, rows []undoRow) error {
	if !u.skip {
		return u.takeRows(user, rows)
	}
	for {
		u.linked = nil
		kept, past, narrowed := len(u.kept), u.past, u.narrowed
		before := *u.done
		written := maps.Clone(u.written)
		err := u.tx.Try(func() error {
			if err := u.takeRows(user, rows); err != nil {
				return err
			}
			if len(u.kept) > kept {
				return errKept
			}
			return nil
		})
		if !errors.Is(err, errKept) {
			return err
		}
		conflicts := u.done.Conflicts
		*u.done, u.written, u.past, u.narrowed = before, written, past, narrowed
		u.done.Conflicts = conflicts
	}
}

// keeps says whether a row belongs to a record that stays.
func (u *undoing) keeps(row undoRow) bool {
	if t := u.tx.typeOf(row.code); t != nil && u.kept[Key{t, row.id}.String()] {
		return true
	}
	for _, key := range []Key{row.subject, row.object} {
		if key.Type != nil && key.Type.Class == schema.Record && u.kept[key.String()] {
			return true
		}
	}
	return false
}
