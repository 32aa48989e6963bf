package main

import (
	"context"

	"github.com/crmcp/crmcp/store"
)

// demoServe is whether the demonstration ends with a server, and where.
type demoServe struct {
	on      bool
	address string
}

// serveDemo serves the sample data over HTTP until the program is told to
// stop, with a key that is shown because it opens nothing else.
func (p *program) serveDemo(ctx context.Context, common *commonOptions, opened *session, given string) error {
	address, loopback, err := listenAddress(given)
	if err != nil {
		return err
	}
	if !loopback {
		return usagef("the demonstration is served on this machine alone, such as at 127.0.0.1:8080, not at %s", given)
	}
	secret, _, err := opened.db.CreateKey(ctx, opened.caller, store.APIKey{Name: "demo", User: opened.caller.User})
	if err != nil {
		return err
	}
	paint := p.painter()
	p.print("\n%s\n", paint.bold("Served over HTTP until you press Ctrl-C"))
	p.print("  Claude Code:  claude mcp add --transport http crm-demo http://%s/mcp --header \"Authorization: Bearer %s\"\n", address, secret)
	p.print("  In the shell: curl -s http://%s/api/v1/tools/describe -H \"X-API-Key: %s\" -H \"Content-Type: application/json\" -d '{}'\n", address, secret)
	return p.serveHTTP(ctx, common, opened, address, loopback, httpFlags{perSecond: 100})
}
