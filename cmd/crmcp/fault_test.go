package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crmcp/crmcp/store"
)

// served is the real program, serving a database over its pipes.
type served struct {
	*testing.T
	cmd     *exec.Cmd
	in      io.WriteCloser
	mu      sync.Mutex
	answers map[int]chan answered
	next    int
	ended   chan struct{}
}

// answered is the text of a tool's answer, and whether it reports an error.
type answered struct {
	text    string
	isError bool
}

func serveDatabase(t *testing.T, path string) *served {
	t.Helper()
	s := &served{T: t, cmd: exec.Command("crmcp", "serve", "--db", path), answers: map[int]chan answered{}, ended: make(chan struct{})}
	in, err := s.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.in = in
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go s.read(out)
	return s
}

// read hands each answer to whoever waits for it; nothing comes any more when
// the program has ended.
func (s *served) read(out io.Reader) {
	defer close(s.ended)
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var message struct {
			ID     int
			Result struct {
				Content []struct{ Text string }
				IsError bool
			}
		}
		if json.Unmarshal(line, &message) != nil || len(message.Result.Content) == 0 {
			continue
		}
		s.mu.Lock()
		s.answers[message.ID] <- answered{message.Result.Content[0].Text, message.Result.IsError}
		s.mu.Unlock()
	}
}

// call calls a tool; false: the program ended before it answered.
func (s *served) call(tool string, arguments map[string]any) (answered, bool) {
	s.mu.Lock()
	s.next++
	id, waiting := s.next, make(chan answered, 1)
	s.answers[id] = waiting
	request, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": map[string]any{"name": tool, "arguments": arguments}})
	if err == nil {
		_, err = s.in.Write(append(request, '\n'))
	}
	s.mu.Unlock()
	if err != nil {
		return answered{}, false
	}
	select {
	case one := <-waiting:
		return one, true
	case <-s.ended:
		select {
		case one := <-waiting:
			return one, true
		default:
			return answered{}, false
		}
	}
}

func (s *served) kill() {
	if err := s.cmd.Process.Kill(); err != nil {
		s.Error(err)
	}
	<-s.ended
	_ = s.cmd.Wait()
}

// oracle is what the program has acknowledged.
type oracle struct {
	mu    sync.Mutex
	names map[string]bool
	jobs  map[string]string
}

// load writes until the program ends: contacts with all that belongs to them,
// and a second change to each.
func (o *oracle) load(s *served, prefix string) {
	for n := 0; ; n++ {
		name := fmt.Sprintf("%s-%d", prefix, n)
		made, ok := s.call("create_contact", map[string]any{"first_name": name, "email": name + "@x.example", "organizations": []string{"Load"}, "tags": []string{"load"}})
		if !ok {
			return
		}
		if made.isError {
			s.Error(made.text)
			return
		}
		o.mu.Lock()
		o.names[name] = true
		o.mu.Unlock()
		changed, ok := s.call("update_contact", map[string]any{"id": name, "job_title": "Title of " + name})
		if !ok {
			return
		}
		if changed.isError {
			s.Error(changed.text)
			return
		}
		o.mu.Lock()
		o.jobs[name] = "Title of " + name
		o.mu.Unlock()
	}
}

// compare opens the file and looks whether all that was acknowledged is there,
// and everything that is there is whole.
func (o *oracle) compare(t *testing.T, path string) (kept int) {
	t.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found, err := db.Check(ctx, true)
	if err != nil || len(found) > 0 {
		t.Fatal("after a kill: ", found, err)
	}
	names, jobs := map[string]bool{}, map[string]string{}
	err = db.View(ctx, store.Caller{}, func(tx *store.Tx) error {
		contact := tx.Schema().Type("contact")
		ids, err := tx.IDs(contact, nil, 0)
		if err != nil {
			return err
		}
		for _, id := range ids {
			r, err := tx.Get(contact, id)
			if err != nil {
				return err
			}
			names[r.Text("first_name")] = true
			jobs[r.Text("first_name")] = r.Text("job_title")
			if r.Text("email") != r.Text("first_name")+"@x.example" || r.Int("organization") == 0 {
				t.Errorf("%s is half written: %v", r.Key(), r.Values)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range o.names {
		if !names[name] {
			t.Errorf("%s was acknowledged and is lost", name)
		}
	}
	for name, job := range o.jobs {
		if jobs[name] != job {
			t.Errorf("the change of %s was acknowledged and is lost", name)
		}
	}
	return len(names)
}

// The program is killed while several callers write. Nothing that it has
// acknowledged may be lost, nothing may be half written.
func TestFaultKilledUnderLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "crm.db")
	s := serveDatabase(t, path)
	if made, ok := s.call("create_organization", map[string]any{"name": "Load"}); !ok || made.isError {
		t.Fatal(made)
	}
	s.kill()
	o := &oracle{names: map[string]bool{}, jobs: map[string]string{}}
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

func wantInText(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, one := range wanted {
		if !strings.Contains(text, one) {
			t.Errorf("%q does not say %q", text, one)
		}
	}
}
