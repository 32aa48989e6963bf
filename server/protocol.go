package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/tools"
)

// serverName is the name clients are told; it is also the program's.
const serverName = "crmcp"

// newProtocol publishes the tools of a backend. It fails on a tool that could
// not be listed, because one such tool would leave clients with no list at all.
func newProtocol(backend Backend, options Options, more ...mcpserver.ServerOption) (*mcpserver.MCPServer, error) {
	known := backend.Tools()
	settings := append([]mcpserver.ServerOption{
		mcpserver.WithToolCapabilities(false),
		mcpserver.WithInstructions(backend.Instructions()),
		mcpserver.WithHooks(listing(known)),
	}, more...)
	protocol := mcpserver.NewMCPServer(serverName, options.Version, settings...)
	seen := make(map[string]bool)
	for _, tool := range known {
		if seen[tool.Name] {
			return nil, fmt.Errorf("tool %s is published twice", tool.Name)
		}
		seen[tool.Name] = true
		published, err := publish(tool)
		if err != nil {
			return nil, err
		}
		protocol.AddTool(published, handler(backend, options.Logger))
	}
	return protocol, nil
}

// listing leaves the unlisted tools out of what is listed. It is no filter of
// mcp-go's, which would refuse their calls as those of unknown tools.
func listing(known []Tool) *mcpserver.Hooks {
	unlisted := make(map[string]bool)
	for _, tool := range known {
		unlisted[tool.Name] = tool.Unlisted
	}
	hooks := &mcpserver.Hooks{}
	hooks.AddAfterListTools(func(_ context.Context, _ any, _ *mcp.ListToolsRequest, result *mcp.ListToolsResult) {
		result.Tools = slices.DeleteFunc(slices.Clone(result.Tools), func(tool mcp.Tool) bool { return unlisted[tool.Name] })
	})
	return hooks
}

func publish(tool Tool) (mcp.Tool, error) {
	if tool.Name == "" {
		return mcp.Tool{}, fmt.Errorf("a tool has no name: %q", tool.Description)
	}
	if written := bytes.TrimSpace(tool.InputSchema); !json.Valid(written) || written[0] != '{' {
		return mcp.Tool{}, fmt.Errorf("the input schema of tool %s is not a JSON object", tool.Name)
	}
	published := mcp.NewToolWithRawSchema(tool.Name, tool.Description, tool.InputSchema)
	published.Title = tool.Title
	published.Annotations = mcp.ToolAnnotation{
		Title:           tool.Title,
		ReadOnlyHint:    &tool.ReadOnly,
		DestructiveHint: &tool.Destructive,
		IdempotentHint:  &tool.Idempotent,
		OpenWorldHint:   &tool.OpenWorld,
	}
	if err := mcp.ValidateParamHeaderAnnotations(&published); err != nil {
		return mcp.Tool{}, fmt.Errorf("publishing tool %s: %w", tool.Name, err)
	}
	if _, err := json.Marshal(published); err != nil {
		return mcp.Tool{}, fmt.Errorf("publishing tool %s: %w", tool.Name, err)
	}
	return published, nil
}

// handler carries a call to the backend. It never returns an error, because
// mcp-go would show the text of one to the client as it stands.
func handler(backend Backend, logger *slog.Logger) mcpserver.ToolHandlerFunc {
	return func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		arguments := request.Params.RawArguments
		if len(arguments) == 0 || bytes.Equal(arguments, []byte("null")) {
			arguments = json.RawMessage("{}")
		}
		return wireResult(callSafely(withProgress(ctx, request), backend, logger, request.Params.Name, arguments)), nil
	}
}

func callSafely(ctx context.Context, backend Backend, logger *slog.Logger, name string, arguments json.RawMessage) (result Result) {
	defer func() {
		if cause := recover(); cause != nil {
			result = internalResult(logPanic(ctx, logger, cause, "tool", name))
		}
	}()
	result = backend.Call(ctx, clientOf(ctx), name, arguments)
	if raw, ok := result.Structured.(json.RawMessage); result.Structured == nil || ok && json.Valid(raw) {
		return result
	}
	structured, err := json.Marshal(result.Structured)
	if err != nil {
		id := tools.NewErrorID()
		logger.ErrorContext(ctx, "answer cannot be written as JSON", "error_id", id, "tool", name, "error", err)
		return internalResult(id)
	}
	result.Structured = json.RawMessage(structured)
	return result
}

func wireResult(result Result) *mcp.CallToolResult {
	return &mcp.CallToolResult{
		Content:           []mcp.Content{mcp.NewTextContent(result.Text)},
		StructuredContent: result.Structured,
		IsError:           result.IsError,
	}
}

// clientOf finds the name of the client: in the request itself since protocol
// version 2026-07-28, in the handshake before it.
func clientOf(ctx context.Context) Client {
	if info := mcpserver.RequestProtocolInfoFromContext(ctx); info != nil && info.Modern {
		if info.ClientInfo == nil {
			return Client{}
		}
		return Client{Name: info.ClientInfo.Name, Version: info.ClientInfo.Version}
	}
	session, ok := mcpserver.ClientSessionFromContext(ctx).(mcpserver.SessionWithClientInfo)
	if !ok {
		return Client{}
	}
	info := session.GetClientInfo()
	return Client{Name: info.Name, Version: info.Version}
}

// internalResult is the answer to a call that failed through a fault of the
// program. It shows the id that stands in the log and nothing else.
func internalResult(id string) Result {
	text := fmt.Sprintf(`{"error":{"code":%q,"message":"the server failed on this call; its log says why under id %s"}}`, schema.Internal, id)
	return Result{Text: text, Structured: json.RawMessage(text), IsError: true}
}

func logPanic(ctx context.Context, logger *slog.Logger, cause any, attributes ...any) string {
	id := tools.NewErrorID()
	attributes = append(attributes, "error_id", id, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
	logger.ErrorContext(ctx, "call failed by a panic", attributes...)
	return id
}
