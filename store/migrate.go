package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// migrate brings the file to this program's generation in one transaction.
func (db *DB) migrate(ctx context.Context) error {
	session, err := db.writer.take(ctx)
	if err != nil {
		return err
	}
	healthy := false
	defer func() { db.writer.give(session, healthy) }()
	current, err := generation(ctx, session)
	if err == nil && current == foreign {
		err = foreignFile(db.path)
	}
	if err == nil && current != empty && current < Generation {
		err = db.saveBeforeUpgrade(ctx, current)
	}
	if err == nil && current < Generation {
		err = db.upgrade(ctx, session)
	}
	healthy = err == nil
	if current > Generation {
		return newerFile(db.path)
	}
	return err
}

func newerFile(path string) error {
	return schema.Errorf(schema.Conflict, "%s was written by a newer crmcp: update this program", path)
}

// empty is the generation of a file without tables.
const empty = -1

// foreign is the generation of a database of another program.
const foreign = -2

func foreignFile(path string) error {
	return schema.Errorf(schema.Conflict, "%s is the database of another program: name another file", path)
}

// generation is that of the file.
func generation(ctx context.Context, session *session) (int, error) {
	var n int
	var tables int
	err := session.conn.QueryRowContext(ctx, tablesSQL).Scan(&tables, &n)
	switch {
	case err != nil || tables == 0:
		return empty, err
	case n == 0:
		return foreign, nil
	}
	err = session.conn.QueryRowContext(ctx, generationSQL).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return foreign, nil
	}
	return n, err
}

// upgrade takes the write lock, looks again (another process may have been
// first) and makes what is missing.
func (db *DB) upgrade(ctx context.Context, session *session) error {
	if err := db.beginWrite(ctx, session); err != nil {
		return err
	}
	tx := db.newTx(ctx, session, Caller{})
	tx.write, tx.role, tx.schema = true, schema.Admin, db.Schema()
	tx.clock = schema.Clock{Now: db.now(), Location: db.options.location()}
	current, err := generation(ctx, session)
	if err == nil && current < Generation {
		err = tx.bringUp(current)
	}
	if err != nil || tx.failed != nil {
		return errors.Join(err, session.end("ROLLBACK"))
	}
	return session.end("COMMIT")
}

func (tx *Tx) bringUp(current int) error {
	if err := tx.addMissing(current == empty); err != nil {
		return err
	}
	for next := max(current, 0) + 1; next <= Generation; next++ {
		for _, step := range steps[next] {
			if err := step(tx); err != nil {
				return err
			}
		}
	}
	err := tx.exec(`INSERT INTO setting (name, value) VALUES ('generation', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, itoa(Generation))
	if err == nil && current == empty {
		err = tx.seed()
	}
	return err
}

// addMissing makes the tables, columns and indexes that the file lacks.
func (tx *Tx) addMissing(fresh bool) error {
	if fresh {
		_, err := tx.session.conn.ExecContext(tx.ctx, DDL(tx.Schema()))
		return tx.fail(err)
	}
	for _, statement := range fixedTables() {
		if err := tx.execOnce(statement); err != nil {
			return err
		}
	}
	for _, t := range tx.Schema().Types {
		if err := tx.execOnce(createTable(t)); err != nil {
			return err
		}
		if err := tx.addColumns(t); err != nil {
			return err
		}
		for _, index := range indexes(t) {
			if err := tx.execOnce(index.sql); err != nil {
				return err
			}
		}
	}
	return nil
}

// execOnce runs a CREATE of a table or index that may be there already.
func (tx *Tx) execOnce(create string) error {
	for _, kind := range []string{"CREATE UNIQUE INDEX ", "CREATE INDEX ", "CREATE TABLE "} {
		if rest, ok := strings.CutPrefix(create, kind); ok {
			return tx.exec(kind + "IF NOT EXISTS " + rest)
		}
	}
	return tx.exec(create)
}

func (tx *Tx) addColumns(t *schema.Type) error {
	var have []string
	err := tx.scan(tableColumnsSQL(t.Name), nil, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		have = append(have, name)
		return err
	})
	if err != nil {
		return err
	}
	names, declarations := tableColumns(t)
	for _, name := range names {
		if slices.Contains(have, name) {
			continue
		}
		if err := tx.exec("ALTER TABLE " + t.Name + " ADD COLUMN " + declarations[name]); err != nil {
			return err
		}
	}
	return nil
}

// checkState refuses to work on a file that another process has upgraded since
// this one opened it, and takes over what was defined in it meanwhile.
func (tx *Tx) checkState() error {
	var current int
	var stamp string
	if _, err := tx.oneOf(tx.quick, stateSQL, nil, &current, &stamp); err != nil {
		return err
	}
	if current != Generation {
		return schema.Errorf(schema.Conflict, "the database was upgraded by a newer crmcp: restart this client")
	}
	return tx.loadDefinitions(stamp)
}
