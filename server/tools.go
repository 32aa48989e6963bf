package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/tools"
)

// NewBackend puts the tools of a service behind the protocol; those that it has
// not switched on are unlisted, and a call of one says why. Every call is made
// by the given user, in the name of the program at the other end. It fails on a
// tool whose schema cannot be written.
func NewBackend(service *tools.Service, user int64) (Backend, error) {
	backend := &serviceBackend{service: service, user: user}
	for _, tool := range service.All() {
		inputSchema, err := tool.InputSchema()
		if err != nil {
			return nil, fmt.Errorf("input schema of %s: %w", tool.Name, err)
		}
		backend.tools = append(backend.tools, Tool{
			Name: tool.Name, Title: tool.Title, Description: tool.Description, InputSchema: inputSchema,
			ReadOnly: tool.Mode == tools.Read, Destructive: tool.Mode == tools.Destroy,
			Idempotent: tool.Idempotent || tool.Mode == tools.Read, OpenWorld: tool.OpenWorld,
			Unlisted: service.Tool(tool.Name) == nil,
		})
	}
	return backend, nil
}

type serviceBackend struct {
	service *tools.Service
	user    int64
	tools   []Tool
}

// Tools are all that the service knows.
func (b *serviceBackend) Tools() []Tool { return b.tools }

// Instructions are those of the service.
func (b *serviceBackend) Instructions() string { return b.service.Instructions() }

// Call runs a tool as the user of the backend.
func (b *serviceBackend) Call(ctx context.Context, client Client, name string, arguments json.RawMessage) Result {
	caller := store.Caller{User: b.user, Client: client.Name, Version: client.Version}
	answer := b.service.Call(ctx, caller, name, arguments)
	return Result{Text: answer.Text, Structured: answer.JSON, IsError: answer.IsError}
}

// ListTools is what a client gets as the result of tools/list.
func ListTools(ctx context.Context, backend Backend) (json.RawMessage, error) {
	protocol, err := newProtocol(backend, Options{}.withDefaults())
	if err != nil {
		return nil, err
	}
	request := json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	switch answer := protocol.HandleMessage(ctx, request).(type) {
	case mcp.JSONRPCResponse:
		return json.Marshal(answer.Result)
	case mcp.JSONRPCError:
		return nil, errors.New(answer.Error.Message)
	}
	return nil, errors.New("tools/list got no answer")
}
