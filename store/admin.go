package store

import (
	"context"

	"github.com/crmcp/crmcp/schema"
)

// isActiveSQL is the condition under which a user may do anything at all.
const isActiveSQL = `coalesce(status, '') <> 'inactive' AND deleted_at IS NULL`

const firstAdminSQL = `SELECT id FROM user WHERE role = 'admin' AND ` + isActiveSQL + ` ORDER BY id LIMIT 1`

// FirstAdmin is the first active admin. Where a file has none, which only
// damage or another program can bring about, its first user becomes one, and
// where it has no user one is made: whoever has the file has all that is in it.
func (db *DB) FirstAdmin(ctx context.Context) (id int64, err error) {
	err = db.View(ctx, Caller{}, func(tx *Tx) error {
		_, err := tx.one(firstAdminSQL, nil, &id)
		return err
	})
	if err != nil || id != 0 {
		return id, err
	}
	err = db.Update(ctx, Caller{Tool: "first_admin"}, func(tx *Tx) error {
		tx.role = schema.Admin
		t := tx.Schema().Type("user")
		var oldest int64
		if _, err := tx.one(`SELECT id FROM user WHERE deleted_at IS NULL ORDER BY id LIMIT 1`, nil, &oldest); err != nil {
			return err
		}
		if oldest == 0 {
			r := &Record{Type: t, Values: tx.firstUser()}
			err := tx.insertRecord(r)
			id = r.ID
			return err
		}
		r, err := tx.get(Key{t, oldest})
		if err == nil {
			id = oldest
			_, _, err = tx.updateRecord(r, map[string]any{"role": schema.Admin, "status": "active"})
		}
		return err
	})
	return id, err
}
