package store

import (
	"sync"
	"testing"
)

// More callers than connections wait for one another, and none for ever.
func TestMoreReadersThanConnections(t *testing.T) {
	f := newFixture(t)
	var inside, group sync.WaitGroup
	inside.Add(readers)
	for i := range 4 * readers {
		group.Go(func() {
			err := f.db.View(t.Context(), Caller{}, func(*Tx) error {
				if i < readers {
					inside.Done()
					inside.Wait()
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}
