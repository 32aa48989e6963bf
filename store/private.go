package store

import (
	"fmt"

	"github.com/crmcp/crmcp/schema"
)

// privately is the field by which a record of a private type is its author's alone.
const privately = "is_private"

// isPrivate says whether a record is for its author alone. The words of such a
// record are not offered as corrections and completions of what others write.
func isPrivate(r *Record) bool { return r.Type.Private && r.Bool(privately) }

// hidePrivate is the condition, as " AND …", that a row of the full-text index
// is of no private record of another: those must not count among the newest
// matches, which would keep others away.
func (tx *Tx) hidePrivate() (condition string, args []any) {
	for _, t := range tx.Schema().Types {
		if t.Private {
			condition += fmt.Sprintf(" AND NOT EXISTS (SELECT 1 FROM %s p WHERE fulltext.rowid %% %d = %d AND p.id = fulltext.rowid / %d AND p.is_private = 1 AND coalesce(p.author_id, 0) <> ?)",
				t.Name, rowsPerID, t.Code, rowsPerID)
			args = append(args, tx.caller.User)
		}
	}
	return condition, args
}

// separatePrivate brings a file of the generation before up to what others
// must not see of private records: words that none but such a record holds,
// and that an external id is taken.
func (tx *Tx) separatePrivate() error {
	nobody, args := tx.hidePrivate()
	for _, t := range tx.Schema().Types {
		if !t.Private {
			continue
		}
		if err := tx.exec("DROP INDEX IF EXISTS " + t.Name + "_one_external"); err != nil {
			return err
		}
		ids, err := tx.ids64(sqlText("SELECT id FROM " + t.Name + " WHERE is_private = 1 ORDER BY id"))
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := tx.forgetWords(Key{t, id}, nobody, args); err != nil {
				return err
			}
		}
	}
	return tx.recountSetup()
}

// forgetWords forgets the words of a private record that no other holds.
func (tx *Tx) forgetWords(key Key, shown string, args []any) error {
	r, err := tx.get(key)
	if err != nil {
		return err
	}
	r.put(privately, nil)
	_, _, words := fullTextRow(r, nil, "")
	for _, word := range words.unknown(map[string]bool{}) {
		var doc int64
		found, err := tx.one("SELECT rowid FROM fulltext WHERE fulltext MATCH ?"+shown+" LIMIT 1", append([]any{quoteWord(word[len(wordKey):])}, args...), &doc)
		if err == nil && !found {
			err = tx.exec(`DELETE FROM identifier WHERE value = ? AND type = 0`, word)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// recountSetup counts the versions of tags and users anew, of which the links
// with notes no longer count.
func (tx *Tx) recountSetup() error {
	c := &checker{tx: tx}
	for _, t := range tx.Schema().OfClass(schema.Setup) {
		err := tx.eachRecord(t.Name, func(r *Record) error {
			rows, err := c.versionRows(r.Key())
			if err != nil || len(rows) == 0 {
				return err
			}
			version, at, user, err := c.versionOf(r, rows)
			if err != nil || version == r.Int("version") {
				return err
			}
			return tx.exec("UPDATE "+t.Name+" SET version = ?, updated_at = ?, updated_by_id = ? WHERE id = ?", version, int64(at), user, r.ID)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
