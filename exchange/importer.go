package exchange

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

// importer writes the rows of a file, in one transaction or several.
type importer struct {
	file       *sheet
	options    Options
	plan       *Plan
	tx         *store.Tx
	reader     *schema.Reader
	references *references
	// columns are those to read, in the order in which they are read.
	columns []*Column
	state
	// lines say on which line a record of this import stands.
	lines map[int64]int
	// lined are the lines noted in this transaction with what they replaced.
	lined []lined
	// created are the new records that are to be compared.
	created []created
	// planned is how many lines are tried before the transaction ends.
	planned int
	// absent are the external ids of the rows read ahead that no record has.
	absent map[external]bool
	// keyed are the lines of the uids and external ids in the file; nil until
	// they are asked for.
	keyed map[external]int
	// careful is set where each row can be taken back alone.
	careful bool
	// watchful is set where there were records of the type before.
	watchful bool
	total    int
}

// state is how far an import has come; a transaction that is run again begins
// where it stood before.
type state struct {
	report *Report
	// queue are the lines to write, early those that came too early; helped is
	// set where a line was written since the early ones were tried last.
	queue, early    []line
	mayWait, helped bool
	finished        bool
	compared        int
	// tried counts the lines that were read, done those that were dealt with.
	tried, done int
}

func newImporter(file *sheet, plan *Plan, o Options) *importer {
	im := &importer{file: file, options: o, lines: map[int64]int{}, total: len(file.lines)}
	im.queue, im.mayWait = file.lines, true
	im.report = &Report{Warnings: slices.Concat(file.warnings, plan.warnings)}
	im.take(plan)
	return im
}

// take goes on with another plan.
func (im *importer) take(plan *Plan) {
	im.plan, im.report.Plan, im.columns, im.keyed = plan, plan, nil, nil
	for _, list := range [][]Column{plan.Constants, plan.Columns} {
		for i := range list {
			if list[i].Target != "" {
				im.columns = append(im.columns, &list[i])
			}
		}
	}
	slices.SortStableFunc(im.columns, func(a, b *Column) int { return cmp.Compare(a.rank(), b.rank()) })
}

// rank puts the source before the external ids that it belongs to, those
// before names, and what adds to all of them last.
func (c *Column) rank() int {
	switch {
	case c.aim.kind == ownField && c.aim.field.Name == "external_source":
		return 0
	case c.aim.kind == externalID:
		return 1
	case c.aim.kind == anyRelated:
		return 3
	}
	return 2
}

// write creates or updates the record of a row. Only what must stop the whole
// import is an error.
func (im *importer) write(r *row) error {
	key, exists := im.existing(r)
	if !exists && len(r.problems) == 0 {
		r.checkAttached()
	}
	if len(r.problems) > 0 {
		im.refuse(r)
		return nil
	}
	if exists && im.options.IfExists == Skip {
		im.report.Skipped++
		return nil
	}
	if exists && r.merged {
		if skip, err := im.yields(r, key); err != nil || skip {
			return err
		}
	}
	var written *store.Written
	attempt := im.tx.Attempt
	if im.careful {
		attempt = im.tx.Try
	}
	err := attempt(func() (err error) {
		written, err = im.put(r, key, exists)
		if err != nil {
			return err
		}
		noted, err := im.addNote(r, written.Record, exists)
		written.Changed = written.Changed || noted
		return err
	})
	var known *schema.Error
	if errors.As(err, &known) && slices.Contains(refusals, known.Code) && !errors.Is(err, store.ErrHalfWritten) {
		r.problems = known.Problems
		if len(r.problems) == 0 {
			r.problems.Add("", "%s", known.Message)
		}
		im.refuse(r)
		return nil
	}
	if err == nil {
		im.count(r, written, exists)
		if !exists {
			im.watch(r, written.Record)
		}
	}
	return err
}

// put writes the record of a row.
func (im *importer) put(r *row, key store.Key, exists bool) (*store.Written, error) {
	if !exists {
		return im.tx.Create(r.in, r.options)
	}
	if err := im.keep(r, key); err != nil {
		return nil, err
	}
	return im.tx.Update(key, r.in, r.options)
}

// refusals are the codes of errors that concern one row alone.
var refusals = []schema.ErrorCode{schema.InvalidArgument, schema.Ambiguous, schema.NotFound, schema.Conflict, schema.TooLarge, schema.Forbidden}

// existing finds the record that a row means, as the options have it.
func (im *importer) existing(r *row) (store.Key, bool) {
	if len(r.problems) > 0 || im.options.IfExists == CreateAnyway || im.options.IfExists == UpdateSame && !r.isSure() {
		return store.Key{}, false
	}
	if id := r.external(); im.absent[id] && !r.in.Has("uid") {
		return store.Key{}, false
	}
	existing := im.tx.Existing
	if im.options.IfExists == Skip || im.options.IfExists == Refuse {
		existing = im.tx.ExistingOrNamesake
	}
	sure := r.isSure()
	key, found := existing(r.in, &r.problems)
	r.merged = found && sure && !r.isSure()
	if found && im.options.IfExists == Refuse {
		r.problems = append(r.problems, schema.Problem{Message: fmt.Sprintf("%s is there already", key),
			Candidates: []schema.Candidate{{ID: key.String(), Name: r.name()}}})
	}
	return key, found
}

// external is an external id with its source, as they are compared.
type external struct{ source, id string }

func (r *row) external() external {
	source, _ := r.in.Values["external_source"].(string)
	id, _ := r.in.Values["external_id"].(string)
	return external{text.Fold(source), text.Fold(id)}
}

// lookAhead looks up the external ids of several rows at once, since looking up
// each waits until the row before it is written.
func (im *importer) lookAhead(rows []*row) error {
	im.absent = map[external]bool{}
	bySource := map[string][]string{}
	for _, r := range rows {
		if r.in.Has("external_id") && im.options.IfExists != CreateAnyway {
			id := r.external()
			bySource[id.source] = append(bySource[id.source], id.id)
		}
	}
	for source, ids := range bySource {
		without, err := im.tx.WithoutExternal(im.plan.Type, source, ids)
		if err != nil {
			return err
		}
		for id, sure := range without {
			im.absent[external{source, id}] = sure
		}
	}
	return nil
}

// isSure says whether a row says itself which record it means.
func (r *row) isSure() bool { return r.in.Has("uid") || r.in.Has("external_id") }

// created is a new record and the row that it came from.
type created struct {
	row    *row
	record *store.Record
}

// watch notes a new record that may look like one that was there before.
func (im *importer) watch(r *row, record *store.Record) {
	if !im.watchful || im.options.IfExists == CreateAnyway || r.isSure() {
		return
	}
	if im.compared++; im.compared > maxCompared {
		im.report.MayHaveMore = true
		return
	}
	im.created = append(im.created, created{r, record})
}

// compare reports the new records that look like one that was there before. It
// is done for several at once, because what reads waits for what is written.
func (im *importer) compare() error {
	for _, c := range im.created {
		likely, err := im.tx.LikelyDuplicates(c.record)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(likely, func(l store.Likely) bool { return im.lines[l.Key.ID] == 0 })
		if at >= 0 {
			im.report.Doubles = append(im.report.Doubles, Double{Row: c.row.number, Of: likely[at]})
		}
	}
	im.created = im.created[:0]
	return nil
}

// keep leaves what a record has beyond what the row speaks of: its contact
// details with other labels, and its other organizations where the first is
// the one that the row names.
func (im *importer) keep(r *row, key store.Key) error {
	before, err := im.tx.Live(key.Type, key.ID)
	if err != nil {
		return err
	}
	if err := im.keepLinks(r, before); err != nil {
		return err
	}
	if len(r.labelled) == 0 {
		return nil
	}
	all, err := im.tx.DetailsOf(key.Type, []int64{key.ID})
	if err != nil {
		return err
	}
	for name := range r.labelled {
		f := key.Type.Field(name)
		given, ok := r.in.Values[name].([]schema.Detail)
		if !ok || r.listed[name] != nil {
			continue
		}
		have := slices.DeleteFunc(slices.Clone(all[key.ID]), func(d store.Detail) bool { return d.Kind != f.Kept })
		primary, _ := r.in.Values[f.Kept].(string)
		delete(r.in.Values, f.Kept)
		r.in.Values[name] = mergeDetails(have, primary, given)
	}
	return nil
}

// keepLinks leaves the links of a record with others where the one that the row
// names is the first of them, or any of those of which none is.
func (im *importer) keepLinks(r *row, before *store.Record) error {
	for _, relation := range r.single {
		named := r.in.Links[relation.Name]
		if relation.One == "" {
			linked, err := im.tx.Linked(relation, []int64{before.ID}, 0)
			if err != nil {
				return err
			}
			if len(named) == 1 && slices.ContainsFunc(linked[before.ID], func(ref store.Ref) bool { return ref.Type.IDString(ref.ID) == named[0] }) {
				delete(r.in.Links, relation.Name)
			}
			continue
		}
		if slices.Equal(named, []string{relation.To.IDString(before.Int(relation.One))}) {
			delete(r.in.Links, relation.Name)
		}
	}
	return nil
}

func (im *importer) refuse(r *row) {
	im.report.Refused = append(im.report.Refused, RowError{Row: r.number, Name: r.name(), Problems: r.problems})
}

// count reports what was written.
func (im *importer) count(r *row, written *store.Written, existed bool) {
	switch {
	case !existed:
		im.report.Created++
	case written.Changed:
		im.report.Updated++
	default:
		im.report.Unchanged++
	}
	for _, warning := range written.Warnings {
		im.warn(r, warning)
	}
	if len(written.Removed) > 0 {
		im.warn(r, "removed "+strings.Join(written.Removed, ", "))
	}
	key := written.Record.Key()
	earlier := im.lines[key.ID]
	if earlier != 0 {
		im.warn(r, fmt.Sprintf("is the same record as line %d: %s", earlier, key))
	}
	im.lines[key.ID] = r.number
	im.lined = append(im.lined, lined{key.ID, earlier})
}

func (im *importer) warn(r *row, message string) {
	im.report.Warnings = append(im.report.Warnings, fmt.Sprintf("line %d: %s", r.number, message))
}

// name is what the record of a row would be called.
func (r *row) name() string {
	t := r.in.Type
	var parts []string
	for _, field := range append([]string{t.Title}, t.OneOf...) {
		if s, ok := r.in.Values[field].(string); ok {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " ")
}
