package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crmcp/crmcp/store"
)

// team is the real program, serving a database over HTTP at one address.
type team struct {
	*testing.T
	path, address, keyFile string
	cmd                    *exec.Cmd
}

func newTeam(t *testing.T) *team {
	t.Helper()
	folder := t.TempDir()
	tm := &team{T: t, path: filepath.Join(folder, "crm.db"), keyFile: filepath.Join(folder, "key")}
	db, err := store.Open(t.Context(), tm.path, store.Options{OwnerName: "Ada"})
	if err != nil {
		t.Fatal(err)
	}
	caller := store.Caller{User: db.Caller()}
	secret, _, err := db.CreateKey(t.Context(), caller, store.APIKey{Name: "bridge", User: caller.User})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(tm.keyFile, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tm.address = listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return tm
}

// start starts the server and waits until it answers.
func (tm *team) start() {
	tm.Helper()
	tm.cmd = exec.Command("crmcp", "serve", "--http", tm.address, "--db", tm.path, "--rate-limit", "0")
	if err := tm.cmd.Start(); err != nil {
		tm.Fatal(err)
	}
	for range 500 {
		response, err := http.Get("http://" + tm.address + "/readyz")
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	tm.Fatal("the server does not answer")
}

func (tm *team) kill() {
	tm.Helper()
	if err := tm.cmd.Process.Kill(); err != nil {
		tm.Error(err)
	}
	_ = tm.cmd.Wait()
}

// bridge is crmcp connect with a client at its pipes.
type bridge struct {
	*testing.T
	cmd     *exec.Cmd
	in      io.WriteCloser
	mu      sync.Mutex
	last    int
	waiting map[int]chan json.RawMessage
	stderr  bytes.Buffer
	ended   chan struct{}
}

func (tm *team) connect(arguments ...string) *bridge {
	tm.Helper()
	b := &bridge{T: tm.T, waiting: map[int]chan json.RawMessage{}, ended: make(chan struct{})}
	b.cmd = exec.Command("crmcp", append([]string{"connect", "http://" + tm.address}, arguments...)...)
	b.cmd.Stderr = &b.stderr
	out, err := b.cmd.StdoutPipe()
	if err == nil {
		b.in, err = b.cmd.StdinPipe()
	}
	if err == nil {
		err = b.cmd.Start()
	}
	if err != nil {
		tm.Fatal(err)
	}
	go b.read(out)
	return b
}

// read hands each answer to whoever waits for it; whatever is no message of
// the protocol is an error.
func (b *bridge) read(out io.Reader) {
	defer close(b.ended)
	scanner := bufio.NewScanner(out)
	scanner.Buffer(nil, 16<<20)
	for scanner.Scan() {
		var message struct {
			JSONRPC string
			ID      int
		}
		if json.Unmarshal(scanner.Bytes(), &message) != nil || message.JSONRPC != "2.0" {
			b.Errorf("no message: %s", scanner.Text())
			continue
		}
		b.mu.Lock()
		if one := b.waiting[message.ID]; one != nil {
			one <- bytes.Clone(scanner.Bytes())
		}
		b.mu.Unlock()
	}
}

func (b *bridge) ask(method, params string) string {
	b.mu.Lock()
	b.last++
	id, one := b.last, make(chan json.RawMessage, 1)
	b.waiting[id] = one
	_, err := fmt.Fprintf(b.in, `{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`+"\n", id, method, params)
	b.mu.Unlock()
	if err != nil {
		return err.Error()
	}
	select {
	case answer := <-one:
		return string(answer)
	case <-b.ended:
		return "the bridge has ended"
	case <-time.After(time.Minute):
		return "no answer"
	}
}

func (b *bridge) begin() {
	b.Helper()
	answer := b.ask("initialize", `{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"loader","version":"1"}}`)
	if !strings.Contains(answer, "serverInfo") {
		b.Fatal(answer)
	}
	if _, err := io.WriteString(b.in, `{"jsonrpc":"2.0","method":"notifications/initialized"}`+"\n"); err != nil {
		b.Fatal(err)
	}
}

// close ends the input, after which the program must end by itself.
func (b *bridge) close() {
	b.Helper()
	_ = b.in.Close()
	<-b.ended
	if err := b.cmd.Wait(); err != nil {
		b.Errorf("%v: %s", err, b.stderr.String())
	}
}

// The server is killed and started anew while a client writes through the
// bridge. With its idempotency keys every call succeeds, and each once.
func TestConnectOutlivesItsServer(t *testing.T) {
	tm := newTeam(t)
	tm.start()
	b := tm.connect("--key-file", tm.keyFile, "--wait", "40s")
	b.begin()
	var done atomic.Int64
	var writers sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	for writer := range 4 {
		writers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				answer := b.ask("tools/call", fmt.Sprintf(`{"name":"create_task","arguments":{"name":"%d-%d","idempotency_key":"%d-%d"}}`, writer, n, writer, n))
				if !strings.Contains(answer, `"task_`) {
					t.Errorf("task %d-%d: %s", writer, n, answer)
					return
				}
				done.Add(1)
			}
		})
	}
	for range 3 {
		for before := done.Load(); done.Load() < before+20 && !t.Failed(); {
			time.Sleep(5 * time.Millisecond)
		}
		tm.kill()
		tm.start()
	}
	stop()
	writers.Wait()
	if list := b.ask("tools/call", `{"name":"aggregate","arguments":{"type":"task"}}`); !strings.Contains(list, fmt.Sprintf(`\"count\":%d}`, done.Load())) {
		t.Errorf("%d tasks were acknowledged: %s", done.Load(), list)
	}
	b.close()
	tm.kill()
}

func TestConnectTellsWhatIsWrong(t *testing.T) {
	tm := newTeam(t)
	tm.start()
	wrong := filepath.Join(t.TempDir(), "wrong")
	if err := os.WriteFile(wrong, []byte("crm_nothing"), 0o644); err != nil {
		t.Fatal(err)
	}
	b := tm.connect("--key-file", wrong)
	if answer := b.ask("ping", `{}`); !strings.Contains(answer, "refused the key in") || strings.Contains(answer, "crm_nothing") {
		t.Error(answer)
	}
	b.close()
	if said := b.stderr.String(); !strings.Contains(said, "chmod 600") || strings.Contains(said, "crm_nothing") {
		t.Error(said)
	}
	tm.kill()
	b = tm.connect("--key-file", tm.keyFile, "--wait", "200ms")
	if answer := b.ask("ping", `{}`); !strings.Contains(answer, "cannot be reached") {
		t.Error(answer)
	}
	b.close()
}
