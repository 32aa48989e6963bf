package server

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const modernMeta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"modern","version":"3"}}`

func initialize(version string) string {
	return `{"jsonrpc":"2.0","id":"init","method":"initialize","params":{"protocolVersion":"` + version + `","capabilities":{},"clientInfo":{"name":"legacy","version":"2"}}}`
}

func TestHandshakeOfEveryEra(t *testing.T) {
	for _, version := range []string{"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"} {
		s := start(t, newCRM(), Options{Version: "1.2.3"})
		var got map[string]any
		if err := json.Unmarshal(s.ask(initialize(version)).Result, &got); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"protocolVersion": version,
			"capabilities":    map[string]any{"tools": map[string]any{}},
			"serverInfo":      map[string]any{"name": "crmcp", "version": "1.2.3"},
			"instructions":    "Call describe first.",
		}
		if difference := cmp.Diff(want, got); difference != "" {
			t.Errorf("%s: %s", version, difference)
		}
		s.end()
	}
}

func TestModernDiscoverListAndCall(t *testing.T) {
	backend := newCRM()
	s := start(t, backend, Options{})
	discovered := string(s.ask(`{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{` + modernMeta + `}}`).Result)
	if !strings.Contains(discovered, "2026-07-28") || !strings.Contains(discovered, "Call describe first.") {
		t.Errorf("discover answers %s", discovered)
	}
	listed := s.ask(`{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{` + modernMeta + `}}`)
	if !strings.Contains(string(listed.Result), `"name":"echo"`) {
		t.Errorf("list answers %s", listed.Result)
	}
	called := resultOf(t, s.ask(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"echo","arguments":{"a":1},`+modernMeta+`}}`))
	if called.ResultType != "complete" || called.Content[0].Text != `{"a":1}` {
		t.Errorf("call answers %+v", called)
	}
	if got := backend.lastClient(); got != (Client{Name: "modern", Version: "3"}) {
		t.Errorf("client is %+v", got)
	}
	s.end()
}

func TestSubscriptionIsAcknowledgedBeforeItsAnswer(t *testing.T) {
	s := start(t, newCRM(), Options{})
	s.send(`{"jsonrpc":"2.0","id":"sub","method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},` + modernMeta + `}}`)
	if first := s.next(); first.Method != "notifications/subscriptions/acknowledged" {
		t.Errorf("first came %+v", first)
	}
	if second := s.next(); string(second.ID) != `"sub"` {
		t.Errorf("second came %+v", second)
	}
	s.end()
}

func TestClientIsTheOneOfTheHandshake(t *testing.T) {
	backend := newCRM()
	s := start(t, backend, Options{})
	s.ask(call(1, "echo", "{}"))
	if got := backend.lastClient(); got != (Client{}) {
		t.Errorf("before the handshake the client is %+v", got)
	}
	lines := []string{initialize("2025-11-25")}
	for id := range 50 {
		lines = append(lines, call(id, "echo", "{}"))
	}
	s.send(lines...)
	s.end()
	for _, got := range backend.clients[1:] {
		if got != (Client{Name: "legacy", Version: "2"}) {
			t.Fatalf("client is %+v", got)
		}
	}
}

func TestListPublishesSchemaAndAllHints(t *testing.T) {
	s := start(t, newCRM(), Options{})
	var list struct {
		Tools []struct {
			Name, Title, Description string
			InputSchema              json.RawMessage
			Annotations              map[string]any
		}
	}
	if err := json.Unmarshal(s.ask(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`).Result, &list); err != nil {
		t.Fatal(err)
	}
	last := list.Tools[len(list.Tools)-1]
	if last.Name != "wait" || last.Title != "Wait" || last.Description != "Waits." {
		t.Errorf("published as %+v", last)
	}
	hints := map[string]any{"title": "Wait", "readOnlyHint": false, "destructiveHint": true, "idempotentHint": false, "openWorldHint": true}
	if difference := cmp.Diff(hints, last.Annotations); difference != "" {
		t.Error(difference)
	}
	if want := newCRM().Tools()[0].InputSchema; string(last.InputSchema) != string(want) {
		t.Errorf("schema is %s, want %s", last.InputSchema, want)
	}
	s.end()
}

func TestArgumentsAndAnswersKeepDigitsAndOrder(t *testing.T) {
	unescape := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&")
	s := start(t, newCRM(), Options{})
	for _, arguments := range []string{
		`{"z":9007199254740993,"a":0.1000000000000000055511151231257827}`,
		`{"z":1.0,"a":{"y":1,"b":[{"x":2,"c":12345678901234567890}]}}`,
		`{"text":"a < b & c > d"}`,
		`"a text"`,
		`[1,2]`,
	} {
		result := resultOf(t, s.ask(call(1, "echo", arguments)))
		if result.Content[0].Text != arguments {
			t.Errorf("text is %s, want %s", result.Content[0].Text, arguments)
		}
		if structured := unescape.Replace(string(result.StructuredContent)); structured != arguments {
			t.Errorf("structured is %s, want %s", structured, arguments)
		}
	}
	s.end()
}

func TestNoArgumentsAreAnEmptyObject(t *testing.T) {
	s := start(t, newCRM(), Options{})
	for _, params := range []string{`{"name":"echo"}`, `{"name":"echo","arguments":null}`, `{"name":"echo","arguments":{}}`} {
		result := resultOf(t, s.ask(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":`+params+`}`))
		if result.Content[0].Text != "{}" {
			t.Errorf("%s: arguments are %s", params, result.Content[0].Text)
		}
	}
	s.end()
}

func TestFaultsShowAnIDThatStandsInTheLog(t *testing.T) {
	for _, tool := range []string{"fall", "unwritable"} {
		s := start(t, newCRM(), Options{})
		result := resultOf(t, s.ask(call(1, tool, "{}")))
		text := result.Content[0].Text
		if !result.IsError || strings.Contains(text, "secret") || strings.Contains(text, "/home") {
			t.Errorf("%s answers %+v", tool, result)
		}
		var shown struct {
			Error struct{ Code, Message string }
		}
		if err := json.Unmarshal(result.StructuredContent, &shown); err != nil || shown.Error.Code != "internal" || string(result.StructuredContent) != text {
			t.Errorf("%s answers %s", tool, result.StructuredContent)
		}
		words := strings.Fields(shown.Error.Message)
		s.end()
		if id := words[len(words)-1]; len(id) != len("err_0123456789") || !strings.Contains(s.log.String(), id) {
			t.Errorf("%s: id %q is not in the log %s", tool, id, s.log)
		}
	}
}

func TestToolErrorStaysAResult(t *testing.T) {
	s := start(t, newCRM(), Options{})
	if result := resultOf(t, s.ask(call(1, "unwell", "{}"))); !result.IsError || string(result.StructuredContent) != `{"error":{}}` {
		t.Errorf("answers %+v", result)
	}
	s.end()
}

type oneTool struct {
	crm
	tools []Tool
}

func (o *oneTool) Tools() []Tool { return o.tools }

func TestToolsThatCannotBeListedStopTheStart(t *testing.T) {
	schema := json.RawMessage(`{"type":"object"}`)
	for name, tools := range map[string][]Tool{
		"no schema":     {{Name: "a"}},
		"broken schema": {{Name: "a", InputSchema: json.RawMessage(`{"type":`)}},
		"other schema":  {{Name: "a", InputSchema: json.RawMessage(`true`)}},
		"no name":       {{InputSchema: schema}},
		"twice":         {{Name: "a", InputSchema: schema}, {Name: "a", InputSchema: schema}},
	} {
		if err := ServeStdio(context.Background(), &oneTool{tools: tools}, Options{}, strings.NewReader(""), new(strings.Builder)); err == nil {
			t.Errorf("%s: started", name)
		}
	}
}
