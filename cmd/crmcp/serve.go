package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crmcp/crmcp/server"
	"github.com/crmcp/crmcp/tools"
)

type serveOptions struct {
	toolsets string
	readOnly bool
	http     httpFlags
}

func serveCommand(p *program, common *commonOptions) *cobra.Command {
	var options serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the CRM to assistants, over standard input and output or over HTTP",
		Long: "Speaks the Model Context Protocol on standard input and output, one message a line. Assistants\n" +
			"start it themselves: claude mcp add crm -- crmcp serve\n\n" +
			"With --http it serves a team instead: assistants connect to http://ADDRESS/mcp, each with its key\n" +
			"(crmcp keys create).",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("http") {
				return p.serveTeam(cmd.Context(), common, options, cmd.Flags().Changed("toolsets"))
			}
			if name := options.http.given(cmd.Flags()); name != "" {
				return usagef("--%s goes with --http ADDRESS", name)
			}
			return p.serve(cmd.Context(), common, options)
		},
	}
	cmd.Flags().StringVar(&options.toolsets, "toolsets", "default", toolsetsUsage())
	cmd.Flags().BoolVar(&options.readOnly, "read-only", false, "offer only the tools that read")
	options.http.add(cmd.Flags())
	insecureFlag(cmd, common)
	return cmd
}

// serve answers until the input ends or the program is told to stop; both are
// clean ends.
func (p *program) serve(ctx context.Context, common *commonOptions, options serveOptions) error {
	opened, err := p.openWith(ctx, common, tools.Options{Toolsets: options.toolsets, ReadOnly: options.readOnly, MaxText: server.MaxAnswerText})
	if err != nil {
		return err
	}
	if isTerminal(p.in) {
		_, _ = fmt.Fprintln(p.err, "crmcp waits for an assistant to speak MCP on standard input. To connect one: claude mcp add crm -- crmcp serve")
	}
	err = p.delivering(ctx, common, opened, func() error { return p.serveStdio(ctx, common, opened) })
	return errors.Join(err, opened.close())
}

func (p *program) serveStdio(ctx context.Context, common *commonOptions, opened *session) error {
	logger, err := p.logger(common)
	if err != nil {
		return err
	}
	service, err := opened.service.For(ctx, opened.caller, "", false, server.MaxAnswerText)
	if err != nil {
		return err
	}
	backend, err := server.NewBackend(service, opened.caller.User)
	if err != nil {
		return err
	}
	logger.InfoContext(ctx, "serving", "database", opened.db.Path(), "tools", len(opened.service.Tools()))
	return server.ServeStdio(ctx, backend, server.Options{Version: programVersion(), Logger: logger}, p.in, p.out)
}

// serveTeam serves over HTTP until the program is told to stop.
func (p *program) serveTeam(ctx context.Context, common *commonOptions, options serveOptions, limited bool) error {
	address, loopback, err := listenAddress(options.http.address)
	if err != nil {
		return err
	}
	if options.http.insecure && !loopback {
		return usagef("--insecure-no-auth lets everybody in who can connect: it goes with an address of this machine alone, such as 127.0.0.1:8080")
	}
	opened, err := p.openWith(ctx, common, tools.Options{Toolsets: options.toolsets, ReadOnly: options.readOnly, MaxText: server.MaxAnswerText})
	if err != nil {
		return err
	}
	if limited {
		if opened.service, err = opened.service.For(ctx, opened.caller, options.toolsets, options.readOnly, server.MaxAnswerText); err != nil {
			return errors.Join(err, opened.close())
		}
	}
	err = p.delivering(ctx, common, opened, func() error { return p.serveHTTP(ctx, common, opened, address, loopback, options.http) })
	return errors.Join(err, opened.close())
}

func (p *program) serveHTTP(ctx context.Context, common *commonOptions, opened *session, address string, loopback bool, flags httpFlags) error {
	logger, err := p.logger(common)
	if err != nil {
		return err
	}
	hasKeys, err := opened.db.HasKeys(ctx)
	if err != nil {
		return err
	}
	if !hasKeys && !loopback {
		return usagef("%s can be reached from other machines, and there is no API key yet: make one first with crmcp keys create --name NAME", address)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("the address %s cannot be had: %w", address, err)
	}
	_, _ = fmt.Fprintf(p.err, "crmcp serves http://%s/mcp\n", listener.Addr())
	if !hasKeys && !flags.insecure {
		_, _ = fmt.Fprintln(p.err, "There is no API key yet, and nothing is answered without one: crmcp keys create --name NAME")
	}
	return server.ServeHTTP(ctx, listener, opened.db, opened.service, server.HTTPOptions{
		Version: programVersion(), Logger: logger,
		AllowedHosts: flags.hosts, AllowedOrigins: flags.origins, RateLimit: flags.rate(), WithoutKeys: flags.insecure,
		Deliveries: func(ctx context.Context) (int64, error) {
			waiting, _, err := opened.db.DeliveryQueue(ctx)
			return int64(waiting), err
		},
	})
}

// listenAddress is the address to listen on, and whether only this machine
// reaches it. A port alone is one of this machine: to be reached by others is
// said in so many words.
func listenAddress(given string) (address string, loopback bool, err error) {
	host, port, err := net.SplitHostPort(given)
	if err != nil {
		host, port = "", given
		if strings.Trim(given, "0123456789") != "" || given == "" {
			return "", false, usagef("--http is an address and a port, such as 127.0.0.1:8080, or a port alone, not %q", given)
		}
	}
	if host == "" {
		host = "127.0.0.1"
	}
	ip := net.ParseIP(host)
	return net.JoinHostPort(host, port), host == "localhost" || ip != nil && ip.IsLoopback(), nil
}
