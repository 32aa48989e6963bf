package main

import (
	"context"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

// echo serves one tool that gives back its argument: what the protocol alone costs.
func echo() error {
	s := mcpserver.NewMCPServer("echo", "1")
	tool := mcp.NewTool("echo", mcp.WithString("text", mcp.Required()))
	s.AddTool(tool, func(_ context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText(request.GetString("text", "")), nil
	})
	return mcpserver.ServeStdio(s)
}
