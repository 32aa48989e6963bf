package server

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestHostsAndOrigins(t *testing.T) {
	h := openHouse(t, newCRM(), HTTPOptions{AllowedHosts: []string{"crm.example"}, AllowedOrigins: []string{"https://app.example"}})
	local := strings.TrimPrefix(h.url, "http://")
	cases := []struct {
		header, value string
		status        int
	}{
		{"Host", local, 200}, {"Host", "localhost", 200}, {"Host", "LOCALHOST.:1", 200}, {"Host", "[::1]:99", 200},
		{"Host", "crm.example:443", 200}, {"Host", "CRM.example", 200},
		{"Host", "evil.example", 403}, {"Host", "localhost.evil.example", 403}, {"Host", "127.0.0.1.evil.example", 403}, {"Host", "192.0.2.1", 403}, {"Host", "0.0.0.0", 403},
		{"Origin", "http://localhost:6274", 200}, {"Origin", "https://127.0.0.1", 200}, {"Origin", "https://app.example", 200}, {"Origin", "HTTPS://APP.EXAMPLE", 200},
		{"Origin", "https://evil.example", 403}, {"Origin", "null", 403}, {"Origin", "", 403}, {"Origin", "http://app.example", 403}, {"Origin", "https://app.example.evil.example", 403},
		{"Origin", "https://app.example:8443", 403}, {"Origin", "http://localhost.evil.example", 403}, {"Origin", "file://localhost", 403}, {"Origin", "https://evil.example#localhost", 403},
		{"Origin", "http://localhost@evil.example", 403},
	}
	for _, c := range cases {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete, http.MethodHead, http.MethodPut} {
			got := h.do(method, "/healthz", "", c.header, c.value)
			if got.status != c.status {
				t.Errorf("%s with %s: %q gives %d, not %d", method, c.header, c.value, got.status, c.status)
			}
		}
	}
	h.do(http.MethodGet, "/healthz", "", "Origin", "http://localhost", "Origin", "https://evil.example").wants(t, 403)
}

func TestWebPagesThatAreAllowedMayAsk(t *testing.T) {
	h := openHouse(t, newCRM(), HTTPOptions{AllowedOrigins: []string{"https://app.example"}})
	asked := h.do(http.MethodOptions, "/mcp", "", "Origin", "https://app.example", "Access-Control-Request-Method", "POST")
	asked.wants(t, 204)
	if asked.header.Get("Access-Control-Allow-Origin") != "https://app.example" || !strings.Contains(asked.header.Get("Access-Control-Allow-Headers"), "Mcp-Protocol-Version") {
		t.Error(asked.header)
	}
	h.do(http.MethodOptions, "/mcp", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "POST").wants(t, 403)
	refused := h.do(http.MethodPost, "/mcp", hello, "Origin", "https://app.example")
	refused.wants(t, 401)
	if refused.header.Get("Access-Control-Allow-Origin") == "" {
		t.Error("the page cannot read why it was refused")
	}
}

func TestNobodyComesInWithoutAKey(t *testing.T) {
	h, _, secret := openOffice(t, HTTPOptions{})
	for _, path := range []string{"/mcp", "/metrics", "/", "/nothing", "/api/v1/openapi.json", "/healthz/../mcp"} {
		refused := h.do(http.MethodGet, path, "")
		refused.wants(t, 401, `"code":"unauthorized"`, "crmcp keys create")
		if refused.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s does not say how to log in", path)
		}
	}
	h.do(http.MethodGet, "/healthz", "").wants(t, 200, "ok")
	h.do(http.MethodGet, "/readyz", "").wants(t, 200, "ready")
	for _, wrong := range []string{"x", secret[:len(secret)-1] + "0", secret + "0", "", "Bearer"} {
		h.post(wrong, hello).wants(t, 401)
	}
	h.do(http.MethodPost, "/mcp?key="+secret, hello).wants(t, 401)
	h.post(secret, hello).wants(t, 200, "Call describe once")
	h.do(http.MethodPost, "/mcp", hello, "X-API-Key", secret).wants(t, 200)
	h.do(http.MethodPost, "/mcp", hello, "Authorization", "bearer "+secret).wants(t, 200)
	h.do(http.MethodGet, "/metrics", "", "X-API-Key", secret).wants(t, 200, "crmcp_database_bytes", `crmcp_http_requests_total{status="401"}`)
	if log := h.log.String(); strings.Contains(log, secret[:20]) || strings.Contains(log, secret[13:]) {
		t.Error("the key stands in the log")
	}
}

func TestTooManyRequests(t *testing.T) {
	h := openHouse(t, newCRM(), HTTPOptions{RateLimit: 2})
	for range 8 {
		h.do(http.MethodGet, "/metrics", "", "X-API-Key", "ada").wants(t, 200)
	}
	refused := h.do(http.MethodGet, "/metrics", "", "X-API-Key", "ada")
	refused.wants(t, 429, `"code":"rate_limited"`)
	if refused.header.Get("Retry-After") != "1" {
		t.Error(refused.header)
	}
	h.do(http.MethodGet, "/metrics", "", "X-API-Key", "bob").wants(t, 200)
	for range failedBurst {
		h.do(http.MethodGet, "/metrics", "", "X-API-Key", "wrong").wants(t, 401)
	}
	h.do(http.MethodGet, "/metrics", "", "X-API-Key", "wrong").wants(t, 429, "without a good API key")
	h.do(http.MethodGet, "/metrics", "", "X-API-Key", "bob").wants(t, 200)
}

func TestBodiesHaveALimit(t *testing.T) {
	h := openHouse(t, newCRM(), HTTPOptions{MaxBody: 1000})
	long := strings.Repeat("x", 3_000_000)
	h.post("ada", long).wants(t, 413, `"code":"too_large"`, "1000 bytes")
	// Of unknown length, which is found out while reading.
	h.send(t.Context(), http.MethodPost, "/mcp", io.MultiReader(strings.NewReader(long)), "X-API-Key", "ada").wants(t, 413, "1000 bytes")
	h.post("ada", hello).wants(t, 200)
	at := hello + strings.Repeat(" ", 1000-len(hello))
	h.post("ada", at).wants(t, 200)
	h.send(t.Context(), http.MethodPost, "/mcp", io.MultiReader(strings.NewReader(at)), "X-API-Key", "ada").wants(t, 200)
	h.post("ada", at+" ").wants(t, 413)
	h.send(t.Context(), http.MethodPost, "/mcp", io.MultiReader(strings.NewReader(at+" ")), "X-API-Key", "ada").wants(t, 413)
	// One who asks first is told before sending anything.
	conn := h.dial()
	_, _ = io.WriteString(conn, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ada\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n")
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "413") {
		t.Error(line, err)
	}
}

func (h *house) dial() net.Conn {
	h.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn
}

func TestConnectionsHaveACap(t *testing.T) {
	h := openHouse(t, newCRM(), HTTPOptions{MaxConnections: 3})
	var held []net.Conn
	for range 3 {
		conn := h.dial()
		_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
		if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "200") {
			t.Fatal(line, err)
		}
		held = append(held, conn)
	}
	if line, err := bufio.NewReader(h.dial()).ReadString('\n'); err != nil || !strings.Contains(line, "503") {
		t.Error(line, err)
	}
	_ = held[0].Close()
	deadline := time.Now().Add(patience)
	for {
		conn := h.dial()
		_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		line, _ := bufio.NewReader(conn).ReadString('\n')
		if strings.Contains(line, "200") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("a connection that was closed keeps its place")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestAPanicIsOneAnswerAndOneLine(t *testing.T) {
	backend := newCRM()
	h := openHouse(t, backend, HTTPOptions{})
	h.web.mux.HandleFunc("/fall", func(http.ResponseWriter, *http.Request) { panic("SELECT secret") })
	fell := h.do(http.MethodGet, "/fall", "", "X-API-Key", "ada", "X-Request-Id", "mine-7")
	fell.wants(t, 500, `"code":"internal"`)
	if strings.Contains(fell.body, "SELECT") || fell.header.Get("X-Request-Id") != "mine-7" {
		t.Error(fell)
	}
	session := h.session("ada")
	called := h.post("ada", call(2, "fall", "{}"), session...)
	called.wants(t, 200, `"isError":true`, "under id")
	if strings.Contains(called.body, "SELECT") {
		t.Error(called.body)
	}
	if log := h.log.String(); !strings.Contains(log, `"request_id":"mine-7"`) || strings.Count(log, "SELECT secret") < 2 {
		t.Error(log)
	}
	if got := h.do(http.MethodGet, "/healthz", "", "X-Request-Id", "no\"good id"); got.header.Get("X-Request-Id") == "no\"good id" {
		t.Error("any text is taken for an id of the log")
	}
}

func TestReadinessIsThatOfTheDatabase(t *testing.T) {
	h, db, _ := openOffice(t, HTTPOptions{})
	h.do(http.MethodGet, "/readyz", "").wants(t, 200)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	gone := h.do(http.MethodGet, "/readyz", "")
	gone.wants(t, 503, "not ready")
	h.do(http.MethodGet, "/healthz", "").wants(t, 200)
}

func TestStopping(t *testing.T) {
	backend := newCRM()
	h := openHouse(t, backend, HTTPOptions{Grace: patience})
	session := h.session("ada")
	answered := make(chan reply, 1)
	go func() {
		answered <- h.send(context.Background(), http.MethodPost, "/mcp", strings.NewReader(call(5, "wait", "{}")), append(session, "X-API-Key", "ada")...)
	}()
	<-backend.started
	stopped := make(chan error, 1)
	go func() { stopped <- h.stop() }()
	for {
		conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	select {
	case err := <-stopped:
		t.Fatal("the server ended over a running call", err)
	default:
	}
	backend.release <- struct{}{}
	(<-answered).wants(t, 200, `"id":5`)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestSlowClientsAreCutOff(t *testing.T) {
	backend := newCRM()
	h := openHouse(t, backend, HTTPOptions{}, patienceWith{headers: 50 * time.Millisecond, request: 100 * time.Millisecond, nextRequest: 50 * time.Millisecond})
	head := "POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ada\r\nContent-Type: application/json\r\n"
	for _, begun := range []string{"", "POST /mcp HT", head, head + "Content-Length: 4000000\r\n\r\n{", head + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"} {
		conn := h.dial()
		_, _ = io.WriteString(conn, begun)
		said, err := io.ReadAll(conn)
		if err != nil || strings.Contains(string(said), "200 OK") {
			t.Errorf("after %q: %q %v", begun, said, err)
		}
	}
	// A call may take as long as it takes.
	answered := make(chan reply, 1)
	session := h.session("ada")
	go func() { answered <- h.post("ada", call(5, "wait", "{}"), session...) }()
	<-backend.started
	time.Sleep(150 * time.Millisecond)
	backend.release <- struct{}{}
	(<-answered).wants(t, 200, `"id":5`)
}

func TestStoppingDoesNotWaitForever(t *testing.T) {
	backend := newCRM()
	h := openHouse(t, backend, HTTPOptions{Grace: 50 * time.Millisecond})
	session := h.session("ada")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		request, _ := http.NewRequest(http.MethodPost, h.url+"/mcp", strings.NewReader(call(5, "wait", "{}")))
		request.Header = http.Header{"Content-Type": {"application/json"}, "X-Api-Key": {"ada"}, "Mcp-Session-Id": {session[1]}}
		if answered, err := http.DefaultClient.Do(request); err == nil {
			_ = answered.Body.Close()
		}
	}()
	<-backend.started
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	<-ended
}
