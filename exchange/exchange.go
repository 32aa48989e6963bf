package exchange

import (
	"context"
	"io"
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// What is done with a row whose record is there already.
const (
	// UpdateSame updates the record with the same uid or external id; a row
	// without either is a new record. It is the default.
	UpdateSame = ""
	// Update looks for the record by e-mail, domain and name too.
	Update = "update"
	// Skip leaves a record that is there as it is.
	Skip = "skip"
	// Refuse reports the row and writes nothing of it.
	Refuse = "error"
	// CreateAnyway makes a new record of every row.
	CreateAnyway = "create_anyway"
)

// Options say how a file is imported.
type Options struct {
	// Mapping names fields for columns: "Order Date=closed_on", "Fax=phones.fax",
	// "Freight=metadata.freight", "Remarks=" to leave a column out.
	Mapping []string
	// Set gives every row a value: "stage=Won".
	Set []string
	// KeepUnmapped puts columns without a field into the metadata.
	KeepUnmapped bool
	// IfExists is one of the constants above.
	IfExists string
	// Source is the external_source of rows that have an external id and no
	// source of their own. It is empty unless it is given: a source guessed from
	// the file's name would make every record new when the file is renamed.
	Source string
	// DryRun checks and counts everything and writes nothing.
	DryRun bool
	// Progress hears how many rows are done.
	Progress func(done, total int)
}

// Report is what an import did.
type Report struct {
	Created, Updated, Skipped, Unchanged int
	// Refused are the rows that were not written, in the order of the file.
	Refused []RowError
	// Doubles are the new records that look like ones that were there before.
	// MayHaveMore is set where there were too many new ones to compare them all.
	Doubles     []Double
	MayHaveMore bool
	// Missing are the types of records that rows name and that are not there,
	// nor any of a similar name, in the order in which rows first name them.
	Missing []*schema.Type
	// Warnings name the line that they are about, where it is about one.
	Warnings []string
	// Change is the number of the change set; 0 where nothing was written.
	Change int64
	Plan   *Plan
}

// RowError is a row that was refused and why.
type RowError struct {
	// Row is the line of the file on which the row begins.
	Row int
	// Name is what the record would be called; empty where that is unknown.
	Name     string
	Problems []schema.Problem
}

// Double is a row whose new record looks like one that was there before.
type Double struct {
	Row int
	Of  store.Likely
}

// maxCompared is how many new records are compared with those that were there;
// it takes about half the time of writing one.
const maxCompared = 10_000

// progressEvery is after how many rows Progress is called.
const progressEvery = 100

// ImportCSV writes each row of a CSV file as a record of type t, all of them as
// one change. A row with a problem is refused alone and reported; the error
// is for what stops the whole: an unreadable file, a wrong mapping, a busy
// database. Then nothing is written of up to 1,000 rows; more are written in
// pieces, so that others get in between, and the error names the incomplete
// change with those that stand. A dry run of as many works on a copy.
func ImportCSV(ctx context.Context, db *store.DB, caller store.Caller, t *schema.Type, r io.Reader, o Options) (*Report, error) {
	if t.Class == schema.Setup && len(t.Names) == 0 || t.Defines || t.Sends {
		return nil, schema.Errorf(schema.InvalidArgument, "a %s cannot be imported", t.Name)
	}
	if !slices.Contains([]string{UpdateSame, Update, Skip, Refuse, CreateAnyway}, o.IfExists) {
		return nil, schema.Errorf(schema.InvalidArgument, "if_exists must be update, skip, error or create_anyway, not %q", o.IfExists)
	}
	file, err := readCSV(r)
	if err != nil {
		return nil, err
	}
	plan, err := fullPlan(db.Schema(), t, file, o)
	if err != nil {
		return nil, err
	}
	im := newImporter(file, plan, o)
	if o.DryRun && len(file.lines) > maxPiece {
		err = db.Trial(ctx, func(trial *store.DB) error { return im.run(ctx, trial, caller) })
		im.report.Change = 0
	} else {
		err = im.run(ctx, db, caller)
	}
	if err != nil {
		return nil, err
	}
	return im.report, nil
}

// fullPlan completes a plan with the options and what the cells show.
func fullPlan(s *schema.Schema, t *schema.Type, file *sheet, o Options) (*Plan, error) {
	plan, err := PlanCSV(s, t, file.headers, o.Mapping)
	if err != nil {
		return nil, err
	}
	if err := plan.set(s, o.Set); err != nil {
		return nil, err
	}
	if o.KeepUnmapped && len(plan.Unmapped) > 0 {
		plan.keepUnmapped()
	}
	plan.learn(file)
	return plan, plan.check()
}
