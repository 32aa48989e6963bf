package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// nameWidth is how much of the first column after the id is shown at least.
const nameWidth = 30

// printList shows records as a table, and beside it, on standard error, what
// the table does not show.
func (p *program) printList(t *schema.Type, found *listing, rows []object, options listOptions, location *time.Location) error {
	plural := strings.ReplaceAll(t.Plural, "_", " ")
	if len(rows) == 0 {
		_, _ = fmt.Fprintf(p.err, "no %s\n", plural)
		return nil
	}
	names := listColumns(t, options.fields, rows)
	shown := table{columns: make([]column, len(names))}
	for i, name := range names {
		withNumber := func(row object) bool { return isNumber(row.get(name)) }
		shown.columns[i] = column{label: name, right: slices.ContainsFunc(rows, withNumber)}
		if i == 1 {
			shown.columns[i].least = nameWidth
		}
	}
	for _, row := range rows {
		cells := make([]string, len(names))
		for i, name := range names {
			cells[i] = shownValue(row.get(name), location)
		}
		shown.rows = append(shown.rows, cells)
	}
	if leftOut := p.printTable(shown); len(leftOut) > 0 {
		_, _ = fmt.Fprintf(p.err, "not shown for want of room: %s (--fields chooses, --json shows all)\n", strings.Join(leftOut, ", "))
	}
	if found.more {
		_, _ = fmt.Fprintf(p.err, "%d of %s %s; --all lists the others\n", len(rows), found.count(), plural)
	}
	return nil
}

// count is how many records there are, as far as the answer tells.
func (l *listing) count() string {
	switch {
	case l.total == nil:
		return "more"
	case l.totalIs != "":
		return l.totalIs + " " + string(l.total)
	}
	return string(l.total)
}

// typeNames completes the type of a list.
func typeNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, t := range schema.New().OfClass(schema.Record) {
		names = append(names, t.Plural)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (p *program) printListJSON(found *listing) error {
	var head strings.Builder
	if found.total != nil {
		fmt.Fprintf(&head, `"total":%s,`, found.total)
	}
	if found.totalIs != "" {
		fmt.Fprintf(&head, `"total_is":%q,`, found.totalIs)
	}
	p.print("{%s\"returned\":%d,\"records\":[", head.String(), len(found.records))
	for i, record := range found.records {
		if i > 0 {
			p.print(",")
		}
		p.print("\n%s", record)
	}
	p.print("\n]}\n")
	return nil
}

func decodeAll(records []json.RawMessage) ([]object, error) {
	rows := make([]object, len(records))
	for i, raw := range records {
		var err error
		if rows[i], err = decodeObject(raw); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// listColumns are the keys that rows may have, in order. With rows, those
// that none of them has are left out.
func listColumns(t *schema.Type, fields string, rows []object) []string {
	wanted := []string{"id"}
	if fields == "" {
		wanted = append(wanted, t.Short...)
	}
	for name := range strings.SplitSeq(fields, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if canonical := t.Canonical(name); canonical != "" && !strings.Contains(name, ".") {
			name = canonical
		}
		if !slices.Contains(wanted, name) {
			wanted = append(wanted, name)
		}
	}
	if rows == nil {
		return wanted
	}
	return slices.DeleteFunc(wanted, func(name string) bool {
		return !slices.ContainsFunc(rows, func(row object) bool { return row.get(name) != nil })
	})
}

func (p *program) printCSV(columns []string, rows []object) error {
	writer := csv.NewWriter(p.out)
	lines := [][]string{columns}
	for _, row := range rows {
		cells := make([]string, len(columns))
		for i, name := range columns {
			cells[i] = safeCell(row.get(name))
		}
		lines = append(lines, cells)
	}
	return writer.WriteAll(lines)
}

// safeCell keeps a spreadsheet from running a text as a formula: an apostrophe
// in front, which an import takes away again.
func safeCell(value any) string {
	cell := shownValue(value, nil)
	if inner := strings.TrimLeft(cell, "'"); inner != "" && strings.ContainsRune("=+-@", rune(inner[0])) && !isNumber(value) {
		return "'" + cell
	}
	return cell
}

// companyLocation is the time zone in which people read times.
func companyLocation(ctx context.Context, opened *session) (location *time.Location, err error) {
	err = opened.db.View(ctx, opened.caller, func(tx *store.Tx) error {
		location = tx.Clock().Location
		return nil
	})
	return location, err
}
