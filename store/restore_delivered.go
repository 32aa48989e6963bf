package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
)

// keepDelivered marks what the database that is replaced has delivered since
// the backup was made, so that nobody is sent it again. The files are looked at
// as they lie there: old, which nobody writes, and the copy that takes its place.
func keepDelivered(ctx context.Context, old, copied string) (err error) {
	before, err := openAlone(old)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, before.Close()) }()
	after, err := sql.Open("sqlite", fileName(copied)+"?mode=rw&_defensive=1&_pragma=journal_mode(delete)&_pragma=synchronous(full)")
	if err != nil {
		return err
	}
	after.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, after.Close()) }()
	for _, q := range []querier{before, after} {
		tables, err := column1(ctx, q, contentTablesSQL)
		if err != nil || !slices.Contains(tables, "delivery") {
			return err
		}
	}
	waiting, err := column1(ctx, after, `SELECT e.uid || ' ' || w.uid FROM delivery d JOIN event e ON e.id = d.event_id JOIN webhook w ON w.id = d.webhook_id WHERE d.status <> 'delivered'`)
	if err != nil || len(waiting) == 0 {
		return err
	}
	waits := make(map[string]bool, len(waiting))
	for _, one := range waiting {
		waits[one] = true
	}
	return eachRow(ctx, before, `SELECT e.uid || ' ' || w.uid, e.uid, w.uid, d.attempts, d.log FROM delivery d JOIN event e ON e.id = d.event_id JOIN webhook w ON w.id = d.webhook_id WHERE d.status = 'delivered'`, nil,
		func(rows *sql.Rows) error {
			var both, event, webhook, log string
			var attempts int
			if err := rows.Scan(&both, &event, &webhook, &attempts, &log); err != nil || !waits[both] {
				return err
			}
			_, err := after.ExecContext(ctx, `UPDATE delivery SET status = 'delivered', attempts = ?, next_at = NULL, lease = NULL, log = ?
 WHERE event_id = (SELECT id FROM event WHERE uid = ?) AND webhook_id = (SELECT id FROM webhook WHERE uid = ?)`, attempts, log, event, webhook)
			return err
		})
}
