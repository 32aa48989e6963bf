package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
)

// notificationsHeld is how many notifications of one call wait for a client
// that is slow to read. What comes beyond them is dropped.
const notificationsHeld = 64

// notified is the answer to one message, before which its call may send
// notifications. The first of them turns the answer into a stream of events.
//
// mcp-go has a queue for them too, but the calls of one session share it, and
// one that is taken from it as the answer is written gets lost.
type notified struct {
	http.ResponseWriter

	mu    sync.Mutex
	ended bool
	// queue holds events; nil: there was none, and the answer is no stream.
	queue chan []byte
	// sent is closed behind the last event.
	sent chan struct{}
}

// notify sends a notification before the answer; it does not wait.
func (n *notified) notify(_ context.Context, method mcp.MCPMethod, params map[string]any) {
	text, err := json.Marshal(map[string]any{"jsonrpc": mcp.JSONRPC_VERSION, "method": method, "params": params})
	if err != nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ended {
		return
	}
	if n.queue == nil {
		n.begin()
	}
	select {
	case n.queue <- event(text):
	default:
	}
}

// event is a message as a part of a stream.
func event(text []byte) []byte {
	return fmt.Appendf(nil, "event: message\ndata: %s\n\n", bytes.TrimSpace(text))
}

func (n *notified) begin() {
	n.queue, n.sent = make(chan []byte, notificationsHeld), make(chan struct{})
	n.Header().Set("Content-Type", "text/event-stream")
	n.Header().Set("Cache-Control", "no-cache")
	n.ResponseWriter.WriteHeader(http.StatusOK)
	go func() {
		defer close(n.sent)
		for next := range n.queue {
			_, _ = n.ResponseWriter.Write(next) //nolint:gosec // JSON, and named so
			n.flush()
		}
	}()
}

// end waits until the notifications are sent; there are no others. It says
// whether there were any.
func (n *notified) end() (streams bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.queue == nil {
		n.ended = true
		return false
	}
	if !n.ended {
		n.ended = true
		close(n.queue)
		<-n.sent
	}
	return true
}

// WriteHeader begins the answer, unless notifications began it.
func (n *notified) WriteHeader(status int) {
	if !n.end() {
		n.ResponseWriter.WriteHeader(status)
	}
}

// Write gives the answer, which comes in one piece where it is JSON, as the
// last event if there were others.
func (n *notified) Write(text []byte) (int, error) {
	if !n.end() || n.Header().Get("Content-Type") != "application/json" {
		return n.ResponseWriter.Write(text)
	}
	_, err := n.ResponseWriter.Write(event(text)) //nolint:gosec // JSON, and named so
	return len(text), err
}

// Unwrap is for http.ResponseController.
func (n *notified) Unwrap() http.ResponseWriter { return n.ResponseWriter }

// Flush sends what was written.
func (n *notified) Flush() {
	n.end()
	n.flush()
}

func (n *notified) flush() { _ = http.NewResponseController(n.ResponseWriter).Flush() }
