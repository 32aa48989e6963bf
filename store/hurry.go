package store

import (
	"context"
	"fmt"
)

// hurry runs the statements that write in a goroutine of their own, in their
// order, while the transaction goes on with what needs no answer.
type hurry struct {
	batch   []statement
	batches chan []statement
	// idle hears when everything sent so far has run; ended, when the goroutine has.
	idle, ended chan struct{}
	// failed is the first error. It may be read after idle was heard.
	failed error
	// sent counts the statements, heard those that have run for certain, and
	// waits how often they were waited for.
	sent, heard, waits int
}

type statement struct {
	query string
	args  []any
}

const (
	// hurryBatch is how many statements are handed over at once, hurryQueue how
	// many batches may wait.
	hurryBatch = 32
	hurryQueue = 64
	// A transaction that waits after fewer than worthHurry statements, more often
	// than fewWaits times, is quicker without.
	worthHurry = 48
	fewWaits   = 20
)

// Hurry lets this transaction go on while its statements that write still run.
// Whatever reads waits for them, so that nothing is read that is not so. What
// goes wrong is told later: by a call that reads or at the end; the error is
// then ErrHalfWritten where what was given is to blame.
func (tx *Tx) Hurry() {
	if tx.hurry != nil || !tx.write {
		return
	}
	h := &hurry{batches: make(chan []statement, hurryQueue), idle: make(chan struct{}), ended: make(chan struct{})}
	tx.hurry = h
	ctx := context.WithoutCancel(tx.ctx)
	go func() {
		defer close(h.ended)
		for batch := range h.batches {
			if batch == nil {
				h.idle <- struct{}{}
			}
			for _, one := range batch {
				if h.failed == nil {
					h.failed = tx.session.run(ctx, one.query, one.args)
				}
			}
		}
	}()
}

// run executes a statement that writes.
func (s *session) run(ctx context.Context, query string, args []any) error {
	stmt, err := s.statement(ctx, query) //nolint:sqlclosecheck // the connection keeps it
	if err == nil {
		_, err = stmt.ExecContext(ctx, args...)
	}
	if err != nil {
		return fmt.Errorf("%w in %s", err, query)
	}
	return nil
}

func (h *hurry) add(query string, args []any) {
	h.batch = append(h.batch, statement{query, args})
	h.sent++
	if len(h.batch) >= hurryBatch {
		h.batches <- h.batch
		h.batch = make([]statement, 0, hurryBatch)
	}
}

// wait returns when everything that was written has run.
func (tx *Tx) wait() error {
	h := tx.hurry
	if h == nil || h.sent == h.heard {
		return nil
	}
	if len(h.batch) > 0 {
		h.batches <- h.batch
		h.batch = make([]statement, 0, hurryBatch)
	}
	h.batches <- nil
	<-h.idle
	h.waits++
	h.heard = h.sent
	if h.failed == nil && (h.waits < fewWaits || h.sent > h.waits*worthHurry) {
		return nil
	}
	close(h.batches)
	<-h.ended
	tx.hurry = nil
	if isUnique(h.failed) {
		h.failed = fmt.Errorf("%w: %w", ErrHalfWritten, h.failed)
	}
	return tx.fail(h.failed)
}

// unhurried ends the goroutine once everything has run.
func (tx *Tx) unhurried() error {
	err := tx.wait()
	if tx.hurry != nil {
		close(tx.hurry.batches)
		<-tx.hurry.ended
		tx.hurry = nil
	}
	return err
}
