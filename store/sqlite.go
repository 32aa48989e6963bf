package store

import (
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/crmcp/crmcp/schema"
)

// This file is what SQLite alone does: opening, error codes, STRICT tables,
// full text. A second engine has a file like it.

// readers is how many connections read at the same time.
const readers = 4

func (db *DB) connect() error {
	// Closing a file descriptor of the database elsewhere in the process would
	// drop POSIX locks; open-file-description locks do not have that trap.
	_, _ = sqlite.OFDLocking(true)
	registerFolding()
	write, err := sql.Open("sqlite", dsn(db.path, "_txlock=immediate"+durability(db.options.unsafe)))
	if err != nil {
		return err
	}
	read, err := sql.Open("sqlite", dsn(db.path, "_txlock=deferred&_query_only=1"))
	if err != nil {
		return err
	}
	door, err := sql.Open("sqlite", dsn(db.path, "_txlock=deferred&_query_only=1"))
	if err != nil {
		return err
	}
	db.writer, db.reader, db.door = newPool(write, 1), newPool(read, readers), newPool(door, 1)
	return nil
}

// dsn opens every connection alike: acknowledged writes survive a power cut
// (WAL, synchronous FULL), damaged pages are noticed, waiting is our own.
func dsn(path string, extra string) string {
	pragmas := []string{
		"journal_mode(wal)", "synchronous(" + synchronous + ")", "foreign_keys(1)", "trusted_schema(0)", "cache_size(-8000)",
		"temp_store(memory)", "journal_size_limit(67108864)", "cell_size_check(1)", "fullfsync(1)", "checkpoint_fullfsync(1)",
	}
	query := "_defensive=1&_dqs=0&_error_rc=1&" + extra + "&_pragma=busy_timeout(0)&_pragma=" + strings.Join(pragmas, "&_pragma=")
	return fileName(path) + "?" + query
}

// A long change that comes in pieces gets more room on its connection: a larger
// cache of pages, as it goes all over the indexes, and a longer log before that
// is written back, as its pieces change the same pages.
const (
	moreRoomSQL  = `PRAGMA cache_size = -64000; PRAGMA wal_autocheckpoint = 4000`
	usualRoomSQL = `PRAGMA cache_size = -8000; PRAGMA wal_autocheckpoint = 1000`
)

// durability is what is added to a connection to a file that is thrown away.
func durability(unsafe bool) string {
	if unsafe {
		return "&_pragma=synchronous(off)"
	}
	return ""
}

// fileName is a path in the only form that takes options safely.
func fileName(path string) string {
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
	return strings.Replace(name.String(), "file:///", "file:/", 1)
}

// family is the primary result code of an engine's error; 0: none.
func family(err error) int {
	if engine, ok := errors.AsType[*sqlite.Error](err); ok {
		return engine.Code() & 0xff
	}
	return 0
}

func isBusy(err error) bool {
	return family(err) == sqlite3.SQLITE_BUSY || family(err) == sqlite3.SQLITE_LOCKED
}

// isFull says whether the disk has no room; the shared memory file cannot grow
// then either.
func isFull(err error) bool {
	engine, ok := errors.AsType[*sqlite.Error](err)
	return family(err) == sqlite3.SQLITE_FULL || ok && engine.Code() == sqlite3.SQLITE_IOERR_SHMSIZE
}

// isDamaged says whether the file is not what was written to it.
func isDamaged(err error) bool {
	return family(err) == sqlite3.SQLITE_CORRUPT || family(err) == sqlite3.SQLITE_NOTADB
}

// isUnwritable says whether the file or its folder may only be read.
func isUnwritable(err error) bool {
	return family(err) == sqlite3.SQLITE_READONLY || family(err) == sqlite3.SQLITE_CANTOPEN
}

func isUnique(err error) bool {
	engine, ok := errors.AsType[*sqlite.Error](err)
	return ok && engine.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}

// tableSuffix makes a table keep the declared types.
const tableSuffix = " STRICT"

// sqlType is a column's declared type.
func sqlType(storage schema.Storage) string {
	if storage == schema.StoreInteger {
		return "INTEGER"
	}
	return "TEXT"
}

// sqlBlob is the type of byte strings.
const sqlBlob = "BLOB"

// fullTextDDL makes the full-text index: rowid = number * 64 + type, no copy
// of the text, words already folded.
const fullTextDDL = `CREATE VIRTUAL TABLE fulltext USING fts5(` + fullTextForm + `);
` + smallPagesSQL + `;
`

// The engine merges the pieces of the full-text index 64 pages and more at a
// time, in one write of 64. With pages of a kilobyte in place of four that
// write takes a third as long.
const smallPagesSQL = `INSERT INTO fulltext (fulltext, rank) VALUES ('pgsz', 1000)`

const fullTextForm = `title, body, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 0 categories 'L* N* M* Co'"`

// tableColumnsSQL asks for the names of the columns that a table has.
func tableColumnsSQL(table string) string {
	return `SELECT name FROM pragma_table_xinfo(` + quoteText(table) + `)`
}

func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// tablesSQL counts all tables, and whether ours are among them.
const tablesSQL = `SELECT count(*), coalesce(sum(name = 'setting'), 0) FROM sqlite_schema WHERE type = 'table'`

// generationSQL reads the number of the tables' form that stands in the file.
const generationSQL = `SELECT CAST(value AS INTEGER) FROM setting WHERE name = 'generation'`

// dataVersionSQL tells a connection whether another has committed since it asked
// before. Its own commits do not count.
const dataVersionSQL = `PRAGMA data_version`

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// withoutRowid clusters a table by its primary key.
const withoutRowid = ", WITHOUT ROWID"
