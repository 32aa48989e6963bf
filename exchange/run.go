package exchange

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// An import of more rows than fit in one piece is written in pieces, so that
// nobody else waits long for the write lock.
const (
	// maxPiece is how many rows a piece has at most.
	maxPiece = 1_000
	// firstPiece and minPiece are how many rows it has at first and at least.
	firstPiece = 200
	minPiece   = 20
	// pieceTime is how long a piece shall hold the write lock: well below the
	// tenth of a second that others are promised.
	pieceTime = 60 * time.Millisecond
)

// run writes all rows: a few in one transaction, many in pieces.
func (im *importer) run(ctx context.Context, db *store.DB, caller store.Caller) error {
	if len(im.file.lines) > maxPiece {
		return im.inPieces(ctx, db, caller)
	}
	return im.boldly(func() error {
		return db.Update(ctx, caller, func(tx *store.Tx) error {
			if err := im.enter(tx); err != nil {
				return err
			}
			im.planned = len(im.file.lines)
			if err := im.work(func() bool { return false }); err != nil {
				return err
			}
			if im.options.DryRun {
				return store.ErrDryRun
			}
			if !tx.Changed() {
				return nil
			}
			var err error
			im.report.Change, err = tx.ChangeID()
			return err
		})
	})
}

// boldly runs a transaction in which no row can be taken back alone, because
// that costs more than most rows need. Where one is refused after it was half
// written, the transaction is run again with care.
func (im *importer) boldly(transaction func() error) error {
	before := im.state
	im.report, im.lined, im.created = new(Report), im.lined[:0], nil
	*im.report = *before.report
	err := transaction()
	if !errors.Is(err, store.ErrHalfWritten) {
		return err
	}
	for _, one := range slices.Backward(im.lined) {
		im.lines[one.id] = one.before
	}
	im.state, im.careful, im.created = before, true, nil
	err = transaction()
	im.careful = false
	return err
}

// lined is a record whose line was noted, and the line noted before.
type lined struct {
	id     int64
	before int
}

// inPieces writes the rows in several transactions under one change. Where it
// is cut short, what was written stands.
func (im *importer) inPieces(ctx context.Context, db *store.DB, caller store.Caller) error {
	written, rows := 0, firstPiece
	err := db.Pieces(ctx, caller, func(pieces *store.Pieces) error {
		for !im.finished {
			before, began := im.tried, time.Now()
			err := im.boldly(func() error {
				return pieces.Write(func(tx *store.Tx) error {
					began = time.Now()
					if err := im.enter(tx); err != nil {
						return err
					}
					im.planned = before + rows
					return im.work(func() bool {
						return im.tried >= im.planned || im.tried&15 == 0 && im.tried > before && time.Since(began) > pieceTime
					})
				})
			})
			im.report.Change = pieces.Change()
			if err != nil {
				return err
			}
			written = im.done
			rows = pieceSize(im.tried-before, time.Since(began))
		}
		return nil
	})
	if err != nil && im.report.Change != 0 {
		return im.cutShort(err, written)
	}
	return err
}

// pieceSize is how many rows the next piece shall have after one of so many
// took so long.
func pieceSize(rows int, took time.Duration) int {
	fit := int(float64(rows) * float64(pieceTime) / float64(max(took, time.Millisecond)))
	return max(minPiece, min(fit, 2*rows, maxPiece))
}

// cutShort says of an import that was stopped what stands and what to do.
func (im *importer) cutShort(err error, written int) error {
	name := store.ChangeString(im.report.Change)
	advice := "undo it, then run the import again"
	if im.plan.fills("uid", "external_id") {
		advice = "run the import again, which finds those by their id, or undo it"
	}
	message := fmt.Sprintf("%d of %d rows are written as %s, which is incomplete: %s", written, im.total, name, advice)
	if known, ok := errors.AsType[*schema.Error](err); ok {
		told := *known
		told.Message += "; " + message
		return &told
	}
	return fmt.Errorf("%w; %s", err, message)
}

// enter goes on with the work in a transaction. Custom fields may have been
// defined since the plan was made.
func (im *importer) enter(tx *store.Tx) error {
	if current := tx.Schema().Type(im.plan.Type.Name); current != im.plan.Type {
		plan, err := fullPlan(tx.Schema(), current, im.file, im.options)
		if err != nil {
			return err
		}
		im.take(plan)
	}
	if im.tx == nil {
		before, err := tx.IDs(im.plan.Type, nil, 1)
		if err != nil {
			return err
		}
		im.watchful = len(before) > 0
	}
	im.report.Plan = im.plan
	missing := []*schema.Type(nil)
	if im.references != nil {
		missing = im.references.missing
	}
	known := map[reference]referred{}
	if tx.Undisturbed() && im.references != nil {
		known = im.references.known
	}
	if !im.careful {
		tx.Hurry()
	}
	im.tx, im.reader = tx, tx.Reader(true)
	im.references = &references{tx: tx, of: im.plan.Type, source: im.options.Source, known: known, missing: missing}
	return nil
}

// work writes rows until there are none left or it is enough. Rows that name a
// record of their own type which stands further down are tried again once the
// others are written, for as long as that helps.
func (im *importer) work(enough func() bool) error {
	for {
		if len(im.queue) == 0 {
			if len(im.early) == 0 {
				im.finish()
				return nil
			}
			im.mayWait, im.helped = im.helped, false
			im.queue, im.early = im.early, nil
		}
		if enough() {
			return nil
		}
		if err := im.some(enough); err != nil {
			return err
		}
	}
}

// readAhead is how many lines are read at most before the first of them is
// written, so that looking up what they name does not wait for each row that
// is written.
const readAhead = 250

// some writes the next few rows, or fewer where it is enough.
func (im *importer) some(enough func() bool) error {
	lines := im.queue[:min(len(im.queue), readAhead, max(im.planned-im.tried, 1))]
	rows := make([]*row, len(lines))
	for i, l := range lines {
		rows[i] = im.read(l)
	}
	if err := im.lookAhead(rows); err != nil {
		return err
	}
	for i, r := range rows {
		if i > 0 && enough() {
			break
		}
		im.tried++
		im.queue = im.queue[1:]
		if r.early && i > 0 {
			r = im.read(lines[i])
		}
		if r.early && im.mayWait {
			im.early = append(im.early, lines[i])
			continue
		}
		im.helped = true
		if err := im.write(r); err != nil {
			return err
		}
		im.done++
		if im.options.Progress != nil && (im.done%progressEvery == 0 || im.done == im.total) {
			im.options.Progress(im.done, im.total)
		}
	}
	return im.compare()
}

func (im *importer) finish() {
	im.finished = true
	slices.SortFunc(im.report.Refused, func(a, b RowError) int { return a.Row - b.Row })
	slices.SortFunc(im.report.Doubles, func(a, b Double) int { return a.Row - b.Row })
	im.report.Missing = im.references.missing
}
