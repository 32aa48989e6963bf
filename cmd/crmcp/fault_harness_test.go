package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/crmcp/crmcp/store"
)

// roundsOf is how many rounds a test has: CRMCP_FAULT_ROUNDS, else what the
// quick form or the long one (-tags faults) has.
func roundsOf(t *testing.T, quick, long int) int {
	t.Helper()
	if text := os.Getenv("CRMCP_FAULT_ROUNDS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal("CRMCP_FAULT_ROUNDS: ", err)
		}
		return n
	}
	if longForm {
		return long
	}
	return quick
}

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

// serveDatabase serves all tools of a database.
func serveDatabase(t *testing.T, path string) *served {
	t.Helper()
	return startServing(t, exec.Command("crmcp", "serve", "--toolsets", "all", "--db", path))
}

func startServing(t *testing.T, cmd *exec.Cmd) *served {
	t.Helper()
	s := &served{T: t, cmd: cmd, answers: map[int]chan answered{}, ended: make(chan struct{})}
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

// end closes the input and waits until the program has ended.
func (s *served) end() error {
	if err := s.in.Close(); err != nil {
		return err
	}
	<-s.ended
	return s.cmd.Wait()
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
	// cut is set before writes begin to fail. From then on they may, and what is
	// still acknowledged does not count: a power cut through the system takes a
	// while, in which flushes that are under way succeed without effect.
	cut   atomic.Bool
	mu    sync.Mutex
	names map[string]bool
	jobs  map[string]string
}

func newOracle() *oracle {
	return &oracle{names: map[string]bool{}, jobs: map[string]string{}}
}

// load writes until the program ends: contacts with all that belongs to them,
// and a second change to each.
func (o *oracle) load(s *served, prefix string) {
	for n := 0; ; n++ {
		name := fmt.Sprintf("%s-%d", prefix, n)
		made, ok := s.call("create_contact", map[string]any{"first_name": name, "email": name + "@x.example", "organizations": []string{"Load"}, "tags": []string{"load"}})
		if o.refused(s, made, ok) {
			return
		}
		o.mu.Lock()
		o.names[name] = true
		o.mu.Unlock()
		changed, ok := s.call("update_contact", map[string]any{"id": name, "job_title": "Title of " + name})
		if o.refused(s, changed, ok) {
			return
		}
		o.mu.Lock()
		o.jobs[name] = "Title of " + name
		o.mu.Unlock()
	}
}

// refused says whether a write was not acknowledged, which it must be while
// the program runs and nothing is cut.
func (o *oracle) refused(s *served, one answered, ok bool) bool {
	if ok && one.isError && !o.cut.Load() {
		s.Error(one.text)
	}
	return !ok || one.isError || o.cut.Load()
}

// compare looks whether all that was acknowledged is there, and everything
// that is there is whole.
func (o *oracle) compare(t *testing.T, path string) (kept int) {
	t.Helper()
	lost, kept := o.lost(t, path)
	for _, one := range lost {
		t.Errorf("%s was acknowledged and is lost", one)
	}
	return kept
}

// lost opens the file, looks whether everything in it is whole, and gives what
// was acknowledged and is not there.
func (o *oracle) lost(t *testing.T, path string) (lost []string, kept int) {
	t.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found, err := db.Check(ctx, true)
	if err != nil || len(found) > 0 {
		t.Fatal("the file is damaged: ", found, err)
	}
	jobs := map[string]string{}
	err = db.View(ctx, store.Caller{User: db.Caller()}, func(tx *store.Tx) error {
		page, err := tx.List(store.Query{Type: tx.Schema().Type("contact"), Limit: 1_000_000})
		if err != nil {
			return err
		}
		for _, r := range page.Records {
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
		if _, there := jobs[name]; !there {
			lost = append(lost, name)
		}
	}
	for name, job := range o.jobs {
		if jobs[name] != job {
			lost = append(lost, job)
		}
	}
	return lost, len(jobs)
}

func wantInText(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, one := range wanted {
		if !strings.Contains(text, one) {
			t.Errorf("%q does not say %q", text, one)
		}
	}
}

// checkDeep wants a file to be as it was written.
func checkDeep(t *testing.T, path string) {
	t.Helper()
	if out, err := exec.Command("crmcp", "check", "--deep", "--db", path).CombinedOutput(); err != nil {
		t.Errorf("check --deep: %v %s", err, out)
	}
}

// databaseText is what a program lists of a database.
func databaseText(t *testing.T, program, path string) string {
	t.Helper()
	var text strings.Builder
	for _, tool := range []string{"list_contacts", "history"} {
		out, err := exec.Command(program, "call", tool, "--db", path).CombinedOutput()
		if err != nil {
			t.Fatal(string(out), err)
		}
		text.Write(out)
	}
	return text.String()
}
