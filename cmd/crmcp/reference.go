package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/tools"
)

// writeReference writes the reference of these tools in Markdown: each with
// all its arguments, published or not, then the fields that creates and
// updates take of each record type.
func writeReference(out io.Writer, list []*tools.Tool) error {
	var b strings.Builder
	b.WriteString("# Tools\n\n" +
		"Arguments in *italics* are taken but not published, to keep the list short for assistants. Every tool that writes\n" +
		"takes *dry_run*, *confirm* and *idempotency_key* too; every update *expected_version*. Tools that create or update\n" +
		"records take every other field of the type by its name.\n")
	for _, set := range tools.Sets() {
		in := slices.DeleteFunc(slices.Clone(list), func(tool *tools.Tool) bool { return tool.Set != set })
		if len(in) == 0 {
			continue
		}
		b.WriteString("\n## " + set + "\n")
		for _, tool := range in {
			writeTool(&b, tool)
		}
	}
	b.WriteString("\n# Record types\n")
	for _, t := range schema.New().OfClass(schema.Record) {
		writeType(&b, t)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func writeTool(b *strings.Builder, tool *tools.Tool) {
	fmt.Fprintf(b, "\n### %s\n\n%s\n\n", tool.Name, tool.Description)
	notes := []string{"mode: " + modeName(tool.Mode)}
	if tool.Core {
		notes = append(notes, "in core")
	}
	if cost, err := tools.Tokens(tool); err == nil {
		notes = append(notes, fmt.Sprintf("%d tokens", cost))
	}
	b.WriteString(strings.Join(notes, ", ") + "\n")
	if len(tool.In) == 0 {
		return
	}
	b.WriteString("\n| argument | form | |\n|---|---|---|\n")
	for _, arg := range tool.In {
		writeArg(b, "", arg)
	}
}

func writeArg(b *strings.Builder, within string, arg tools.Arg) {
	name := within + arg.Name
	shown := "`" + name + "`"
	if arg.Hidden {
		shown = "*" + shown + "*"
	}
	var notes []string
	if arg.Required {
		notes = append(notes, "required")
	}
	if len(arg.Enum) > 0 {
		notes = append(notes, strings.Join(arg.Enum, ", "))
	}
	if arg.Doc != "" {
		notes = append(notes, arg.Doc)
	}
	fmt.Fprintf(b, "| %s | %s | %s |\n", shown, argForm(arg), tableText(strings.Join(notes, "; ")))
	for _, part := range arg.Fields {
		writeArg(b, name+".", part)
	}
}

func argForm(arg tools.Arg) string {
	switch arg.Kind {
	case tools.Integer:
		return "whole number"
	case tools.Number:
		return "number"
	case tools.Boolean:
		return "true or false"
	case tools.Strings:
		return "list of texts"
	case tools.Pairs:
		return "list of `name=value`"
	case tools.Struct:
		return "object"
	case tools.Structs:
		return "list of objects"
	}
	return "text"
}

func writeType(b *strings.Builder, t *schema.Type) {
	fmt.Fprintf(b, "\n## %s\n\n%s. Ids: `%s_1`.\n\n| field | kind | |\n|---|---|---|\n", t.Name, tableText(t.Doc), t.Prefix)
	for _, f := range t.Fields {
		if f.Hidden {
			continue
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", f.Name, f.Kind.Info().Form, tableText(strings.Join(fieldNotes(f), "; ")))
	}
	for _, r := range t.Relations {
		if r.Settable {
			fmt.Fprintf(b, "| `%s` | links to %s | |\n", r.Name, r.To.Plural)
		}
	}
}

func fieldNotes(f *schema.Field) []string {
	var notes []string
	switch {
	case f.Computed:
		notes = append(notes, "computed")
	case f.ReadOnly:
		notes = append(notes, "read-only")
	case f.ImportOnly:
		notes = append(notes, "set by imports alone")
	case f.Required:
		notes = append(notes, "required")
	}
	if len(f.Options) > 0 {
		notes = append(notes, strings.Join(f.Options, ", "))
	}
	if f.Default != "" && f.Default != schema.CompanyDefault {
		notes = append(notes, "default "+f.Default)
	}
	if f.Doc != "" {
		notes = append(notes, f.Doc)
	}
	return notes
}

// tableText keeps a text within one cell of a table.
func tableText(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "|", `\|`), "\n", " ")
}
