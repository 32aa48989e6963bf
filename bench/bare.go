package main

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// bare runs statements through the driver and nothing else, prepared and kept
// as the store keeps them, on a connection that is opened alike.
type bare struct {
	handle     *sql.DB
	conn       *sql.Conn
	statements map[string]*sql.Stmt
}

func openBare(ctx context.Context, path string) (*bare, error) {
	handle, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=cache_size(-8000)&_pragma=temp_store(memory)&_pragma=busy_timeout(10000)")
	if err != nil {
		return nil, err
	}
	conn, err := handle.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, handle.Close())
	}
	return &bare{handle: handle, conn: conn, statements: map[string]*sql.Stmt{}}, nil
}

func (b *bare) close() {
	for _, statement := range b.statements {
		_ = statement.Close()
	}
	_, _ = b.conn.Close(), b.handle.Close()
}

// read runs statements in one transaction and reads every row.
func (b *bare) read(ctx context.Context, statements []statement) (time.Duration, error) {
	return b.transaction(ctx, statements, "BEGIN", "ROLLBACK")
}

// write runs statements in one transaction and commits it.
func (b *bare) write(ctx context.Context, statements []statement) (time.Duration, error) {
	return b.transaction(ctx, statements, "BEGIN IMMEDIATE", "COMMIT")
}

func (b *bare) transaction(ctx context.Context, statements []statement, begin, end string) (time.Duration, error) {
	for _, s := range statements {
		if b.statements[s.query] != nil {
			continue
		}
		prepared, err := b.conn.PrepareContext(ctx, s.query)
		if err != nil {
			return 0, fmt.Errorf("%w in %s", err, s.query)
		}
		b.statements[s.query] = prepared
	}
	began := time.Now()
	if _, err := b.conn.ExecContext(ctx, begin); err != nil {
		return 0, err
	}
	for _, s := range statements {
		if err := b.run(ctx, s); err != nil {
			_, _ = b.conn.ExecContext(ctx, "ROLLBACK")
			return 0, fmt.Errorf("%w in %s", err, s.query)
		}
	}
	_, err := b.conn.ExecContext(ctx, end)
	return time.Since(began), err
}

func reads(s statement) bool {
	return strings.HasPrefix(s.query, "SELECT") || strings.HasPrefix(s.query, "WITH")
}

func (b *bare) run(ctx context.Context, s statement) (err error) {
	prepared := b.statements[s.query]
	if !reads(s) {
		_, err := prepared.ExecContext(ctx, s.args...)
		return err
	}
	rows, err := prepared.QueryContext(ctx, s.args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
	}
	return rows.Err()
}

// explain shows the plan of the reading statement that takes longest.
func (b *bare) explain(ctx context.Context, statements []statement) error {
	var slowest statement
	var most time.Duration
	for _, s := range statements {
		if !reads(s) {
			continue
		}
		took, err := b.read(ctx, []statement{s})
		if err != nil {
			return err
		}
		if took > most {
			slowest, most = s, took
		}
	}
	progress("  slowest of %d: %s %s %v", len(statements), short(most), slowest.query, slowest.args)
	rows, err := b.conn.QueryContext(ctx, "EXPLAIN QUERY PLAN "+slowest.query, slowest.args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			return err
		}
		progress("    %s", detail)
	}
	return rows.Err()
}

// shellTime is how long the sqlite3 shell takes for one of these transactions
// on average, reading the statements included; 0 where there is no shell or it
// is too old for the file. The clock of SQL has milliseconds, so they are
// repeated.
func shellTime(ctx context.Context, path string, transactions [][]statement, expected time.Duration) time.Duration {
	shell, err := exec.LookPath("sqlite3")
	if err != nil || len(transactions) == 0 {
		return 0
	}
	var once strings.Builder
	for _, statements := range transactions {
		once.WriteString("BEGIN;\n")
		for _, s := range statements {
			once.WriteString(inline(s) + ";\n")
		}
		once.WriteString("ROLLBACK;\n")
	}
	perPass := max(expected, 10*time.Microsecond) * time.Duration(len(transactions))
	passes := int(min(200, max(1, 200*time.Millisecond/perPass)))
	const clock = "SELECT 'at ' || ((julianday('now') - 2460000) * 86400000.0);\n"
	script := "PRAGMA cache_size=-8000;\n.output /dev/null\n" + once.String() + ".output stdout\n" + clock + ".output /dev/null\n" +
		strings.Repeat(once.String(), passes) + ".output stdout\n" + clock
	command := exec.CommandContext(ctx, shell, "-batch", path) //nolint:gosec // the shell was looked up, the path is ours
	command.Stdin = strings.NewReader(script)
	var complaints strings.Builder
	command.Stderr = &complaints
	answer, err := command.Output()
	if err != nil || complaints.Len() > 0 {
		return 0
	}
	var moments []float64
	for line := range strings.Lines(string(answer)) {
		if at, found := strings.CutPrefix(strings.TrimSpace(line), "at "); found {
			moment, _ := strconv.ParseFloat(at, 64)
			moments = append(moments, moment)
		}
	}
	if len(moments) != 2 {
		return 0
	}
	return time.Duration((moments[1] - moments[0]) / float64(passes*len(transactions)) * float64(time.Millisecond))
}

// inline writes a statement with its arguments in place.
func inline(s statement) string {
	var b strings.Builder
	args := s.args
	quoted := false
	for _, char := range s.query {
		if char == '\'' {
			quoted = !quoted
		}
		if char != '?' || quoted || len(args) == 0 {
			b.WriteRune(char)
			continue
		}
		b.WriteString(literal(args[0]))
		args = args[1:]
	}
	return strings.ReplaceAll(b.String(), "\n", " ")
}

func literal(arg any) string {
	switch arg := arg.(type) {
	case nil:
		return "NULL"
	case string:
		return "'" + strings.ReplaceAll(arg, "'", "''") + "'"
	case []byte:
		return "X'" + hex.EncodeToString(arg) + "'"
	}
	return fmt.Sprint(arg)
}
