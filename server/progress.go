package server

import (
	"context"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/crmcp/crmcp/tools"
)

// progressPause is the shortest time between two notifications of one call.
const progressPause = 100 * time.Millisecond

// notifier sends a notification of a call to its client, before the answer of
// the call. It must not wait: a call holds the database while it tells how far
// it is, and the client may be slow to read.
type notifier func(ctx context.Context, method mcp.MCPMethod, params map[string]any)

type notifierKey struct{}

// withNotifier lets a call send notifications.
func withNotifier(ctx context.Context, notify notifier) context.Context {
	return context.WithValue(ctx, notifierKey{}, notify)
}

// notify sends a notification where the transport lets a call do so.
func notify(ctx context.Context, method mcp.MCPMethod, params map[string]any) {
	if send, ok := ctx.Value(notifierKey{}).(notifier); ok {
		send(ctx, method, params)
	}
}

// withProgress makes a call that was sent with a progress token tell the
// client how far it is.
func withProgress(ctx context.Context, request mcp.CallToolRequest) context.Context {
	if request.Params.Meta == nil || request.Params.Meta.ProgressToken == nil {
		return ctx
	}
	sender := &progressSender{send: func(done, total int) {
		notify(ctx, mcp.MethodNotificationProgress, map[string]any{"progressToken": request.Params.Meta.ProgressToken, "progress": done, "total": total})
	}}
	return tools.WithProgress(ctx, sender.tell)
}

// progressSender sends ever larger numbers, as the protocol asks, and not
// more of them than a person can follow.
type progressSender struct {
	send   func(done, total int)
	mu     sync.Mutex
	latest int
	sent   time.Time
}

func (s *progressSender) tell(done, total int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if done <= s.latest || done < total && time.Since(s.sent) < progressPause {
		return
	}
	s.latest, s.sent = done, time.Now()
	s.send(done, total)
}
