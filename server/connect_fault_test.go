package server

import (
	"bytes"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// faulty is a server that answers with one handler, and how often it was asked.
type faulty struct {
	*httptest.Server
	asked atomic.Int64
}

func serveFaults(t *testing.T, handler http.HandlerFunc) *faulty {
	t.Helper()
	f := &faulty{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		f.asked.Add(1)
		handler(rw, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// breakOff ends the connection without an answer.
func breakOff(rw http.ResponseWriter, r *http.Request) {
	_, _ = io.ReadAll(r.Body)
	connection, _, err := rw.(http.Hijacker).Hijack()
	if err == nil {
		_ = connection.Close()
	}
}

func TestBridgeRepeatsNoCallThatMayHaveWritten(t *testing.T) {
	f := serveFaults(t, breakOff)
	b := connectFor(t, ConnectOptions{URL: f.URL, Patience: 500 * time.Millisecond})
	b.send(calling(1, "create_task", `{"name":"X"}`))
	b.answer("1").refused(t, "was lost before it had answered", "not known", "idempotency_key")
	if asked := f.asked.Load(); asked != 1 {
		t.Errorf("the call was sent %d times", asked)
	}
	b.send(calling(2, "create_task", `{"name":"X","idempotency_key":"k"}`))
	b.answer("2").refused(t, "was lost")
	if asked := f.asked.Load(); asked < 3 {
		t.Errorf("a call with an idempotency key was sent %d times", asked-1)
	}
	b.close()
}

func TestBridgeRepeatsNoCallWhoseStreamBroke(t *testing.T) {
	f := serveFaults(t, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(rw, ": a comment\n\nid: 1\nevent: message\ndata: {\"jsonrpc\":\"2.0\",\ndata: \"method\":\"notifications/progress\"}\n\ndata: {\"cut")
	})
	b := connectFor(t, ConnectOptions{URL: f.URL, Patience: time.Second})
	b.send(calling(1, "create_task", `{"name":"X"}`))
	if heard := b.next(); heard != `{"jsonrpc":"2.0", "method":"notifications/progress"}` {
		t.Errorf("%q", heard)
	}
	b.answer("1").refused(t, "the connection ended", "not known")
	b.close()
}

// Behind one address may be several servers that do not know each other's
// sessions. The bridge begins anew for a while, and then says what is wrong.
func TestBridgeEndsAsSessionsAreLostAgainAndAgain(t *testing.T) {
	f := serveFaults(t, func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !strings.Contains(string(body), `"initialize"`) {
			rw.WriteHeader(http.StatusNotFound)
			return
		}
		rw.Header().Set("Content-Type", "application/json")
		rw.Header().Set("Mcp-Session-Id", "one")
		_, _ = io.WriteString(rw, `{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18"}}`)
	})
	b := connectFor(t, ConnectOptions{URL: f.URL, Patience: 500 * time.Millisecond})
	b.send(firstWords)
	b.answer("0")
	b.send(calling(1, "create_task", `{"name":"X"}`))
	b.answer("1").refused(t, "lost the session", "several servers")
	if asked := f.asked.Load(); asked < 5 || asked > 20 {
		t.Errorf("the server was asked %d times", asked)
	}
	b.close()
}

func TestBridgeSaysWhatTheServerSays(t *testing.T) {
	var calls atomic.Int64
	answers := map[string]func(http.ResponseWriter){
		"forbidden": func(rw http.ResponseWriter) {
			rw.Header().Set("Content-Type", "application/json")
			rw.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(rw, `{"error":{"code":"forbidden","message":"not under this name"}}`)
		},
		"missing": func(rw http.ResponseWriter) { http.Error(rw, "<html>lost</html>", http.StatusNotFound) },
		"moved": func(rw http.ResponseWriter) {
			rw.Header().Set("Location", "https://evil.example/mcp")
			rw.WriteHeader(307)
		},
		"own": func(rw http.ResponseWriter) {
			rw.WriteHeader(400)
			_, _ = io.WriteString(rw, `{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"own words"}}`)
		},
		"other": func(rw http.ResponseWriter) {
			rw.WriteHeader(400)
			_, _ = io.WriteString(rw, `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"general words"}}`)
		},
		"accepted": func(rw http.ResponseWriter) { rw.WriteHeader(http.StatusAccepted) },
		"patience": func(rw http.ResponseWriter) {
			if calls.Add(1) < 3 {
				rw.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			rw.Header().Set("Content-Type", "application/json; charset=utf-8")
			_, _ = io.WriteString(rw, "{\"jsonrpc\":\"2.0\",\r\n \"id\":1, \"result\":{}}\n")
		},
	}
	f := serveFaults(t, func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		for name, answer := range answers {
			if strings.Contains(string(body), `"name":"`+name+`"`) {
				answer(rw)
			}
		}
	})
	b := connectFor(t, ConnectOptions{URL: f.URL, Patience: 5 * time.Second})
	for name, want := range map[string]string{"forbidden": "not under this name", "missing": "Is the path of the address right?", "moved": "connect to that address",
		"own": "own words", "other": "general words", "accepted": "gave no answer"} {
		b.send(calling(1, name, `{}`))
		b.answer("1").refused(t, want)
	}
	b.send(calling(1, "patience", `{}`))
	if got := b.answer("1").text; got != `{"jsonrpc":"2.0",   "id":1, "result":{}}` {
		t.Errorf("%q", got)
	}
	b.close()
}

func TestBridgeTrustsOnlyWhatItWasTold(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(rw, `{"jsonrpc":"2.0","id":1,"result":{}}`)
	}))
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	secure.StartTLS()
	defer secure.Close()
	strange := connectFor(t, ConnectOptions{URL: secure.URL})
	strange.send(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)
	strange.answer("1").refused(t, "is not trusted", "--ca-file")
	strange.close()
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	known := connectFor(t, ConnectOptions{URL: secure.URL, CAFile: path})
	known.send(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)
	if got := known.answer("1"); got.Error != nil {
		t.Error(got.text)
	}
	known.close()
	if err := Connect(t.Context(), ConnectOptions{URL: secure.URL, CAFile: "connect_fault_test.go"}, strings.NewReader(""), io.Discard); err == nil {
		t.Error("a file without a certificate is taken")
	}
}

func TestAddressesOfServers(t *testing.T) {
	for raw, want := range map[string]string{
		"https://crm.example.com":        "https://crm.example.com/mcp",
		"https://crm.example.com/":       "https://crm.example.com/mcp",
		"https://crm.example.com/a/mcp":  "https://crm.example.com/a/mcp",
		"http://localhost:8787":          "http://localhost:8787/mcp",
		"http://127.0.0.1:8787/mcp":      "http://127.0.0.1:8787/mcp",
		"http://[::1]:8787/mcp?x=1#part": "http://[::1]:8787/mcp?x=1",
		"http://crm.example.com/mcp":     "",
		"http://127.0.0.1.evil.example/": "",
		"crm.example.com":                "",
		"ftp://crm.example.com":          "",
		"https://":                       "",
		"https://ada:secret@crm.example": "",
		"https://a b":                    "",
		"https://ada:hush hush@crm":      "",
		"https://ada:hush/hush@crm":      "",
		"https://ada:%zzhush@crm":        "",
		"ada:hush@crm.example":           "",
		"ftp://ada:hush@crm.example":     "",
	} {
		got, err := connectAddress(raw, false)
		if got != want || (want == "") != errors.Is(err, ErrAddress) {
			t.Errorf("%s is taken for %q, %v", raw, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "hush") {
			t.Errorf("the password of %s is shown: %v", raw, err)
		}
	}
	if got, err := connectAddress("http://crm.example.com", true); err != nil || got != "http://crm.example.com/mcp" {
		t.Errorf("with --insecure: %q, %v", got, err)
	}
}

func TestKeyFiles(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	folder := t.TempDir()
	for text, good := range map[string]bool{"crm_abc\n": true, "  crm_abc  \r\n": true, "": false, "two words": false, "two\nlines": false, strings.Repeat("x", 5_000): false} {
		path := filepath.Join(folder, "key")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		key := &keyFile{path: path}
		if err := key.read(logger); (err == nil) != good || good && key.now() != "crm_abc" {
			t.Errorf("%.20q: %q, %v", text, key.now(), err)
		}
	}
	if err := (&keyFile{path: folder}).read(logger); err == nil {
		t.Error("a folder is a key")
	}
	if log.Len() > 0 {
		t.Errorf("a private file is warned of: %s", log.String())
	}
	path := filepath.Join(folder, "open")
	if err := os.WriteFile(path, []byte("crm_abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := (&keyFile{path: path}).read(logger); err != nil || runtime.GOOS != "windows" && !strings.Contains(log.String(), "chmod 600") {
		t.Errorf("an open file: %v, %s", err, log.String())
	}
	if strings.Contains(log.String(), "crm_abc") {
		t.Error("the key stands in the log")
	}
}
