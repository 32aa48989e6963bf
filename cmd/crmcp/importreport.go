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

// shownRows is how many refused rows, and how many warnings, are shown at most.
const shownRows = 50

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

func (p *program) printCounts(report *exchange.Report, dryRun bool) {
	verb := ""
	if dryRun {
		verb = "would be "
	}
	p.print("%s%d created, %d updated, %d unchanged, %d skipped, %d refused\n", verb,
		report.Created, report.Updated, report.Unchanged, report.Skipped, len(report.Refused))
	for i, refused := range report.Refused {
		if i == shownRows {
			p.print("  … and %d more rows refused; --json lists all\n", len(report.Refused)-i)
			break
		}
		p.print("  line %d%s\n", refused.Row, refusal(refused))
	}
	for i, warning := range report.Warnings {
		if i == shownRows {
			p.print("  … and %d more warnings; --json lists all\n", len(report.Warnings)-i)
			break
		}
		p.print("  warning: %s\n", printable(warning))
	}
}

// refusal is the name of a refused row and what is wrong with it.
func refusal(refused exchange.RowError) string {
	lines := make([]string, len(refused.Problems))
	for i, problem := range refused.Problems {
		lines[i] = strings.ReplaceAll(problemLine(problem), "\n", "\n    ")
	}
	name := ""
	if refused.Name != "" {
		name = fmt.Sprintf(" (%s)", oneLine(refused.Name))
	}
	return name + ": " + printable(strings.Join(lines, "; "))
}

func (p *program) printReport(opened *session, report *exchange.Report, options importOptions) {
	if asked := isTerminal(p.in) && !options.yes && !options.DryRun; !asked {
		p.printPlan(report.Plan)
	}
	p.printCounts(report, options.DryRun)
	if len(report.Plan.Unmapped) > 0 {
		p.print("not imported, having no field: %s (--map 'Column=field' or --keep-unmapped)\n", strings.Join(report.Plan.Unmapped, ", "))
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
