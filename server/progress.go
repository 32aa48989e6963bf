package server

import (
	"context"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"github.com/crmcp/crmcp/tools"
)

// progressPause is the shortest time between two notifications of one call.
const progressPause = 100 * time.Millisecond

type flushKey struct{}

// withFlush lets a call have its notifications sent before its answer is.
// flush must not wait.
func withFlush(ctx context.Context, flush func()) context.Context {
	return context.WithValue(ctx, flushKey{}, flush)
}

// withProgress makes a call that was sent with a progress token tell the
// client how far it is.
func withProgress(ctx context.Context, request mcp.CallToolRequest) context.Context {
	protocol := mcpserver.ServerFromContext(ctx)
	if request.Params.Meta == nil || request.Params.Meta.ProgressToken == nil || protocol == nil {
		return ctx
	}
	flush, _ := ctx.Value(flushKey{}).(func())
	sender := &progressSender{send: func(done, total int) {
		params := map[string]any{"progressToken": request.Params.Meta.ProgressToken, "progress": done, "total": total}
		if protocol.SendNotificationToClient(ctx, string(mcp.MethodNotificationProgress), params) == nil && flush != nil {
			flush()
		}
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
