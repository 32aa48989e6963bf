package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

type reportOptions struct {
	typeName                   string
	by, measures               []string
	filter, having, sort       string
	limit                      int
	json, csv, withoutBarChart bool
}

func reportCommand(p *program, common *commonOptions) *cobra.Command {
	var options reportOptions
	cmd := &cobra.Command{
		Use:   "report TYPE",
		Short: "Count and sum up records",
		Long: "Counts records and sums up their fields, in groups. With one group and one measure it draws a bar chart.\n" +
			"Groups are fields, relations, paths, and periods of dates: day, week, month, quarter, year. Measures are\n" +
			"count, sum, avg, min, max, median and count_distinct. Money is summed up per currency.",
		Example: "  crmcp report deals --by stage --measure 'sum(amount)'\n" +
			"  crmcp report deals --by 'month(closed_on)' --filter 'status = won' --measure 'count,sum(amount)'\n" +
			"  crmcp report pipeline --since last_month\n" +
			"  crmcp report agenda",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: typeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			options.typeName = args[0]
			return onSession(cmd.Context(), common, p.openToRead, func(opened *session) error {
				return p.report(cmd.Context(), opened, options)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&options.by, "by", nil, "up to three groups, such as stage or 'month(created_at)'")
	flags.StringSliceVar(&options.measures, "measure", nil, "what to measure, such as 'sum(amount)' (default count)")
	flags.StringVar(&options.filter, "filter", "", "which records, such as 'owner = me and created_at = this_year'")
	flags.StringVar(&options.having, "having", "", "which groups, such as 'count > 3'")
	flags.StringVar(&options.sort, "sort", "", "order, such as '-sum(amount)'")
	flags.IntVar(&options.limit, "limit", defaultRows, "how many rows at most")
	flags.BoolVar(&options.json, "json", false, "as JSON, one row a line")
	flags.BoolVar(&options.csv, "csv", false, "as CSV")
	flags.BoolVar(&options.withoutBarChart, "no-chart", false, "no bar chart")
	cmd.MarkFlagsMutuallyExclusive("json", "csv")
	cmd.AddCommand(pipelineCommand(p, common), agendaCommand(p, common))
	return cmd
}

func (p *program) report(ctx context.Context, opened *session, options reportOptions) error {
	if options.limit < 1 {
		return usagef("--limit is a whole number from 1")
	}
	arguments := map[string]any{"type": options.typeName, "limit": options.limit, "group_by": options.by, "measures": options.measures,
		"filter": options.filter, "having": options.having, "sort": options.sort}
	if options.json {
		return p.printTool(ctx, opened, "aggregate", arguments)
	}
	found, location, err := askLocated(ctx, opened, "aggregate", arguments)
	if err != nil {
		return err
	}
	rows := objects(found.get("rows"))
	if len(rows) == 0 {
		_, _ = fmt.Fprintf(p.err, "no %s\n", options.typeName)
		return nil
	}
	if options.csv {
		return p.printCSV(keysOf(rows), rows)
	}
	shown := tableOf(rows, location)
	if !options.withoutBarChart {
		p.addBars(&shown, rows, options.by)
	}
	p.printWide(shown)
	if groups := fmt.Sprint(found.get("groups")); found.get("groups") != nil && groups != fmt.Sprint(len(rows)) {
		_, _ = fmt.Fprintf(p.err, "%d of %s groups; --limit shows more\n", len(rows), groups)
	}
	if note, _ := found.get("note").(string); note != "" {
		_, _ = fmt.Fprintln(p.err, note)
	}
	return nil
}

// askLocated calls a tool and reads its answer, with the time zone in which
// people read it.
func askLocated(ctx context.Context, opened *session, tool string, arguments map[string]any) (object, *time.Location, error) {
	found, err := opened.askObject(ctx, tool, arguments)
	if err != nil {
		return nil, nil, err
	}
	location, err := companyLocation(ctx, opened)
	return found, location, err
}

// printTool shows the answer of a tool as it is.
func (p *program) printTool(ctx context.Context, opened *session, tool string, arguments map[string]any) error {
	answer, err := opened.ask(ctx, tool, arguments)
	if err == nil {
		p.print("%s\n", answer)
	}
	return err
}

// keysOf are the keys of rows in the order in which they first come.
func keysOf(rows []object) (keys []string) {
	for _, row := range rows {
		for _, m := range row {
			if !slices.Contains(keys, m.name) {
				keys = append(keys, m.name)
			}
		}
	}
	return keys
}

// tableOf makes a table of rows. What is null is a group of records without a
// value, or no number.
func tableOf(rows []object, location *time.Location) table {
	var t table
	keys := keysOf(rows)
	for _, key := range keys {
		withNumber := func(row object) bool { return isNumber(row.get(key)) }
		t.columns = append(t.columns, column{label: strings.ReplaceAll(key, "_", " "), right: slices.ContainsFunc(rows, withNumber)})
	}
	for _, row := range rows {
		cells := make([]string, len(keys))
		for i, key := range keys {
			cells[i] = shownValue(row.get(key), location)
			given := slices.ContainsFunc(row, func(m member) bool { return m.name == key })
			if given && row.get(key) == nil && !t.columns[i].right {
				cells[i] = "(none)"
			}
		}
		t.rows = append(t.rows, cells)
	}
	return t
}

// printWide shows a table and says what there was no room for.
func (p *program) printWide(t table) {
	if leftOut := p.printTable(t); len(leftOut) > 0 {
		_, _ = fmt.Fprintf(p.err, "not shown for want of room: %s (--json shows all)\n", strings.Join(leftOut, ", "))
	}
}
