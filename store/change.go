package store

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"hash"
	"slices"
	"strconv"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// changeCode is the sequence of change sets; no record type has it.
const changeCode = 30

// changeSet collects what a transaction writes.
type changeSet struct {
	id      int64
	rows    []changeRow
	counted map[Key]bool
}

// changeRow is one written row: its type (nil: a link), the records that it
// concerns, and its recorded values before and after.
type changeRow struct {
	key             Key
	subject, object Key
	action          string
	before, after   map[string]any
}

// touched says whether the version of a record was counted in this change.
func (c *changeSet) touched(key Key) bool { return c.counted[key] }

func (c *changeSet) mark(key Key) {
	if c.counted == nil {
		c.counted = map[Key]bool{}
	}
	c.counted[key] = true
}

// ChangeID is the number of this transaction's change set.
func (tx *Tx) ChangeID() (int64, error) {
	if tx.change.id == 0 {
		id, err := tx.nextID(changeCode)
		if err != nil {
			return 0, err
		}
		tx.change.id = id
	}
	return tx.change.id, nil
}

// Changed says whether the transaction has written anything.
func (tx *Tx) Changed() bool { return len(tx.change.rows) > 0 }

// Overwritten is how many records that were there before the transaction it has
// changed or deleted; links and parts are not counted.
func (tx *Tx) Overwritten() int {
	made, changed := map[Key]bool{}, map[Key]bool{}
	for _, row := range tx.change.rows {
		switch {
		case row.key.Type == nil || row.key.Type.Class == schema.Part:
		case row.action == "insert":
			made[row.key] = true
		case !made[row.key]:
			changed[row.key] = true
		}
	}
	return len(changed)
}

// ChangeString is how a change set is named to callers.
func ChangeString(id int64) string { return fmt.Sprintf("chg_%d", id) }

// ParseChange reads the name of a change set, chg_7, or its bare number; false
// where it is neither.
func ParseChange(s string) (int64, bool) {
	id, err := strconv.ParseInt(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), "chg_"), 10, 64)
	return id, err == nil && id > 0
}

func (tx *Tx) noteRecord(r *Record, action string, before, after map[string]any) {
	tx.change.mark(r.Key())
	tx.noteDefinition(r.Key(), after)
	row := changeRow{key: r.Key(), subject: r.Key(), action: action, before: before, after: after}
	if r.Type.Class == schema.Part {
		row.subject, row.object = tx.parents(r)
	}
	tx.change.rows = append(tx.change.rows, row)
}

func (tx *Tx) noteLink(left, right Key, action string, before, after map[string]any) {
	tx.change.rows = append(tx.change.rows, changeRow{subject: left, object: right, action: action, before: before, after: after})
}

// parents are the records that a part belongs to, by its reference fields.
func (tx *Tx) parents(r *Record) (first, second Key) {
	for _, f := range r.Type.Fields {
		if f.Kind != schema.Reference || f.System || r.Int(f.Name) == 0 {
			continue
		}
		key := Key{tx.Schema().Type(f.To), r.Int(f.Name)}
		if first.Type == nil {
			first = key
		} else if second.Type == nil {
			second = key
		}
	}
	return first, second
}

// finish completes a transaction: computed fields, the history, the counters.
func (tx *Tx) finish() error {
	if err := tx.settle(); err != nil {
		return err
	}
	if len(tx.change.rows) > 0 {
		if err := tx.saveChange(); err != nil {
			return err
		}
		if err := tx.writeEvents(); err != nil {
			return err
		}
	}
	if err := tx.saveTallies(); err != nil {
		return err
	}
	return tx.saveIDs()
}

func (tx *Tx) saveChange() error {
	id, err := tx.ChangeID()
	if err != nil {
		return err
	}
	sum, err := tx.saveChangeRows(id)
	if err != nil {
		return err
	}
	uid, err := newUID()
	if err != nil {
		return err
	}
	rows := int64(len(tx.change.rows))
	header := changeHeader{id: id, values: [8]any{uid, int64(tx.now()), tx.caller.User, tx.caller.Client, tx.caller.Version, tx.caller.Tool, int64(0), rows}}
	if header.piece, err = tx.pieces.note(tx, id); err != nil {
		return err
	}
	return tx.exec(`INSERT INTO change_set (id, uid, at, user_id, client, client_version, tool, row_count, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, uid, int64(tx.now()), tx.caller.User, tx.caller.Client, tx.caller.Version, tx.caller.Tool,
		rows, header.seal(sum))
}

const insertChangeRow = `INSERT INTO change_row (change_id, seq, type, record_id, subject_type, subject_id, object_type, object_id, action, before, after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// encodedAtOnce is how many rows of the history are encoded while others are
// written.
const encodedAtOnce = 64

// saveChangeRows writes the rows of the history and gives their hash. Those of
// a large change are encoded beside the statements that write them.
func (tx *Tx) saveChangeRows(id int64) ([]byte, error) {
	sum := sha256.New()
	if len(tx.change.rows) <= encodedAtOnce {
		encoded, err := encodeRows(id, 0, tx.change.rows, sum)
		if err == nil {
			err = tx.execEach(insertChangeRow, encoded)
		}
		return sum.Sum(nil), err
	}
	type part struct {
		rows [][]any
		err  error
	}
	parts := make(chan part, len(tx.change.rows)/encodedAtOnce+1)
	go func() {
		defer close(parts)
		seq := 0
		for rows := range slices.Chunk(tx.change.rows, encodedAtOnce) {
			encoded, err := encodeRows(id, seq, rows, sum)
			parts <- part{encoded, err}
			seq += len(rows)
		}
	}()
	var failed error
	for one := range parts {
		failed = cmp.Or(failed, one.err)
		if failed == nil {
			failed = tx.execEach(insertChangeRow, one.rows)
		}
	}
	return sum.Sum(nil), failed
}

func (tx *Tx) execEach(query string, rows [][]any) error {
	for _, args := range rows {
		if err := tx.exec(query, args...); err != nil {
			return err
		}
	}
	return nil
}

// encodeRows gives rows of the history, numbered from seq on, as they are
// written, and adds them to the hash of their change set.
func encodeRows(id int64, seq int, rows []changeRow, sum hash.Hash) ([][]any, error) {
	encoded := make([][]any, len(rows))
	for i, row := range rows {
		before, err := marshal(row.before)
		if err != nil {
			return nil, err
		}
		after, err := marshal(row.after)
		if err != nil {
			return nil, err
		}
		var code int64
		if row.key.Type != nil {
			code = row.key.Type.Code
		}
		args := []any{id, int64(seq + i), code, row.key.ID, row.subject.Type.Code, row.subject.ID, nil, nil, row.action, before, after}
		if row.object.Type != nil {
			args[6], args[7] = row.object.Type.Code, row.object.ID
		}
		sumRow(sum, args)
		encoded[i] = args
	}
	return encoded, nil
}
