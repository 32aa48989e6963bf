package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// This file is what copies, checks and replaces whole database files: things
// that an engine which keeps its data elsewhere does in another way.

// contentTablesSQL lists the tables whose rows are the content of a database.
const contentTablesSQL = `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'fulltext%' ORDER BY name`

// tableKeysSQL lists the columns of a table's primary key in their order.
func tableKeysSQL(table string) string {
	return `SELECT name FROM pragma_table_info(` + quoteText(table) + `) WHERE pk > 0 ORDER BY pk`
}

// openAlone opens a file that nobody writes, only to look at it: without
// locks, and without the files that opening it as a database would make.
func openAlone(path string) (*sql.DB, error) {
	return sql.Open("sqlite", fileName(path)+"?mode=ro&immutable=1&_query_only=1&_defensive=1&_pragma=trusted_schema(0)&_pragma=cell_size_check(1)&_pragma=cache_size(-64000)")
}

// copyInto writes the database as it stands at this moment into an empty file,
// while others read and write. It ends before the copy is on the disk for good.
func (db *DB) copyInto(ctx context.Context, file string) (err error) {
	handle, err := sql.Open("sqlite", dsn(db.path, "_txlock=deferred"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, handle.Close()) }()
	_, err = handle.ExecContext(ctx, "VACUUM INTO ?", file)
	return err
}

// The engine checks the pages of a file, or also each entry of each index,
// which takes ten times as long.
const (
	pagesSQL   = "PRAGMA quick_check(100)"
	indexesSQL = "PRAGMA integrity_check(100)"
)

// damages are what the engine finds wrong with a file's pages and references
// and, where these are asked for, its indexes; at most 100 of them.
func damages(ctx context.Context, q querier, pragma string) (list []string, err error) {
	found, err := column1(ctx, q, pragma)
	if err != nil {
		return nil, err
	}
	for _, one := range found {
		if one != "ok" {
			list = append(list, one)
		}
	}
	err = eachRow(ctx, q, "PRAGMA foreign_key_check", nil, func(rows *sql.Rows) error {
		var table, parent string
		var row, reference *int64
		if err := rows.Scan(&table, &row, &parent, &reference); err != nil {
			return err
		}
		if row == nil {
			row = new(int64)
		}
		list = append(list, fmt.Sprintf("row %d of %s refers to a %s that does not exist", *row, table, parent))
		return nil
	})
	return list, err
}

// reindexSQL makes every index anew from the rows of its table.
const reindexSQL = `REINDEX`

// isOfIndex says whether a damage is that an index and its table differ.
func isOfIndex(damage string) bool { return strings.Contains(damage, " index ") }

// fileGeneration is the generation of a file that is looked at alone.
func fileGeneration(ctx context.Context, q querier) (int, error) {
	found, err := column1(ctx, q, generationSQL)
	if err != nil || len(found) == 0 {
		return empty, err
	}
	return strconv.Atoi(found[0])
}

// errInUse says that another program has the database open.
var errInUse = errors.New("another program has the database open")

// takeAlone takes a database for this process alone until release is called.
// What stood in the log beside it is in the file then, and the log is gone. A
// file that is damaged cannot be taken: nobody can use it either.
func takeAlone(ctx context.Context, path string) (release func() error, err error) {
	handle, err := sql.Open("sqlite", fileName(path)+"?_defensive=1&_pragma=busy_timeout(0)")
	if err != nil {
		return nil, err
	}
	handle.SetMaxOpenConns(1)
	for _, statement := range []string{"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=DELETE", "BEGIN EXCLUSIVE"} {
		if _, err := handle.ExecContext(ctx, statement); err != nil {
			if isBusy(err) {
				err = errInUse
			}
			return nil, errors.Join(err, handle.Close())
		}
	}
	return handle.Close, nil
}

// checkpoint writes as much of the log back to the file as can be without
// keeping anybody waiting. What remains is written back later.
func (db *DB) checkpoint(ctx context.Context) {
	session, err := db.reader.take(ctx)
	if err != nil {
		return
	}
	_, err = session.conn.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)")
	db.reader.give(session, err == nil)
}

// overwrite leaves nothing of what was deleted in the file or its log. False:
// others still read an older state, so that the log could not be emptied.
func (db *DB) overwrite(ctx context.Context) (bool, error) {
	session, err := db.writer.take(ctx)
	if err != nil {
		return false, err
	}
	healthy := false
	defer func() { db.writer.give(session, healthy) }()
	if _, err := session.conn.ExecContext(ctx, "VACUUM"); err != nil {
		return false, err
	}
	var busy, pages, moved int
	err = session.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
	healthy = err == nil
	if isBusy(err) {
		return false, nil
	}
	return busy == 0, err
}

// Statements about the full-text index as a whole.
const (
	emptyWordsSQL   = `INSERT INTO fulltext (fulltext) VALUES ('delete-all')`
	packWordsSQL    = `INSERT INTO fulltext (fulltext) VALUES ('optimize')`
	wordFoundSQL    = `SELECT rowid FROM fulltext WHERE fulltext MATCH ? LIMIT 1`
	manyWordsSQL    = `SELECT id, sz FROM fulltext_docsize WHERE length(sz) > 2`
	instancesSQL    = `CREATE VIRTUAL TABLE temp.%s USING fts5vocab(%s, fulltext, instance)`
	scratchIndexSQL = `CREATE VIRTUAL TABLE scratch.fulltext USING fts5(` + fullTextForm + `)`
	scratchSQL      = `ATTACH '' AS scratch`
	scratchWordSQL  = `INSERT INTO scratch.fulltext (rowid, title, body) VALUES (?, ?, ?)`
)

// columnTypesSQL lists the columns that a table has with their declared types.
func columnTypesSQL(table string) string {
	return `SELECT name, type FROM pragma_table_xinfo(` + quoteText(table) + `)`
}

// createdName is what a CREATE statement makes: "table link", "index link_right".
func createdName(statement string) string {
	words := strings.Fields(strings.Replace(statement, "UNIQUE ", "", 1))
	name, _, _ := strings.Cut(words[2], "(")
	return strings.ToLower(words[1]) + " " + name
}

// declaredType is the type in the declaration of a column.
func declaredType(declaration string) string { return strings.Fields(declaration)[1] }
