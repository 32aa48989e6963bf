package server

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// eventually waits for what must come.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}

// isFree says whether no long body has a place.
func (h *house) isFree() bool {
	if !h.web.arriving.TryAcquire(heldBodies) {
		return false
	}
	h.web.arriving.Release(heldBodies)
	return true
}

// longHello is a message of so many bytes.
func longHello(length int) string { return hello + strings.Repeat(" ", length-len(hello)) }

// Bodies that are on their way lie in memory: the long ones of all connections
// together have a bound. Those who send them slowly keep nobody else out.
func TestLongBodiesHaveAPlaceWhileTheyArrive(t *testing.T) {
	h := openHouse(t, newCRM(), HTTPOptions{}, patienceWith{headers: patience, request: patience, place: 50 * time.Millisecond})
	const four = 4 << 20
	for _, length := range []string{fmt.Sprintf("Content-Length: %d\r\n\r\n", four), "Transfer-Encoding: chunked\r\n\r\n400000\r\n"} {
		var slow []io.Closer
		for range heldBodies / four {
			conn := h.dial()
			_, _ = io.WriteString(conn, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ada\r\nContent-Type: application/json\r\n"+length+longHello(2*shortBody))
			slow = append(slow, conn)
		}
		eventually(t, "bodies need no place", func() bool {
			taken := !h.web.arriving.TryAcquire(1)
			if !taken {
				h.web.arriving.Release(1)
			}
			return taken
		})
		for _, body := range []io.Reader{strings.NewReader(longHello(four)), io.MultiReader(strings.NewReader(longHello(four)))} {
			refused := h.send(t.Context(), http.MethodPost, "/mcp", body, "X-API-Key", "ada")
			refused.wants(t, 503, `"code":"busy"`, "send it again")
			if refused.header.Get("Retry-After") == "" {
				t.Error("it is not said when to come back")
			}
		}
		h.post("ada", longHello(shortBody)).wants(t, 200)
		h.send(t.Context(), http.MethodPost, "/mcp", io.MultiReader(strings.NewReader(longHello(shortBody))), "X-API-Key", "ada").wants(t, 200)
		for _, conn := range slow {
			_ = conn.Close()
		}
		eventually(t, "a body that broke off keeps its place", h.isFree)
		h.post("ada", longHello(four)).wants(t, 200)
		eventually(t, "a body that was read keeps its place", h.isFree)
	}
}

func TestSlowLongBodiesLoseTheirPlace(t *testing.T) {
	h := openHouse(t, newCRM(), HTTPOptions{}, patienceWith{headers: patience, request: 100 * time.Millisecond, place: patience})
	conn := h.dial()
	_, _ = io.WriteString(conn, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ada\r\nContent-Length: 4000000\r\n\r\n"+longHello(2*shortBody))
	if said, err := io.ReadAll(conn); err != nil || !strings.Contains(string(said), "too slowly") {
		t.Errorf("%s %v", said, err)
	}
	eventually(t, "a slow body keeps its place", h.isFree)
}

// What listens lasts, and must not keep the room of those that are understood.
func TestListeningKeepsNoRoom(t *testing.T) {
	h := openHouse(t, newCRM(), HTTPOptions{})
	body, headers := modern(1, "subscriptions/listen", "", `"notifications":{"toolsListChanged":true},`)
	_ = h.openStream(http.MethodPost, body, append(headers, "X-API-Key", "ada")...)
	eventually(t, "a stream keeps its room", func() bool {
		free := h.web.held.TryAcquire(heldBodies)
		if free {
			h.web.held.Release(heldBodies)
		}
		return free
	})
	h.post("ada", body+strings.Repeat(" ", shortBody), headers...).wants(t, 400, "at most 65536 bytes")
}
