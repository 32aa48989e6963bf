package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/server"
	"github.com/crmcp/crmcp/tools"
)

type toolsOptions struct {
	toolsets               string
	readOnly               bool
	json, markdown, tokens bool
}

func toolsCommand(p *program, common *commonOptions) *cobra.Command {
	var options toolsOptions
	cmd := &cobra.Command{
		Use:   "tools",
		Short: "List the tools that assistants get",
		Long: "Shows the tools as a table, as published to clients (--json), as a reference with every argument\n" +
			"(--markdown), or what they cost in each request (--tokens). No database is opened.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.tools(cmd.Context(), common, options) },
	}
	flags := cmd.Flags()
	flags.StringVar(&options.toolsets, "toolsets", "", toolsetsUsage()+" (default all)")
	flags.BoolVar(&options.readOnly, "read-only", false, "only the tools that read")
	flags.BoolVar(&options.json, "json", false, "as a client gets them from tools/list")
	flags.BoolVar(&options.markdown, "markdown", false, "the reference, with every argument")
	flags.BoolVar(&options.tokens, "tokens", false, "what each tool and each set costs, in o200k tokens")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown", "tokens")
	return cmd
}

// toolsetsUsage names the toolsets for the help of a flag.
func toolsetsUsage() string {
	return "sets of tools, comma-separated: core, default, all, " + strings.Join(tools.Sets(), ", ")
}

// catalog is every tool there is.
func catalog() []*tools.Tool { return tools.Catalog(schema.New()) }

func (p *program) tools(ctx context.Context, common *commonOptions, options toolsOptions) error {
	logger, err := p.logger(common)
	if err != nil {
		return err
	}
	// Without a database the service still knows its tools.
	service, err := tools.New(nil, tools.Options{Toolsets: cmp.Or(options.toolsets, "all"), ReadOnly: options.readOnly, Logger: logger})
	if err != nil {
		return usagef("%v", err)
	}
	switch {
	case options.json:
		return p.publishedTools(ctx, service)
	case options.markdown:
		return writeReference(p.out, service.Tools())
	case options.tokens:
		return p.tokenTable(service.Tools())
	}
	return p.toolTable(service.Tools())
}

func (p *program) publishedTools(ctx context.Context, service *tools.Service) error {
	backend, err := server.NewBackend(service, 0)
	if err != nil {
		return err
	}
	list, err := server.ListTools(ctx, backend)
	if err == nil {
		p.print("%s\n", list)
	}
	return err
}

func (p *program) toolTable(list []*tools.Tool) error {
	t := table{columns: []column{{label: "tool"}, {label: "set"}, {label: "may"}, {label: "does"}}}
	for _, tool := range list {
		set := tool.Set
		if tool.Core {
			set += " ●"
		}
		t.rows = append(t.rows, []string{tool.Name, set, modeName(tool.Mode), tool.Description})
	}
	p.printTable(t)
	_, _ = fmt.Fprintf(p.err, "%d tools; ● marks the set core. crmcp tools --markdown tells their arguments\n", len(list))
	return nil
}

func modeName(mode tools.Mode) string {
	switch mode {
	case tools.Read:
		return "read"
	case tools.Write:
		return "write"
	}
	return "take away"
}

// tokenTable shows what each tool costs, dearest first, and what each set does.
func (p *program) tokenTable(list []*tools.Tool) error {
	costs := make(map[string]int, len(list))
	for _, tool := range list {
		count, err := tools.Tokens(tool)
		if err != nil {
			return err
		}
		costs[tool.Name] = count
	}
	byCost := slices.SortedStableFunc(slices.Values(list), func(a, b *tools.Tool) int { return costs[b.Name] - costs[a.Name] })
	t := table{columns: []column{{label: "tool"}, {label: "set"}, {label: "tokens", right: true}}}
	for _, tool := range byCost {
		t.rows = append(t.rows, []string{tool.Name, tool.Set, fmt.Sprint(costs[tool.Name])})
	}
	p.printTable(t)
	p.print("\n")
	sums, err := setCosts(list, costs)
	if err == nil {
		p.printTable(sums)
	}
	return err
}

// setCosts sums the tokens up by set. Sets of which the list holds no tool are
// left out.
func setCosts(list []*tools.Tool, costs map[string]int) (table, error) {
	t := table{columns: []column{{label: "set"}, {label: "tools", right: true}, {label: "tokens", right: true}}}
	for _, set := range append([]string{"core", "default", "all"}, tools.Sets()...) {
		service, err := tools.New(nil, tools.Options{Toolsets: set})
		if err != nil {
			return t, err
		}
		count, sum := 0, 0
		for _, tool := range list {
			if service.Tool(tool.Name) != nil {
				count, sum = count+1, sum+costs[tool.Name]
			}
		}
		if count > 0 {
			t.rows = append(t.rows, []string{set, fmt.Sprint(count), fmt.Sprint(sum)})
		}
	}
	return t, nil
}
