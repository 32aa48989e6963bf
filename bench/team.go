package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	guarded "github.com/crmcp/crmcp/server"
	"github.com/crmcp/crmcp/store"
)

// team is a server over HTTP in a process of its own.
type team struct {
	command *exec.Cmd
	url     string
}

// startTeam starts a program that writes where it serves on a line of its own.
func startTeam(ctx context.Context, program string, arguments ...string) (*team, error) {
	command := exec.CommandContext(ctx, program, arguments...) //nolint:gosec // programs that this one has built
	said, err := command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	reader := bufio.NewReader(said)
	for {
		line, err := reader.ReadString('\n')
		if _, address, found := strings.Cut(strings.TrimSpace(line), "serves "); found {
			go func() { _, _ = io.Copy(os.Stderr, reader) }()
			return &team{command: command, url: address}, nil
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("the server ended: %s", line), command.Wait())
		}
	}
}

func (t *team) stop() error {
	return errors.Join(t.command.Process.Signal(syscall.SIGTERM), t.command.Wait())
}

// echoing is a backend that gives back its arguments.
type echoing struct{}

func (echoing) Tools() []guarded.Tool {
	return []guarded.Tool{{Name: "echo", Description: "Gives back its arguments", ReadOnly: true, InputSchema: json.RawMessage(`{"type":"object","properties":{"text":{"type":"string"}}}`)}}
}
func (echoing) Instructions() string { return "" }
func (echoing) Call(_ context.Context, _ guarded.Client, _ string, arguments json.RawMessage) guarded.Result {
	return guarded.Result{Text: string(arguments), Structured: arguments}
}

// serveGuarded serves an echo behind the guards until it is told to stop.
func serveGuarded(ctx context.Context, s settings) error {
	b, err := openBench(ctx, s, s.organizations)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "serves http://%s/mcp\n", listener.Addr())
	stopping, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	return errors.Join(guarded.ServeHTTP(stopping, listener, b.db, b.service, guarded.HTTPOptions{RateLimit: -1, Backend: echoing{}}), b.close())
}

// loadParts is in how many turns a server and what it is compared with are
// measured, so that what else the machine does falls on both.
const loadParts = 6

// loaded is what came of some clients calling for a while.
type loaded struct {
	calls, failed int64
	took          time.Duration
	times         samples
	// memory is the most resident memory in MB in each turn.
	memory  []float64
	failure error
}

func (l *loaded) perSecond() float64 { return float64(l.calls) / l.took.Seconds() }

// underLoad has many clients with a key each call for a while, nine reads to a
// write, and compares with an echo behind the same guards.
func (b *bench) underLoad(ctx context.Context) error {
	keys, err := b.makeKeys(ctx)
	if err != nil {
		return err
	}
	program := filepath.Join(os.TempDir(), "crmcp-bench", "crmcp")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "github.com/crmcp/crmcp/cmd/crmcp")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	crm, err := startTeam(ctx, program, "serve", "--db", b.path, "--http", "127.0.0.1:0", "--rate-limit", "0")
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return errors.Join(err, crm.stop())
	}
	bare, err := startTeam(ctx, self, "-child", "guarded", "-db", b.path, "-organizations", fmt.Sprint(b.settings.organizations))
	if err != nil {
		return errors.Join(err, crm.stop())
	}
	var got, echoed loaded
	for range loadParts {
		crm.load(ctx, keys, b.settings.load/loadParts, b.mixed, &got)
		bare.load(ctx, keys, b.settings.load/loadParts/4, func(int64) (string, string) { return "echo", `{"text":"hello"}` }, &echoed)
	}
	if err := errors.Join(got.failure, echoed.failure, crm.stop(), bare.stop()); err != nil {
		return err
	}
	middle, last := slices.Max(got.memory[loadParts/3:loadParts*2/3]), slices.Max(got.memory[loadParts*2/3:])
	name := fmt.Sprintf("%d clients over HTTP, nine reads to a write, %s: ", len(keys), b.settings.load)
	b.add(fact(name+"errors", "none", fmt.Sprintf("%d of %d calls", got.failed, got.calls), got.failed == 0))
	b.add(fact(name+"memory", "flat", fmt.Sprintf("%.0f MB in the second third, %.0f in the last", middle, last), last <= 1.15*middle))
	b.add(fact(name+"calls a second", "a share of a mcp-go echo behind the same guards",
		fmt.Sprintf("%.0f %% (%.0f beside %.0f; p50 %s, p99 %s)", 100*got.perSecond()/echoed.perSecond(), got.perSecond(), echoed.perSecond(), short(got.times.median()), short(got.times.at(0.99))), true))
	return nil
}

func (b *bench) makeKeys(ctx context.Context) (keys []string, err error) {
	for n := range b.settings.clients {
		secret, _, err := b.db.CreateKey(ctx, store.Caller{}, store.APIKey{Name: fmt.Sprintf("client %d", n), User: b.db.Caller()})
		if err != nil {
			return nil, err
		}
		keys = append(keys, secret)
	}
	return keys, nil
}

// mixed is the n-th call of a client that reads nine times for each write.
func (b *bench) mixed(n int64) (tool, arguments string) {
	id := b.some(n)
	switch n % 10 {
	case 0:
		return "update_organization", fmt.Sprintf(`{"id":"org_%d","city":"Utrecht %d"}`, id, n%97)
	case 1, 2:
		return "list_organizations", `{"filter":"status = on_hold","sort":"-updated_at","limit":20}`
	case 3:
		return "search", `{"query":"contract proposal"}`
	case 4, 5:
		return "list_deals", fmt.Sprintf(`{"filter":"organization = org_%d"}`, id)
	}
	return "get_records", fmt.Sprintf(`{"ids":["org_%d"]}`, id)
}

// load has a client for each key call until the time is over.
func (t *team) load(ctx context.Context, keys []string, during time.Duration, next func(int64) (string, string), got *loaded) {
	calling, cancel := context.WithTimeout(ctx, during)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: len(keys)}}
	defer client.CloseIdleConnections()
	var group sync.WaitGroup
	var mu sync.Mutex
	began, past := time.Now(), got.calls
	for i, key := range keys {
		group.Go(func() {
			for n := int64(i)*1_000 + past; calling.Err() == nil; n++ {
				tool, arguments := next(n)
				begun := time.Now()
				err := t.call(ctx, client, key, n, tool, arguments)
				mu.Lock()
				got.times, got.calls = append(got.times, time.Since(begun)), got.calls+1
				if err != nil {
					got.failed, got.failure = got.failed+1, err
				}
				mu.Unlock()
			}
		})
	}
	got.memory = append(got.memory, t.mostMemory(calling, during))
	group.Wait()
	got.took += time.Since(began)
}

// mostMemory looks at the server's memory until the time is over.
func (t *team) mostMemory(ctx context.Context, during time.Duration) (most float64) {
	for ctx.Err() == nil {
		time.Sleep(min(time.Second, during/10))
		most = max(most, (&server{command: t.command}).resident())
	}
	return most
}

// call sends one request of the protocol without sessions.
func (t *team) call(ctx context.Context, client *http.Client, key string, id int64, tool, arguments string) error {
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":%s,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}`, id, tool, arguments)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + key}, "Mcp-Protocol-Version": {"2026-07-28"}, "Mcp-Method": {"tools/call"}, "Mcp-Name": {tool}}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	read, err := io.ReadAll(answer.Body)
	if err == nil && (answer.StatusCode != http.StatusOK || bytes.Contains(read, []byte(`"isError":true`))) {
		err = fmt.Errorf("%s: %.300s", answer.Status, read)
	}
	return err
}
