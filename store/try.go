package store

import (
	"errors"
	"fmt"
	"maps"

	"github.com/crmcp/crmcp/schema"
)

// Try runs fn as a part of the transaction that stands or falls alone: when fn
// fails, everything it wrote is taken back, its history too, the error is
// given, and the transaction goes on as if fn had not been called. After an
// error of the engine other than a unique value nothing can go on: that error
// fails the whole transaction.
func (tx *Tx) Try(fn func() error) error {
	if err := tx.unhurried(); err != nil {
		return err
	}
	before := tx.progress()
	if err := tx.exec("SAVEPOINT attempt"); err != nil {
		return err
	}
	tx.dirty = dirtySet{}
	err := fn()
	if err == nil && tx.failed == nil {
		tx.rejoin(before)
		return tx.exec("RELEASE attempt")
	}
	if tx.failed != nil && !isUnique(tx.failed) {
		return tx.failed
	}
	if err == nil {
		err = tx.failed
	}
	tx.failed = nil
	if undone := tx.exec("ROLLBACK TO attempt"); undone != nil {
		return undone
	}
	if undone := tx.exec("RELEASE attempt"); undone != nil {
		return undone
	}
	tx.takeBack(before)
	return err
}

// ErrHalfWritten says that an attempt failed after it had written something:
// the whole transaction has to be given up.
var ErrHalfWritten = errors.New("store: an attempt failed half-way")

// Attempt runs fn as Try does where it is likely to succeed, and costs nothing
// then, because nothing can be taken back: when fn fails after it has written
// anything, the error is ErrHalfWritten too.
func (tx *Tx) Attempt(fn func() error) error {
	writes := tx.writes
	err := fn()
	switch {
	case tx.failed != nil && !isUnique(tx.failed):
		return tx.failed
	case err != nil && tx.writes != writes:
		return fmt.Errorf("%w: %w", ErrHalfWritten, err)
	}
	return err
}

// progress is how far a transaction's own book-keeping had come.
type progress struct {
	change int64
	rows   int
	ids    map[int64]int64
	// tallies are what was counted so far.
	tallies map[int64]tally
	dirty   dirtySet
	schema  *schema.Schema
	// redefined are rows of the schema that were written and not read yet.
	redefined map[Key]bool
	waiting   []wordRow
	joins     map[Key]join
}

func (tx *Tx) progress() progress {
	return progress{change: tx.change.id, rows: len(tx.change.rows), ids: maps.Clone(tx.ids), tallies: maps.Clone(tx.tallies), dirty: tx.dirty,
		schema: tx.schema, redefined: maps.Clone(tx.redefined), waiting: tx.waiting, joins: maps.Clone(tx.joins)}
}

// rejoin adds what an attempt left to be brought up to date to what there was.
func (tx *Tx) rejoin(p progress) {
	attempt := tx.dirty
	tx.dirty = p.dirty
	clear(tx.dirty.known)
	if tx.schema != p.schema {
		tx.adopt(tx.schema)
	}
	for _, key := range attempt.order {
		tx.touchKey(key, attempt.aspects[key])
	}
}

func (tx *Tx) takeBack(p progress) {
	tx.change.id = p.change
	tx.change.takeBack(p.rows)
	tx.ids, tx.dirty, tx.redefined, tx.waiting = p.ids, p.dirty, p.redefined, p.waiting
	tx.tallies, tx.joins = p.tallies, p.joins
	clear(tx.remembered)
	clear(tx.stand)
	clear(tx.foreseen)
	clear(tx.joined)
	clear(tx.details)
	if tx.schema != p.schema {
		tx.adopt(p.schema)
	}
	clear(tx.setup)
}

// takeBack forgets all rows but the first n, and which records' versions were
// counted for the others alone.
func (c *changeSet) takeBack(n int) {
	undone := map[Key]bool{}
	for _, row := range c.rows[n:] {
		for _, key := range row.counts() {
			undone[key] = true
			delete(c.counted, key)
		}
	}
	clear(c.rows[n:])
	c.rows = c.rows[:n]
	if len(undone) == 0 {
		return
	}
	for _, row := range c.rows {
		for _, key := range row.counts() {
			if undone[key] {
				c.mark(key)
			}
		}
	}
}

// counts are the records whose versions a written row counts up: its own, those
// that it is a part of, and both ends of a link with a record that sets up.
func (row changeRow) counts() []Key {
	switch {
	case row.key.Type == nil && row.subject.Type.Class == schema.Record && row.object.Type.Class == schema.Record:
		return nil
	case row.key.Type == nil:
		return []Key{row.subject, row.object}
	case row.key.Type.Class != schema.Part:
		return []Key{row.key}
	}
	keys := []Key{row.key}
	for _, parent := range []Key{row.subject, row.object} {
		if parent.Type != nil {
			keys = append(keys, parent)
		}
	}
	return keys
}
