package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/crmcp/crmcp/exchange"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// What is shown at most: warnings, reasons for which rows were refused, and
// stretches of rows that have one reason.
const (
	shownRows      = 50
	shownReasons   = 20
	shownStretches = 8
)

// printPlan shows which column becomes which field.
func (p *program) printPlan(plan *exchange.Plan) {
	t := table{columns: []column{{label: "column"}, {label: "field"}, {label: "matched by"}}}
	for _, c := range plan.Columns {
		t.rows = append(t.rows, []string{c.Header, cmp.Or(c.Target, "-"), c.How})
	}
	for _, c := range plan.Constants {
		t.rows = append(t.rows, []string{"(every row)", c.Target, c.How})
	}
	p.printTable(t)
	p.print("\n")
}

func (p *program) printCounts(report *exchange.Report, options exchange.Options) {
	verb := ""
	if options.DryRun {
		verb = "would be "
	}
	p.print("%s%d created, %d updated, %d unchanged, %d skipped, %d refused\n", verb,
		report.Created, report.Updated, report.Unchanged, report.Skipped, len(report.Refused))
	p.printRefused(report.Refused)
	for _, t := range report.Missing {
		noun := strings.ReplaceAll(t.Plural, "_", " ")
		p.print("  the rows name %s that are not there; import those first: crmcp import %s.csv --type %s\n", noun, t.Plural, t.Name)
	}
	p.printDoubles(report, options.IfExists)
	for i, warning := range report.Warnings {
		if i == shownRows {
			p.print("  … and %d more warnings; --json lists all\n", len(report.Warnings)-i)
			break
		}
		p.print("  warning: %s\n", printable(warning))
	}
}

// printRefused gives each reason once, with the rows that have it.
func (p *program) printRefused(refused []exchange.RowError) {
	rows := map[string][]exchange.RowError{}
	var reasons []string
	for _, one := range refused {
		reason := reasonOf(one)
		if rows[reason] == nil {
			reasons = append(reasons, reason)
		}
		rows[reason] = append(rows[reason], one)
	}
	for i, reason := range reasons {
		if i == shownReasons {
			p.print("  … and %d more reasons; --json lists all\n", len(reasons)-i)
			break
		}
		p.print("  %s: %s\n", rowsOf(rows[reason]), reason)
	}
}

// reasonOf is what is wrong with a refused row.
func reasonOf(refused exchange.RowError) string {
	lines := make([]string, len(refused.Problems))
	for i, problem := range refused.Problems {
		lines[i] = strings.ReplaceAll(problemLine(problem), "\n", "\n    ")
	}
	return printable(strings.Join(lines, "; "))
}

// rowsOf names rows: "line 4 (Acme)", "lines 2–831, 840".
func rowsOf(rows []exchange.RowError) string {
	if len(rows) == 1 {
		name := fmt.Sprintf("line %d", rows[0].Row)
		if rows[0].Name != "" {
			name += fmt.Sprintf(" (%s)", oneLine(rows[0].Name))
		}
		return name
	}
	var stretches []string
	for from := 0; from < len(rows); {
		to := from
		for to+1 < len(rows) && rows[to+1].Row == rows[to].Row+1 {
			to++
		}
		if len(stretches) == shownStretches {
			return fmt.Sprintf("lines %s and %d more", strings.Join(stretches, ", "), len(rows)-from)
		}
		stretch := fmt.Sprint(rows[from].Row)
		if to > from {
			stretch += fmt.Sprintf("–%d", rows[to].Row)
		}
		stretches = append(stretches, stretch)
		from = to + 1
	}
	return "lines " + strings.Join(stretches, ", ")
}

// printDoubles warns of new records that look like ones that were there.
func (p *program) printDoubles(report *exchange.Report, ifExists string) {
	if len(report.Doubles) == 0 {
		return
	}
	first := report.Doubles[0]
	hint := ": --if-exists skip leaves out rows with an e-mail or web address or a name that is there"
	switch {
	case ifExists == exchange.Skip || ifExists == exchange.Refuse:
		hint = ""
	case len(report.Plan.Type.OneOf) > 0:
		hint = ": --if-exists skip leaves out rows with an e-mail, or a name in an organization, that is there"
	}
	rows := "1 row looks like a record that is"
	if n := len(report.Doubles); n > 1 {
		rows = fmt.Sprintf("%d rows look like records that are", n)
	}
	if report.MayHaveMore {
		rows = "at least " + rows
	}
	p.print("  warning: %s there already (line %d: %s %s, %s)%s\n",
		rows, first.Row, first.Of.Key, oneLine(first.Of.Name), oneLine(first.Of.Reason), hint)
}

func (p *program) printReport(opened *session, report *exchange.Report, options importOptions) {
	if asked := isTerminal(p.in) && !options.yes && !options.DryRun; !asked {
		p.printPlan(report.Plan)
	}
	p.printCounts(report, options.Options)
	if len(report.Plan.Unmapped) > 0 {
		hint := "--map 'Column=field'"
		if report.Plan.Type.Field("metadata") != nil {
			hint += " or --keep-unmapped"
		}
		p.print("not imported, having no field: %s (%s)\n", strings.Join(report.Plan.Unmapped, ", "), hint)
	}
	if report.Change == 0 {
		return
	}
	change := store.ChangeString(report.Change)
	p.print("change %s", change)
	if opened.service.Tool("undo") != nil {
		p.print("; crmcp call undo change=%s takes it back", change)
	}
	p.print("\n")
}

// reportJSON is the report as programs read it.
type reportJSON struct {
	DryRun    bool            `json:"dry_run,omitempty"`
	Created   int             `json:"created"`
	Updated   int             `json:"updated"`
	Unchanged int             `json:"unchanged"`
	Skipped   int             `json:"skipped"`
	Refused   []refusedJSON   `json:"refused"`
	Missing   []string        `json:"import_first,omitempty"`
	Doubles   []doubleJSON    `json:"possible_duplicates,omitempty"`
	Warnings  []string        `json:"warnings"`
	Columns   []plannedColumn `json:"columns"`
	Unmapped  []string        `json:"unmapped"`
	Change    string          `json:"change,omitempty"`
}

type refusedJSON struct {
	Row      int              `json:"row"`
	Name     string           `json:"name,omitempty"`
	Problems []schema.Problem `json:"problems"`
}

// doubleJSON is a row whose new record looks like one that was there.
type doubleJSON struct {
	Row    int    `json:"row"`
	ID     string `json:"id"`
	Name   string `json:"name,omitempty"`
	Reason string `json:"reason"`
}

type plannedColumn struct {
	Header string `json:"header"`
	Field  string `json:"field,omitempty"`
	How    string `json:"how"`
}

func (p *program) printReportJSON(report *exchange.Report, dryRun bool) error {
	shown := reportJSON{DryRun: dryRun, Created: report.Created, Updated: report.Updated, Unchanged: report.Unchanged, Skipped: report.Skipped,
		Refused: []refusedJSON{}, Warnings: append([]string{}, report.Warnings...), Unmapped: append([]string{}, report.Plan.Unmapped...)}
	for _, refused := range report.Refused {
		shown.Refused = append(shown.Refused, refusedJSON{refused.Row, refused.Name, refused.Problems})
	}
	for _, t := range report.Missing {
		shown.Missing = append(shown.Missing, t.Plural)
	}
	for _, d := range report.Doubles {
		shown.Doubles = append(shown.Doubles, doubleJSON{d.Row, d.Of.Key.String(), d.Of.Name, d.Of.Reason})
	}
	for _, list := range [][]exchange.Column{report.Plan.Columns, report.Plan.Constants} {
		for _, c := range list {
			shown.Columns = append(shown.Columns, plannedColumn{c.Header, c.Target, c.How})
		}
	}
	if report.Change != 0 {
		shown.Change = store.ChangeString(report.Change)
	}
	encoder := json.NewEncoder(p.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(shown)
}
