//go:build conformance

package server

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	mcpserver "github.com/mark3labs/mcp-go/server"

	"github.com/crmcp/crmcp/schema"
)

// The suite of the protocol's authors runs against the guards, the sessions
// and the mount that the program has, with the tools that the suite asks for.
// CRMCP_CONFORMANCE is the suite's program; .ci/conformance fetches it.
func TestConformance(t *testing.T) {
	suite := os.Getenv("CRMCP_CONFORMANCE")
	if suite == "" {
		t.Fatal("CRMCP_CONFORMANCE must name the program of the suite: run .ci/conformance")
	}
	url := serveFixture(t)
	for _, revision := range []string{"2025-11-25", "2026-07-28"} {
		t.Run(revision, func(t *testing.T) {
			arguments := []string{"server", "--url", url, "--requirements", revision, "--output-dir", conformanceOutput(t)}
			expected := filepath.Join("testdata", "conformance-"+revision+".yaml")
			if _, err := os.Stat(expected); err == nil {
				arguments = append(arguments, "--expected-failures", expected)
			}
			out, err := exec.CommandContext(t.Context(), suite, arguments...).CombinedOutput()
			t.Logf("%s", out)
			if err != nil {
				t.Errorf("%s is not met as expected: %v", revision, err)
			}
		})
	}
}

// serveFixture gives the address of the real stack with the suite's tools.
func serveFixture(t *testing.T) string {
	t.Helper()
	options := HTTPOptions{RateLimit: -1}.withDefaults()
	w := newWeb(options, func(context.Context, credentials) (*principal, error) {
		return &principal{abilities: everything{}}, nil
	})
	settings := append(w.protocolOptions(),
		mcpserver.WithToolCapabilities(true), mcpserver.WithResourceCapabilities(true, true), mcpserver.WithPromptCapabilities(true),
		mcpserver.WithCompletions(), mcpserver.WithLogging(), mcpserver.WithElicitation())
	protocol := mcpserver.NewMCPServer(serverName, "1", settings...)
	protocol.EnableSampling()
	fixture := &fixture{protocol: protocol}
	fixture.addContents()
	fixture.addAsking()
	fixture.addRounds()
	fixture.addResources()
	fixture.addPrompts()
	w.mount(protocol, true)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String() + "/mcp"
}

// everything shows all that the fixture has.
type everything struct{}

func (everything) shows(string) bool    { return true }
func (everything) instructions() string { return "" }
func (everything) call(context.Context, Client, string, json.RawMessage) (Result, schema.ErrorCode) {
	return Result{}, ""
}

// conformanceOutput is where the suite writes what it saw.
func conformanceOutput(t *testing.T) string {
	if folder := os.Getenv("CRMCP_CONFORMANCE_OUTPUT"); folder != "" {
		return folder
	}
	return t.TempDir()
}
