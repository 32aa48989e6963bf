package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"math"
	"strings"
)

// querier reads one state of a database.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// contentHash counts the rows of every table and makes one hash of all their
// values, the same for the same content however the pages of the file lie. The
// full-text index follows from the rest and is left out.
func contentHash(ctx context.Context, q querier) (counts map[string]int64, sum string, err error) {
	tables, err := column1(ctx, q, contentTablesSQL)
	if err != nil {
		return nil, "", err
	}
	counts = map[string]int64{}
	whole := sha256.New()
	for _, table := range tables {
		whole.Write([]byte(table + "\n"))
		if counts[table], err = hashTable(ctx, q, table, whole); err != nil {
			return nil, "", fmt.Errorf("%s: %w", table, err)
		}
	}
	return counts, hex.EncodeToString(whole.Sum(nil)), nil
}

func hashTable(ctx context.Context, q querier, table string, whole hash.Hash) (n int64, err error) {
	keys, err := column1(ctx, q, tableKeysSQL(table))
	if err != nil {
		return 0, err
	}
	columns, err := column1(ctx, q, tableColumnsSQL(table)+" ORDER BY name")
	if err != nil {
		return 0, err
	}
	whole.Write([]byte(strings.Join(columns, ",") + "\n"))
	query := "SELECT " + quoteNames(columns) + " FROM " + quoteName(table) + " ORDER BY " + quoteNames(keys)
	values := make([]any, len(columns))
	into := pointers(values)
	var row []byte
	err = eachRow(ctx, q, query, nil, func(rows *sql.Rows) error {
		n++
		if err := rows.Scan(into...); err != nil {
			return err
		}
		row = row[:0]
		for _, value := range values {
			row = appendValue(row, value)
		}
		whole.Write(row)
		return nil
	})
	return n, err
}

// appendValue adds a value with its type and length, so that no two rows read alike.
func appendValue(row []byte, value any) []byte {
	kind, length := byte(0), uint64(0)
	switch v := value.(type) {
	case nil:
	case int64:
		kind, length = 'i', uint64(v) //nolint:gosec // the bits stand for the number
	case float64:
		kind, length = 'f', math.Float64bits(v)
	case string:
		return append(appendHead(row, 't', uint64(len(v))), v...)
	case []byte:
		return append(appendHead(row, 'b', uint64(len(v))), v...)
	default:
		text := fmt.Append(nil, v)
		return append(appendHead(row, 't', uint64(len(text))), text...)
	}
	return appendHead(row, kind, length)
}

func appendHead(row []byte, kind byte, value uint64) []byte {
	return binary.BigEndian.AppendUint64(append(row, kind), value)
}

func pointers(values []any) []any {
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	return into
}

// column1 reads the first column of a query as text.
func column1(ctx context.Context, q querier, query string, args ...any) (list []string, err error) {
	err = eachRow(ctx, q, query, args, func(rows *sql.Rows) error {
		var one string
		err := rows.Scan(&one)
		list = append(list, one)
		return err
	})
	return list, err
}

func eachRow(ctx context.Context, q querier, query string, args []any, fn func(*sql.Rows) error) (err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoteNames(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = quoteName(name)
	}
	return strings.Join(quoted, ", ")
}
