package store

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/crmcp/crmcp/schema"
)

// purged is the action of the row that stands in the history for a record that
// was erased: nothing of it may be left.
const purged = "purge"

// logRow is one row of the history about one record.
type logRow struct {
	change, seq, code, id int64
	action                string
	before, after         []byte
}

const logRowsSQL = `SELECT change_id, seq, type, record_id, action, before, after FROM change_row WHERE type <> 0 ORDER BY type, record_id, change_id, seq`

// foldedLog makes each record anew from the history, which it reads in the
// order in which the records are read, and compares it with its row.
type foldedLog struct {
	c       *checker
	rows    *sql.Rows
	pending *logRow
	named   *namings
}

func (c *checker) newFold() (*foldedLog, error) {
	named, err := c.tx.readNamings()
	if err != nil {
		return nil, err
	}
	rows, err := c.tx.query(logRowsSQL) //nolint:sqlclosecheck,rowserrcheck // close does
	return &foldedLog{c: c, named: named, rows: rows}, err
}

func (f *foldedLog) close(err *error) { *err = errors.Join(*err, f.rows.Close()) }

func scanLogRow(rows *sql.Rows) (row logRow, err error) {
	err = rows.Scan(&row.change, &row.seq, &row.code, &row.id, &row.action, &row.before, &row.after)
	return row, err
}

func (f *foldedLog) peek() (*logRow, error) {
	if f.pending != nil || f.rows == nil {
		return f.pending, nil
	}
	if !f.rows.Next() {
		return nil, f.rows.Err()
	}
	row, err := scanLogRow(f.rows)
	f.pending = &row
	return f.pending, err
}

// next gives the rows about the next record of the history up to a key; none
// where the history goes on after it.
func (f *foldedLog) next(code, id int64) (list []logRow, err error) {
	for {
		row, err := f.peek()
		if err != nil || row == nil {
			return list, err
		}
		if row.code > code || row.code == code && row.id > id {
			return list, nil
		}
		if len(list) > 0 && (list[0].code != row.code || list[0].id != row.id) {
			return list, nil
		}
		list, f.pending = append(list, *row), nil
	}
}

// compare folds the history of a record and compares it with its row.
// Records that the history tells of before it are not there.
func (f *foldedLog) compare(r *Record, row storedRow) error {
	for {
		list, err := f.next(r.Type.Code, r.ID)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return f.c.add(Finding{Record: r.Key().String(), Message: "the history does not tell of it"})
		}
		if list[0].code != r.Type.Code || list[0].id != r.ID {
			if err := f.gone(list); err != nil {
				return err
			}
			continue
		}
		if list[len(list)-1].action == purged {
			return f.c.add(Finding{Record: r.Key().String(), Message: "was erased, but is there"})
		}
		return f.differ(r, row, list)
	}
}

// rest goes through what the history tells of after the last record.
func (f *foldedLog) rest() error {
	for {
		row, err := f.peek()
		if err != nil || row == nil {
			return err
		}
		list, err := f.next(row.code, row.id)
		if err == nil {
			err = f.gone(list)
		}
		if err != nil {
			return err
		}
	}
}

// gone reports a record that the history tells of and that is not there.
func (f *foldedLog) gone(list []logRow) error {
	t := f.c.tx.typeOf(list[0].code)
	if t == nil || list[len(list)-1].action == purged {
		return nil
	}
	return f.c.add(Finding{Record: t.IDString(list[0].id), Message: "the history tells of it, but it is not there"})
}

func (f *foldedLog) differ(r *Record, row storedRow, list []logRow) error {
	told, err := f.fold(r.Type, list)
	if err != nil {
		return f.c.add(Finding{Record: r.Key().String(), Message: "its history cannot be read: " + err.Error()})
	}
	stands, err := recordedRow(r, row)
	if err != nil {
		return f.c.add(Finding{Record: r.Key().String(), Message: err.Error()})
	}
	names := slices.Sorted(maps.Keys(told))
	for name := range stands {
		if told[name] == nil {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if bytes.Equal(told[name], stands[name]) {
			continue
		}
		err := f.c.add(Finding{Record: r.Key().String(), Field: f.fieldName(r.Type, name),
			Message: fmt.Sprintf("holds %s, %s was written", shortenedJSON(stands[name]), shortenedJSON(told[name]))})
		if err != nil {
			return err
		}
	}
	return f.c.versions(r, list)
}

func shortenedJSON(raw json.RawMessage) string {
	if raw == nil {
		return "nothing"
	}
	var written string
	if json.Unmarshal(raw, &written) == nil {
		return shortened(written)
	}
	return shortened(string(raw))
}

// fold puts the rows of a record's history one over the other. Values of
// custom fields stand under their numbers.
func (f *foldedLog) fold(t *schema.Type, list []logRow) (map[string]json.RawMessage, error) {
	told := map[string]json.RawMessage{}
	for _, row := range list {
		if len(row.after) == 0 {
			continue
		}
		var values map[string]json.RawMessage
		if err := json.Unmarshal(row.after, &values); err != nil {
			return nil, err
		}
		for name, value := range values {
			name = f.keyOf(t, name, row)
			if name == "" {
				continue
			}
			delete(told, name)
			if !bytes.Equal(value, []byte("null")) {
				told[name] = value
			}
		}
	}
	return told, nil
}

// keyOf is the field that a name meant when a row was written; empty for one
// that this program does not know.
func (f *foldedLog) keyOf(t *schema.Type, name string, row logRow) string {
	if known := t.Field(name); known != nil && !known.Custom {
		if !known.Held() || known.Computed || known.Kept != "" {
			return ""
		}
		return name
	}
	if meant := f.named.meant(t, name, row.change, row.seq); meant != 0 {
		return numberName(meant)
	}
	return ""
}

func (f *foldedLog) fieldName(t *schema.Type, name string) string {
	for _, field := range t.Fields {
		if field.Custom && name == numberName(field.ID) {
			return field.Name
		}
	}
	return name
}

// recordedRow is a record as its row holds it, in the form of the history.
func recordedRow(r *Record, row storedRow) (map[string]json.RawMessage, error) {
	values := map[string]json.RawMessage{}
	for name, value := range recorded(r) {
		if f := r.Type.Field(name); f.Custom || f.Kept != "" {
			continue
		}
		raw, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		values[name] = raw
	}
	stored, ok := row.columns[customColumn.Name].(string)
	if !ok {
		return values, nil
	}
	kept, err := decodeAs[map[string]json.RawMessage]([]byte(stored))
	for number, raw := range kept {
		values[numberMark+number] = raw
	}
	return values, err
}
