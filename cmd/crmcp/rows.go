package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
)

// listOfKind lists what there is of one kind, as a table or as JSON.
func listOfKind(short, one string, list func(ctx context.Context, asJSON bool) error) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return list(cmd.Context(), asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON, one "+one+" a line")
	return cmd
}

// askObject calls a tool and reads its answer.
func (s *session) askObject(ctx context.Context, tool string, arguments map[string]any) (object, error) {
	answer, err := s.ask(ctx, tool, arguments)
	if err != nil {
		return nil, err
	}
	return decodeObject(answer)
}

// askRows calls a tool and gives one list of its answer.
func (s *session) askRows(ctx context.Context, tool, list string, arguments map[string]any) ([]json.RawMessage, error) {
	answer, err := s.ask(ctx, tool, arguments)
	if err != nil {
		return nil, err
	}
	var lists map[string]json.RawMessage
	var rows []json.RawMessage
	if err = json.Unmarshal(answer, &lists); err == nil && lists[list] != nil {
		err = json.Unmarshal(lists[list], &rows)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the %s: %w", list, err)
	}
	return rows, nil
}

// eachRow prints rows of an answer as JSON, or gives each to fn.
func (p *program) eachRow(rows []json.RawMessage, asJSON bool, fn func(object)) error {
	for _, raw := range rows {
		if asJSON {
			p.print("%s\n", raw)
			continue
		}
		row, err := decodeObject(raw)
		if err != nil {
			return err
		}
		fn(row)
	}
	return nil
}

// printRows prints a table, or what is said where it has no rows.
func (p *program) printRows(t table, none string) {
	if len(t.rows) == 0 {
		_, _ = fmt.Fprintln(p.err, none)
		return
	}
	p.printTable(t)
}
