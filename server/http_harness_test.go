package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/tools"
)

// house is a running server over HTTP with a test as its clients.
type house struct {
	t    *testing.T
	url  string
	web  *web
	log  *safeBuffer
	stop func() error
}

// safeBuffer is a log that is read while it is written.
type safeBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *safeBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(text)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// crmFor is the backend of the tests as one sender has it.
type crmFor struct {
	*crm
	hidden string
}

func (c crmFor) shows(tool string) bool { return tool != c.hidden }
func (c crmFor) instructions() string   { return "Not " + c.hidden }
func (c crmFor) call(ctx context.Context, client Client, tool string, arguments json.RawMessage) (Result, schema.ErrorCode) {
	return c.Call(ctx, client, tool, arguments), ""
}

// crmCatalogue is the backend behind the guards.
func crmCatalogue(c *crm, w *web) Backend { return &catalogue{Backend: c, web: w} }

// openHouse serves the backend of the tests; the keys are ada and bob, to whom
// the tool echo is not shown.
func openHouse(t *testing.T, backend *crm, options HTTPOptions, waits ...patienceWith) *house {
	t.Helper()
	h := &house{t: t, log: &safeBuffer{}}
	options.Logger = slog.New(RequestLog(slog.NewJSONHandler(h.log, nil)))
	options = options.withDefaults()
	h.web = newWeb(options, func(_ context.Context, sent credentials) (*principal, error) {
		switch sent.secret {
		case "ada":
			return &principal{key: "ada", abilities: crmFor{crm: backend}}, nil
		case "bob":
			return &principal{key: "bob", abilities: crmFor{crm: backend, hidden: "echo"}}, nil
		}
		return nil, schema.Errorf(schema.Unauthorized, "no key")
	})
	for _, wait := range waits {
		h.web.patience = wait
	}
	protocol, err := newProtocol(crmCatalogue(backend, h.web), Options{Version: "1", Logger: options.Logger}, h.web.protocolOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	h.web.mount(protocol, false)
	h.listen(h.web.serve)
	return h
}

// openOffice serves a real database whose owner has the key that is given.
func openOffice(t *testing.T, options HTTPOptions) (h *house, db *store.DB, secret string) {
	t.Helper()
	ctx := t.Context()
	db, err := store.Open(ctx, filepath.Join(t.TempDir(), "crm.db"), store.Options{OwnerName: "Ada"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	h = &house{t: t, log: &safeBuffer{}}
	options.Logger = slog.New(RequestLog(slog.NewJSONHandler(h.log, nil)))
	service, err := tools.New(db, tools.Options{Version: "1", Logger: options.Logger})
	if err != nil {
		t.Fatal(err)
	}
	secret, _, err = db.CreateKey(ctx, store.Caller{}, store.APIKey{Name: "test", User: db.Caller()})
	if err != nil {
		t.Fatal(err)
	}
	h.listen(func(ctx context.Context, listener net.Listener) error {
		return ServeHTTP(ctx, listener, db, service, options)
	})
	return h, db, secret
}

func (h *house) listen(serve func(context.Context, net.Listener) error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	h.url = "http://" + listener.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener) }()
	h.stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(patience):
			return fmt.Errorf("the server does not end")
		}
	})
	h.t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := h.stop(); err != nil {
			h.t.Error(err)
		}
	})
}

// reply is an answer over HTTP, read whole.
type reply struct {
	status int
	header http.Header
	body   string
}

// do sends a request; headers are names and values in turns.
func (h *house) do(method, path, body string, headers ...string) reply {
	h.t.Helper()
	return h.send(h.t.Context(), method, path, strings.NewReader(body), headers...)
}

func (h *house) send(ctx context.Context, method, path string, body io.Reader, headers ...string) reply {
	h.t.Helper()
	request, err := http.NewRequestWithContext(ctx, method, h.url+path, body)
	if err != nil {
		h.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			request.Host = headers[i+1]
			continue
		}
		request.Header.Add(headers[i], headers[i+1])
	}
	answered, err := http.DefaultClient.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return reply{}
		}
		h.t.Fatal(err)
	}
	defer func() { _ = answered.Body.Close() }()
	read, err := io.ReadAll(answered.Body)
	if err != nil && ctx.Err() == nil {
		h.t.Fatal(err)
	}
	return reply{status: answered.StatusCode, header: answered.Header, body: string(read)}
}

// post sends a message with a key.
func (h *house) post(key, body string, headers ...string) reply {
	h.t.Helper()
	return h.do(http.MethodPost, "/mcp", body, append([]string{"Authorization", "Bearer " + key}, headers...)...)
}

const hello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"tester","version":"2"}}}`

// session begins one and gives its header.
func (h *house) session(key string) []string {
	h.t.Helper()
	answered := h.post(key, hello)
	id := answered.header.Get("Mcp-Session-Id")
	if answered.status != http.StatusOK || id == "" {
		h.t.Fatalf("no session: %+v", answered)
	}
	return []string{"Mcp-Session-Id", id}
}

// modern is a request of the protocol without sessions, with its headers.
func modern(id any, method, name, params string) (body string, headers []string) {
	headers = []string{"Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", method}
	if name != "" {
		headers = append(headers, "Mcp-Name", name)
		params = fmt.Sprintf(`"name":%q,%s,`, name, params)
	}
	meta := `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"tester","version":"3"},"io.modelcontextprotocol/clientCapabilities":{},"progressToken":"p"}`
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%v,"method":%q,"params":{%s%s}}`, id, method, params, meta), headers
}

func (r reply) wants(t *testing.T, status int, parts ...string) {
	t.Helper()
	if r.status != status {
		t.Errorf("status %d, not %d: %.300s", r.status, status, r.body)
	}
	for _, part := range parts {
		if !strings.Contains(r.body, part) {
			t.Errorf("no %q in %.600s", part, r.body)
		}
	}
}
