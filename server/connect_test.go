package server

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crmcp/crmcp/store"
)

func TestBridgePassesSessionsThrough(t *testing.T) {
	c := serveCRM(t, HTTPOptions{RateLimit: -1})
	b := c.bridge(ConnectOptions{})
	b.begin()
	b.send(`{"jsonrpc":"2.0", "id":"abc" ,"method":"tools/list"}`)
	if list := b.answer(`"abc"`); !strings.Contains(list.text, `"create_organization"`) {
		t.Error(list.text)
	}
	b.send(calling(2, "create_task", `{"name":"Über die Brücke"}`))
	if made := b.answer("2"); !strings.Contains(made.text, "Über die Brücke") {
		t.Error(made.text)
	}
	b.send(calling(3, "history", `{"limit":1}`))
	if made := b.answer("3"); !strings.Contains(made.text, `"client":"bridged 7"`) {
		t.Errorf("the server does not know the client: %s", made.text)
	}
	if open := c.openSessions(); open != "1" {
		t.Errorf("%s sessions", open)
	}
	b.close()
	if open := c.openSessions(); open != "0" {
		t.Errorf("%s sessions are left", open)
	}
}

// openSessions is how many sessions the server counts.
func (c *served) openSessions() string {
	c.Helper()
	_, _, body := c.ask(http.MethodGet, "/metrics", "")
	for line := range strings.Lines(string(body)) {
		if count, found := strings.CutPrefix(line, "crmcp_sessions "); found {
			return strings.TrimSpace(count)
		}
	}
	c.Fatalf("no count of sessions in %s", body)
	return ""
}

func TestBridgePassesTheEraWithoutSessionsThrough(t *testing.T) {
	c := serveCRM(t, HTTPOptions{RateLimit: -1})
	b := c.bridge(ConnectOptions{})
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"modern","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`
	b.send(`{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{` + meta + `}}`)
	if found := b.answer("1"); found.Error != nil {
		t.Fatal(found.text)
	}
	b.send(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"create_task","arguments":{"name":"Modern"},` + meta + `}}`)
	if made := b.answer("2"); made.Error != nil || !strings.Contains(made.text, `task_1`) {
		t.Fatal(made.text)
	}
	b.send(`{"jsonrpc":"2.0","id":3,"method":"no/such","params":{` + meta + `}}`)
	if refused := b.answer("3"); refused.Error == nil || refused.Error.Code != -32601 {
		t.Errorf("an unknown method: %s", refused.text)
	}
	c.stop()
	c.start()
	b.send(`{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"history","arguments":{"limit":1},` + meta + `}}`)
	if made := b.answer("4"); !strings.Contains(made.text, `"client":"modern 1"`) {
		t.Fatal(made.text)
	}
	b.close()
}

func TestBridgeMeetsARestartedServerAgain(t *testing.T) {
	c := serveCRM(t, HTTPOptions{RateLimit: -1})
	b := c.bridge(ConnectOptions{})
	b.begin()
	for round := range 3 {
		c.stop()
		// Sent while nobody listens.
		b.send(calling(10+round, "create_task", fmt.Sprintf(`{"name":"Round %d"}`, round)))
		time.Sleep(30 * time.Millisecond)
		c.start()
		if made := b.answer(fmt.Sprint(10 + round)); made.Error != nil || !strings.Contains(made.text, fmt.Sprintf("task_%d", round+1)) {
			t.Fatal(made.text)
		}
	}
	b.send(calling(20, "list_tasks", `{}`))
	if list := b.answer("20"); !strings.Contains(list.text, `\"total\":3`) {
		t.Error(list.text)
	}
	b.close()
	if open := c.openSessions(); open != "0" {
		t.Errorf("%s sessions are left", open)
	}
}

func TestBridgeTellsOfAServerThatIsGone(t *testing.T) {
	c := serveCRM(t, HTTPOptions{RateLimit: -1})
	b := c.bridge(ConnectOptions{Patience: 300 * time.Millisecond})
	b.begin()
	c.stop()
	b.send(calling(5, "list_tasks", `{}`), calling(6, "create_task", `{"name":"X"}`))
	for range 2 {
		gone := b.next()
		if !strings.Contains(gone, "cannot be reached") || !strings.Contains(gone, "serve --http") || !strings.Contains(gone, `"code":-32000`) {
			t.Error(gone)
		}
	}
	c.start()
	b.send(calling(7, "list_tasks", `{}`))
	if list := b.answer("7"); list.Error != nil || !strings.Contains(list.text, `\"total\":0`) {
		t.Error(list.text)
	}
	b.close()
}

func TestBridgeTellsOfAKeyThatIsRefused(t *testing.T) {
	c := serveCRM(t, HTTPOptions{RateLimit: -1})
	path := c.keyFile("crm_wrong")
	b := c.bridge(ConnectOptions{KeyFile: path})
	b.send(firstWords)
	b.answer("0").refused(t, "refused the key in "+path, "crmcp keys create")
	if err := os.WriteFile(path, []byte(c.key), 0o600); err != nil {
		t.Fatal(err)
	}
	b.begin()
	keys, err := c.db.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other := c.newKey(store.APIKey{Name: "other"})
	if _, err := c.db.RevokeKey(t.Context(), store.Caller{User: c.db.Caller()}, keys[0].ID); err != nil {
		t.Fatal(err)
	}
	b.send(calling(1, "list_tasks", `{}`))
	b.answer("1").refused(t, "revoked")
	if err := os.WriteFile(path, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	b.send(calling(2, "list_tasks", `{}`))
	if list := b.answer("2"); list.Error != nil {
		t.Errorf("with the new key: %s", list.text)
	}
	c.key = other
	b.close()
	without := connectFor(t, ConnectOptions{URL: "http://" + c.address})
	without.send(firstWords)
	without.answer("0").refused(t, "--key-file")
	without.close()
}

func TestBridgeCarriesManyAtOnceAndAnswersAllAtTheEnd(t *testing.T) {
	c := serveCRM(t, HTTPOptions{RateLimit: -1})
	b := c.bridge(ConnectOptions{})
	b.begin()
	const many = 200
	for i := range many {
		b.send(calling(i+1, "create_task", fmt.Sprintf(`{"name":"Task %d"}`, i+1)))
	}
	b.close()
	var got []string
	for text := range b.lines {
		id := strings.TrimPrefix(strings.SplitAfter(text, `"id":`)[1], "")
		got = append(got, strings.FieldsFunc(id, func(r rune) bool { return r < '0' || r > '9' })[0])
		if strings.Contains(text, `"isError":true`) || strings.Contains(text, `"error"`) {
			t.Error(text)
		}
	}
	slices.Sort(got)
	if len(slices.Compact(got)) != many {
		t.Errorf("%d of %d requests were answered", len(slices.Compact(got)), many)
	}
}

func TestBridgeRefusesWhatIsNoMessage(t *testing.T) {
	c := serveCRM(t, HTTPOptions{RateLimit: -1})
	b := c.bridge(ConnectOptions{MaxLine: 2_000})
	b.begin()
	b.send(`{"jsonrpc":"2.0","id":"long","method":"tools/call","params":{"x":"`+strings.Repeat("y", 3_000)+`"}}`, `no JSON`, `[1]`, ``)
	b.answer(`"long"`).refused(t, "longer than 2000 bytes")
	b.answer("null").refused(t, "not valid JSON")
	b.answer("null").refused(t, "batches")
	b.send(`{"jsonrpc":"2.0","id":9,"method":"ping"}`)
	b.answer("9")
	b.close()
}

func TestBridgePassesProgressThrough(t *testing.T) {
	c := serveCRM(t, HTTPOptions{RateLimit: -1})
	b := c.bridge(ConnectOptions{})
	b.begin()
	var steps []string
	for i := range 200 {
		steps = append(steps, fmt.Sprintf(`{"tool":"create_task","arguments":{"name":"T%d"}}`, i))
	}
	b.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"progressToken":"p"},"name":"batch","arguments":{"steps":[` + strings.Join(steps, ",") + `]}}}`)
	heard := 0
	for text := b.next(); !strings.Contains(text, `"id":1`); text = b.next() {
		if !strings.Contains(text, "notifications/progress") {
			t.Fatal(text)
		}
		heard++
	}
	if heard == 0 {
		t.Error("no progress came through")
	}
	b.close()
}

func TestBridgePassesCancellationOn(t *testing.T) {
	c := serveCRM(t, HTTPOptions{RateLimit: -1})
	b := c.bridge(ConnectOptions{})
	b.begin()
	b.send(calling(1, "list_tasks", `{}`), `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`, `{"jsonrpc":"2.0","id":2,"method":"ping"}`)
	for text := b.next(); !strings.Contains(text, `"id":2`); text = b.next() {
		if !strings.Contains(text, `"id":1`) || strings.Contains(text, `"code":-32000`) {
			t.Fatal(text)
		}
	}
	b.close()
}
