package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// purgeTool is the tool's name in the history.
const purgeTool = "purge"

// purgedAtOnce is how many records of the trash one change erases.
const purgedAtOnce = 200

// Purged is what a purge erased or would erase.
type Purged struct {
	// Records are those that were asked for, with their titles; Along counts
	// by type what was erased with them.
	Records []Ref
	Along   map[string]int
	// Kept are records of the trash that others still need, each with the reason.
	Kept []string
	// Overwritten: nothing of them is left in the file; false: another program
	// was reading, and a later purge does that.
	Overwritten bool
}

// Trash gives the records that lie in the trash since before a moment, those
// that others need left out.
func (tx *Tx) Trash(before time.Time) (keys []Key, err error) {
	for _, t := range tx.Schema().Types {
		if t.Defines {
			continue
		}
		err := tx.scan("SELECT id FROM "+t.Name+" WHERE deleted_at < ? ORDER BY id", []any{int64(schema.MillisOf(before))}, func(rows *sql.Rows) error {
			key := Key{Type: t}
			err := rows.Scan(&key.ID)
			keys = append(keys, key)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// PurgeTrash erases what lies in the trash since before a moment.
func (db *DB) PurgeTrash(ctx context.Context, caller Caller, before time.Time, dryRun bool) (*Purged, error) {
	var keys []Key
	err := db.View(ctx, caller, func(tx *Tx) (err error) {
		keys, err = tx.Trash(before)
		return err
	})
	if err != nil {
		return nil, err
	}
	return db.purge(ctx, caller, keys, dryRun, false)
}

// Purge erases records, in the trash or not, and every trace of them: what
// belongs to them, what is linked to them alone and tells of them (notes,
// activities, tasks, documents), their values in the history
// and in kept answers, their words, and documents' bytes that nothing else
// refers to. Their numbers are never used again, and the history keeps that
// they were there. It cannot be undone.
func (db *DB) Purge(ctx context.Context, caller Caller, keys []Key, dryRun bool) (*Purged, error) {
	return db.purge(ctx, caller, keys, dryRun, true)
}

// purge erases in pieces, so that others can write between them. Where one
// fails, what those before it erased is told, beside the error.
func (db *DB) purge(ctx context.Context, caller Caller, keys []Key, dryRun, wholly bool) (*Purged, error) {
	all := &Purged{Along: map[string]int{}}
	caller.Tool = purgeTool
	var failed error
	for piece := range slices.Chunk(keys, purgedAtOnce) {
		done := &Purged{Along: map[string]int{}}
		failed = db.Update(ctx, caller, func(tx *Tx) error {
			if err := tx.Permit(schema.Admin, "purge records"); err != nil {
				return err
			}
			// A webhook that is erased lets nothing out any more.
			tx.unasked = true
			p := &purging{tx: tx, done: done, wholly: wholly, erased: map[Key]bool{}, changes: map[int64]bool{}, contents: map[string]bool{}, words: map[string]bool{}}
			if err := p.run(piece); err != nil {
				return err
			}
			if dryRun {
				return ErrDryRun
			}
			return nil
		})
		if failed != nil {
			break
		}
		all.add(done)
	}
	if dryRun || len(all.Records) == 0 {
		return all, failed
	}
	var err error
	all.Overwritten, err = db.erase(ctx)
	return all, errors.Join(failed, err)
}

func (p *Purged) add(more *Purged) {
	p.Records = append(p.Records, more.Records...)
	p.Kept = append(p.Kept, more.Kept...)
	for name, n := range more.Along {
		p.Along[name] += n
	}
}

// erase leaves nothing of what was deleted in the file.
func (db *DB) erase(ctx context.Context) (bool, error) {
	pack := func(tx *Tx) error { return tx.exec(packWordsSQL) }
	if err := db.Update(ctx, Caller{}, pack); err != nil {
		return false, err
	}
	if err := db.lock(ctx); err != nil {
		return false, err
	}
	defer db.unlock()
	overwritten, err := db.overwrite(ctx)
	return overwritten, db.storeError(ctx, err)
}

// purging is one purge under way.
type purging struct {
	tx   *Tx
	done *Purged
	// wholly: what tells of an erased record and is linked to nothing else goes
	// too; what only falls out of the trash leaves it alone.
	wholly   bool
	erased   map[Key]bool
	order    []*Record
	changes  map[int64]bool
	contents map[string]bool
	// words are those that erased records had, now or once.
	words map[string]bool
}

func (p *purging) run(keys []Key) error {
	for _, key := range keys {
		if err := p.ask(Key{p.tx.Schema().Type(key.Type.Name), key.ID}); err != nil {
			return err
		}
	}
	for _, r := range p.order {
		if err := p.unlink(r); err != nil {
			return err
		}
	}
	// Parts refer to records, so they go first.
	for _, r := range slices.Backward(p.order) {
		if err := p.erase(r); err != nil {
			return err
		}
	}
	if err := p.tx.settle(); err != nil {
		return err
	}
	return p.traces()
}

// ask takes up a record that is to be erased, with all that goes along.
func (p *purging) ask(key Key) error {
	if p.erased[key] {
		return nil
	}
	there, err := p.tx.exists(key)
	if err != nil || !there {
		return err
	}
	r, err := p.tx.get(key)
	if err != nil {
		return err
	}
	needed, err := p.neededBy(key)
	if err != nil {
		return err
	}
	if needed != "" {
		p.done.Kept = append(p.done.Kept, fmt.Sprintf("%s %s: %s", key, r.Title(), needed))
		return nil
	}
	p.done.Records = append(p.done.Records, Ref{key.Type, key.ID, r.Title()})
	return p.take(r)
}

// take notes a record and what goes along with it: parts, records that were
// merged into it, and notes attached to nothing else.
func (p *purging) take(r *Record) error {
	p.erased[r.Key()] = true
	p.order = append(p.order, r)
	for _, t := range p.tx.Schema().Types {
		for _, f := range t.Fields {
			if !refersTo(f, r.Type) || !goesAlong(t, f) {
				continue
			}
			if err := p.takeEach("SELECT id FROM "+t.Name+" WHERE "+f.Column()+" = ?", t, r.ID); err != nil {
				return err
			}
		}
	}
	for _, relation := range r.Type.Relations {
		if relation.Via != schema.ViaLink || !p.takesLinked(relation.To) {
			continue
		}
		ids, err := p.tx.ends(relation, r.ID)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := p.takeAttached(Key{relation.To, id}); err != nil {
				return err
			}
		}
	}
	return nil
}

// telling are the types whose records tell of those they are linked with.
var telling = []string{"activity", "document", "task"}

// takesLinked says whether records of a type go with the last one they are
// linked with.
func (p *purging) takesLinked(t *schema.Type) bool {
	return t.Attached || p.wholly && slices.Contains(telling, t.Name)
}

// refersTo says whether a field is kept as a reference to records of a type.
func refersTo(f *schema.Field, t *schema.Type) bool {
	return f.Kind == schema.Reference && f.Stored() && !f.Computed && f.To == t.Name
}

// goesAlong says whether what refers by a field is erased with what it refers
// to: a part of it, or a record that was merged into it.
func goesAlong(t *schema.Type, f *schema.Field) bool {
	return f.Name == mergedInto || t.Class == schema.Part && !f.System
}

func (p *purging) takeEach(query string, t *schema.Type, id int64) error {
	var keys []Key
	err := p.tx.scan(query, []any{id}, func(rows *sql.Rows) error {
		key := Key{Type: t}
		err := rows.Scan(&key.ID)
		keys = append(keys, key)
		return err
	})
	for _, key := range keys {
		if err == nil {
			err = p.takeAlong(key)
		}
	}
	return err
}

func (p *purging) takeAlong(key Key) error {
	if p.erased[key] {
		return nil
	}
	r, err := p.tx.get(key)
	if err != nil {
		return err
	}
	p.done.Along[key.Type.Name]++
	return p.take(r)
}

// takeAttached takes a record along that is linked with nothing that stays.
func (p *purging) takeAttached(key Key) error {
	for _, relation := range key.Type.Relations {
		if relation.Via != schema.ViaLink || relation.To.Class != schema.Record {
			continue
		}
		ids, err := p.tx.ends(relation, key.ID)
		if err != nil {
			return err
		}
		stays := func(id int64) bool { return !p.erased[Key{relation.To, id}] }
		if slices.ContainsFunc(ids, stays) {
			return nil
		}
	}
	return p.takeAlong(key)
}

// neededBy says why a record must stay: others refer to it by a field that
// cannot be empty. Empty: it can go.
func (p *purging) neededBy(key Key) (string, error) {
	for _, t := range p.tx.Schema().Types {
		for _, f := range t.Fields {
			if !refersTo(f, key.Type) || goesAlong(t, f) || !f.Required && !f.Always && (!f.System || f.Settable(false)) {
				continue
			}
			var id int64
			found, err := p.tx.one("SELECT id FROM "+t.Name+" WHERE "+f.Column()+" = ? LIMIT 1", []any{key.ID}, &id)
			if err != nil {
				return "", err
			}
			if found {
				return fmt.Sprintf("it is the %s of %s", f.Name, t.IDString(id)), nil
			}
		}
	}
	return "", nil
}
