package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// widen goes on with a schema that has the deleted custom fields as well:
// records keep their values, so that these are taken back like all others and
// the field has the right ones when it comes back.
func (u *undoing) widen() (err error) {
	if err := u.tx.settle(); err != nil {
		return err
	}
	if u.past, err = u.tx.readPast(); err != nil {
		return err
	}
	u.narrowed = u.tx.schema
	u.tx.adopt(u.past.schema)
	return nil
}

// narrow goes on with the schema that everybody knows.
func (u *undoing) narrow() {
	if u.narrowed != nil {
		u.tx.adopt(u.narrowed)
		u.narrowed = nil
	}
}

// result is what was done, each conflict once, in the types of the transaction's present schema.
func (u *undoing) result() *Undone {
	for i, key := range u.done.Records {
		u.done.Records[i] = u.tx.renewed(key)
	}
	told := map[string]bool{}
	u.done.Conflicts = slices.DeleteFunc(u.done.Conflicts, func(c UndoConflict) bool {
		text := fmt.Sprint(Key{c.Record.Type, c.Record.ID}, c.Field, c.Part, c.Left, c.Now)
		again := told[text]
		told[text] = true
		return again
	})
	for i := range u.done.Conflicts {
		c := &u.done.Conflicts[i]
		c.Record.Type = u.tx.renewed(Key{Type: c.Record.Type}).Type
		c.By.Type = u.tx.renewed(Key{Type: c.By.Type}).Type
	}
	return u.done
}

// renew goes on with the schema as the undo itself has left it: a custom field
// that it brought back gets its values back by what it undoes next.
func (u *undoing) renew(row *undoRow) error {
	if len(u.tx.redefined) > 0 {
		if err := u.widen(); err != nil {
			return err
		}
	}
	row.subject, row.object = u.tx.renewed(row.subject), u.tx.renewed(row.object)
	if t := u.tx.typeOf(row.code); t != nil {
		row.before, row.after = u.past.renamed(t, row.before, u.change, row.seq), u.past.renamed(t, row.after, u.change, row.seq)
	}
	return nil
}

// renewed is a key under the transaction's present schema.
func (tx *Tx) renewed(key Key) Key {
	if key.Type == nil {
		return key
	}
	return Key{tx.schema.Type(key.Type.Name), key.ID}
}

// blame finds the latest change that wrote a field after the one to be undone.
func (u *undoing) blame(c *UndoConflict, f *schema.Field, subject Key) (err error) {
	if c.Change, err = u.lastWrote(Key{c.Record.Type, c.Record.ID}, f, subject); err != nil {
		return err
	}
	return u.tellWho(c)
}

// tellWho says who made the change that stands in the way, and when.
func (u *undoing) tellWho(c *UndoConflict) (err error) {
	if c.Change == 0 {
		return nil
	}
	if c.Change, err = u.tx.headOf(c.Change); err != nil {
		return err
	}
	var user, at int64
	if _, err := u.tx.one(`SELECT user_id, at FROM change_set WHERE id = ?`, []any{c.Change}, &user, &at); err != nil {
		return err
	}
	c.At = schema.Millis(at)
	refs, err := u.tx.Refs(u.tx.Schema().Type("user"), []int64{user})
	c.By = refs[user]
	return err
}

// lastWrote is the latest change after the one to be undone that wrote a field
// of a record; 0: none. A name in the history may have meant another field.
func (u *undoing) lastWrote(key Key, f *schema.Field, subject Key) (last int64, err error) {
	name := f.Name
	switch {
	case isHidden(f):
		name = f.Label
	case f.Custom:
		name = strings.TrimSuffix(name, "_custom")
	}
	err = u.tx.scan(`SELECT change_id, seq, after FROM change_row WHERE subject_type = ? AND subject_id = ? AND type = ? AND record_id = ? AND change_id > ?
 AND (after LIKE ? OR after LIKE ?) ORDER BY change_id, seq`,
		[]any{subject.Type.Code, subject.ID, key.Type.Code, key.ID, u.change, `%"` + name + `%`, `%"` + numberName(f.ID) + `":%`}, func(rows *sql.Rows) error {
			var change, seq int64
			var after []byte
			if err := rows.Scan(&change, &seq, &after); err != nil {
				return err
			}
			var values map[string]json.RawMessage
			if err := json.Unmarshal(after, &values); err != nil {
				return err
			}
			if _, wrote := u.past.renamed(key.Type, values, change, seq)[f.Name]; wrote {
				last = change
			}
			return nil
		})
	return last, err
}
