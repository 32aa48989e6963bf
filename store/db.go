// Package store keeps the records in SQL. It is the only package that knows
// SQL: every other one asks for records, lists and changes.
package store

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
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
	// Trace, where set, hears of every statement within a transaction before it
	// runs. It must be quick and must not keep args.
	Trace func(query string, args []any)
	// Show writes records for webhooks as answers show them; nil: by their ids alone.
	Show func(tx *Tx, records []*Record) ([]json.RawMessage, error)
	// InsecureWebhooks lets webhooks have addresses of this machine and of
	// private networks, and http.
	InsecureWebhooks bool
	// Program is the version of the program; it stands in backups.
	Program string
	// What a new database starts with: the owner's name, the company's
	// currency (ISO 4217; empty: EUR), country (ISO 3166) and time zone (IANA; empty: UTC).
	OwnerName, Currency, Country, TimeZone string

	// unsafe: the file is thrown away, so that nothing waits for the disk.
	unsafe bool
}

// DB is one open database file: one writer, a pool of readers, and one for who
// logs in, which then does not wait behind long searches of others.
type DB struct {
	path        string
	writer      *pool
	reader      *pool
	door        *pool
	definitions atomic.Pointer[definitions]
	now         func() time.Time
	patience    time.Duration
	turn        chan struct{}
	queue       *queue
	options     Options
	caller      int64
	woken       chan struct{}
}

// Open opens the database file or creates it, and brings its tables up to
// what this program knows. A database written by a newer program is refused.
func Open(ctx context.Context, path string, options Options) (*DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, schema.Errorf(schema.InvalidArgument, "cannot find %s: %v", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, schema.Errorf(schema.InvalidArgument, "cannot create the database's folder: %v", err)
	}
	if err := createPrivate(path); err != nil {
		return nil, err
	}
	db := &DB{path: path, options: options, now: options.Now, patience: options.Patience,
		turn: make(chan struct{}, 1), queue: &queue{path: path + queueEnding}, woken: make(chan struct{}, 1)}
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
		return nil, errors.Join(db.storeError(ctx, err), db.Close())
	}
	if err := db.identify(ctx, options.User); err != nil {
		return nil, errors.Join(db.storeError(ctx, err), db.Close())
	}
	return db, nil
}

// createPrivate makes a new database's file, which nobody but its owner may
// read; the engine gives the files beside it the same mode. One that is there
// keeps its mode.
func createPrivate(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600) //nolint:gosec // the user names the database
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return schema.Errorf(schema.InvalidArgument, "cannot create the database: %v", err)
	}
	return file.Close()
}

// Path is the database file.
func (db *DB) Path() string { return db.path }

// Now is the moment by the database's clock.
func (db *DB) Now() time.Time { return db.now() }

// Schema is the record types of this database as the newest transaction of
// this process found them; each transaction carries its own.
func (db *DB) Schema() *schema.Schema { return db.definitions.Load().schema }

// Caller is the user on whose behalf a local process acts.
func (db *DB) Caller() int64 { return db.caller }

// Close waits for nothing: transactions still open are rolled back.
func (db *DB) Close() error {
	return errors.Join(db.reader.close(), db.door.close(), db.writer.close(), db.queue.close())
}
