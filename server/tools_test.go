package server

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/tools"
)

func openService(t *testing.T, options tools.Options) *tools.Service {
	t.Helper()
	db, err := store.Open(context.Background(), filepath.Join(t.TempDir(), "crm.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	service, err := tools.New(db, options)
	if err != nil {
		t.Fatal(err)
	}
	return service
}

func TestCallsAreMadeInTheNameOfTheClient(t *testing.T) {
	ctx := context.Background()
	backend, err := NewBackend(openService(t, tools.Options{Toolsets: "all"}), 1)
	if err != nil {
		t.Fatal(err)
	}
	client := Client{Name: "Claude Desktop", Version: "1.2"}
	created := backend.Call(ctx, client, "create_contact", json.RawMessage(`{"first_name":"Ada"}`))
	if created.IsError || !strings.Contains(created.Text, "con_1") || string(created.Structured.(json.RawMessage)) != created.Text {
		t.Fatalf("created: %+v", created)
	}
	history := backend.Call(ctx, client, "history", json.RawMessage(`{"of":["con_1"]}`))
	if history.IsError || !strings.Contains(history.Text, "Claude Desktop") || !strings.Contains(history.Text, "create_contact") {
		t.Errorf("history: %+v", history)
	}
	refused := backend.Call(ctx, client, "create_contact", json.RawMessage(`{"frist_name":"Ada"}`))
	if !refused.IsError || !strings.Contains(refused.Text, "first_name") {
		t.Errorf("refused: %+v", refused)
	}
}

func TestHintsFollowFromTheMode(t *testing.T) {
	backend, err := NewBackend(openService(t, tools.Options{Toolsets: "core"}), 1)
	if err != nil {
		t.Fatal(err)
	}
	seen, listed := 0, 0
	for _, tool := range backend.Tools() {
		if !tool.Unlisted {
			listed++
		}
		switch tool.Name {
		case "search":
			seen++
			if !tool.ReadOnly || tool.Destructive || !tool.Idempotent {
				t.Errorf("search: %+v", tool)
			}
		case "create_deal":
			seen++
			if tool.ReadOnly || tool.Destructive || tool.Idempotent {
				t.Errorf("create_deal: %+v", tool)
			}
		case "delete_records":
			seen++
			if tool.ReadOnly || !tool.Destructive {
				t.Errorf("delete_records: %+v", tool)
			}
		}
	}
	if seen != 3 {
		t.Errorf("%d of 3 tools are in core", seen)
	}
	list, err := ListTools(context.Background(), backend)
	if err != nil || strings.Count(string(list), `"inputSchema"`) != listed {
		t.Errorf("list: %v %s", err, list)
	}
}

// What a client may not use it is not offered; a call all the same is answered
// by what says why, and not as one of an unknown tool.
func TestAToolThatIsOffSaysWhy(t *testing.T) {
	backend, err := NewBackend(openService(t, tools.Options{Toolsets: "core", ReadOnly: true}), 1)
	if err != nil {
		t.Fatal(err)
	}
	list, err := ListTools(t.Context(), backend)
	if err != nil || strings.Contains(string(list), `"create_user"`) || strings.Contains(string(list), `"create_deal"`) {
		t.Errorf("list: %v %s", err, list)
	}
	protocol, err := newProtocol(backend, Options{}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"create_deal": "read_only", "list_users": "toolset"} {
		request := json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + name + `","arguments":{}}}`)
		answer, err := json.Marshal(protocol.HandleMessage(t.Context(), request))
		if err != nil || !strings.Contains(string(answer), `"isError":true`) || !strings.Contains(string(answer), want) {
			t.Errorf("%s: %v %s", name, err, answer)
		}
	}
}
