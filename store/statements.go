package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// query runs a statement that reads, and stops it when the call ends.
func (tx *Tx) query(query string, args ...any) (*sql.Rows, error) {
	ctx := tx.ctx
	if tx.pieces != nil {
		ctx = context.WithoutCancel(ctx)
	}
	return tx.queryIn(ctx, query, args)
}

func (tx *Tx) queryIn(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	if err := tx.wait(); err != nil {
		return nil, err
	}
	if err := tx.ready(query, args); err != nil {
		return nil, tx.fail(err)
	}
	stmt, err := tx.session.statement(ctx, query) //nolint:sqlclosecheck // the connection keeps it
	if err != nil {
		return nil, tx.fail(fmt.Errorf("%w in %s", err, query))
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return nil, tx.fail(fmt.Errorf("%w in %s", err, query))
	}
	return rows, nil
}

// scanner runs a statement and gives each row to fn.
type scanner func(query string, args []any, fn func(*sql.Rows) error) error

// scan runs a statement and gives each row to fn.
func (tx *Tx) scan(query string, args []any, fn func(*sql.Rows) error) error {
	rows, err := tx.query(query, args...)
	if err != nil {
		return err
	}
	return tx.each(rows, fn)
}

// quick is scan for a statement that finds what it reads by its keys. It is not
// stopped when the call ends, which is looked for before: to watch for it costs
// two goroutines a statement, and more time than such a statement takes.
func (tx *Tx) quick(query string, args []any, fn func(*sql.Rows) error) error {
	rows, err := tx.queryIn(context.WithoutCancel(tx.ctx), query, args)
	if err != nil {
		return err
	}
	return tx.each(rows, fn)
}

func (tx *Tx) each(rows *sql.Rows, fn func(*sql.Rows) error) (err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return tx.fail(rows.Err())
}

// one reads a single row; found is false where there is none.
func (tx *Tx) one(query string, args []any, into ...any) (found bool, err error) {
	return tx.oneOf(tx.scan, query, args, into...)
}

func (tx *Tx) oneOf(scan scanner, query string, args []any, into ...any) (found bool, err error) {
	err = scan(query, args, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(into...)
	})
	return found, err
}

// exec runs a statement that writes. It looks before whether the call has
// ended, and not meanwhile: that would cost a goroutine for each row.
func (tx *Tx) exec(query string, args ...any) error {
	if !tx.write {
		return fmt.Errorf("store: write in a view: %s", query)
	}
	if err := tx.ready(query, args); err != nil {
		return tx.fail(err)
	}
	tx.writes++
	if tx.hurry != nil {
		tx.hurry.add(query, args)
		return nil
	}
	return tx.fail(tx.session.run(context.WithoutCancel(tx.ctx), query, args))
}

// fail remembers the first error of the engine: after it the transaction may
// be rolled back already, so nothing more may run and nothing is committed.
func (tx *Tx) fail(err error) error {
	if err != nil && tx.failed == nil {
		tx.failed = err
	}
	return err
}

// ready says whether a statement may run.
func (tx *Tx) ready(query string, args []any) error {
	if tx.failed != nil {
		return tx.failed
	}
	if err := tx.ctx.Err(); err != nil {
		return err
	}
	if tx.db.options.Trace != nil {
		tx.db.options.Trace(query, args)
	}
	return nil
}
