package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/crmcp/crmcp/server"
	"github.com/crmcp/crmcp/tools"
)

// maxAnswer is how many bytes the text of one answer may have: clients cut
// what is longer, often in the middle of a record.
const maxAnswer = 8_192

type serveOptions struct {
	toolsets string
	readOnly bool
}

func serveCommand(p *program, common *commonOptions) *cobra.Command {
	var options serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the CRM to an assistant over standard input and output",
		Long: "Speaks the Model Context Protocol on standard input and output, one message a line. Assistants\n" +
			"start it themselves: claude mcp add crm -- crmcp serve",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.serve(cmd.Context(), common, options) },
	}
	cmd.Flags().StringVar(&options.toolsets, "toolsets", "default", toolsetsUsage())
	cmd.Flags().BoolVar(&options.readOnly, "read-only", false, "offer only the tools that read")
	return cmd
}

// serve answers until the input ends or the program is told to stop; both are
// clean ends.
func (p *program) serve(ctx context.Context, common *commonOptions, options serveOptions) error {
	opened, err := p.openWith(ctx, common, tools.Options{Toolsets: options.toolsets, ReadOnly: options.readOnly, MaxText: maxAnswer})
	if err != nil {
		return err
	}
	if isTerminal(p.in) {
		_, _ = fmt.Fprintln(p.err, "crmcp waits for an assistant to speak MCP on standard input. To connect one: claude mcp add crm -- crmcp serve")
	}
	return errors.Join(p.serveStdio(ctx, common, opened), opened.close())
}

func (p *program) serveStdio(ctx context.Context, common *commonOptions, opened *session) error {
	logger, err := p.logger(common)
	if err != nil {
		return err
	}
	backend, err := server.NewBackend(opened.service, opened.caller.User)
	if err != nil {
		return err
	}
	logger.InfoContext(ctx, "serving", "database", opened.db.Path(), "tools", len(opened.service.Tools()))
	return server.ServeStdio(ctx, backend, server.Options{Version: programVersion(), Logger: logger}, p.in, p.out)
}
