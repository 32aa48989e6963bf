package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/crmcp/crmcp/schema"
)

const (
	defaultRows = 50
	rowsPerCall = 200
)

type listOptions struct {
	typeName                     string
	filter, search, sort, fields string
	limit                        int
	all, json, csv               bool
}

func listCommand(p *program, common *commonOptions) *cobra.Command {
	var options listOptions
	cmd := &cobra.Command{
		Use:   "list TYPE",
		Short: "List records as a table",
		Long: "Lists organizations, contacts, deals, tasks, services, projects, documents and what else there is a list\n" +
			"of. The type may be written in any way: deal, Deals, opportunity.",
		Example: "  crmcp list deals --filter 'status = open and amount > 10000' --sort=-amount\n" +
			"  crmcp list contacts --fields name,email,organizations.name --all --csv > contacts.csv",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: typeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			options.typeName = args[0]
			return p.list(cmd.Context(), common, options)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&options.filter, "filter", "", "which records, such as 'owner = me and created_at = this_month'")
	flags.StringVar(&options.search, "search", "", "words that they contain")
	flags.StringVar(&options.sort, "sort", "", "order, such as -amount,name")
	flags.StringVar(&options.fields, "fields", "", "columns, such as name,owner.name")
	flags.IntVar(&options.limit, "limit", defaultRows, "how many at most")
	flags.BoolVar(&options.all, "all", false, "all of them")
	flags.BoolVar(&options.json, "json", false, "as one JSON object {total, returned, records}, each record on a line of its own")
	flags.BoolVar(&options.csv, "csv", false, "as CSV")
	cmd.MarkFlagsMutuallyExclusive("json", "csv")
	cmd.MarkFlagsMutuallyExclusive("limit", "all")
	return cmd
}

// listing is what a list command has read.
type listing struct {
	total   json.RawMessage
	totalIs string
	records []json.RawMessage
	more    bool
}

func (p *program) list(ctx context.Context, common *commonOptions, options listOptions) error {
	if options.limit < 1 {
		return usagef("--limit is a whole number from 1")
	}
	return onSession(ctx, common, p.openToRead, func(opened *session) error { return p.listFrom(ctx, opened, options) })
}

func (p *program) listFrom(ctx context.Context, opened *session, options listOptions) error {
	t, tool, err := listToolOf(opened, options.typeName)
	if err != nil {
		return err
	}
	found, err := readPages(ctx, opened, tool, options)
	if err != nil {
		return err
	}
	if options.json {
		return p.printListJSON(found)
	}
	rows, err := decodeAll(found.records)
	if err != nil {
		return err
	}
	if options.csv {
		return p.printCSV(listColumns(t, options.fields, nil), rows)
	}
	location, err := companyLocation(ctx, opened)
	if err != nil {
		return err
	}
	return p.printList(t, found, rows, options, location)
}

// listToolOf finds the type that a spelling means and the tool that lists it.
func listToolOf(opened *session, spelling string) (*schema.Type, string, error) {
	listed := slices.DeleteFunc(slices.Clone(opened.db.Schema().Types), func(t *schema.Type) bool { return listToolName(opened, t) == "" })
	t := findType(listed, spelling)
	if t == nil {
		return nil, "", usagef("there is no list of %s", unknownType(listed, spelling))
	}
	return t, listToolName(opened, t), nil
}

// listToolName is the tool that lists a type: by its plural, or by the relation
// under which records know it (members). Empty: there is none.
func listToolName(opened *session, t *schema.Type) string {
	names := []string{t.Plural}
	for _, other := range opened.db.Schema().OfClass(schema.Record) {
		for _, r := range other.Relations {
			if r.To == t {
				names = append(names, r.Name)
			}
		}
	}
	for _, name := range names {
		if tool := opened.service.Tool("list_" + name); tool != nil {
			return tool.Name
		}
	}
	return ""
}

func readPages(ctx context.Context, opened *session, tool string, options listOptions) (*listing, error) {
	found := &listing{}
	cursor := ""
	for {
		size := rowsPerCall
		if !options.all {
			size = min(size, options.limit-len(found.records))
		}
		page, err := readPage(ctx, opened, tool, options, size, cursor)
		if err != nil {
			return nil, err
		}
		if cursor == "" {
			found.total, found.totalIs = page.Total, page.TotalIs
		}
		found.records = append(found.records, page.Records...)
		cursor = page.NextCursor
		found.more = cursor != ""
		if !found.more || !options.all && len(found.records) >= options.limit {
			return found, nil
		}
	}
}

// listPage is what the shell reads of one answer of a list.
type listPage struct {
	Total      json.RawMessage   `json:"total"`
	TotalIs    string            `json:"total_is"`
	NextCursor string            `json:"next_cursor"`
	Records    []json.RawMessage `json:"records"`
}

func readPage(ctx context.Context, opened *session, tool string, options listOptions, size int, cursor string) (*listPage, error) {
	arguments := map[string]any{"limit": size}
	for name, value := range map[string]string{"filter": options.filter, "search": options.search, "sort": options.sort,
		"fields": options.fields, "cursor": cursor} {
		if value != "" {
			arguments[name] = value
		}
	}
	answer, err := opened.ask(ctx, tool, arguments)
	if err != nil {
		return nil, err
	}
	var page listPage
	if err := json.Unmarshal(answer, &page); err != nil {
		return nil, fmt.Errorf("reading a page of %s: %w", tool, err)
	}
	return &page, nil
}

// ask calls a tool and gives its answer, or the error that it reports.
func (s *session) ask(ctx context.Context, tool string, arguments any) (json.RawMessage, error) {
	raw, err := json.Marshal(arguments)
	if err != nil {
		return nil, fmt.Errorf("arguments of %s: %w", tool, err)
	}
	answer := s.service.Call(ctx, s.caller, tool, raw)
	return answer.JSON, answerError(answer)
}
