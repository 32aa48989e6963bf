package store

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// storedRow is a row of a record's table as it stands, by the names of its columns.
type storedRow struct {
	id      int64
	columns map[string]any
}

// storedRows reads rows of a type after an id, the trash included.
func (tx *Tx) storedRows(t *schema.Type, after int64) (list []storedRow, err error) {
	names, _ := tableColumns(t)
	query := "SELECT " + strings.Join(names, ", ") + " FROM " + t.Name + " WHERE id > ? ORDER BY id LIMIT ?"
	values := make([]any, len(names))
	err = tx.scan(query, []any{after, chunk}, func(rows *sql.Rows) error {
		if err := rows.Scan(pointers(values)...); err != nil {
			return err
		}
		row := storedRow{columns: make(map[string]any, len(names))}
		for i, name := range names {
			row.columns[name] = values[i]
		}
		row.id = number(row.columns["id"])
		list = append(list, row)
		return nil
	})
	return list, err
}

// record reads the values of a row; an error where one is none of its field.
func (row storedRow) record(t *schema.Type) (*Record, error) {
	r := &Record{Type: t, ID: row.id, Values: map[string]any{}}
	for _, f := range t.Columns() {
		stored := row.columns[f.Column()]
		if f.Kind == schema.RecordID || stored == nil {
			continue
		}
		value, err := unbind(f, stored)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read: %w", f.Name, err)
		}
		r.Values[f.Name] = value
	}
	if stored := row.columns[customColumn.Name]; stored != nil {
		if err := readCustom(r, stored); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// records goes through all records of all types.
func (c *checker) records() (err error) {
	types := slices.Clone(c.tx.Schema().Types)
	slices.SortFunc(types, func(a, b *schema.Type) int { return int(a.Code - b.Code) })
	var fold *foldedLog
	if c.deep {
		if fold, err = c.newFold(); err != nil {
			return err
		}
		defer fold.close(&err)
	}
	for _, t := range types {
		after := int64(0)
		for {
			rows, err := c.tx.storedRows(t, after)
			if err != nil {
				return err
			}
			for _, row := range rows {
				after = row.id
				if err := c.record(t, row, fold); err != nil {
					return err
				}
			}
			if len(rows) < chunk {
				break
			}
		}
	}
	if fold != nil {
		return fold.rest()
	}
	return nil
}

func (c *checker) record(t *schema.Type, row storedRow, fold *foldedLog) error {
	key := Key{t, row.id}
	r, err := row.record(t)
	if err != nil {
		return c.add(Finding{Record: key.String(), Message: err.Error()})
	}
	if fold != nil {
		if err := fold.compare(r, row); err != nil {
			return err
		}
	}
	for _, compare := range []func(*Record) error{c.computed, c.customValues, c.index} {
		err := compare(r)
		switch {
		case err == nil:
		case errors.Is(err, errEnough), c.tx.failed != nil, c.tx.ctx.Err() != nil:
			return err
		default:
			if err := c.add(Finding{Record: key.String(), Message: "what belongs to it cannot be read: " + err.Error()}); err != nil {
				return err
			}
		}
	}
	return c.columns(r, row)
}

func (c *checker) stale(r *Record, field, format string, args ...any) error {
	return c.add(Finding{Record: r.Key().String(), Field: field, Message: fmt.Sprintf(format, args...), Derived: true})
}

// columns compares each column with what the value of its field makes: its
// own form, the folded text and the collation key.
func (c *checker) columns(r *Record, row storedRow) error {
	for _, f := range r.Type.Columns() {
		if f.Kind == schema.RecordID {
			continue
		}
		for i, column := range columnsOf(f) {
			wanted, err := column.value(r.Values[f.Name])
			if err != nil {
				return err
			}
			if reflect.DeepEqual(wanted, row.columns[column.name]) {
				continue
			}
			if i > 0 {
				err = c.stale(r, f.Name, "its column %s does not follow from its value", column.name)
			} else {
				err = c.add(Finding{Record: r.Key().String(), Field: f.Name, Message: fmt.Sprintf("holds %v, which is not how such a value is written", shortened(row.columns[column.name])), Derived: f.Computed})
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// shortened is a value as a finding shows it.
func shortened(value any) string {
	if raw, isBytes := value.([]byte); isBytes {
		value = string(raw)
	}
	if value == nil {
		return "nothing"
	}
	return quoteShort(text.Truncate(fmt.Sprint(value), 60))
}

// computed compares the computed fields with what they follow from.
func (c *checker) computed(r *Record) error {
	fresh := &Record{Type: r.Type, ID: r.ID, Values: mergeValues(r.Values, nil)}
	for _, d := range derivations {
		if d.types != nil && !slices.Contains(d.types, r.Type.Name) {
			continue
		}
		values, err := d.compute(c.tx, fresh)
		if err != nil {
			return err
		}
		fresh.Values = mergeValues(fresh.Values, values)
		c.tx.compute(fresh)
	}
	c.tx.compute(fresh)
	for _, f := range changedFields(r, fresh) {
		if err := c.stale(r, f.Name, "holds %s, %s follows from the rest", shortened(r.Values[f.Name]), shortened(fresh.Values[f.Name])); err != nil {
			return err
		}
	}
	return nil
}

// customValues compares the rows by which custom fields are filtered and
// sorted with the values.
func (c *checker) customValues(r *Record) error {
	if !hasCustom(r.Type) {
		return nil
	}
	have := map[int64][]customRow{}
	err := c.tx.scan(`SELECT field_id, position, folded, sort_key, number FROM custom_value WHERE type = ? AND record_id = ? ORDER BY field_id, position`,
		[]any{r.Type.Code, r.ID}, func(rows *sql.Rows) error {
			var field int64
			var row customRow
			err := rows.Scan(&field, &row.position, &row.folded, &row.sortKey, &row.number)
			have[field] = append(have[field], row)
			return err
		})
	if err != nil {
		return err
	}
	for _, f := range r.Type.Fields {
		if !f.Custom {
			continue
		}
		wanted, err := customRows(f, r.Values[f.Name])
		if err == nil && slices.EqualFunc(have[f.ID], wanted, sameCustomRow) {
			continue
		}
		if err := c.stale(r, f.Name, "the rows that filter and sort it do not follow from its value"); err != nil {
			return err
		}
	}
	return nil
}

func sameCustomRow(a, b customRow) bool {
	one, _ := a.sortKey.([]byte)
	other, _ := b.sortKey.([]byte)
	return a.position == b.position && reflect.DeepEqual(a.folded, b.folded) && reflect.DeepEqual(a.number, b.number) && bytes.Equal(one, other)
}
