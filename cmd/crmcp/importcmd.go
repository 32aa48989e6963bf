package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/crmcp/crmcp/exchange"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// overwriteFreely is how many existing records an import may change without
// somebody having agreed to it.
const overwriteFreely = 10

type importOptions struct {
	exchange.Options
	file, typeName string
	yes, json      bool
}

func importCommand(p *program, common *commonOptions) *cobra.Command {
	var options importOptions
	cmd := &cobra.Command{
		Use:   "import FILE --type TYPE",
		Short: "Import a CSV file",
		Long: "Imports the rows of a CSV file (- reads standard input) as records of one type. Columns find their\n" +
			"fields by their names in any spelling; --map names the others. A row with a problem is refused alone\n" +
			"and reported with its line, all others are written; the exit code is then 1. Everything is one change;\n" +
			"more than 1,000 rows are written in pieces, so that others get in between, and an import that was cut short\n" +
			"stands as incomplete in the history: undo takes it back.",
		Example: "  crmcp import customers.csv --type organization --dry-run\n" +
			"  crmcp import orders.csv --type deal --map 'Order date=closed_on' --map 'Remarks=' --set stage=Won --source shop",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			options.file = args[0]
			return p.importFile(cmd.Context(), common, options)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&options.typeName, "type", "", "what a row is: organization, contact, deal, …")
	flags.StringArrayVar(&options.Mapping, "map", nil, "a column and its field, 'Order date=closed_on'; 'Remarks=' leaves a column out")
	flags.StringArrayVar(&options.Set, "set", nil, "a value for every row, 'stage=Won'")
	flags.BoolVar(&options.KeepUnmapped, "keep-unmapped", false, "keep columns without a field in the metadata, numbers as numbers")
	flags.StringVar(&options.IfExists, "if-exists", "", "update, skip, error or create_anyway (default: update on the same uid or external id, else create)")
	flags.StringVar(&options.Source, "source", "", "the system that the file and its external ids come from")
	flags.BoolVar(&options.DryRun, "dry-run", false, "check and report everything, write nothing")
	flags.BoolVar(&options.yes, "yes", false, "do not ask")
	flags.BoolVar(&options.json, "json", false, "report as JSON")
	return cmd
}

func (p *program) importFile(ctx context.Context, common *commonOptions, options importOptions) error {
	if options.typeName == "" {
		return usagef("--type says what a row is: organization, contact, deal, task, …")
	}
	return onSession(ctx, common, p.openSession, func(opened *session) error {
		opened.caller.Tool = "import_records"
		return p.importInto(ctx, opened, options)
	})
}

func (p *program) importInto(ctx context.Context, opened *session, options importOptions) error {
	err := opened.db.View(ctx, opened.caller, func(tx *store.Tx) error { return tx.Permit(schema.Consultant, "import records") })
	if err != nil {
		return err
	}
	types := importable(opened.db.Schema())
	t := findType(types, options.typeName)
	if t == nil {
		return usagef("there is no type %s", unknownType(types, options.typeName))
	}
	source, err := p.openSource(opened, options.file)
	if err != nil {
		return err
	}
	if !options.yes && !options.DryRun {
		if err := p.agree(ctx, opened, t, source, &options); err != nil {
			return err
		}
	}
	report, err := p.runImport(ctx, opened, t, source, options.Options)
	if err != nil {
		return err
	}
	if options.json {
		err = p.printReportJSON(report, options.DryRun)
	} else {
		p.printReport(opened, report, options)
	}
	if err == nil && len(report.Refused) > 0 {
		err = errReported
	}
	return err
}

// importable are the types that a file can hold records of: all but those of
// which there is one alone.
func importable(s *schema.Schema) []*schema.Type {
	return slices.DeleteFunc(slices.Clone(s.Types), func(t *schema.Type) bool { return t.Class == schema.Setup && len(t.Names) == 0 })
}

// source opens what is imported; it may be opened again.
type source func() (io.ReadCloser, error)

func (p *program) openSource(opened *session, file string) (source, error) {
	if file == "-" {
		content, err := io.ReadAll(p.in)
		if err != nil {
			return nil, fmt.Errorf("reading standard input: %w", err)
		}
		return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }, nil
	}
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("the file to import: %w", err)
	}
	// Opening the database as a plain file would drop the locks on it.
	if database, err := os.Stat(opened.db.Path()); err == nil && os.SameFile(info, database) {
		return nil, usagef("%s is the database itself; import takes a CSV file", file)
	}
	return func() (io.ReadCloser, error) { return os.Open(filepath.Clean(file)) }, nil
}

func (p *program) runImport(ctx context.Context, opened *session, t *schema.Type, from source, options exchange.Options) (*exchange.Report, error) {
	content, err := from()
	if err != nil {
		return nil, fmt.Errorf("the file to import: %w", err)
	}
	bar := p.newProgressBar()
	options.Progress = bar.show
	report, err := exchange.ImportCSV(ctx, opened.db, opened.caller, t, content, options)
	bar.end()
	return report, errors.Join(err, content.Close())
}

// agree tries the import out and lets the person at the terminal decide. Where
// nobody is there it goes on, unless many existing records would be changed.
func (p *program) agree(ctx context.Context, opened *session, t *schema.Type, from source, options *importOptions) error {
	trial := options.Options
	trial.DryRun = true
	report, err := p.runImport(ctx, opened, t, from, trial)
	if err != nil {
		return err
	}
	if options.json || !isTerminal(p.in) {
		if report.Updated > overwriteFreely {
			return fmt.Errorf("this would change %d existing records; nothing was written. --dry-run shows more, --yes agrees", report.Updated)
		}
		return nil
	}
	p.printPlan(report.Plan)
	p.printCounts(report, trial)
	if !p.saysYes("Import?") {
		return errors.New("nothing was written")
	}
	return nil
}
