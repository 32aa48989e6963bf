package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crmcp/crmcp/tools"
)

type callOptions struct {
	tool  string
	pairs []string
	json  string
}

func callCommand(p *program, common *commonOptions) *cobra.Command {
	var options callOptions
	cmd := &cobra.Command{
		Use:   "call TOOL [name=value …]",
		Short: "Call any tool as an assistant does",
		Long: "Calls a tool. A value that is a JSON list, object, number or boolean is sent as that, any other as\n" +
			"text. The answer is JSON on standard output; problems stand on standard error. The exit code is 0,\n" +
			"1 if the tool reports an error, 2 if the command line is wrong. The tools: crmcp tools",
		Example: "  crmcp call create_contact first_name=Ada last_name=Lovelace 'emails=[\"ada@example.org\"]'\n" +
			"  crmcp call list_deals filter='status = open and amount > 10000' limit=5\n" +
			"  echo '{\"query\":\"acme\"}' | crmcp call search --json -",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			options.tool, options.pairs = args[0], args[1:]
			return p.call(cmd.Context(), common, options)
		},
		ValidArgsFunction: toolNames,
	}
	cmd.Flags().StringVar(&options.json, "json", "", "the arguments as one JSON object; - reads it from standard input")
	return cmd
}

func (p *program) call(ctx context.Context, common *commonOptions, options callOptions) error {
	arguments, err := p.callArguments(options)
	if err != nil {
		return err
	}
	return onSession(ctx, common, p.openSession, func(opened *session) error {
		return p.callTool(ctx, opened, options.tool, arguments)
	})
}

func (p *program) callTool(ctx context.Context, opened *session, name string, arguments json.RawMessage) error {
	answer := opened.service.Call(ctx, opened.caller, name, arguments)
	err := answerError(answer)
	if err != nil && opened.service.Tool(name) == nil {
		return usagef("%v; crmcp tools lists them", err)
	}
	p.print("%s\n", answer.Text)
	if err != nil {
		p.complain(err)
		return errReported
	}
	return nil
}

// callArguments makes one JSON object of the arguments, from whichever source.
func (p *program) callArguments(options callOptions) (json.RawMessage, error) {
	if options.json == "" {
		return pairArguments(options.pairs)
	}
	if len(options.pairs) > 0 {
		return nil, usagef("give the arguments either as name=value or with --json, not both ways")
	}
	text := []byte(options.json)
	if options.json == "-" {
		var err error
		if text, err = io.ReadAll(p.in); err != nil {
			return nil, fmt.Errorf("reading the arguments: %w", err)
		}
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, usagef("--json takes one JSON object such as {\"query\":\"acme\"}: %v", err)
	}
	return text, nil
}

// pairArguments makes a JSON object of name=value.
func pairArguments(pairs []string) (json.RawMessage, error) {
	arguments := make(map[string]json.RawMessage, len(pairs))
	for _, pair := range pairs {
		name, value, found := strings.Cut(pair, "=")
		if !found || strings.TrimSpace(name) == "" {
			return nil, usagef("%q is no name=value", pair)
		}
		if _, twice := arguments[name]; twice {
			return nil, usagef("%s is given twice; several values are a list: '%s=[\"one\",\"two\"]'", name, name)
		}
		encoded, err := pairValue(value)
		if err != nil {
			return nil, err
		}
		arguments[name] = encoded
	}
	return json.Marshal(arguments)
}

// pairValue takes a list, an object, a number or a boolean as it stands, with
// all the digits it has; whatever else is text.
func pairValue(value string) (json.RawMessage, error) {
	trimmed := strings.TrimSpace(value)
	isText := trimmed == "" || trimmed == "null" || trimmed[0] == '"'
	if !isText && json.Valid([]byte(trimmed)) {
		return json.RawMessage(trimmed), nil
	}
	return json.Marshal(value)
}

// toolNames completes the name of a tool, then those of its arguments.
func toolNames(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if len(args) == 0 {
		for _, tool := range catalog() {
			names = append(names, tool.Name+"\t"+tool.Title)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
	all := catalog()
	index := slices.IndexFunc(all, func(tool *tools.Tool) bool { return tool.Name == args[0] })
	if index < 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, arg := range all[index].In {
		names = append(names, arg.Name+"=\t"+arg.Doc)
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
