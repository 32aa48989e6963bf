package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func pipelineCommand(p *program, common *commonOptions) *cobra.Command {
	var pipeline, since, until, owner string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "pipeline",
		Short:   "Show the pipeline by stage and what moved in it",
		Example: "  crmcp report pipeline --since last_quarter --owner me",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			arguments := map[string]any{"pipeline": pipeline, "since": since, "until": until, "owner": owner}
			ctx := cmd.Context()
			return onSession(ctx, common, p.openToRead, func(opened *session) error {
				if asJSON {
					return p.printTool(ctx, opened, "pipeline_report", arguments)
				}
				found, err := opened.askObject(ctx, "pipeline_report", arguments)
				if err == nil {
					p.printPipeline(found)
				}
				return err
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&pipeline, "pipeline", "", "one pipeline (default all)")
	flags.StringVar(&since, "since", "", "a date or a period such as last_month (default the last 30 days)")
	flags.StringVar(&until, "until", "", "the last day")
	flags.StringVar(&owner, "owner", "", "whose deals (default everybody's)")
	flags.BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

// printPipeline shows the stages as a table, then the sums of the period.
func (p *program) printPipeline(found object) {
	paint := p.painter()
	p.print("%s\n", paint.bold(fmt.Sprintf("Pipeline, %s to %s", found.text("since"), found.text("until"))))
	var stages []object
	for _, stage := range objects(found.get("stages")) {
		stages = append(stages, stageRow(stage))
	}
	if len(stages) > 0 {
		p.printWide(tableOf(stages, nil))
	}
	for _, name := range []string{"open", "created", "won", "lost"} {
		for _, sum := range objects(found.get(name)) {
			line := fmt.Sprintf("%s, %s", dealCount(sum.get("deals")), money(sum, "amount"))
			if weighted := money(sum, "weighted"); weighted != "" {
				line += " (weighted " + weighted + ")"
			}
			p.print("%s  %s\n", paint.cyan(fmt.Sprintf("%-7s", name)), line)
		}
	}
	for _, way := range objects(found.get("moved")) {
		p.print("%s  %s from %s to %s\n", paint.cyan("moved  "), dealCount(way.get("deals")), oneLine(way.text("from")), oneLine(way.text("to")))
	}
}

// stageRow puts what is known of a stage on one line.
func stageRow(stage object) object {
	row := object{}
	if pipeline := stage.get("pipeline"); pipeline != nil {
		row = append(row, member{"pipeline", pipeline})
	}
	var amounts, weighted []string
	for _, sum := range objects(stage.get("amounts")) {
		amounts, weighted = append(amounts, money(sum, "amount")), append(weighted, money(sum, "weighted"))
	}
	row = append(row, member{"stage", stage.text("name")}, member{"deals", stage.get("deals")},
		member{"amount", strings.Join(amounts, ", ")}, member{"weighted", strings.Join(weighted, ", ")},
		member{"days old", orBlank(stage.get("average_age_days"))}, member{"in stage", orBlank(stage.get("average_days_in_stage"))})
	period, _ := stage.get("in_period").(object)
	for _, shown := range []struct{ label, name string }{{"came", "came"}, {"went on", "went_on"}, {"conversion %", "conversion_percent"}, {"won %", "win_percent"}} {
		row = append(row, member{shown.label, orBlank(period.get(shown.name))})
	}
	return row
}

// orBlank shows nothing where there is no value.
func orBlank(value any) any {
	if value == nil {
		return ""
	}
	return value
}

// dealCount is a number of deals in words.
func dealCount(n any) string {
	if fmt.Sprint(n) == "1" {
		return "1 deal"
	}
	return fmt.Sprintf("%v deals", n)
}

// money is an amount with its currency; empty: there is none.
func money(sum object, name string) string {
	if sum.get(name) == nil {
		return ""
	}
	return fmt.Sprintf("%v %s", sum.get(name), sum.text("currency"))
}

func agendaCommand(p *program, common *commonOptions) *cobra.Command {
	var owner string
	var days int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "agenda",
		Short: "Show what is due and who has gone quiet",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			arguments := map[string]any{"owner": owner, "days": days}
			ctx := cmd.Context()
			return onSession(ctx, common, p.openToRead, func(opened *session) error {
				if asJSON {
					return p.printTool(ctx, opened, "agenda", arguments)
				}
				return p.printAgenda(ctx, opened, arguments)
			})
		},
	}
	cmd.Flags().StringVar(&owner, "owner", "", "whose agenda, or all (default your own)")
	cmd.Flags().IntVar(&days, "days", 7, "how many days to look ahead")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

// printAgenda shows each part of the agenda as a table under its name.
func (p *program) printAgenda(ctx context.Context, opened *session, arguments map[string]any) error {
	found, location, err := askLocated(ctx, opened, "agenda", arguments)
	if err != nil {
		return err
	}
	shown := 0
	for _, part := range found {
		rows := objects(part.value)
		if len(rows) == 0 {
			continue
		}
		title := strings.ReplaceAll(part.name, "_", " ")
		if total := found.get(part.name + "_total"); total != nil {
			title += fmt.Sprintf(" (%d of %v)", len(rows), total)
		}
		if shown > 0 {
			p.print("\n")
		}
		p.print("%s\n", p.painter().bold(title))
		p.printWide(tableOf(rows, location))
		shown++
	}
	if shown == 0 {
		_, _ = fmt.Fprintf(p.err, "nothing is due until %s\n", found.text("until"))
	}
	return nil
}
