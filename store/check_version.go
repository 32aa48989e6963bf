package store

import (
	"database/sql"
	"fmt"
	"slices"

	"github.com/crmcp/crmcp/schema"
)

// versions compares what is not written into the history itself, but follows
// from it: how often a record was changed, when last and by whom.
func (c *checker) versions(r *Record, own []logRow) error {
	var rows []versionRow
	for _, row := range own {
		rows = append(rows, versionRow{row.change, row.seq, row.code, row.id, 0, row.action})
	}
	if r.Type.Class != schema.Part {
		var err error
		if rows, err = c.versionRows(r.Key()); err != nil {
			return err
		}
	}
	version, at, user, err := c.versionOf(r, rows)
	if err != nil {
		return err
	}
	for _, told := range []struct {
		name  string
		value any
	}{{"version", version}, {"updated_at", at}, {"updated_by", user}} {
		if r.Values[told.name] != told.value {
			err := c.add(Finding{Record: r.Key().String(), Field: told.name, Message: fmt.Sprintf("holds %s, its history gives %s", shortened(r.Values[told.name]), shortened(told.value))})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// versionOf counts how often rows changed a record, and says when and by whom
// it was last changed.
func (c *checker) versionOf(r *Record, rows []versionRow) (version int64, at schema.Millis, user int64, err error) {
	var change int64
	for _, row := range rows {
		own := row.code == r.Type.Code && row.id == r.ID
		switch {
		case own && row.action == "insert":
			version, change = 1, row.change
		case own, change != row.change && c.counts(r.Type, row):
			version, change = version+1, row.change
		}
	}
	_, err = c.tx.one(`SELECT at, user_id FROM change_set WHERE id = ?`, []any{change}, &at, &user)
	return version, at, user, err
}

// versionRows reads the rows of the history of which a record is at one end.
func (c *checker) versionRows(key Key) (list []versionRow, err error) {
	query := versionRowsSQL("subject") + ` UNION ALL ` + versionRowsSQL("object") + ` ORDER BY change_id, seq`
	err = c.tx.scan(query, []any{key.Type.Code, key.ID, key.Type.Code, key.ID}, func(rows *sql.Rows) error {
		var row versionRow
		err := rows.Scan(&row.change, &row.seq, &row.code, &row.id, &row.other, &row.action)
		list = append(list, row)
		return err
	})
	return list, err
}

// versionRow is a row of the history that may count a record's version up:
// its own, or that of a part or link whose other end has the type other.
type versionRow struct {
	change, seq, code, id, other int64
	action                       string
}

// versionRowsSQL reads the rows of which a record is at one end.
func versionRowsSQL(end string) string {
	other := "object"
	if end == "object" {
		other = "subject"
	}
	return `SELECT change_id, seq, type, record_id, coalesce(` + other + `_type, 0), action FROM change_row WHERE ` + end + `_type = ? AND ` + end + `_id = ?`
}

// counts says whether a part or a link counts for a record at one end of it.
func (c *checker) counts(t *schema.Type, row versionRow) bool {
	if row.action == purged {
		return false
	}
	if row.code != 0 {
		part := c.tx.typeOf(row.code)
		return part != nil && slices.Contains(counted[part.Name], t.Name)
	}
	if row.action == "update" {
		return false
	}
	other := c.tx.typeOf(row.other)
	return other != nil && counts(t, other)
}
