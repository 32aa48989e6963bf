package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedib0t/go-pretty/v6/text"
)

// showIncludes is what belongs to a record and is shown with it.
func showIncludes() []string {
	return []string{"members", "contact_details", "deals", "tasks", "notes", "activities", "documents"}
}

type showOptions struct {
	reference string
	include   []string
	json      bool
}

func showCommand(p *program, common *commonOptions) *cobra.Command {
	var options showOptions
	cmd := &cobra.Command{
		Use:     "show ID",
		Short:   "Show one record with what belongs to it",
		Long:    "Shows one record, by its id or its name, with its details, members, deals, tasks, notes and activities.",
		Example: "  crmcp show org_42\n  crmcp show 'Jane Doe'\n  crmcp show 'deal:Acme renewal' --include history",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			options.reference = args[0]
			return p.show(cmd.Context(), common, options)
		},
	}
	cmd.Flags().StringSliceVar(&options.include, "include", showIncludes(), "what to show with it; also history")
	cmd.Flags().BoolVar(&options.json, "json", false, "as JSON")
	return cmd
}

func (p *program) show(ctx context.Context, common *commonOptions, options showOptions) error {
	return onSession(ctx, common, p.openToRead, func(opened *session) error { return p.showFrom(ctx, opened, options) })
}

func (p *program) showFrom(ctx context.Context, opened *session, options showOptions) error {
	answer, err := opened.ask(ctx, "get_records", map[string]any{"ids": []string{options.reference}, "include": options.include})
	if err != nil {
		return err
	}
	var found struct {
		Records []json.RawMessage `json:"records"`
	}
	if err := json.Unmarshal(answer, &found); err != nil || len(found.Records) != 1 {
		return fmt.Errorf("reading %s: %d records in the answer: %w", options.reference, len(found.Records), err)
	}
	if options.json {
		p.print("%s\n", found.Records[0])
		return nil
	}
	record, err := decodeObject(found.Records[0])
	if err != nil {
		return err
	}
	location, err := companyLocation(ctx, opened)
	if err != nil {
		return err
	}
	p.printRecord(record, location)
	return nil
}

// printRecord shows a record as lines of names and values, then whatever it
// has several of, one to a line.
func (p *program) printRecord(record object, location *time.Location) {
	paint := p.painter()
	p.print("%s  %s\n\n", paint.bold(oneLine(recordTitle(record))), paint.dim(record.text("id")))
	var parts object
	longest := 0
	for _, m := range record {
		longest = max(longest, text.StringWidth(m.name))
	}
	for _, m := range record {
		if m.name == "id" || m.name == "name" {
			continue
		}
		if hasParts(m.value) {
			parts = append(parts, m)
			continue
		}
		label := paint.cyan(m.name) + strings.Repeat(" ", longest-text.StringWidth(m.name)+gap)
		p.print("%s\n", label+p.indented(shownValue(m.value, location), longest+gap))
	}
	for _, m := range parts {
		p.print("\n%s\n", paint.bold(m.name))
		for _, part := range objects(m.value) {
			p.printPart(without(part, record.text("id")), location)
		}
	}
}

// recordTitle is what a record is called, whatever its type calls that.
func recordTitle(record object) string {
	return cmp.Or(record.text("name"), record.text("title"), record.text("subject"))
}

// hasParts says that a value is a list of records with more than a name.
func hasParts(value any) bool {
	for _, part := range objects(value) {
		if len(part) > 2 || part.get("id") == nil {
			return true
		}
	}
	return false
}

// without drops from what belongs to a record the mention of the record itself.
func without(part object, id string) object {
	isOwn := func(value any) bool {
		o, _ := value.(object)
		return o.text("id") == id
	}
	return slices.DeleteFunc(part, func(m member) bool {
		list, isList := m.value.([]any)
		return isOwn(m.value) || isList && len(list) == 1 && isOwn(list[0])
	})
}

func (p *program) printPart(part object, location *time.Location) {
	var words []string
	for _, m := range part {
		if m.name == "id" || m.name == "body" {
			continue
		}
		shown := oneLine(shownValue(m.value, location))
		switch {
		case shown == "yes":
			shown = m.name
		case isNumber(m.value):
			shown = m.name + " " + shown
		}
		words = append(words, shown)
	}
	id := part.text("id")
	p.print("  %s\n", strings.TrimRight(p.painter().dim(id)+strings.Repeat(" ", max(0, 9-len(id)))+p.indented(strings.Join(words, " · "), 11), " "))
	if body := part.text("body"); body != "" {
		p.print("%s%s\n", strings.Repeat(" ", 11), p.indented(body, 11))
	}
}

// indented wraps a text to the terminal, each further line under the first.
func (p *program) indented(value string, indent int) string {
	value = strings.TrimSpace(printable(value))
	if width := p.width(); width > indent+20 {
		value = text.WrapSoft(value, width-indent)
	}
	lines := strings.Split(value, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n"+strings.Repeat(" ", indent))
}
