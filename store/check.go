package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/crmcp/crmcp/schema"
)

// Finding is one thing in the database that is not as it was written.
type Finding struct {
	// Record is the short id of the record or change set; empty: the file itself.
	Record string
	// Field is the field or what else of the record is meant; empty: all of it.
	Field   string
	Message string
	// Derived: it follows from other data and can be made anew.
	Derived bool
}

// String is the finding on one line.
func (f Finding) String() string {
	line := f.Message
	if f.Field != "" {
		line = f.Field + ": " + line
	}
	if f.Record != "" {
		line = f.Record + " " + line
	}
	return line
}

// maxFindings is how many findings a check gives; a file with more is damaged
// throughout.
const maxFindings = 1_000

// checker is one check under way, on one unchanging state.
type checker struct {
	tx    *Tx
	deep  bool
	found []Finding
	// words are those that completion should offer.
	words map[string]bool
	// identifiers counts the rows that records should have.
	identifiers int64
}

// Check compares the database with itself: pages, indexes and references, the
// checksums of the history, the counters, and everything that follows from
// other data with what it follows from. A deep check also makes all records
// and links anew from the history and compares them field by field.
func (db *DB) Check(ctx context.Context, deep bool) (found []Finding, err error) {
	err = db.checking(ctx, func(tx *Tx) error {
		c := &checker{tx: tx, deep: deep, words: map[string]bool{}}
		err := c.run()
		found = c.found
		return err
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return found, db.storeError(ctx, err)
}

// errEnough ends a check that has found as much as anybody reads.
var errEnough = errors.New("too many findings")

// checking runs fn on one state, on a connection of its own that can make
// temporary tables.
func (db *DB) checking(ctx context.Context, fn func(*Tx) error) (err error) {
	handle, err := sql.Open("sqlite", dsn(db.path, "_txlock=deferred"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, handle.Close()) }()
	conn, err := handle.Conn(ctx)
	if err != nil {
		return err
	}
	session := &session{conn: conn, statements: map[string]*sql.Stmt{}}
	defer func() { err = errors.Join(err, session.close()) }()
	for _, statement := range scratchStatements() {
		if err := session.begin(ctx, statement); err != nil {
			return err
		}
	}
	if err := session.begin(ctx, "BEGIN"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, session.end("ROLLBACK")) }()
	tx := db.newTx(ctx, session, Caller{User: db.caller})
	if err := tx.begin(); err != nil {
		return err
	}
	return fn(tx)
}

func (c *checker) run() error {
	list, err := damages(c.tx.ctx, c.tx.session.conn, indexesSQL)
	if err != nil {
		return err
	}
	for _, one := range list {
		if err := c.add(Finding{Message: one, Derived: isOfIndex(one)}); err != nil {
			return err
		}
	}
	steps := []func() error{c.tables, c.changeSets, c.answers, c.contents, c.counters, c.tallies}
	if c.deep {
		steps = append(steps, c.links)
	}
	for _, step := range append(steps, c.records, c.searchWords) {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) add(f Finding) error {
	c.found = append(c.found, f)
	if len(c.found) >= maxFindings {
		return errEnough
	}
	return nil
}

// tables compares the tables and indexes of the file with those that this
// program makes.
func (c *checker) tables() error {
	missing, err := c.tx.missing()
	if err != nil {
		return err
	}
	for _, one := range missing {
		if err := c.add(Finding{Message: one + " is not there as this program makes it"}); err != nil {
			return err
		}
	}
	return nil
}

// missing lists the tables, columns and indexes that the file lacks, or has
// in another form.
func (tx *Tx) missing() (list []string, err error) {
	have := map[string]string{}
	err = tx.scan(`SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema WHERE type IN ('table', 'index')`, nil, func(rows *sql.Rows) error {
		var name, statement string
		err := rows.Scan(&name, &statement)
		have[name] = statement
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, statement := range fixedTables() {
		if name := createdName(statement); have[name] != statement {
			list = append(list, name)
		}
	}
	for _, t := range tx.Schema().Types {
		more, err := tx.missingOf(t, have)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, nil
}

func (tx *Tx) missingOf(t *schema.Type, have map[string]string) (list []string, err error) {
	if have["table "+t.Name] == "" {
		return []string{"table " + t.Name}, nil
	}
	kinds := map[string]string{}
	err = tx.scan(columnTypesSQL(t.Name), nil, func(rows *sql.Rows) error {
		var name, kind string
		err := rows.Scan(&name, &kind)
		kinds[name] = kind
		return err
	})
	if err != nil {
		return nil, err
	}
	names, declarations := tableColumns(t)
	for _, name := range names {
		if declared := declaredType(declarations[name]); kinds[name] != declared {
			list = append(list, fmt.Sprintf("column %s.%s", t.Name, name))
		}
	}
	for _, index := range indexes(t) {
		if have["index "+index.name] != index.sql {
			list = append(list, "index "+index.name)
		}
	}
	return list, nil
}

// counters looks whether new records will get numbers that none had before.
func (c *checker) counters() error {
	next := map[int64]int64{}
	err := c.tx.scan(`SELECT type, next FROM sequence`, nil, func(rows *sql.Rows) error {
		var code, number int64
		err := rows.Scan(&code, &number)
		next[code] = number
		return err
	})
	if err != nil {
		return err
	}
	used := map[int64]int64{}
	err = c.tx.scan(`SELECT type, max(record_id) FROM change_row GROUP BY type UNION ALL SELECT ?, max(id) FROM change_set`, []any{changeCode}, func(rows *sql.Rows) error {
		var code int64
		var number *int64
		err := rows.Scan(&code, &number)
		if number != nil {
			used[code] = *number
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, t := range c.tx.Schema().Types {
		var last *int64
		if _, err := c.tx.one("SELECT max(id) FROM "+t.Name, nil, &last); err != nil {
			return err
		}
		if last != nil {
			used[t.Code] = max(used[t.Code], *last)
		}
	}
	for code, last := range used {
		if code != 0 && next[code] <= last {
			name := "changes"
			if t := c.tx.typeOf(code); t != nil {
				name = t.Plural
			}
			err := c.add(Finding{Message: fmt.Sprintf("the counter of %s stands at %d, but number %d is in use", name, next[code], last)})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
