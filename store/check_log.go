package store

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strconv"
)

const (
	changeHeaderSQL = `SELECT id, uid, at, user_id, client, client_version, tool, row_count, coalesce(undone_by, 0), checksum,
 coalesce((SELECT head FROM piece WHERE change_id = id), 0), coalesce((SELECT incomplete FROM piece WHERE change_id = id), 0) FROM change_set`
	changeValuesSQL = `SELECT change_id, seq, type, record_id, subject_type, subject_id, object_type, object_id, action, before, after FROM change_row`
)

// changeHeader is what a change set says of itself.
type changeHeader struct {
	id       int64
	values   [8]any
	rows     int64
	checksum string
	piece    piece
}

func scanHeader(rows *sql.Rows) (h changeHeader, err error) {
	err = rows.Scan(&h.id, &h.values[0], &h.values[1], &h.values[2], &h.values[3], &h.values[4], &h.values[5], &h.rows, &h.values[6], &h.checksum, &h.piece.head, &h.piece.incomplete)
	h.values[7] = h.rows
	return h, err
}

// seal is the checksum of a change set: the hash of its rows and of what it
// says of itself, that it was undone or is a piece of a longer one too.
func (h changeHeader) seal(rows []byte) string {
	whole := sha256.New()
	whole.Write(rows)
	_, _ = fmt.Fprintln(whole, h.id)
	_, _ = fmt.Fprintln(whole, h.values[:]...)
	if h.piece.head != 0 {
		_, _ = fmt.Fprintln(whole, "piece", h.piece.head, h.piece.incomplete)
	}
	return hex.EncodeToString(whole.Sum(nil))
}

// sumRow adds a row of the history to the hash of its change set.
func sumRow(into hash.Hash, row []any) {
	line := make([]byte, 0, 512)
	for i, value := range row {
		if i > 0 {
			line = append(line, ' ')
		}
		switch v := value.(type) {
		case int64:
			line = strconv.AppendInt(line, v, 10)
		case string:
			line = append(line, v...)
		default:
			line = fmt.Append(line, v)
		}
	}
	into.Write(append(line, '\n'))
}

func scanChangeValues(rows *sql.Rows) (row [11]any, err error) {
	err = rows.Scan(pointers(row[:])...)
	return row, err
}

// reseal makes the checksum of a change set anew after what it says was
// changed for a good reason.
func (tx *Tx) reseal(id int64) error {
	sum := sha256.New()
	err := tx.scan(changeValuesSQL+` WHERE change_id = ? ORDER BY seq`, []any{id}, func(rows *sql.Rows) error {
		row, err := scanChangeValues(rows)
		sumRow(sum, row[:])
		return err
	})
	if err != nil {
		return err
	}
	var header changeHeader
	err = tx.scan(changeHeaderSQL+` WHERE id = ?`, []any{id}, func(rows *sql.Rows) error {
		header, err = scanHeader(rows)
		return err
	})
	if err != nil {
		return err
	}
	return tx.exec(`UPDATE change_set SET checksum = ? WHERE id = ?`, header.seal(sum.Sum(nil)), id)
}

// logReader goes through the rows of the history in the order of change sets.
type logReader struct {
	rows    *sql.Rows
	pending *[11]any
}

func (l *logReader) peek() (*[11]any, error) {
	if l.pending != nil {
		return l.pending, nil
	}
	if !l.rows.Next() {
		return nil, l.rows.Err()
	}
	row, err := scanChangeValues(l.rows)
	l.pending = &row
	return l.pending, err
}

// changeSets compares every change set with its checksum.
func (c *checker) changeSets() (err error) {
	rows, err := c.tx.query(changeValuesSQL + ` ORDER BY change_id, seq`) //nolint:rowserrcheck // logReader.peek looks
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	log := &logReader{rows: rows}
	last := int64(0)
	err = c.tx.scan(changeHeaderSQL+` ORDER BY id`, nil, func(rows *sql.Rows) error {
		header, err := scanHeader(rows)
		if err != nil {
			return err
		}
		last = header.id
		return c.changeSet(header, log)
	})
	if err != nil {
		return err
	}
	if row, err := log.peek(); err != nil || row != nil {
		return errors.Join(err, c.add(Finding{Record: ChangeString(last), Message: "rows of the history after it belong to no change"}))
	}
	return c.strayPieces()
}

func (c *checker) changeSet(header changeHeader, log *logReader) error {
	sum, n, stray := sha256.New(), int64(0), false
	for {
		row, err := log.peek()
		if err != nil {
			return err
		}
		if row == nil || number(row[0]) > header.id {
			break
		}
		log.pending = nil
		if number(row[0]) < header.id {
			stray = true
			continue
		}
		n++
		sumRow(sum, row[:])
	}
	record := ChangeString(header.id)
	switch {
	case stray:
		return c.add(Finding{Record: record, Message: "rows of the history before it belong to no change"})
	case n != header.rows:
		return c.add(Finding{Record: record, Message: fmt.Sprintf("has %d rows, %d were written", n, header.rows)})
	case header.seal(sum.Sum(nil)) != header.checksum:
		return c.add(Finding{Record: record, Message: "is not what was written: its checksum differs"})
	}
	return nil
}

// number is a whole number that the engine gave; 0 for anything else.
func number(value any) int64 {
	n, _ := value.(int64)
	return n
}

// answers looks whether the kept answers are those that were given.
func (c *checker) answers() error {
	return c.tx.scan(`SELECT user_id, tool, key, arguments, answer, at FROM idempotency`, nil, func(rows *sql.Rows) error {
		var user, at int64
		var tool, key, arguments, answer string
		if err := rows.Scan(&user, &tool, &key, &arguments, &answer, &at); err != nil {
			return err
		}
		if _, ok := openArguments(arguments, user, tool, key, answer, at); ok {
			return nil
		}
		return c.add(Finding{Message: fmt.Sprintf("the kept answer of %s for the idempotency key %q is not what was given", tool, key)})
	})
}

// contents looks whether the bytes of documents are those of their hashes.
func (c *checker) contents() error {
	hashes, err := column1(c.tx.ctx, c.tx.session.conn, `SELECT sha256 FROM content ORDER BY sha256`)
	if err != nil {
		return err
	}
	for _, wanted := range hashes {
		data, err := c.tx.Content(wanted)
		if err != nil {
			return err
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != wanted {
			if err := c.add(Finding{Message: "the bytes of the content " + wanted + " are not those of its hash"}); err != nil {
				return err
			}
		}
	}
	return nil
}
