package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// A damaged key may name a user who is not there; the other keys are listed
// all the same.
func TestDamagedKeyOfNobodyIsShown(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "crm.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	opened := &session{db: db, caller: store.Caller{User: db.Caller()}}
	for _, c := range []struct {
		key        store.APIKey
		may, state string
	}{
		{store.APIKey{User: 99, Damaged: true}, "nothing", "damaged: revoke it"},
		{store.APIKey{User: 1}, schema.Admin, "works"},
		{store.APIKey{User: 1, Role: schema.Viewer, ReadOnly: true}, "viewer; only reads", "works"},
	} {
		line, err := opened.shownKey(t.Context(), &c.key, time.Now())
		if err != nil || line.May != c.may || line.State != c.state {
			t.Errorf("%+v, %v", line, err)
		}
	}
}
