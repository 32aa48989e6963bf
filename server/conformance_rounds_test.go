//go:build conformance

package server

import (
	"context"
	"fmt"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

const sealedState = "round-1.5f2c9e"

// addRounds adds tools that ask in their result, as the protocol does since
// 2026-07-28.
func (f *fixture) addRounds() {
	name := elicitation("What is your name?", map[string]any{"name": map[string]any{"type": "string"}}, "name")
	f.addSingleRounds(name)
	f.addSealedRounds(name)
	f.addCapabilities(name)
	f.addDiagnostics(name)
	f.protocol.AddPrompt(mcp.NewPrompt("test_input_required_result_prompt", mcp.WithPromptDescription("Asks in its result")), func(_ context.Context, request mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		if mcpserver.ElicitationResponse(request.Params.InputResponses, "user_context") == nil {
			asked := elicitation("What context should the prompt use?", map[string]any{"context": map[string]any{"type": "string"}}, "context")
			return mcpserver.NewInputRequestBuilder("").Elicit("user_context", asked).PromptResult(), nil
		}
		return &mcp.GetPromptResult{Messages: []mcp.PromptMessage{{Role: mcp.RoleUser, Content: mcp.NewTextContent("With context")}}}, nil
	})
}

// addSingleRounds adds tools that ask for one thing each.
func (f *fixture) addSingleRounds(name mcp.ElicitationParams) {
	f.round("test_input_required_result_elicitation", func(params mcp.CallToolParams) (*mcp.CallToolResult, error) {
		given := mcpserver.ElicitationResponse(params.InputResponses, "user_name")
		if given == nil || given.Content == nil {
			return mcpserver.NewInputRequestBuilder("").Elicit("user_name", name).ToolResult(), nil
		}
		content, _ := given.Content.(map[string]any)
		return mcp.NewToolResultText(fmt.Sprintf("Hello, %v!", content["name"])), nil
	})
	f.round("test_input_required_result_sampling", func(params mcp.CallToolParams) (*mcp.CallToolResult, error) {
		given := mcpserver.SamplingResponse(params.InputResponses, "capital_question")
		if given == nil {
			return mcpserver.NewInputRequestBuilder("").Sample("capital_question", sampling("What is the capital of France?")).ToolResult(), nil
		}
		return mcp.NewToolResultText(fmt.Sprint(given.Content)), nil
	})
	f.round("test_input_required_result_list_roots", func(params mcp.CallToolParams) (*mcp.CallToolResult, error) {
		given := mcpserver.RootsResponse(params.InputResponses, "client_roots")
		if given == nil {
			return mcpserver.NewInputRequestBuilder("").Roots("client_roots").ToolResult(), nil
		}
		return mcp.NewToolResultText(fmt.Sprint(given.Roots)), nil
	})
}

// addSealedRounds adds tools whose rounds are held together by a state that the
// client gives back.
func (f *fixture) addSealedRounds(name mcp.ElicitationParams) {
	confirm := elicitation("Please confirm", map[string]any{"ok": map[string]any{"type": "boolean"}}, "ok")
	for _, tool := range []string{"test_input_required_result_request_state", "test_input_required_result_tampered_state"} {
		f.round(tool, func(params mcp.CallToolParams) (*mcp.CallToolResult, error) {
			if params.RequestState != "" && params.RequestState != sealedState {
				return nil, fmt.Errorf("%w: requestState is not what this server gave", mcp.ErrInvalidParams)
			}
			if mcpserver.ElicitationResponse(params.InputResponses, "confirm") == nil {
				return mcpserver.NewInputRequestBuilder(sealedState).Elicit("confirm", confirm).ToolResult(), nil
			}
			return mcp.NewToolResultText("state-ok"), nil
		})
	}
	f.round("test_input_required_result_multiple_inputs", func(params mcp.CallToolParams) (*mcp.CallToolResult, error) {
		if len(params.InputResponses) < 3 {
			return mcpserver.NewInputRequestBuilder(sealedState).Elicit("user_name", name).Sample("greeting", sampling("Generate a greeting")).Roots("client_roots").ToolResult(), nil
		}
		return mcp.NewToolResultText("all there"), nil
	})
	f.round("test_input_required_result_multi_round", func(params mcp.CallToolParams) (*mcp.CallToolResult, error) {
		switch {
		case params.RequestState == "":
			return mcpserver.NewInputRequestBuilder("1").Elicit("step1", name).ToolResult(), nil
		case params.RequestState == "1":
			colour := elicitation("Which colour?", map[string]any{"color": map[string]any{"type": "string"}}, "color")
			return mcpserver.NewInputRequestBuilder("2").Elicit("step2", colour).ToolResult(), nil
		}
		return mcp.NewToolResultText("complete"), nil
	})
}

// addCapabilities adds a tool that asks only for what the client can give.
func (f *fixture) addCapabilities(name mcp.ElicitationParams) {
	f.tool("test_input_required_result_capabilities", "Asks for what the client can give", func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		asked := mcpserver.NewInputRequestBuilder("")
		if info := mcpserver.RequestProtocolInfoFromContext(ctx); info != nil && info.ClientCapabilities != nil {
			if info.ClientCapabilities.Elicitation != nil {
				asked.Elicit("user_name", name)
			}
			if info.ClientCapabilities.Sampling != nil {
				asked.Sample("greeting", sampling("Generate a greeting"))
			}
		}
		return asked.ToolResult(), nil
	})
}

func (f *fixture) round(name string, run func(mcp.CallToolParams) (*mcp.CallToolResult, error)) {
	f.tool(name, "Asks in its result", func(_ context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return run(request.Params)
	})
}

// addDiagnostics adds tools with which the suite looks at the stateless core.
func (f *fixture) addDiagnostics(name mcp.ElicitationParams) {
	f.tool("test_missing_capability", "Needs sampling", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return nil, mcp.MissingRequiredClientCapabilityError{Capability: "sampling"}
	})
	f.tool("test_streaming_elicitation", "Asks in its result", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcpserver.NewInputRequestBuilder("").Elicit("user_name", name).ToolResult(), nil
	})
	f.tool("test_logging_tool", "Sends a message of the log", func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		err := f.protocol.SendLogMessageToClient(ctx, mcp.NewLoggingMessageNotification(mcp.LoggingLevelInfo, "test", "hello"))
		return mcp.NewToolResultText(fmt.Sprint("logged: ", err)), nil
	})
	f.tool("test_trigger_tool_change", "Adds a tool and takes it away", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		f.fixed("test_passing", "Comes and goes", mcp.NewToolResultText("here"))
		f.protocol.DeleteTools("test_passing")
		return mcp.NewToolResultText("changed"), nil
	})
	f.tool("test_trigger_prompt_change", "Adds a prompt and takes it away", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		f.protocol.AddPrompt(mcp.NewPrompt("test_passing", mcp.WithPromptDescription("Comes and goes")), func(context.Context, mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			return &mcp.GetPromptResult{}, nil
		})
		f.protocol.DeletePrompts("test_passing")
		return mcp.NewToolResultText("changed"), nil
	})
}
