package server

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

// openStream sends a request whose answer does not end, and gives the lines
// of it.
func (h *house) openStream(method, body string, headers ...string) *bufio.Reader {
	h.t.Helper()
	request, err := http.NewRequestWithContext(h.t.Context(), method, h.url+"/mcp", strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answered, err := http.DefaultClient.Do(request)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = answered.Body.Close() })
	if answered.StatusCode != http.StatusOK || answered.Header.Get("Content-Type") != "text/event-stream" {
		h.t.Fatal("no stream: ", answered.Status)
	}
	return bufio.NewReader(answered.Body)
}

// Streams would keep the server from stopping for as long as it waits for
// calls; they end first. And each carries only what is its own.
func TestStreamsEndFirst(t *testing.T) {
	w := newWeb(HTTPOptions{Grace: time.Hour}.withDefaults(), func(_ context.Context, sent credentials) (*principal, error) {
		return &principal{key: sent.secret, abilities: crmFor{crm: newCRM()}}, nil
	})
	protocol := mcpserver.NewMCPServer(serverName, "1", append(w.protocolOptions(), mcpserver.WithToolCapabilities(true))...)
	protocol.AddTool(mcp.NewTool("tell"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		err := protocol.SendNotificationToClient(ctx, string(mcp.MethodNotificationMessage), map[string]any{"level": "info", "data": "private"})
		return mcp.NewToolResultText("told"), err
	})
	w.mount(protocol, true)
	h := &house{t: t, web: w}
	h.listen(w.serve)
	stranger := append(h.session("bob"), "X-API-Key", "bob")
	old := h.openStream(http.MethodGet, "", stranger...)
	body, headers := modern(1, "subscriptions/listen", "", `"notifications":{"toolsListChanged":true},`)
	listening := h.openStream(http.MethodPost, body, append(headers, "X-API-Key", "bob")...)
	h.do(http.MethodGet, "/mcp", "", append(h.session("ada"), "X-API-Key", "bob")...).wants(t, 404)
	h.do(http.MethodGet, "/mcp", "", "X-API-Key", "bob").wants(t, 400)
	body, headers = modern(2, "tools/call", "tell", `"arguments":{}`)
	h.post("ada", body, headers...).wants(t, 200, "told")
	h.post("ada", call(3, "tell", "{}"), h.session("ada")...).wants(t, 200, "told")
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	for _, stream := range []*bufio.Reader{old, listening} {
		for {
			line, err := stream.ReadString('\n')
			if strings.Contains(line, "private") {
				t.Error("a stranger reads ", line)
			}
			if err != nil {
				break
			}
		}
	}
}
