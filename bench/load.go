package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/crmcp/crmcp/store"
)

// bulkDSN opens a file for writing it from scratch: nothing is kept to undo,
// and a file whose making was stopped is thrown away.
const bulkDSN = "?_pragma=journal_mode(off)&_pragma=synchronous(off)&_pragma=locking_mode(exclusive)&_pragma=cache_size(-400000)&_pragma=temp_store(file)&_pragma=foreign_keys(0)"

const rowsPerBatch = 2_000

// makeDatabase makes the file with so many organizations unless it is there.
func makeDatabase(ctx context.Context, path string, organizations int64) error {
	if _, err := os.Stat(path); err == nil {
		progress("using %s", path)
		return nil
	}
	began := time.Now()
	defer debug.SetGCPercent(debug.SetGCPercent(300))
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	unfinished := path + ".unfinished"
	removeBeside(unfinished)
	_ = os.Remove(unfinished)
	db, err := store.Open(ctx, unfinished, store.Options{OwnerName: "Bench Owner", Country: "NL"})
	if err != nil {
		return err
	}
	err = db.Update(ctx, store.Caller{}, defineFields)
	bulk, more := db.Bulk(ctx, store.Caller{})
	if err := errors.Join(err, more, db.Close()); err != nil {
		return err
	}
	if err := load(ctx, bulk, unfinished, organizations); err != nil {
		return err
	}
	progress("made %s in %s", path, time.Since(began).Round(time.Second))
	removeBeside(unfinished)
	return os.Rename(unfinished, path)
}

// removeBeside removes what opening a database leaves beside its file.
func removeBeside(path string) {
	for _, ending := range []string{"-wal", "-shm", "-queue"} {
		_ = os.Remove(path + ending)
	}
}

// defineFields gives organizations a number, an option and a text of their own.
func defineFields(tx *store.Tx) error {
	for _, definition := range []store.FieldDefinition{
		{Label: "Score", Kind: "number"},
		{Label: "Tier", Kind: "single_select", Options: tiers},
		{Label: "Route", Kind: "text"},
	} {
		definition.Type = tx.Schema().Type("organization")
		if _, err := tx.DefineField(definition); err != nil {
			return err
		}
	}
	return nil
}

// loader writes rows made elsewhere to a file.
type loader struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt
}

func load(ctx context.Context, bulk *store.Bulk, path string, organizations int64) (err error) {
	handle, err := sql.Open("sqlite", "file:"+path+bulkDSN)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, handle.Close()) }()
	conn, err := handle.Conn(ctx)
	if err != nil {
		return err
	}
	l := &loader{conn: conn, statements: map[string]*sql.Stmt{}}
	indexes, err := l.dropIndexes(ctx)
	if err != nil {
		return err
	}
	// Statements run without a context that can end: watching it would cost a
	// goroutine a row. Identifiers come in no order; they are gathered aside and sorted once.
	before := []string{
		`CREATE TEMP TABLE identifier (value TEXT, type INTEGER, record_id INTEGER)`,
		`INSERT INTO fulltext (fulltext, rank) VALUES ('hashsize', 64000000)`,
		`BEGIN`,
	}
	after := []string{
		`INSERT OR IGNORE INTO main.identifier SELECT value, type, record_id FROM temp.identifier ORDER BY 1, 2, 3`,
		`DROP TABLE temp.identifier`,
		`INSERT INTO fulltext (fulltext, rank) VALUES ('hashsize', 1048576)`,
	}
	if err := l.run(ctx, before...); err != nil {
		return err
	}
	if err := l.writeAll(ctx, bulk, organizations); err != nil {
		return err
	}
	progress("identifiers and %d indexes", len(indexes))
	if err := l.run(ctx, append(append(after, indexes...), `COMMIT`)...); err != nil {
		return err
	}
	for _, statement := range l.statements {
		err = errors.Join(err, statement.Close())
	}
	return errors.Join(err, conn.Close())
}

func (l *loader) run(ctx context.Context, statements ...string) error {
	for _, statement := range statements {
		if _, err := l.conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%w in %s", err, statement)
		}
	}
	return nil
}

// dropIndexes takes the indexes away and gives the statements that make them
// again: sorting once is several times faster than keeping them in order.
func (l *loader) dropIndexes(ctx context.Context) (made []string, err error) {
	rows, err := l.conn.QueryContext(ctx, `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var drop []string
	for rows.Next() {
		var name, statement string
		if err := rows.Scan(&name, &statement); err != nil {
			return nil, err
		}
		drop, made = append(drop, "DROP INDEX "+name), append(made, statement)
	}
	return made, errors.Join(rows.Err(), rows.Close(), l.run(ctx, drop...))
}

// writeAll makes rows in one goroutine and writes them in another. Types
// follow each other, so that tables and the full-text index grow at their end.
func (l *loader) writeAll(ctx context.Context, bulk *store.Bulk, organizations int64) error {
	making, cancel := context.WithCancel(ctx)
	defer cancel()
	batches := make(chan []store.BulkRow, 8)
	made := make(chan error, 1)
	go func() {
		m := &maker{ctx: making, bulk: bulk, batches: batches}
		made <- m.all(organizations)
		close(batches)
	}()
	for batch := range batches {
		for _, row := range batch {
			if err := l.write(ctx, row); err != nil {
				return err
			}
		}
	}
	return <-made
}

func (l *loader) write(ctx context.Context, row store.BulkRow) error {
	statement := l.statements[row.Statement]
	if statement == nil {
		var err error
		query := strings.Replace(row.Statement, " ON CONFLICT DO NOTHING", "", 1)
		if statement, err = l.conn.PrepareContext(ctx, query); err != nil {
			return fmt.Errorf("%w in %s", err, query)
		}
		l.statements[row.Statement] = statement
	}
	if _, err := statement.ExecContext(ctx, row.Args...); err != nil {
		return fmt.Errorf("%w in %s %v", err, row.Statement, row.Args)
	}
	return nil
}

// maker turns clusters into batches of rows.
type maker struct {
	ctx     context.Context
	bulk    *store.Bulk
	batches chan []store.BulkRow
	batch   []store.BulkRow
}

func (m *maker) add(rows ...store.BulkRow) error {
	m.batch = append(m.batch, rows...)
	if len(m.batch) < rowsPerBatch {
		return nil
	}
	return m.flush()
}

func (m *maker) flush() error {
	select {
	case m.batches <- m.batch:
		m.batch = make([]store.BulkRow, 0, rowsPerBatch+100)
		return nil
	case <-m.ctx.Done():
		return m.ctx.Err()
	}
}

func (m *maker) records(entries ...entry) error {
	for _, e := range entries {
		rows, err := m.bulk.Record(e.record, e.details)
		if err != nil {
			return fmt.Errorf("%s: %w", e.record.Key(), err)
		}
		if err := m.add(rows...); err != nil {
			return err
		}
	}
	return nil
}

func (m *maker) all(organizations int64) error {
	if err := m.setUp(organizations); err != nil {
		return err
	}
	block := make([]*cluster, 0, clustersPerBlock)
	for number := range organizations {
		block = append(block, newCluster(m.bulk.Schema(), number+1))
		if len(block) < cap(block) && number+1 < organizations {
			continue
		}
		if err := m.block(block); err != nil {
			return err
		}
		if block = block[:0]; (number+1)%100_000 == 0 {
			progress("%d organizations", number+1)
		}
	}
	return m.flush()
}

// clustersPerBlock is how many clusters are held to write their types one
// after the other: the full-text index is flushed whenever its numbers fall.
const clustersPerBlock = 4_000

func (m *maker) block(clusters []*cluster) error {
	phases := []func(*cluster) error{
		func(c *cluster) error { return m.records(c.org) },
		func(c *cluster) error { return m.records(c.contacts...) },
		func(c *cluster) error { return m.records(c.deals...) },
		func(c *cluster) error { return m.records(c.tasks...) },
		func(c *cluster) error { return m.records(c.notes...) },
		m.rest,
	}
	for _, phase := range phases {
		for _, c := range clusters {
			if err := phase(c); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *maker) rest(c *cluster) error {
	for _, part := range c.parts {
		if err := m.records(entry{record: part}); err != nil {
			return err
		}
	}
	for _, l := range c.links {
		if err := m.add(m.bulk.Link(l.one, l.other, l.position)); err != nil {
			return err
		}
	}
	return nil
}

// setUp makes users and tags, and lets new records count on behind the made ones.
func (m *maker) setUp(organizations int64) error {
	s := m.bulk.Schema()
	made := map[string]int64{"organization": organizations, "contact": organizations * contactsEach, "membership": organizations * contactsEach,
		"contact_detail": organizations * detailsEach, "deal": organizations * dealsEach, "task": organizations, "note": organizations,
		"user": users, "tag": firstRareTag + rareTags}
	for name, last := range made {
		made := last
		if name == "user" {
			made-- // the owner came with the database
		}
		if err := m.add(m.bulk.Numbered(s.Type(name), last+1), m.bulk.Counted(s.Type(name), made)); err != nil {
			return err
		}
	}
	c := newCluster(s, 1)
	for id := int64(2); id <= users; id++ {
		first, last := pick(c.rand, c.people.first), pick(c.rand, c.people.last)
		user := c.record("user", id, map[string]any{"first_name": first, "last_name": last, "email": fmt.Sprintf("user%d@bench.example", id), "role": "member", "status": "active"})
		if err := m.records(entry{record: user}); err != nil {
			return err
		}
	}
	names := map[int64]string{commonTag: "key-account", newsletterTag: "newsletter"}
	for id := int64(1); id <= firstRareTag+rareTags; id++ {
		name := names[id]
		if name == "" {
			name = fmt.Sprintf("campaign-%d", id)
		}
		if err := m.records(entry{record: &store.Record{Type: s.Type("tag"), ID: id, Values: c.record("tag", id, map[string]any{"name": name}).Values}}); err != nil {
			return err
		}
	}
	return nil
}
