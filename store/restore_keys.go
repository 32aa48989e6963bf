package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
)

// keepRevoked ends in a backup the keys that were revoked since it was made:
// an older state of the records must let nobody in again. It says how many it
// ended. Where the database that is replaced cannot be read, as it may be
// damaged, unread is true and the backup stays as it is.
func (r *Restoring) keepRevoked(ctx context.Context) (ended int, unread bool, err error) {
	if _, err := os.Stat(r.path); errors.Is(err, os.ErrNotExist) {
		return 0, false, nil
	}
	revoked, err := revokedKeys(ctx, r.path)
	switch {
	case isBusy(err):
		return 0, false, errOpenElsewhere(r.path)
	case ctx.Err() != nil:
		return 0, false, ctx.Err()
	case err != nil:
		return 0, true, nil //nolint:nilerr // a damaged database is what restoring is for
	}
	for _, key := range revoked {
		there, err := endKey(ctx, r.copied, key)
		if err != nil {
			return ended, false, err
		}
		if there {
			ended++
		}
	}
	return ended, false, nil
}

// revokedKeys reads the revoked keys of a file; none where it is of a
// generation without keys.
func revokedKeys(ctx context.Context, file string) (list []*APIKey, err error) {
	handle, err := sql.Open("sqlite", fileName(file)+"?mode=rw&_defensive=1&_query_only=1")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, handle.Close()) }()
	tables, err := column1(ctx, handle, `SELECT name FROM sqlite_schema WHERE name = 'api_key'`)
	if err != nil || len(tables) == 0 {
		return nil, err
	}
	err = eachRow(ctx, handle, apiKeyColumns+` WHERE revoked_at <> 0`, nil, func(rows *sql.Rows) error {
		k, err := scanKey(rows)
		list = append(list, k)
		return err
	})
	return list, err
}

// endKey revokes a key in a file that nobody else has open; false where it is
// not there or has ended already.
func endKey(ctx context.Context, file string, revoked *APIKey) (there bool, err error) {
	handle, err := sql.Open("sqlite", fileName(file)+"?mode=rw&_defensive=1")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, handle.Close()) }()
	tables, err := column1(ctx, handle, `SELECT name FROM sqlite_schema WHERE name = 'api_key'`)
	if err != nil || len(tables) == 0 {
		return false, err
	}
	var key *APIKey
	err = eachRow(ctx, handle, apiKeyColumns+` WHERE id = ? AND revoked_at = 0`, []any{revoked.ID}, func(rows *sql.Rows) error {
		key, err = scanKey(rows)
		return err
	})
	if err != nil || key == nil || key.Damaged {
		return false, err
	}
	key.Revoked = revoked.Revoked
	_, err = handle.ExecContext(ctx, `UPDATE api_key SET revoked_at = ?, seal = ? WHERE id = ?`, int64(key.Revoked), key.seal(), key.ID)
	return err == nil, err
}
