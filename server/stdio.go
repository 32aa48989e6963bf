package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
	"golang.org/x/sync/semaphore"

	"github.com/crmcp/crmcp/tools"
)

const (
	// heldBytes bounds what waits to be answered; beyond it reading pauses. A
	// message counts for at least heldAtLeast, which bounds their number too.
	heldBytes   = 64 << 20
	heldAtLeast = 16 << 10

	// cancelWait is how long cancelled calls are waited for at the end.
	cancelWait = time.Second
)

// ServeStdio speaks the protocol over a pair of streams, one message on each
// line, until the input ends or ctx does.
//
// At the end of the input every request that was read is still answered, so
// that `printf … | crmcp serve` loses nothing. When ctx ends (the program was
// told to stop), running calls have Options.Grace to finish, then they are
// cancelled. Both are clean ends and give nil. The error is that of a tool that
// cannot be published, or of a stream that broke.
//
// One read of in may be outstanding on return; it ends with the stream. Nothing
// but the protocol is written to out.
//
// mcp-go's own stdio server is not used: it drops calls at the end of the
// input, reads lines of any length and keeps its session in a package variable.
func ServeStdio(ctx context.Context, backend Backend, options Options, in io.Reader, out io.Writer) error {
	options = options.withDefaults()
	protocol, err := newProtocol(backend, options)
	if err != nil {
		return err
	}
	session := mcpserver.NewInProcessSession("stdio", nil)
	calls, cancelCalls := context.WithCancel(protocol.WithContext(context.WithoutCancel(ctx), session))
	defer cancelCalls()
	c := &connection{
		protocol: protocol,
		logger:   options.Logger,
		maxLine:  options.MaxLine,
		output:   newOutput(out, session.ClientNotifications()),
		calls:    calls,
		held:     semaphore.NewWeighted(heldBytes),
		slots:    make(chan struct{}, options.Workers),
	}
	readErr := readLines(ctx, in, c.maxLine, c.output.failed, c.take)
	c.finish(ctx, options.Grace, cancelCalls)
	return errors.Join(readErr, c.output.close())
}

// connection is one client on a pair of streams.
type connection struct {
	protocol *mcpserver.MCPServer
	logger   *slog.Logger
	maxLine  int
	output   *output
	// calls is the context of every request. It outlives that of ServeStdio by
	// the time that running calls have to finish.
	calls context.Context
	held  *semaphore.Weighted
	slots chan struct{}
	inFlight
}

func (c *connection) take(ctx context.Context, next line) {
	if next.tooLong {
		c.refuse(invalidRequest(next.id, fmt.Sprintf("the message is longer than %d bytes; send it in several smaller ones", c.maxLine)))
		return
	}
	received, refused := parseMessage(next.text)
	switch {
	case refused != nil:
		c.refuse(refused)
	case received.method == "" && received.id == nil:
	case received.id == nil:
		c.notified(received)
	case received.method == string(mcp.MethodInitialize):
		// What follows the handshake relies on what it says of the client.
		c.send(c.calls, received, c.handle(c.calls, received))
	default:
		c.start(ctx, received, len(next.text))
	}
}

func (c *connection) refuse(refused *refusal) {
	if err := c.output.send(refused.wire()); err != nil {
		c.logger.Error("refusal not sent", "error", err)
	}
}

// notified heeds the one notification that asks for something.
func (c *connection) notified(received message) {
	if received.method != string(mcp.MethodNotificationCancelled) {
		return
	}
	var params struct {
		RequestID json.RawMessage `json:"requestId"`
	}
	if json.Unmarshal(received.params, &params) == nil && validID(params.RequestID) {
		c.cancel(params.RequestID)
	}
}

// notify sends a notification of a call.
func (c *connection) notify(ctx context.Context, method mcp.MCPMethod, params map[string]any) {
	if c.protocol.SendNotificationToClient(ctx, string(method), params) == nil {
		c.output.flush()
	}
}

// start answers a request beside the others. It waits only while too much is
// held, and gives the request up if ctx ends meanwhile. A cancelled request
// gets no answer, as the protocol asks.
func (c *connection) start(ctx context.Context, received message, size int) {
	weight := int64(min(max(size, heldAtLeast), heldBytes))
	if c.held.Acquire(ctx, weight) != nil {
		return
	}
	c.run(c.calls, received.id, func(calling context.Context) {
		defer c.held.Release(weight)
		if received.method == string(mcp.MethodToolsCall) {
			select {
			case c.slots <- struct{}{}:
				defer func() { <-c.slots }()
			case <-calling.Done():
				return
			}
		}
		answer := c.handle(withNotifier(calling, c.notify), received)
		if calling.Err() == nil || c.calls.Err() != nil {
			c.send(calling, received, answer)
		}
	})
}

func (c *connection) send(ctx context.Context, received message, answer mcp.JSONRPCMessage) {
	if err := c.output.send(answer); err != nil {
		id := tools.NewErrorID()
		c.logger.ErrorContext(ctx, "answer not sent", "error_id", id, "method", received.method, "error", err)
		c.refuse(internalRefusal(received.id, id))
	}
}

// finish waits for the requests that were read: without limit after the end of
// the input, for the grace once ctx has ended or nobody reads the answers.
func (c *connection) finish(ctx context.Context, grace time.Duration, cancelCalls context.CancelFunc) {
	finished := c.allDone()
	select {
	case <-finished:
		return
	case <-ctx.Done():
	case <-c.output.failed:
	}
	if waitFor(finished, grace) {
		return
	}
	cancelCalls()
	waitFor(finished, cancelWait)
}

func waitFor(finished <-chan struct{}, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-finished:
		return true
	case <-timer.C:
		return false
	}
}
