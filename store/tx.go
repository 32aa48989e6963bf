package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"github.com/crmcp/crmcp/schema"
)

// Caller is who makes a call and through what.
type Caller struct {
	// User is the id of the user; 0 means the user who acts where nobody else
	// does: the local owner.
	User int64
	// Client and Version name the program that calls (Claude Desktop 1.2).
	Client, Version string
	// Tool is the tool's name; it stands in the history.
	Tool string
	// Role narrows what the user may do, and never widens it; empty: the
	// user's own role.
	Role string
	// Key is the id of the API key by which the call came in; empty: none.
	Key string
	// Shell says that a person makes the call in the shell.
	Shell bool
}

// Tx is one transaction: what it reads is one state, what it writes is whole
// or not at all. It carries the clock and the caller.
type Tx struct {
	ctx     context.Context
	db      *DB
	session *session
	write   bool
	clock   schema.Clock
	caller  Caller
	// role is what the caller may do; empty: nothing.
	role string
	// undoing: an undo is under way, which has looked itself whether the caller may.
	undoing bool
	company *Record
	change  changeSet
	// pieces is the long change that the transaction is a piece of; mostly nil.
	pieces *Pieces
	// writes counts the statements that wrote.
	writes int
	// hurry runs statements that write beside the transaction; mostly nil.
	hurry *hurry
	// foreseen are computed fields of new records that were written with them.
	foreseen map[Key]aspect
	// details are those of new records.
	details map[Key][]detailRow
	// stand are records that were found by their id and have not changed since.
	stand map[Key]bool
	// joins are how many new members organizations have that are not counted yet,
	// joined the memberships that they have by them.
	joins  map[Key]join
	joined map[Key]bool
	dirty  dirtySet
	ids    map[int64]int64
	// tallies are the numbers of records that this transaction added, by type.
	tallies map[int64]tally
	// unnarrowed: filters are compiled as they stand; tests compare both ways.
	unnarrowed bool
	// eager: filters are followed from words however small the tables are; tests.
	eager  bool
	setup  map[Key]*Record
	failed error
	schema *schema.Schema
	// hooks are the enabled webhooks; queued: deliveries were queued, or the
	// webhooks changed; unasked: the transaction only takes webhooks away, so
	// that nobody is asked.
	hooks           []hook
	queued, unasked bool
	// redefined are rows of the schema that were written since it was read.
	redefined map[Key]bool
	// made are new records whose words and identifiers are not written yet.
	made map[Key]bool
	// waiting are rows of the full-text index that are not written yet, and
	// remembered the words that this transaction has kept already.
	waiting    []wordRow
	remembered map[string]bool
}

// Schema is the database's record types, custom fields included.
func (tx *Tx) Schema() *schema.Schema { return tx.schema }

// Clock is the moment of the transaction with the company's time zone.
func (tx *Tx) Clock() schema.Clock { return tx.clock }

// Caller is who acts.
func (tx *Tx) Caller() Caller { return tx.caller }

// Company is the one row about the company itself.
func (tx *Tx) Company() *Record { return tx.company }

// now is the moment of the transaction.
func (tx *Tx) now() schema.Millis { return schema.MillisOf(tx.clock.Now) }

// View runs fn on one unchanging state of the database.
func (db *DB) View(ctx context.Context, caller Caller, fn func(*Tx) error) error {
	return db.viewBy(ctx, db.reader, caller, fn)
}

func (db *DB) viewBy(ctx context.Context, readers *pool, caller Caller, fn func(*Tx) error) error {
	session, err := readers.take(ctx)
	if err != nil {
		return db.storeError(ctx, err)
	}
	tx := db.newTx(ctx, session, caller)
	err = safely(func() error {
		if err := session.begin(ctx, "BEGIN"); err != nil {
			return err
		}
		if err := tx.begin(); err != nil {
			return err
		}
		return fn(tx)
	})
	readers.give(session, session.end("ROLLBACK") == nil && tx.failed == nil)
	return db.storeError(ctx, err)
}

// newTx is a transaction that has read and written nothing yet.
func (db *DB) newTx(ctx context.Context, session *session, caller Caller) *Tx {
	return &Tx{ctx: ctx, db: db, session: session, caller: caller,
		ids: map[int64]int64{}, setup: map[Key]*Record{}, dirty: dirtySet{}, made: map[Key]bool{}, remembered: map[string]bool{},
		foreseen: map[Key]aspect{}, details: map[Key][]detailRow{}, stand: map[Key]bool{}, joins: map[Key]join{}, joined: map[Key]bool{}}
}

// safely turns a panic into an error, so that the transaction is rolled back
// and others get its connection and its turn.
func safely(run func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return run()
}

// ErrDryRun undoes everything when the function given to Update returns it,
// and is no failure.
var ErrDryRun = errors.New("dry run")

// Update runs fn as one change set: when fn returns nil all of it is written
// with its history, else nothing. It waits its turn for the write lock for up
// to 30 seconds, then answers busy.
func (db *DB) Update(ctx context.Context, caller Caller, fn func(*Tx) error) error {
	if err := db.lock(ctx); err != nil {
		return err
	}
	defer db.unlock()
	session, err := db.writer.take(ctx)
	if err != nil {
		return db.storeError(ctx, err)
	}
	tx := db.newTx(ctx, session, caller)
	tx.write = true
	err = safely(func() error {
		if err := db.beginWrite(ctx, session); err != nil {
			return err
		}
		if err := tx.begin(); err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		return tx.finish()
	})
	if late := tx.unhurried(); err == nil {
		err = late
	}
	if err == nil {
		err = tx.failed
	}
	if err != nil {
		db.writer.give(session, session.end("ROLLBACK") == nil && tx.failed == nil)
		if errors.Is(err, ErrDryRun) {
			return nil
		}
		return db.storeError(ctx, err)
	}
	if err := db.commit(session); err != nil {
		return err
	}
	if tx.queued {
		db.wake()
	}
	return nil
}

// commit makes the write stand. When that fails nobody knows whether it
// stands, so the connection is dropped and the caller is told.
func (db *DB) commit(session *session) error {
	err := session.end("COMMIT")
	db.writer.give(session, err == nil)
	if isFull(err) {
		return errFull(db.path)
	}
	if err != nil {
		return schema.Errorf(schema.UnknownOutcome, "the disk did not confirm the write (%v), so that it may or may not stand: send it again with the same idempotency_key, or look with history", err)
	}
	return nil
}

// lock waits for this process's turn to write, and for the process's among
// others.
func (db *DB) lock(ctx context.Context) error {
	deadline := time.Now().Add(db.patience)
	timer := time.NewTimer(db.patience)
	defer timer.Stop()
	select {
	case db.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return errBusy()
	}
	entered, err := db.queue.enter(ctx, time.Until(deadline))
	if entered {
		return nil
	}
	<-db.turn
	if err == nil {
		err = errBusy()
	}
	return err
}

func (db *DB) unlock() {
	db.queue.leave()
	<-db.turn
}

func errBusy() error {
	return schema.Errorf(schema.Busy, "another program is writing to the database; nothing was written, try again")
}

// beginWrite takes the file's write lock. Where somebody has it who does not
// queue, it is tried again at random short intervals, so that nobody starves.
func (db *DB) beginWrite(ctx context.Context, session *session) error {
	deadline := time.Now().Add(db.patience)
	for {
		err := session.begin(ctx, "BEGIN IMMEDIATE")
		if err == nil || !isBusy(err) {
			return err
		}
		if time.Now().After(deadline) {
			return errBusy()
		}
		pause := 500*time.Microsecond + rand.N(2500*time.Microsecond) //nolint:gosec // no secret depends on it
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// begin loads what every transaction carries.
func (tx *Tx) begin() error {
	tx.clock = schema.Clock{Now: tx.db.now(), Location: time.UTC}
	state, err := tx.loadState()
	if err != nil {
		return err
	}
	tx.company, tx.clock.Location, tx.clock.WeekStart = state.company, state.location, state.weekStart
	if tx.caller.User == 0 {
		tx.caller.User = tx.db.caller
	}
	return tx.loadRole()
}

// nextID gives the next number of a type; numbers are never used again.
func (tx *Tx) nextID(code int64) (int64, error) {
	if next, ok := tx.ids[code]; ok {
		tx.ids[code] = next + 1
		return next, nil
	}
	var next int64 = 1
	if _, err := tx.one(`SELECT next FROM sequence WHERE type = ?`, []any{code}, &next); err != nil {
		return 0, err
	}
	tx.ids[code] = next + 1
	return next, nil
}

// saveIDs writes the counters back at the end of the transaction.
func (tx *Tx) saveIDs() error {
	for code, next := range tx.ids {
		err := tx.exec(`INSERT INTO sequence (type, next) VALUES (?, ?) ON CONFLICT (type) DO UPDATE SET next = excluded.next`, code, next)
		if err != nil {
			return err
		}
	}
	return nil
}

// newUID makes a UUIDv7.
func newUID() (string, error) {
	id, err := uuid.NewV7()
	return id.String(), err
}
