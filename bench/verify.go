package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/crmcp/crmcp/store"
)

// verify holds a sample of the made records against what the store itself
// would have kept of them: whatever follows from other rows, and identifiers.
func verify(ctx context.Context, db *store.DB, organizations int64) error {
	return db.Update(ctx, store.Caller{Tool: "bench"}, func(tx *store.Tx) error {
		checked := 0
		for step := range int64(10) {
			number := 1 + step*(organizations-1)/9
			for _, key := range keysOf(newCluster(tx.Schema(), number)) {
				stale, err := tx.Stale(key)
				if err != nil {
					return err
				}
				if len(stale) > 0 {
					return fmt.Errorf("%s is not as the store would have kept it: %s", key, strings.Join(stale, ", "))
				}
				checked++
			}
		}
		progress("%d made records are as the store would have kept them", checked)
		return store.ErrDryRun
	})
}

func keysOf(c *cluster) []store.Key {
	var keys []store.Key
	for _, list := range [][]entry{{c.org}, c.contacts, c.deals, c.tasks, c.notes} {
		for _, e := range list {
			keys = append(keys, e.record.Key())
		}
	}
	for _, part := range c.parts {
		keys = append(keys, part.Key())
	}
	return keys
}
