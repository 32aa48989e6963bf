package server

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// bridged is a client at the near end of a bridge.
type bridged struct {
	*testing.T
	in    io.WriteCloser
	lines chan string
	ended chan error
}

const (
	firstWords = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"bridged","version":"7"}}}`
	thenWords  = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
)

func (c *served) keyFile(key string) string {
	c.Helper()
	path := filepath.Join(c.TempDir(), "key")
	if err := os.WriteFile(path, []byte(key+"\n"), 0o600); err != nil {
		c.Fatal(err)
	}
	return path
}

// bridge connects a client with the server; what options leave out is usual.
func (c *served) bridge(options ConnectOptions) *bridged {
	c.Helper()
	if options.KeyFile == "" {
		options.KeyFile = c.keyFile(c.key)
	}
	options.URL = "http://" + c.address
	return connectFor(c.T, options)
}

func connectFor(t *testing.T, options ConnectOptions) *bridged {
	t.Helper()
	options.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo}))
	fromClient, toBridge := io.Pipe()
	fromBridge, toClient := io.Pipe()
	b := &bridged{T: t, in: toBridge, lines: make(chan string, 1_000), ended: make(chan error, 1)}
	go func() {
		err := Connect(t.Context(), options, fromClient, toClient)
		_ = toClient.Close()
		b.ended <- err
	}()
	go func() {
		defer close(b.lines)
		scanner := bufio.NewScanner(fromBridge)
		scanner.Buffer(nil, 64<<20)
		for scanner.Scan() {
			b.lines <- scanner.Text()
		}
	}()
	t.Cleanup(func() { _ = toBridge.Close() })
	return b
}

func (b *bridged) send(lines ...string) {
	b.Helper()
	for _, text := range lines {
		if _, err := io.WriteString(b.in, text+"\n"); err != nil {
			b.Fatal(err)
		}
	}
}

// next is the next line of the bridge.
func (b *bridged) next() string {
	b.Helper()
	select {
	case text, ok := <-b.lines:
		if !ok {
			b.Fatal("the bridge has ended")
		}
		return text
	case <-time.After(patience):
		b.Fatal("nothing came")
	}
	return ""
}

// begin does the handshake.
func (b *bridged) begin() {
	b.Helper()
	b.send(firstWords)
	if answer := b.next(); !strings.Contains(answer, `"protocolVersion":"2025-06-18"`) {
		b.Fatal(answer)
	}
	b.send(thenWords)
}

// answer is the next line, which must be the answer to the request of an id.
func (b *bridged) answer(id string) received {
	b.Helper()
	text := b.next()
	var found received
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		b.Fatal(err, text)
	}
	if string(found.ID) != id {
		b.Fatalf("the answer is not to %s: %s", id, text)
	}
	found.text = text
	return found
}

type received struct {
	text   string
	ID     json.RawMessage
	Method string
	Result json.RawMessage
	Error  *struct {
		Code    int
		Message string
	}
}

// refused is the sentence of an answer that must be an error.
func (r received) refused(t *testing.T, wants ...string) {
	t.Helper()
	if r.Error == nil {
		t.Fatalf("no error: %s", r.text)
	}
	for _, want := range wants {
		if !strings.Contains(r.Error.Message, want) {
			t.Errorf("%q does not say %q", r.Error.Message, want)
		}
	}
}

func calling(id any, tool, arguments string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%v,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, id, tool, arguments)
}

// close ends the input; everything must have been answered and all be well.
func (b *bridged) close() {
	b.Helper()
	_ = b.in.Close()
	select {
	case err := <-b.ended:
		if err != nil {
			b.Error(err)
		}
	case <-time.After(patience):
		b.Fatal("the bridge does not end")
	}
}
