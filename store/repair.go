package store

import (
	"context"

	"github.com/crmcp/crmcp/schema"
)

// everyAspect is all that follows from other rows.
const everyAspect = words | firsts | details | deals | work | members | lines | attached

// Repair makes everything anew that follows from other data: the columns for
// comparing and sorting, computed fields, the rows of custom fields,
// identifiers, the full-text index and all others. Records, links and the history stay as
// they are. It is one transaction; nobody can write meanwhile.
func (db *DB) Repair(ctx context.Context) error {
	return db.Update(ctx, Caller{Tool: "repair"}, func(tx *Tx) error {
		for _, statement := range []string{reindexSQL, emptyWordsSQL, `DELETE FROM identifier`} {
			if err := tx.exec(statement); err != nil {
				return err
			}
		}
		// Parts come first: what they belong to is computed from them.
		for _, parts := range []bool{true, false} {
			for _, t := range tx.Schema().Types {
				if (len(counted[t.Name]) > 0) == parts {
					if err := tx.eachRecord(t.Name, tx.rewrite); err != nil {
						return err
					}
				}
			}
		}
		if err := tx.settle(); err != nil {
			return err
		}
		return tx.tallyAnew()
	})
}

// eachRecord gives the records of a type to fn, the trash included.
func (tx *Tx) eachRecord(name string, fn func(*Record) error) error {
	t := tx.Schema().Type(name)
	after := int64(0)
	for {
		rows, err := tx.storedRows(t, after)
		if err != nil {
			return err
		}
		for _, row := range rows {
			after = row.id
			r, err := row.record(t)
			if err == nil {
				err = fn(r)
			}
			if err != nil {
				return err
			}
		}
		if len(rows) < chunk {
			return nil
		}
	}
}

// rewrite writes the columns that follow from a record's own values, and has
// what follows from others computed.
func (tx *Tx) rewrite(r *Record) error {
	tx.compute(r)
	var fields, custom []*schema.Field
	for _, f := range r.Type.Held() {
		switch {
		case f.Custom:
			custom = append(custom, f)
		case f.Computed || len(columnsOf(f)) > 1:
			fields = append(fields, f)
		}
	}
	if err := tx.writeFields(r, fields); err != nil {
		return err
	}
	if err := tx.writeCustomRows(r, custom, false); err != nil {
		return err
	}
	tx.touch(r, everyAspect)
	return nil
}
