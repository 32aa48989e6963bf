package server

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/mark3labs/mcp-go/mcp"
)

// output writes messages to the client, each as one line in one piece.
type output struct {
	notifications <-chan mcp.JSONRPCNotification
	// failed is closed at the first error of the writer: nobody reads any more.
	failed chan struct{}

	flushing atomic.Bool

	mu     sync.Mutex
	out    io.Writer
	closed bool
	err    error
}

func newOutput(out io.Writer, notifications <-chan mcp.JSONRPCNotification) *output {
	return &output{out: out, notifications: notifications, failed: make(chan struct{})}
}

// send writes an answer behind the notifications that were raised before it,
// because mcp-go queues what belongs to a request while it handles it. A
// notification that cannot be written as JSON is dropped. The error is that of
// an answer that cannot be written so; then nothing is sent in its place.
func (o *output) send(answer mcp.JSONRPCMessage) error {
	text, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("writing an answer as JSON: %w", err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writeNotifications()
	o.writeLine(text)
	return nil
}

// flush sends notifications before the answer behind which they would go. It
// does not wait: a call holds the database while it tells how far it is, and
// the client may be slow to read.
func (o *output) flush() {
	if !o.flushing.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer o.flushing.Store(false)
		o.mu.Lock()
		defer o.mu.Unlock()
		o.writeNotifications()
	}()
}

func (o *output) writeNotifications() {
	for len(o.notifications) > 0 {
		if notification, err := json.Marshal(<-o.notifications); err == nil {
			o.writeLine(notification)
		}
	}
}

func (o *output) writeLine(text []byte) {
	if o.closed || o.err != nil {
		return
	}
	if _, err := o.out.Write(append(text, '\n')); err != nil {
		o.err = fmt.Errorf("writing to the client: %w", err)
		close(o.failed)
	}
}

// close ends the output: what is sent later is dropped. It answers with the
// error of the writer, if there was one.
func (o *output) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	return o.err
}
