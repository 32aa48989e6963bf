package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crmcp/crmcp/store"
)

// faultyReceiver fails often, and remembers what it has taken.
type faultyReceiver struct {
	mu sync.Mutex
	// ids are the ids of the messages about each record, taken says which
	// records it has said yes to.
	ids    map[string]map[string]bool
	taken  map[string]bool
	tries  int
	healed bool
}

func (r *faultyReceiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	var event struct {
		Data struct {
			Record struct{ ID string }
		}
	}
	_ = json.Unmarshal(body, &event)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries++
	id := event.Data.Record.ID
	if r.ids[id] == nil {
		r.ids[id] = map[string]bool{}
	}
	r.ids[id][request.Header.Get("webhook-id")] = true
	if !r.healed && rand.N(3) == 0 {
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	r.taken[id] = true
}

func (r *faultyReceiver) heal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.healed = true
}

// The program is killed while it writes and sends, and the receiver fails as
// well: every record has its event, and what comes again has the same id.
func TestFaultKilledWhileDelivering(t *testing.T) {
	path := filepath.Join(t.TempDir(), "crm.db")
	receiver := &faultyReceiver{ids: map[string]map[string]bool{}, taken: map[string]bool{}}
	server := httptest.NewServer(receiver)
	defer server.Close()
	if out, err := exec.Command("crmcp", "webhooks", "add", server.URL, "--events", "contact.created", "--allow-insecure-webhooks", "--db", path).CombinedOutput(); err != nil {
		t.Fatal(string(out), err)
	}
	for round := range roundsOf(t, 10, 200) {
		s := startServing(t, exec.Command("crmcp", "serve", "--toolsets", "all", "--allow-insecure-webhooks", "--db", path))
		if _, ok := s.call("describe", nil); !ok {
			t.Fatal("the program does not start after a kill")
		}
		var callers sync.WaitGroup
		for caller := range 4 {
			callers.Go(func() {
				for n := 0; ; n++ {
					if _, ok := s.call("create_contact", map[string]any{"first_name": fmt.Sprintf("R%d C%d N%d", round, caller, n)}); !ok {
						return
					}
				}
			})
		}
		time.Sleep(20*time.Millisecond + rand.N(60*time.Millisecond))
		s.kill()
		callers.Wait()
	}
	receiver.heal()
	deliverLater(t, path)
	contacts := countContacts(t, path)
	repeats := 0
	for id, ids := range receiver.ids {
		if len(ids) != 1 {
			t.Errorf("%s was told under %d ids", id, len(ids))
		}
	}
	repeats = receiver.tries - len(receiver.ids)
	if len(receiver.taken) != contacts || contacts == 0 {
		t.Errorf("%d contacts were made, %d told of", contacts, len(receiver.taken))
	}
	t.Logf("%d contacts, each told of; %d attempts came again under the same id", contacts, repeats)
}

// deliverLater sends what waits, hour by hour, as the leases of killed
// programs and the pauses after failures end.
func deliverLater(t *testing.T, path string) {
	t.Helper()
	for hour := 1; hour < 40; hour++ {
		cmd := exec.Command("crmcp", "webhooks", "deliver", "--allow-insecure-webhooks", "--db", path)
		cmd.Env = append(cmd.Environ(), "CRMCP_NOW="+time.Now().Add(time.Duration(hour)*time.Hour).UTC().Format(time.RFC3339))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatal(string(out), err)
		}
		if strings.Contains(string(out), "; 0 waiting") {
			return
		}
	}
	t.Error("deliveries wait forever")
}

func countContacts(t *testing.T, path string) (n int) {
	t.Helper()
	db, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	err = db.View(t.Context(), store.Caller{}, func(tx *store.Tx) error {
		ids, err := tx.IDs(tx.Schema().Type("contact"), nil, 0)
		n = len(ids)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
