package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// The program is killed while several callers write. Nothing that it has
// acknowledged may be lost, nothing may be half written.
func TestFaultKilledUnderLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "crm.db")
	s := serveDatabase(t, path)
	if made, ok := s.call("create_organization", map[string]any{"name": "Load"}); !ok || made.isError {
		t.Fatal(made)
	}
	s.kill()
	o := newOracle()
	rounds := roundsOf(t, 20, 500)
	kept := 0
	for round := range rounds {
		s := serveDatabase(t, path)
		if _, ok := s.call("describe", nil); !ok {
			t.Fatal("the program does not start after a kill")
		}
		var callers sync.WaitGroup
		for caller := range 4 {
			callers.Go(func() { o.load(s, fmt.Sprintf("r%d-c%d", round, caller)) })
		}
		time.Sleep(rand.N(60 * time.Millisecond))
		s.kill()
		callers.Wait()
		if round%20 == 19 || round == rounds-1 {
			kept = o.compare(t, path)
		}
		if t.Failed() {
			return
		}
	}
	if len(o.names) < rounds/2 {
		t.Errorf("only %d writes were acknowledged in %d rounds", len(o.names), rounds)
	}
	t.Logf("%d kills: %d contacts and %d changes acknowledged, none lost; %d contacts there, all whole", rounds, len(o.names), len(o.jobs), kept)
}
