package server

import (
	"context"
	"encoding/json"
	"errors"
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

// served is a database served over HTTP, at an address that stays when the server
// is started anew.
type served struct {
	*testing.T
	db      *store.DB
	service *tools.Service
	options HTTPOptions
	address string
	key     string
	stop    func()
}

func serveCRM(t *testing.T, options HTTPOptions) *served {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "crm.db"), store.Options{OwnerName: "Ada Owner", Country: "NL"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	options.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	service, err := tools.New(db, tools.Options{Logger: options.Logger})
	if err != nil {
		t.Fatal(err)
	}
	c := &served{T: t, db: db, service: service, options: options, address: "127.0.0.1:0"}
	c.key = c.newKey(store.APIKey{Name: "all"})
	c.start()
	t.Cleanup(func() { c.stop() })
	return c
}

// start serves at the same address as before, if there was one.
func (c *served) start() {
	c.Helper()
	var listener net.Listener
	var err error
	for range 50 {
		if listener, err = net.Listen("tcp", c.address); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		c.Fatal(err)
	}
	c.address = listener.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- ServeHTTP(ctx, listener, c.db, c.service, c.options) }()
	c.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, http.ErrServerClosed) {
			c.Error(err)
		}
	})
}

func (c *served) newKey(wanted store.APIKey) string {
	c.Helper()
	wanted.User = c.db.Caller()
	secret, _, err := c.db.CreateKey(c.Context(), store.Caller{User: c.db.Caller()}, wanted)
	if err != nil {
		c.Fatal(err)
	}
	return secret
}

// ask sends a request with the key and gives the status, the headers and the
// body.
func (c *served) ask(method, path, body string, headers ...string) (int, http.Header, []byte) {
	c.Helper()
	request, err := http.NewRequestWithContext(c.Context(), method, "http://"+c.address+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+c.key)
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			request.Header.Del(headers[i])
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		c.Fatal(err)
	}
	return response.StatusCode, response.Header, answer
}

// call runs a tool that must be answered with a status, and gives the answer.
func (c *served) call(status int, tool, arguments string, headers ...string) map[string]any {
	c.Helper()
	got, _, body := c.ask(http.MethodPost, apiTools+"/"+tool, arguments, headers...)
	var answer map[string]any
	if err := json.Unmarshal(body, &answer); err != nil {
		c.Fatalf("%s: %v in %s", tool, err, body)
	}
	if got != status {
		c.Fatalf("%s %s: status %d, want %d: %s", tool, arguments, got, status, body)
	}
	if (answer["error"] != nil) != (status != http.StatusOK) {
		c.Fatalf("%s: status %d with %s", tool, got, body)
	}
	return answer
}

func codeIn(answer map[string]any) string {
	found, _ := answer["error"].(map[string]any)
	code, _ := found["code"].(string)
	return code
}

func TestEveryToolHasAPathAndItsStatuses(t *testing.T) {
	c := serveCRM(t, HTTPOptions{RateLimit: -1})
	reads := c.newKey(store.APIKey{Name: "reads", ReadOnly: true})
	views := c.newKey(store.APIKey{Name: "views", Role: schema.Viewer})
	all, err := c.service.With("all", false, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, tool := range all.Tools() {
		path := apiTools + "/" + tool.Name
		if answer := c.call(422, tool.Name, `{"no_such_argument":1}`); codeIn(answer) != "invalid_argument" {
			t.Errorf("%s: an unknown argument gives %v", tool.Name, answer)
		}
		c.call(400, tool.Name, `{"id":`)
		c.call(400, tool.Name, `{"id":1,"id":2}`)
		c.call(400, tool.Name, `[]`)
		c.call(415, tool.Name, `id=1`, "Content-Type", "application/x-www-form-urlencoded")
		// More would be refused for their number.
		if i < failedBurst/2 {
			c.call(401, tool.Name, `{}`, "Authorization", "Bearer crm_unknown")
			c.call(401, tool.Name, `{}`, "Authorization", "")
		}
		if status, header, _ := c.ask(http.MethodGet, path, ""); status != 405 || header.Get("Allow") != "POST" {
			t.Errorf("GET %s: %d, Allow %q", path, status, header.Get("Allow"))
		}
		if !tool.IsWriting() {
			continue
		}
		if answer := c.call(403, tool.Name, `{}`, "Authorization", "Bearer "+reads); codeIn(answer) != "read_only" {
			t.Errorf("%s: a key that only reads is told %v", tool.Name, answer)
		}
		if answer := c.call(403, tool.Name, `{}`, "Authorization", "Bearer "+views); codeIn(answer) != "forbidden" {
			t.Errorf("%s: a viewer is told %v", tool.Name, answer)
		}
	}
}

func TestStatusesOfCodes(t *testing.T) {
	for code, want := range map[schema.ErrorCode]int{
		schema.InvalidArgument: 422, schema.Ambiguous: 422, schema.NotFound: 404, schema.Conflict: 409, schema.ConfirmRequired: 409,
		schema.Unauthorized: 401, schema.Forbidden: 403, schema.ReadOnlyMode: 403, schema.TooLarge: 413, "rate_limited": 429,
		schema.Busy: 503, schema.UnknownOutcome: 503, schema.Internal: 500,
	} {
		if got := statusOf(code); got != want {
			t.Errorf("%s gives %d, want %d", code, got, want)
		}
	}
}

func TestCallsOfTools(t *testing.T) {
	c := serveCRM(t, HTTPOptions{RateLimit: -1})
	first := c.call(200, "create_task", `{"name":"Call Ada"}`, "Idempotency-Key", "k-1", "X-Client", "n8n/1.2")
	again := c.call(200, "create_task", ` {"name":"Call Ada"}`, "Idempotency-Key", "k-1")
	if again["replayed"] != true || first["change"] != again["change"] {
		t.Errorf("the same key gives %v and %v", first, again)
	}
	c.call(409, "create_task", `{"name":"Call Bob"}`, "Idempotency-Key", "k-1")
	c.call(422, "create_task", `{"name":"Call Bob","idempotency_key":"k-2"}`, "Idempotency-Key", "k-1")
	c.call(200, "list_tasks", ``, "Idempotency-Key", "k-1", "Content-Type", "")
	c.call(200, "describe", ``, "Idempotency-Key", "k-1", "Content-Type", "application/json; charset=UTF-8")
	c.call(404, "update_task", `{"id":"task_99","name":"X"}`)
	if answer := c.call(404, "create_tsak", `{}`); !strings.Contains(jsonText(answer), "create_task") {
		t.Errorf("an unknown tool: %v", answer)
	}
	c.call(409, "update_task", `{"id":"task_1","name":"X","expected_version":7}`)
	c.call(200, "undo", `{}`, "X-Client", "n8n/1.2")
	c.call(200, "batch", `{"steps":[{"tool":"create_task","arguments":{"name":"A step"}}]}`)
	history := c.call(200, "history", `{"client":"n8n"}`, "User-Agent", "")
	if !strings.Contains(jsonText(history), `"client":"n8n 1.2"`) {
		t.Errorf("the history does not name the client: %v", history)
	}
	c.call(200, "create_task", `{"name":"By its agent"}`, "User-Agent", "python-requests/2.31 (linux)")
	if history := c.call(200, "history", `{"limit":1}`); !strings.Contains(jsonText(history), `"client":"python-requests 2.31"`) {
		t.Errorf("the history does not name the agent: %v", history)
	}
	if status, header, body := c.ask(http.MethodPost, apiTools+"/list_tasks", strings.Repeat(" ", 5<<20)); status != 413 || header.Get("Content-Type") != "application/json" {
		t.Errorf("a large body gives %d: %s", status, body)
	}
}

func TestAnswersAreNotCut(t *testing.T) {
	c := serveCRM(t, HTTPOptions{RateLimit: -1})
	var ids []string
	for range 15 {
		answer := c.call(200, "create_task", `{"name":"Long","description":"`+strings.Repeat("word ", 400)+`"}`)
		ids = append(ids, answer["record"].(map[string]any)["id"].(string))
	}
	asked, err := json.Marshal(map[string]any{"ids": ids})
	if err != nil {
		t.Fatal(err)
	}
	answer := c.call(200, "get_records", string(asked))
	if records := answer["records"].([]any); len(records) != 15 || answer["truncated"] != nil {
		t.Errorf("%d records, truncated %v", len(records), answer["truncated"])
	}
	preview := c.call(409, "delete_records", string(asked))
	if codeIn(preview) != "confirm_required" || preview["confirm"] == nil {
		t.Errorf("deleting many gives %v", preview)
	}
}

func TestRequestsBeyondTheLimitAreTold(t *testing.T) {
	c := serveCRM(t, HTTPOptions{RateLimit: 1})
	for range 4 {
		c.call(200, "list_tasks", `{}`)
	}
	status, header, body := c.ask(http.MethodPost, apiTools+"/list_tasks", `{}`)
	if status != 429 || header.Get("Retry-After") == "" || !strings.Contains(string(body), "rate_limited") {
		t.Errorf("status %d, %v: %s", status, header, body)
	}
}

func jsonText(value any) string {
	text, _ := json.Marshal(value)
	return string(text)
}
