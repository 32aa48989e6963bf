package store

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// patient is longer than any test waits, short than none does.
const (
	patient = time.Minute
	short   = 20 * time.Millisecond
)

func TestQueueLetsOneIn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "crm.db"+queueEnding)
	mine, other := &queue{path: path}, &queue{path: path}
	if entered, err := mine.enter(t.Context(), patient); !entered || err != nil {
		t.Fatal(entered, err)
	}
	if openQueue(path) == nil {
		t.Skip("this system has no queue of processes")
	}
	if entered, err := other.enter(t.Context(), short); entered || err != nil {
		t.Fatal("two were let in: ", entered, err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if entered, err := other.enter(ended, patient); entered || err == nil {
		t.Fatal("two were let in: ", entered, err)
	}
	waiting := make(chan bool)
	go func() {
		entered, err := other.enter(t.Context(), patient)
		waiting <- entered && err == nil
	}()
	mine.leave()
	if !<-waiting {
		t.Fatal("the next one was not let in")
	}
	if entered, _ := mine.enter(t.Context(), short); entered {
		t.Fatal("two were let in")
	}
	other.leave()
	// Nobody of mine waits any more, so its place in the queue must not stop others.
	if entered, err := other.enter(t.Context(), patient); !entered || err != nil {
		t.Fatal("a caller that has gone keeps the others out: ", err)
	}
	if err := other.close(); err != nil {
		t.Error(err)
	}
	if entered, err := mine.enter(t.Context(), patient); !entered || err != nil {
		t.Error("a process that has ended keeps the others out: ", err)
	}
	if err := mine.close(); err != nil {
		t.Error(err)
	}
}

// A program that stays in the queue makes the others answer busy.
func TestQueueTakenForLong(t *testing.T) {
	f := newFixture(t)
	f.db.patience = short
	other := &queue{path: f.db.path + queueEnding}
	if entered, err := other.enter(t.Context(), patient); !entered || err != nil {
		t.Fatal(err)
	}
	if other.file == nil {
		t.Skip("this system has no queue of processes")
	}
	_, err := f.try("organization", map[string]any{"name": "Acme"})
	wantCode(t, err, schema.Busy)
	f.db.patience = patient
	other.leave()
	f.create("organization", map[string]any{"name": "Acme"})
	if err := other.close(); err != nil {
		t.Error(err)
	}
}
