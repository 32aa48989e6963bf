package server

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"github.com/crmcp/crmcp/tools"
)

// maxShownName is how many characters of an unknown tool's name are repeated.
const maxShownName = 60

// handle has mcp-go answer a request and puts its errors into words for those
// who read them. The answer carries the id as the client wrote it, whose
// digits mcp-go may have rounded.
func (c *connection) handle(ctx context.Context, received message) (answer mcp.JSONRPCMessage) {
	defer func() {
		if cause := recover(); cause != nil {
			answer = internalRefusal(received.id, logPanic(ctx, c.logger, cause, "method", received.method)).wire()
		}
	}()
	wire, err := received.wire()
	if err != nil {
		return c.fault(ctx, received, err)
	}
	switch handled := c.protocol.HandleMessage(ctx, wire).(type) {
	case mcp.JSONRPCResponse:
		handled.ID = mcp.NewRequestId(received.id)
		return handled
	case mcp.JSONRPCError:
		if handled.Error.Code == mcp.INTERNAL_ERROR {
			return c.fault(ctx, received, fmt.Errorf("mcp-go: %s", handled.Error.Message))
		}
		handled.ID = mcp.NewRequestId(received.id)
		handled.Error = clearError(received, handled.Error)
		return handled
	default:
		return c.fault(ctx, received, fmt.Errorf("mcp-go gave no answer but %T", handled))
	}
}

func (c *connection) fault(ctx context.Context, received message, err error) mcp.JSONRPCMessage {
	id := tools.NewErrorID()
	c.logger.ErrorContext(ctx, "request failed", "error_id", id, "method", received.method, "error", err)
	return internalRefusal(received.id, id).wire()
}

// clearError replaces the texts of mcp-go that speak of Go types or say a
// thing twice.
func clearError(received message, found mcp.JSONRPCErrorDetails) mcp.JSONRPCErrorDetails {
	switch {
	case found.Code == mcp.INVALID_REQUEST || found.Code == mcp.PARSE_ERROR:
		// The envelope was checked before: what did not fit is inside params.
		found.Code = mcp.INVALID_PARAMS
		found.Message = fmt.Sprintf("Invalid params: a member of \"params\" is of a type or size that %s does not take", received.method)
	case found.Code == mcp.INVALID_PARAMS && strings.HasSuffix(found.Message, mcpserver.ErrToolNotFound.Error()):
		found.Message = unknownTool(received.params)
	}
	return found
}

func unknownTool(params json.RawMessage) string {
	var named struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(params, &named); err != nil || named.Name == "" {
		return `Invalid params: "name" must name a tool; tools/list gives their names`
	}
	name := []rune(named.Name)
	if len(name) > maxShownName {
		name = append(name[:maxShownName], '…')
	}
	return fmt.Sprintf("Unknown tool: %s; tools/list gives the names of those that are on", string(name))
}

func internalRefusal(id json.RawMessage, errorID string) *refusal {
	return &refusal{id: id, code: mcp.INTERNAL_ERROR, text: "Internal error: the server's log says why under id " + errorID}
}
