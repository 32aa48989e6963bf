package store

import (
	"database/sql"
	"slices"

	"github.com/crmcp/crmcp/schema"
)

// sees says whether anything of a change is for the caller: one that only
// wrote others' private records, or webhooks where the caller is no admin, does
// not exist for them.
func (tx *Tx) sees(head int64) (bool, error) {
	pieces, err := tx.piecesOf(head)
	if err != nil {
		return false, err
	}
	h := tx.historyReader(HistoryQuery{})
	codes := tx.privateCodes()
	for _, piece := range pieces {
		var found int64
		query := "SELECT 1 FROM change_row WHERE change_id = ? AND type NOT IN (" + placeholders(len(codes)) + ") AND subject_type NOT IN (" + placeholders(len(codes)) +
			") AND coalesce(object_type, 0) NOT IN (" + placeholders(len(codes)) + ") LIMIT 1"
		if plain, err := tx.one(query, slices.Concat([]any{piece}, codes, codes, codes), &found); err != nil || plain {
			return plain, err
		}
		rows, err := tx.privateRows(piece)
		if err != nil {
			return false, err
		}
		for _, row := range rows {
			if hidden, err := h.hides(row); err != nil || !hidden {
				return !hidden, err
			}
		}
	}
	return false, nil
}

func (tx *Tx) historyReader(q HistoryQuery) *historyReader {
	return &historyReader{tx: tx, q: q, names: map[Key]*Ref{}, private: map[Key]int64{}}
}

// isSecret says whether records of a type may not be for everybody: private
// ones, and webhooks, whose addresses only admins may know.
func isSecret(t *schema.Type) bool { return t != nil && (t.Private || t.Sends) }

// privateCodes are those of the types that have records which are not for everybody.
func (tx *Tx) privateCodes() (codes []any) {
	for _, t := range tx.Schema().Types {
		if isSecret(t) {
			codes = append(codes, t.Code)
		}
	}
	return codes
}

// privateRows are the rows of a change set that concern a record which may be private.
func (tx *Tx) privateRows(change int64) (list []historyRow, err error) {
	codes := tx.privateCodes()
	in := "IN (" + placeholders(len(codes)) + ")"
	query := historyColumns + "WHERE change_id = ? AND (type " + in + " OR subject_type " + in + " OR object_type " + in + ") ORDER BY seq"
	err = tx.scan(query, slices.Concat([]any{change}, codes, codes, codes), func(rows *sql.Rows) error {
		row, err := tx.scanHistory(rows)
		list = append(list, row)
		return err
	})
	return list, err
}

// hides says whether a row is not for the caller, because it concerns
// another's private record or a webhook.
func (h *historyReader) hides(row historyRow) (bool, error) {
	for _, key := range []Key{row.key, row.subject, row.object} {
		if !isSecret(key.Type) {
			continue
		}
		if hidden, err := h.hidden(key, row); err != nil || hidden {
			return hidden, err
		}
	}
	return false, nil
}

// countRows leaves the rows that are not for the caller out of how many a
// change wrote.
func (h *historyReader) countRows(c *Change) error {
	pieces, err := h.tx.piecesOf(c.ID)
	if err != nil {
		return err
	}
	for _, piece := range pieces {
		rows, err := h.tx.privateRows(piece)
		if err != nil {
			return err
		}
		for _, row := range rows {
			hidden, err := h.hides(row)
			if err != nil {
				return err
			}
			if hidden {
				c.Rows--
			}
		}
	}
	return nil
}

// seen keeps those of the changes of which the caller sees anything, at most
// limit of them (0: all).
func (tx *Tx) seen(changes []int64, limit int) (list []int64, err error) {
	for _, id := range changes {
		sees, err := tx.sees(id)
		if err != nil {
			return nil, err
		}
		if sees {
			list = append(list, id)
		}
		if limit > 0 && len(list) == limit {
			break
		}
	}
	return list, nil
}

// mayUndo refuses to take a change set back for a caller who could not have
// made it: others' changes need a consultant, one's own what each row needed.
func (u *undoing) mayUndo(user int64, tool string, rows []undoRow) error {
	if user != u.tx.caller.User {
		if err := u.tx.Permit(schema.Consultant, "undo the changes of others"); err != nil {
			return err
		}
	}
	for _, row := range rows {
		if err := u.mayUndoRow(tool, row); err != nil {
			return err
		}
	}
	return nil
}

func (u *undoing) mayUndoRow(tool string, row undoRow) error {
	t := u.tx.typeOf(row.code)
	switch {
	case row.code == 0:
		return u.tx.mayLink()
	case t == nil || row.hidden:
		return nil
	case row.action == "insert":
		return u.tx.mayWrite(schema.Creating, &Record{Type: t})
	case !given(row.before, "deleted_at") && !given(row.after, "deleted_at"):
		return u.tx.mayWrite(schema.Updating, &Record{Type: t})
	case tool == undoTool:
		// An undo deletes what was created: whoever may create may take that back.
		return u.tx.mayWrite(schema.Creating, &Record{Type: t})
	}
	now, err := u.tx.get(Key{t, row.id})
	if err != nil {
		now = &Record{Type: t}
	}
	return u.tx.mayWrite(schema.Deleting, now)
}

// hide marks the rows of a change set that are not for the caller.
func (u *undoing) hide(change int64, rows []undoRow) (err error) {
	h := u.tx.historyReader(HistoryQuery{})
	for i := range rows {
		row := &rows[i]
		key := Key{u.tx.typeOf(row.code), row.id}
		if row.hidden, err = h.hides(historyRow{change: change, seq: row.seq, key: key, subject: row.subject, object: row.object}); err != nil {
			return err
		}
	}
	return nil
}

// skips says whether a hidden row stays as it is: what the author of a private
// record did to it is the author's own. What others did without knowing, such
// as moving its links in a merge, is taken back without a word. Webhooks are
// left to admins.
func (u *undoing) skips(user int64, row undoRow) bool {
	if !row.hidden {
		return false
	}
	for _, key := range []Key{{u.tx.typeOf(row.code), row.id}, row.subject, row.object} {
		if !isSecret(key.Type) {
			continue
		}
		if key.Type.Sends {
			return true
		}
		r, err := u.tx.get(key)
		if err != nil || r.Int("author") == user {
			return true
		}
	}
	return false
}

// quietly runs fn without telling of what it writes or cannot write.
func (u *undoing) quietly(fn func() error) error {
	told, written := u.done, u.written
	u.done, u.written = &Undone{}, map[string]bool{}
	err := fn()
	u.done, u.written = told, written
	return err
}
