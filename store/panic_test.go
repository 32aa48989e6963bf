package store

import (
	"strings"
	"testing"
	"time"
)

// A panic inside a transaction takes neither its connection nor the turn to
// write from the others.
func TestAPanicLeavesNothingLocked(t *testing.T) {
	f := newFixture(t)
	f.db.patience = 2 * time.Second
	fall := func(*Tx) error { panic("fall") }
	for range 8 {
		for name, err := range map[string]error{"view": f.db.View(t.Context(), Caller{}, fall), "update": f.db.Update(t.Context(), Caller{}, fall)} {
			if err == nil || !strings.Contains(err.Error(), "fall") {
				t.Fatal(name, err)
			}
		}
	}
	f.create("organization", map[string]any{"name": "Acme"})
}
