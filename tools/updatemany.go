package tools

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// maxUpdated is how many records one call may change.
const maxUpdated = 5_000

func updateRecords() *Tool {
	return &Tool{Name: "update_records", Title: "Update many records", Set: "records", Mode: Write, Idempotent: true, Confirms: true,
		Description: "Make the same change to many records: of `ids`, or of `type` under `filter` with their number (dry_run tells it).",
		In: []Arg{
			{Name: "ids", Kind: Strings, Aliases: []string{"records"}},
			{Name: "type", Aliases: []string{"record_type"}},
			{Name: "filter", JSON: true, Aliases: []string{"where"}},
			{Name: "expected_count", Kind: Integer, Max: 1_000_000, Aliases: []string{"count"}},
			{Name: "set", Kind: Pairs, Doc: "stage=Won; tags+=VIP and tags-=VIP: single entries", Aliases: []string{"fields", "values", "more"}},
			{Name: "clear", Kind: Strings, Commas: true},
			{Name: "dry_run", Kind: Boolean},
			{Name: "confirm"},
		},
		Out: wroteSeveral(Member{Name: "next", Schema: listSchema(anything("a task that a completed recurring one made"))},
			Member{Name: "expected_count", Schema: count("to send with the filter")}),
		Run: runUpdateMany}
}

func runUpdateMany(c *Call) (*Object, error) {
	keys, types, err := c.chosenRecords()
	if c.spelled["set"] == "" && c.spelled["clear"] == "" {
		c.Problems.Add("set", `nothing to change is given: send set ["field=value"] or clear ["field"]`)
	}
	changes := c.readChanges(types)
	if err != nil || len(c.Problems) > 0 {
		return nil, cmp.Or(c.tryFirst(keys, changes), err, c.Problems.Err())
	}
	done := &massDone{}
	for _, key := range keys {
		if err := c.updateOne(key, changes[key.Type], done); err != nil {
			return nil, at(key, err)
		}
	}
	o, err := c.WroteMany(done.records, c.changedLook)
	if err != nil {
		return nil, err
	}
	if err := c.warnOfOwners(done.records, changes); err != nil {
		return nil, err
	}
	preview := (&Object{}).Set("count", len(done.records)).Set("records", sample(o))
	if err := c.nameNext(o, done.next); err != nil {
		return nil, err
	}
	if err := c.Confirm(len(done.records), fmt.Sprintf("this would change %d records", len(done.records)), preview); err != nil {
		return nil, err
	}
	if c.Has("filter") && !c.Has("expected_count") {
		o.Set("expected_count", len(keys))
		c.token = ""
	}
	return o, nil
}

// tryFirst notes what else would be wrong with the changes, where the call is
// refused and rolled back anyway: all problems are told at once.
func (c *Call) tryFirst(keys []store.Key, changes map[*schema.Type]massChange) error {
	if len(keys) == 0 {
		return nil
	}
	_, err := c.Tx.Update(keys[0], changes[keys[0].Type].in, store.WriteOptions{})
	if known, ok := asKnown(err); ok {
		c.Problems = mergeProblems(c.Problems, &schema.Error{Problems: known.Problems, Message: known.Message})
		return nil
	}
	return err
}

// massDone is what a change of many records did.
type massDone struct {
	records []*store.Record
	// next are the tasks that completing recurring ones made.
	next []*store.Record
}

// at says in an error of the caller's which record it is about.
func at(key store.Key, err error) error {
	if known, ok := asKnown(err); ok {
		return &schema.Error{Code: known.Code, Message: key.String() + ": " + known.Message, Problems: known.Problems}
	}
	return fmt.Errorf("%s: %w", key, err)
}

// chosenRecords are those of ids, or those under the filter, whose number must
// be the expected one, with their types. The types are known even where the
// records are not, so that the changes can be checked all the same.
func (c *Call) chosenRecords() ([]store.Key, []*schema.Type, error) {
	if c.Has("ids") == c.Has("filter") {
		c.Problems.Add("ids", "give either ids, or type, filter and expected_count")
		return nil, nil, nil
	}
	if c.Has("ids") {
		keys := c.References("ids")
		return keys, typesOf(keys), c.atMost("ids", len(keys), maxUpdated)
	}
	if !c.Has("type") {
		c.Problems.Add("type", "say which type of record the filter is for")
	}
	t := c.TypeNamed("type", schema.Record)
	if t == nil {
		return nil, nil, nil
	}
	if t.Class == schema.Setup {
		c.Problems.Add(c.Path("type"), "a %s is part of how the CRM is set up: update_records changes records alone", t.Name)
		return nil, nil, nil
	}
	keys, err := c.filteredRecords(t)
	return keys, []*schema.Type{t}, err
}

func typesOf(keys []store.Key) []*schema.Type {
	var types []*schema.Type
	for _, key := range keys {
		if !slices.Contains(types, key.Type) {
			types = append(types, key.Type)
		}
	}
	return types
}

func (c *Call) filteredRecords(t *schema.Type) ([]store.Key, error) {
	before := len(c.Problems)
	where, err := c.Filter(t, "filter")
	if err != nil || len(c.Problems) > before {
		return nil, err
	}
	ids, err := c.Tx.IDs(t, where, 0)
	if err != nil {
		return nil, err
	}
	keys := make([]store.Key, len(ids))
	for i, id := range ids {
		keys[i] = store.Key{Type: t, ID: id}
	}
	return keys, cmp.Or(c.checkCount(int64(len(ids))), c.atMost("filter", len(keys), maxUpdated))
}

// checkCount holds the caller to the number of records that the filter finds.
// A dry run may leave it out: its answer tells the number.
func (c *Call) checkCount(count int64) error {
	expected := c.Int("expected_count", count)
	if expected != count {
		return schema.Errorf(schema.Conflict, "the filter finds %d records, not %d; nothing was written: send expected_count %d if all of them are meant", count, expected, count)
	}
	if !c.Has("expected_count") && !c.IsDryRun() {
		c.Problems.Add("expected_count", "the filter finds %d: send expected_count %d, so that no others are changed", count, count)
	}
	return nil
}

// massChange is what is to be done to each record of one type.
type massChange struct {
	in      *schema.Input
	entries []entryChange
}

// readChanges reads set and clear once for each type, so that a problem with
// them is told once and not for each record.
func (c *Call) readChanges(types []*schema.Type) map[*schema.Type]massChange {
	changes := map[*schema.Type]massChange{}
	for _, t := range types {
		changes[t] = c.readChange(t)
	}
	return changes
}

func (c *Call) readChange(t *schema.Type) (change massChange) {
	c.Fields = map[string]any{}
	var single []Pair
	for _, pair := range c.Pairs("set") {
		if _, sign := splitSign(pair.Name); sign != "" && !isLabel(t, pair.Name) {
			single = append(single, pair)
			continue
		}
		c.readMore(pair, t)
	}
	c.clearFields(t)
	for _, pair := range single {
		bare, sign := splitSign(pair.Name)
		pair.Name = bare
		if entries, ok := c.readEntries(pair, sign, t); ok {
			change.entries = append(change.entries, entries)
		}
	}
	change.in = c.Input(t, false)
	return change
}

func (c *Call) updateOne(key store.Key, change massChange, done *massDone) error {
	in, err := c.withOptions(key, change)
	if err != nil {
		return err
	}
	w, err := c.Tx.Update(key, in, store.WriteOptions{})
	if err != nil {
		return err
	}
	c.warnOfChance(in, w.Record)
	changed := w.Changed
	if w.Next != nil {
		done.next = append(done.next, w.Next)
	}
	c.Warn(w.Warnings...)
	c.Removed(w.Removed...)
	for _, entries := range change.entries {
		if entries.relation == nil {
			continue
		}
		relink := c.Tx.Link
		if entries.remove {
			relink = c.unlink
		}
		if w, err = relink(key, entries.entries, store.LinkOptions{Relation: entries.relation.Name}); err != nil {
			return err
		}
		changed = changed || w.Changed
		c.Warn(w.Warnings...)
		c.Removed(w.Removed...)
	}
	if changed {
		done.records = append(done.records, w.Record)
	}
	return nil
}

// withOptions is the input for one record, whose options follow from those that
// it has.
func (c *Call) withOptions(key store.Key, change massChange) (*schema.Input, error) {
	in := *change.in
	in.Values = maps.Clone(in.Values)
	for _, entries := range change.entries {
		if entries.field == nil {
			continue
		}
		options, begun := in.Values[entries.field.Name].([]string)
		if !begun {
			r, err := c.Tx.Live(key.Type, key.ID)
			if err != nil {
				return nil, err
			}
			options, _ = r.Values[entries.field.Name].([]string)
		}
		in.Values[entries.field.Name] = nil
		if options = entries.applyTo(options); len(options) > 0 {
			in.Values[entries.field.Name] = options
		}
	}
	return &in, nil
}

// warnOfOwners looks at the owner whom the changed records were given: at that
// of one record of each type, as all of them got the same.
func (c *Call) warnOfOwners(records []*store.Record, changes map[*schema.Type]massChange) error {
	for t, change := range changes {
		first := slices.IndexFunc(records, func(r *store.Record) bool { return r.Type == t })
		if first < 0 || !change.in.Has("owner") {
			continue
		}
		if err := c.warnOfOwner(records[first]); err != nil {
			return err
		}
	}
	return nil
}

// nameNext names the tasks that were made, the first of very many.
func (c *Call) nameNext(o *Object, next []*store.Record) error {
	if len(next) == 0 {
		return nil
	}
	t := next[0].Type
	objects, err := c.Render(t, next[:min(len(next), listedLinks)], Look{Columns: namedColumns(t, []string{t.Title, "due_at"})})
	if more := len(next) - len(objects); more > 0 {
		objects = append(objects, (&Object{}).Set("more", more))
	}
	o.Put("next", objects)
	return err
}

// changedLook shows a record's name and what was changed.
func (c *Call) changedLook(t *schema.Type) Look {
	look := Named(t)
	shown := []string{t.Title}
	for _, pair := range c.Pairs("set") {
		bare, _ := splitSign(pair.Name)
		if isLabel(t, pair.Name) {
			bare = pair.Name
		}
		if name := canonicalField(t, bare); !slices.Contains(shown, name) {
			shown = append(shown, name)
			look.Columns = append(look.Columns, namedColumns(t, []string{name})...)
		}
	}
	return look
}
