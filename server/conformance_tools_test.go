//go:build conformance

package server

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

const (
	onePixel  = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
	oneSample = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="
)

// fixture is what the conformance suite asks a server to have.
type fixture struct{ protocol *mcpserver.MCPServer }

func (f *fixture) tool(name, description string, run mcpserver.ToolHandlerFunc, options ...mcp.ToolOption) {
	f.protocol.AddTool(mcp.NewTool(name, append([]mcp.ToolOption{mcp.WithDescription(description)}, options...)...), run)
}

// fixed adds a tool that always gives the same.
func (f *fixture) fixed(name, description string, result *mcp.CallToolResult) {
	f.tool(name, description, func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) { return result, nil })
}

func (f *fixture) addContents() {
	of := func(content ...mcp.Content) *mcp.CallToolResult { return &mcp.CallToolResult{Content: content} }
	f.fixed("test_simple_text", "Gives text", mcp.NewToolResultText("This is a simple text response for testing."))
	f.fixed("test_image_content", "Gives a picture", of(mcp.NewImageContent(onePixel, "image/png")))
	f.fixed("test_audio_content", "Gives a sound", of(mcp.NewAudioContent(oneSample, "audio/wav")))
	f.fixed("test_embedded_resource", "Gives a resource", of(mcp.NewEmbeddedResource(mcp.TextResourceContents{
		URI: "test://embedded-resource", MIMEType: "text/plain", Text: "This is an embedded resource content."})))
	f.fixed("test_multiple_content_types", "Gives several", of(
		mcp.NewTextContent("Multiple content types test:"), mcp.NewImageContent(onePixel, "image/png"),
		mcp.NewEmbeddedResource(mcp.TextResourceContents{URI: "test://mixed-content-resource", MIMEType: "application/json", Text: `{"test":"data","value":123}`})))
	f.fixed("test_error_handling", "Gives an error", mcp.NewToolResultError("This tool intentionally returns an error for testing"))
	f.tool("test_tool_with_logging", "Sends messages of the log", func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		f.log(ctx, "Tool execution started", "Tool processing data", "Tool execution completed")
		return mcp.NewToolResultText("Tool with logging executed successfully"), nil
	})
	f.tool("test_tool_with_progress", "Tells how far it is", func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if request.Params.Meta == nil || request.Params.Meta.ProgressToken == nil {
			return mcp.NewToolResultText("nobody asks"), nil
		}
		for _, done := range []int{0, 50, 100} {
			told := map[string]any{"progressToken": request.Params.Meta.ProgressToken, "progress": done, "total": 100}
			notify(ctx, mcp.MethodNotificationProgress, told)
			time.Sleep(20 * time.Millisecond)
		}
		return mcp.NewToolResultText("done"), nil
	})
}

func (f *fixture) log(ctx context.Context, texts ...string) {
	for _, text := range texts {
		notify(ctx, mcp.MethodNotificationMessage, map[string]any{"level": "info", "logger": "test", "data": text})
		time.Sleep(50 * time.Millisecond)
	}
}

// addAsking adds tools that ask the client for something, as the protocol did
// before 2026-07-28.
func (f *fixture) addAsking() {
	f.tool("test_sampling", "Asks for a completion", func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		answer, err := f.protocol.RequestSampling(ctx, mcp.CreateMessageRequest{
			Request: mcp.Request{Method: string(mcp.MethodSamplingCreateMessage)}, CreateMessageParams: sampling(request.GetString("prompt", ""))})
		if err != nil {
			return nil, err
		}
		content, _ := answer.Content.(mcp.TextContent)
		return mcp.NewToolResultText("LLM response: " + content.Text), nil
	}, mcp.WithString("prompt", mcp.Required()))
	f.asking("test_elicitation", func(request mcp.CallToolRequest) string { return request.GetString("message", "") },
		map[string]any{"username": field("string", "User's response"), "email": field("string", "User's email address")}, "username", "email")
	plain := func(mcp.CallToolRequest) string { return "Please choose" }
	with := func(kind string, value any) map[string]any { return map[string]any{"type": kind, "default": value} }
	f.asking("test_elicitation_sep1034_defaults", plain, map[string]any{
		"name": with("string", "John Doe"), "age": with("integer", 30), "score": with("number", 95.5), "verified": with("boolean", true),
		"status": map[string]any{"type": "string", "enum": []string{"active", "inactive", "pending"}, "default": "active"}})
	list := func(of map[string]any) map[string]any { return map[string]any{"type": "array", "items": of} }
	titled := []any{map[string]any{"const": "value1", "title": "First"}, map[string]any{"const": "value2", "title": "Second"}, map[string]any{"const": "value3", "title": "Third"}}
	options := []string{"option1", "option2", "option3"}
	f.asking("test_elicitation_sep1330_enums", plain, map[string]any{
		"untitledSingle": map[string]any{"type": "string", "enum": options}, "titledSingle": map[string]any{"type": "string", "oneOf": titled},
		"legacyEnum":    map[string]any{"type": "string", "enum": []string{"opt1", "opt2", "opt3"}, "enumNames": []string{"One", "Two", "Three"}},
		"untitledMulti": list(map[string]any{"type": "string", "enum": options}), "titledMulti": list(map[string]any{"anyOf": titled})})
}

// asking adds a tool that asks the person for some fields.
func (f *fixture) asking(name string, message func(mcp.CallToolRequest) string, fields map[string]any, required ...string) {
	f.tool(name, "Asks the person", func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		answer, err := f.protocol.RequestElicitation(ctx, mcp.ElicitationRequest{
			Request: mcp.Request{Method: string(mcp.MethodElicitationCreate)}, Params: elicitation(message(request), fields, required...)})
		if err != nil {
			return nil, err
		}
		return mcp.NewToolResultText(fmt.Sprintf("action=%s, content=%v", answer.Action, answer.Content)), nil
	})
}

func field(kind, description string) map[string]any {
	return map[string]any{"type": kind, "description": description}
}

func elicitation(message string, fields map[string]any, required ...string) mcp.ElicitationParams {
	schema := map[string]any{"type": "object", "properties": fields}
	if len(required) > 0 {
		schema["required"] = required
	}
	return mcp.ElicitationParams{Message: message, RequestedSchema: schema}
}

func sampling(prompt string) mcp.CreateMessageParams {
	return mcp.CreateMessageParams{MaxTokens: 100, Messages: []mcp.SamplingMessage{{Role: mcp.RoleUser, Content: mcp.NewTextContent(prompt)}}}
}

func (f *fixture) addResources() {
	f.protocol.AddResource(mcp.NewResource("test://static-text", "static-text", mcp.WithMIMEType("text/plain")),
		func(context.Context, mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
			return []mcp.ResourceContents{mcp.TextResourceContents{URI: "test://static-text", MIMEType: "text/plain", Text: "This is the content of the static text resource."}}, nil
		})
	f.protocol.AddResource(mcp.NewResource("test://static-binary", "static-binary", mcp.WithMIMEType("image/png")),
		func(context.Context, mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
			return []mcp.ResourceContents{mcp.BlobResourceContents{URI: "test://static-binary", MIMEType: "image/png", Blob: onePixel}}, nil
		})
	f.protocol.AddResourceTemplate(mcp.NewResourceTemplate("test://template/{id}/data", "template", mcp.WithTemplateMIMEType("application/json")),
		func(_ context.Context, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
			id := strings.TrimSuffix(strings.TrimPrefix(request.Params.URI, "test://template/"), "/data")
			text := fmt.Sprintf(`{"id":%q,"templateTest":true,"data":%q}`, id, "Data for ID: "+id)
			return []mcp.ResourceContents{mcp.TextResourceContents{URI: request.Params.URI, MIMEType: "application/json", Text: text}}, nil
		})
}

func (f *fixture) addPrompts() {
	of := func(contents ...mcp.Content) *mcp.GetPromptResult {
		var messages []mcp.PromptMessage
		for _, content := range contents {
			messages = append(messages, mcp.PromptMessage{Role: mcp.RoleUser, Content: content})
		}
		return &mcp.GetPromptResult{Messages: messages}
	}
	add := func(name string, make func(arguments map[string]string) *mcp.GetPromptResult, arguments ...string) {
		options := []mcp.PromptOption{mcp.WithPromptDescription("A prompt for testing")}
		for _, argument := range arguments {
			options = append(options, mcp.WithArgument(argument, mcp.ArgumentDescription("An argument"), mcp.RequiredArgument()))
		}
		f.protocol.AddPrompt(mcp.NewPrompt(name, options...), func(_ context.Context, request mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			return make(request.Params.Arguments), nil
		})
	}
	add("test_simple_prompt", func(map[string]string) *mcp.GetPromptResult {
		return of(mcp.NewTextContent("This is a simple prompt for testing."))
	})
	add("test_prompt_with_arguments", func(given map[string]string) *mcp.GetPromptResult {
		return of(mcp.NewTextContent(fmt.Sprintf("Prompt with arguments: arg1='%s', arg2='%s'", given["arg1"], given["arg2"])))
	}, "arg1", "arg2")
	add("test_prompt_with_embedded_resource", func(given map[string]string) *mcp.GetPromptResult {
		return of(mcp.NewEmbeddedResource(mcp.TextResourceContents{URI: given["resourceUri"], MIMEType: "text/plain", Text: "Embedded resource content for testing."}),
			mcp.NewTextContent("Please process the embedded resource above."))
	}, "resourceUri")
	add("test_prompt_with_image", func(map[string]string) *mcp.GetPromptResult {
		return of(mcp.NewImageContent(onePixel, "image/png"), mcp.NewTextContent("Please analyze the image above."))
	})
}
