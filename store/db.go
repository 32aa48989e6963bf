// Package store keeps the records in SQL. It is the only package that knows
// SQL: every other one asks for records, lists and changes.
package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// Options open a database.
type Options struct {
	// Now is the clock; nil: the system's.
	Now func() time.Time
	// Patience is how long a write waits for its turn; 0: 30 seconds.
	Patience time.Duration
	// User is the e-mail or name of the caller of a local process; empty: the local owner.
	User string
	// What a new database starts with: the owner's name, the company's
	// currency (ISO 4217; empty: EUR), country (ISO 3166) and time zone (IANA; empty: UTC).
	OwnerName, Currency, Country, TimeZone string
}

// DB is one open database file: one writer and a pool of readers.
type DB struct {
	path        string
	writer      *pool
	reader      *pool
	definitions atomic.Pointer[definitions]
	now         func() time.Time
	patience    time.Duration
	turn        chan struct{}
	options     Options
	caller      int64
}

// Open opens the database file or creates it, and brings its tables up to
// what this program knows. A database written by a newer program is refused.
func Open(ctx context.Context, path string, options Options) (*DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, schema.Errorf(schema.InvalidArgument, "cannot create the database's folder: %v", err)
	}
	db := &DB{path: path, options: options, now: options.Now, patience: options.Patience,
		turn: make(chan struct{}, 1)}
	db.definitions.Store(&definitions{schema: schema.New()})
	if db.now == nil {
		db.now = time.Now
	}
	if db.patience == 0 {
		db.patience = 30 * time.Second
	}
	if err := db.connect(); err != nil {
		return nil, err
	}
	if err := db.migrate(ctx); err != nil {
		return nil, errors.Join(storeError(ctx, err), db.Close())
	}
	if err := db.identify(ctx, options.User); err != nil {
		return nil, errors.Join(storeError(ctx, err), db.Close())
	}
	return db, nil
}

// Path is the database file.
func (db *DB) Path() string { return db.path }

// Schema is the record types of this database as the newest transaction of
// this process found them; each transaction carries its own.
func (db *DB) Schema() *schema.Schema { return db.definitions.Load().schema }

// Caller is the user on whose behalf a local process acts.
func (db *DB) Caller() int64 { return db.caller }

// Close waits for nothing: transactions still open are rolled back.
func (db *DB) Close() error {
	return errors.Join(db.reader.close(), db.writer.close())
}

// storeError turns an error of the engine into one for the caller.
func storeError(ctx context.Context, err error) error {
	_, known := errors.AsType[*schema.Error](err)
	switch {
	case err == nil, known:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case isBusy(err):
		return errBusy()
	case isFull(err):
		return schema.Errorf(schema.Internal, "the disk is full; nothing was written")
	}
	return fmt.Errorf("store: %w", err)
}
