package server

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

func TestBothErasOverHTTP(t *testing.T) {
	backend := newCRM()
	h := openHouse(t, backend, HTTPOptions{})
	session := h.session("ada")
	h.post("ada", `{"jsonrpc":"2.0","method":"notifications/initialized"}`, session...).wants(t, 202)
	h.post("ada", call(`"7"`, "echo", `{"z":"x"}`), session...).wants(t, 200, `"id":"7"`, `{\"z\":\"x\"}`)
	if client := backend.lastClient(); client != (Client{"tester", "2"}) {
		t.Error(client)
	}
	body, headers := modern(8, "tools/call", "echo", `"arguments":{"z":"y"}`)
	h.post("ada", body, headers...).wants(t, 200, `"id":8`, `{\"z\":\"y\"}`)
	if client := backend.lastClient(); client != (Client{"tester", "3"}) {
		t.Error(client)
	}
	body, headers = modern(9, "server/discover", "", "")
	h.post("ada", body, headers...).wants(t, 200, "2025-11-25", "2026-07-28", "Not ")
}

func TestWhatIsListedFollowsTheKey(t *testing.T) {
	h := openHouse(t, newCRM(), HTTPOptions{})
	list := `{"jsonrpc":"2.0","id":2,"method":"tools/list"}`
	h.post("ada", list, h.session("ada")...).wants(t, 200, `"name":"echo"`, `"name":"wait"`)
	seen := h.post("bob", list, h.session("bob")...)
	seen.wants(t, 200, `"name":"wait"`)
	if strings.Contains(seen.body, `"name":"echo"`) {
		t.Error("a tool is shown to one who may not use it")
	}
	h.post("ada", list, h.session("ada")...).wants(t, 200, `"name":"echo"`)
	h.post("bob", hello).wants(t, 200, `"instructions":"Not echo"`)
}

// An id of a session is no proof of who sends it.
func TestSessionsBelongToTheirKey(t *testing.T) {
	h := openHouse(t, newCRM(), HTTPOptions{})
	session := h.session("ada")
	forged := []string{"Mcp-Session-Id", "mcp-session-0b8f5f3e-6f6e-4c55-9d0e-9f7f0a5d1111"}
	for _, stranger := range [][]string{append([]string{"bob"}, session...), append([]string{"ada"}, forged...)} {
		h.post(stranger[0], call(2, "echo", "{}"), stranger[1:]...).wants(t, 404, "begin another with initialize")
		for _, method := range []string{http.MethodGet, http.MethodDelete} {
			h.do(method, "/mcp", "", append([]string{"X-API-Key", stranger[0]}, stranger[1:]...)...).wants(t, 404)
		}
	}
	h.post("ada", call(3, "echo", "{}"), session...).wants(t, 200)
	h.post("ada", call(3, "echo", "{}")).wants(t, 400, "initialize")
	h.post("ada", call(3, "echo", "{}"), session...).wants(t, 200)
	ada := append([]string{"X-API-Key", "ada"}, session...)
	h.do(http.MethodGet, "/mcp", "", ada...).wants(t, 405)
	h.do(http.MethodDelete, "/mcp", "", ada...).wants(t, 200)
	h.post("ada", call(4, "echo", "{}"), session...).wants(t, 404)
	h.do(http.MethodDelete, "/mcp", "", ada...).wants(t, 404)
	h.do(http.MethodDelete, "/mcp", "", "X-API-Key", "ada").wants(t, 400)
	h.do(http.MethodGet, "/mcp", "", "X-API-Key", "ada").wants(t, 405)
	h.do(http.MethodGet, "/mcp", "", "X-API-Key", "ada", "Mcp-Protocol-Version", "2026-07-28").wants(t, 405)
	h.do(http.MethodPut, "/mcp", hello, "X-API-Key", "ada").wants(t, 405)
}

// A request number is the client's own: another client's cancellation of the
// same number is none of it.
func TestCancellingReachesNobodyElse(t *testing.T) {
	backend := newCRM()
	h := openHouse(t, backend, HTTPOptions{})
	cancel := `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`
	answered := make(chan reply, 3)
	body, headers := modern(7, "tools/call", "wait", `"arguments":{}`)
	go func() { answered <- h.post("ada", body, headers...) }()
	go func() { answered <- h.post("bob", body, headers...) }()
	session := h.session("ada")
	go func() { answered <- h.post("ada", call(7, "wait", "{}"), session...) }()
	for range 3 {
		<-backend.started
	}
	h.post("bob", cancel).wants(t, 202)
	h.post("bob", cancel, h.session("bob")...).wants(t, 202)
	h.post("bob", cancel, "Mcp-Protocol-Version", "2026-07-28").wants(t, 202)
	h.post("ada", cancel, "Mcp-Protocol-Version", "2026-07-28").wants(t, 202)
	h.post("bob", cancel, session...).wants(t, 404)
	for range 3 {
		backend.release <- struct{}{}
		(<-answered).wants(t, 200, `"result"`)
	}
	// Its own session may.
	go func() { answered <- h.post("ada", call(9, "wait", "{}"), session...) }()
	<-backend.started
	h.post("ada", strings.Replace(cancel, "7", "9", 1), session...).wants(t, 202)
	<-answered
	backend.mu.Lock()
	defer backend.mu.Unlock()
	if backend.cancelled != 1 {
		t.Errorf("%d calls were cancelled, not 1", backend.cancelled)
	}
}

func TestClosingTheRequestCancelsTheCall(t *testing.T) {
	backend := newCRM()
	h := openHouse(t, backend, HTTPOptions{})
	ctx, leave := context.WithCancel(t.Context())
	ended := make(chan struct{})
	body, headers := modern(7, "tools/call", "wait", `"arguments":{}`)
	go func() {
		defer close(ended)
		h.send(ctx, http.MethodPost, "/mcp", strings.NewReader(body), append(headers, "X-API-Key", "ada")...)
	}()
	<-backend.started
	leave()
	<-ended
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if backend.cancelled != 1 {
		t.Error("the call goes on for nobody")
	}
}

// A notification that is sent right before the answer comes before it, and
// with the call that sent it, also where many calls share a session.
func TestNotificationsAreNotLost(t *testing.T) {
	w := newWeb(HTTPOptions{RateLimit: -1}.withDefaults(), func(context.Context, credentials) (*principal, error) {
		return &principal{key: "ada", abilities: crmFor{crm: newCRM()}}, nil
	})
	protocol := mcpserver.NewMCPServer(serverName, "1", append(w.protocolOptions(), mcpserver.WithToolCapabilities(false))...)
	protocol.AddTool(mcp.NewTool("progress"), func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		for done := range 10 {
			notify(ctx, mcp.MethodNotificationProgress, map[string]any{"for": request.GetInt("call", 0), "progress": done})
		}
		return mcp.NewToolResultText("done"), nil
	})
	w.mount(protocol, false)
	h := &house{t: t, web: w}
	h.listen(w.serve)
	session := h.session("ada")
	var group sync.WaitGroup
	for i := range 60 {
		group.Go(func() {
			arguments := fmt.Sprintf(`{"call":%d}`, i)
			body, headers := modern(i, "tools/call", "progress", `"arguments":`+arguments)
			for _, answered := range []reply{h.post("ada", call(i, "progress", arguments), session...), h.post("ada", body, headers...)} {
				answered.wants(t, 200, `"done"`)
				events := strings.Split(answered.body, "\n\n")
				if len(events) != 12 || events[11] != "" {
					t.Errorf("%d of 11 events came: %s", len(events)-1, answered.body)
					continue
				}
				for done, text := range events[:10] {
					if !strings.HasSuffix(text, fmt.Sprintf(`"params":{"for":%d,"progress":%d}}`, i, done)) {
						t.Errorf("call %d, event %d: %s", i, done, text)
					}
				}
			}
		})
	}
	group.Wait()
}

func TestErrorsShowNothingOfTheInside(t *testing.T) {
	h := openHouse(t, newCRM(), HTTPOptions{})
	session := h.session("ada")
	h.post("ada", call(2, "nothing", "{}"), session...).wants(t, 200, `"code":-32602`, "Unknown tool: nothing")
	h.post("ada", `{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":7}}`, session...).wants(t, 200, `"code":-32602`, "tools/call")
	h.post("ada", `{"jsonrpc":"2.0","id":4,"method":"nothing"}`, session...).wants(t, 200, `"code":-32601`)
	body, headers := modern(5, "nothing", "", "")
	h.post("ada", body, headers...).wants(t, 404, `"code":-32601`)
	h.post("ada", call(6, "unwritable", "{}"), session...).wants(t, 200, `"isError":true`, "under id")
}

func TestLoadOfSessionsIsBounded(t *testing.T) {
	h := openHouse(t, newCRM(), HTTPOptions{RateLimit: -1})
	first := h.session("ada")
	quiet := h.session("bob")
	for range sessionsOfKey {
		h.session("ada")
	}
	h.post("ada", call(2, "echo", "{}"), first...).wants(t, 404)
	h.post("bob", ping(3), quiet...).wants(t, 200)
	if count := h.web.sessions.count(); count != sessionsOfKey+1 {
		t.Errorf("%v sessions", count)
	}
}
