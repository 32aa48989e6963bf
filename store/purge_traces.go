package store

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// unlink takes away the links and references by which others lead to a record.
func (p *purging) unlink(r *Record) error {
	if err := p.tx.touchNeighbours(r.Key()); err != nil {
		return err
	}
	for _, relation := range r.Type.Relations {
		if relation.Via != schema.ViaLink {
			continue
		}
		ids, err := p.tx.ends(relation, r.ID)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if _, err := p.tx.deleteLink(r.Key(), Key{relation.To, id}); err != nil {
				return err
			}
		}
	}
	for _, t := range p.tx.Schema().Types {
		for _, f := range t.Fields {
			if !refersTo(f, r.Type) || goesAlong(t, f) || f.System && !f.Settable(false) {
				continue
			}
			if err := p.emptyReferences(t, f, r.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *purging) emptyReferences(t *schema.Type, f *schema.Field, id int64) error {
	ids, err := p.tx.ids64(clause{"SELECT id FROM " + t.Name + " WHERE " + f.Column() + " = ? ORDER BY id", []any{id}})
	for _, one := range ids {
		if err != nil {
			return err
		}
		if p.erased[Key{t, one}] {
			err = p.tx.exec("UPDATE "+t.Name+" SET "+f.Column()+" = NULL WHERE id = ?", one)
			continue
		}
		var r *Record
		if r, err = p.tx.get(Key{t, one}); err == nil {
			_, _, err = p.tx.updateRecord(r, map[string]any{f.Name: nil})
		}
	}
	return err
}

// erase removes the row of a record and what finds it, and empties its history.
func (p *purging) erase(r *Record) error {
	tx, key := p.tx, r.Key()
	if err := p.noteContents(r); err != nil {
		return err
	}
	if err := p.noteWords(r); err != nil {
		return err
	}
	ids, err := tx.ids64(clause{`SELECT DISTINCT change_id FROM change_row WHERE type = ? AND record_id = ?`, []any{key.Type.Code, key.ID}})
	if err != nil {
		return err
	}
	for _, id := range ids {
		p.changes[id] = true
	}
	type statement struct {
		query string
		args  []any
	}
	both := []any{key.Type.Code, key.ID}
	for _, s := range []statement{
		{`UPDATE change_row SET before = NULL, after = NULL WHERE type = ? AND record_id = ?`, both},
		{`DELETE FROM identifier WHERE type = ? AND record_id = ?`, both},
		{`DELETE FROM custom_value WHERE type = ? AND record_id = ?`, both},
		{`DELETE FROM fulltext WHERE rowid = ?`, []any{key.ID*rowsPerID + key.Type.Code}},
		{"DELETE FROM " + key.Type.Name + " WHERE id = ?", []any{key.ID}},
	} {
		if err := tx.exec(s.query, s.args...); err != nil {
			return err
		}
	}
	tx.recount(r, nil)
	tx.forget(key)
	tx.noteRecord(r, purged, nil, nil)
	return nil
}

// forget drops a record that is no more from what is to be brought up to date.
func (tx *Tx) forget(key Key) {
	delete(tx.dirty.aspects, key)
	delete(tx.dirty.known, key)
	delete(tx.setup, key)
	tx.change.mark(key)
}

// noteContents remembers the bytes that a record has or once had.
func (p *purging) noteContents(r *Record) error {
	if r.Type.Field("content") == nil {
		return nil
	}
	return p.tx.scan(`SELECT c.sha256 FROM content c WHERE c.sha256 = ? OR EXISTS (SELECT 1 FROM change_row h WHERE h.type = ? AND h.record_id = ?
 AND (instr(h.after, c.sha256) > 0 OR instr(h.before, c.sha256) > 0))`, []any{r.Text("sha256"), r.Type.Code, r.ID}, func(rows *sql.Rows) error {
		var hash string
		err := rows.Scan(&hash)
		p.contents[hash] = true
		return err
	})
}

// noteWords remembers the words of a record, of its history and of a document.
func (p *purging) noteWords(r *Record) error {
	content, err := p.tx.contentText(r)
	if err != nil {
		return err
	}
	p.addWords(content)
	return p.tx.scan(`SELECT coalesce(before, ''), coalesce(after, '') FROM change_row WHERE type = ? AND record_id = ?`, []any{r.Type.Code, r.ID}, func(rows *sql.Rows) error {
		var before, after string
		err := rows.Scan(&before, &after)
		for _, values := range []string{before, after} {
			if err == nil && values != "" {
				var decoded any
				err = decode(values, &decoded)
				p.addTexts(decoded)
			}
		}
		return err
	})
}

// addTexts adds the words of all texts in a decoded value.
func (p *purging) addTexts(value any) {
	switch v := value.(type) {
	case string:
		p.addWords(v)
	case []any:
		for _, one := range v {
			p.addTexts(one)
		}
	case map[string]any:
		for _, one := range v {
			p.addTexts(one)
		}
	}
}

func (p *purging) addWords(s string) {
	for word := range strings.FieldsSeq(text.IndexText(s)) {
		p.words[word] = true
	}
}

// traces removes what is left of erased records beyond their own rows.
func (p *purging) traces() error {
	for _, id := range slices.Sorted(maps.Keys(p.changes)) {
		if err := p.tx.reseal(id); err != nil {
			return err
		}
	}
	for _, step := range []func() error{p.dropContents, p.dropAnswers, p.forgetEvents, p.dropWords} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// dropContents removes bytes to which neither a record nor the history refers.
func (p *purging) dropContents() error {
	for _, hash := range slices.Sorted(maps.Keys(p.contents)) {
		used := false
		for _, t := range p.tx.Schema().Types {
			if t.Field("content") == nil || used {
				continue
			}
			var one int
			found, err := p.tx.one(`SELECT 1 FROM `+t.Name+` WHERE sha256 = ? UNION ALL SELECT 1 FROM change_row WHERE type = ? AND (instr(after, ?) > 0 OR instr(before, ?) > 0) LIMIT 1`,
				[]any{hash, t.Code, hash, hash}, &one)
			if err != nil {
				return err
			}
			used = found
		}
		if used {
			continue
		}
		if err := p.tx.exec(`DELETE FROM content WHERE sha256 = ?`, hash); err != nil {
			return err
		}
	}
	return nil
}

// dropAnswers removes the kept answers that speak of an erased record.
func (p *purging) dropAnswers() error {
	type kept struct {
		user      int64
		tool, key string
	}
	var list []kept
	err := p.tx.scan(`SELECT user_id, tool, key, answer FROM idempotency`, nil, func(rows *sql.Rows) error {
		var one kept
		var answer string
		err := rows.Scan(&one.user, &one.tool, &one.key, &answer)
		if p.speaksOf(answer) {
			list = append(list, one)
		}
		return err
	})
	for _, one := range list {
		if err == nil {
			err = p.tx.exec(`DELETE FROM idempotency WHERE user_id = ? AND tool = ? AND key = ?`, one.user, one.tool, one.key)
		}
	}
	return err
}

func (p *purging) speaksOf(answer string) bool {
	for key := range p.erased {
		for _, after := range strings.Split(answer, key.String())[1:] {
			if after == "" || after[0] < '0' || after[0] > '9' {
				return true
			}
		}
	}
	return false
}

// dropWords removes the words of erased records that completion offers and no
// other record has.
func (p *purging) dropWords() error {
	if err := p.tx.writeWords(); err != nil {
		return err
	}
	for _, word := range slices.Sorted(maps.Keys(p.words)) {
		var doc int64
		found, err := p.tx.one(wordFoundSQL, []any{quoteWord(word)}, &doc)
		if err != nil {
			return fmt.Errorf("the word %q: %w", word, err)
		}
		if found {
			continue
		}
		for _, value := range []string{unusualKey + word, keptWord(word)} {
			if err := p.tx.exec(`DELETE FROM identifier WHERE value = ? AND type = 0`, value); err != nil {
				return err
			}
		}
	}
	return nil
}
