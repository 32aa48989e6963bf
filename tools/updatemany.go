package tools

import (
	"fmt"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// maxUpdated is how many records one call may change.
const maxUpdated = 5_000

func updateRecords() *Tool {
	return &Tool{Name: "update_records", Title: "Update many records", Set: "records", Mode: Write, Idempotent: true, Confirms: true,
		Description: "Make the same change to many records: of `ids`, or of `type` under `filter` with their exact number.",
		In: []Arg{
			{Name: "ids", Kind: Strings, Aliases: []string{"records"}},
			{Name: "type", Aliases: []string{"record_type"}},
			{Name: "filter", JSON: true, Aliases: []string{"where"}},
			{Name: "expected_count", Kind: Integer, Max: 1_000_000, Aliases: []string{"count"}},
			{Name: "set", Kind: Pairs, Doc: "stage=Won, owner=me", Aliases: []string{"fields", "values", "more"}},
			{Name: "clear", Kind: Strings, Commas: true},
			{Name: "dry_run", Kind: Boolean},
			{Name: "confirm"},
		},
		Run: runUpdateMany}
}

func runUpdateMany(c *Call) (*Object, error) {
	keys, err := c.chosenRecords()
	if err != nil {
		return nil, err
	}
	if !c.Has("set") && !c.Has("clear") {
		c.Problems.Add("set", `nothing to change is given: send set ["field=value"] or clear ["field"]`)
	}
	c.checkChanges(keys)
	if len(c.Problems) > 0 {
		return nil, c.Problems.Err()
	}
	var changed []*store.Record
	for _, key := range keys {
		w, err := c.updateOne(key)
		if err != nil {
			return nil, at(key, err)
		}
		if w.Changed {
			changed = append(changed, w.Record)
		}
	}
	o, err := c.WroteMany(changed, c.changedLook)
	if err != nil {
		return nil, err
	}
	preview := (&Object{}).Set("count", len(keys)).Set("records", sample(o))
	return o, c.Confirm(len(keys), fmt.Sprintf("this would change %d records", len(keys)), preview)
}

// at says in an error of the caller's which record it is about.
func at(key store.Key, err error) error {
	if known, ok := asKnown(err); ok {
		return &schema.Error{Code: known.Code, Message: key.String() + ": " + known.Message, Problems: known.Problems}
	}
	return fmt.Errorf("%s: %w", key, err)
}

// chosenRecords are those of ids, or those under the filter, whose number
// must be the expected one.
func (c *Call) chosenRecords() ([]store.Key, error) {
	if c.Has("ids") == c.Has("filter") {
		c.Problems.Add("ids", "give either ids, or type, filter and expected_count")
		return nil, nil
	}
	if c.Has("ids") {
		keys := c.References("ids")
		return keys, c.atMost("ids", len(keys), maxUpdated)
	}
	if !c.Has("expected_count") {
		c.Problems.Add("expected_count", "say how many records the filter has (the total of the list tool), so that no others are changed")
	}
	if !c.Has("type") {
		c.Problems.Add("type", "say which type of record the filter is for")
	}
	t := c.TypeNamed("type")
	if t == nil {
		return nil, nil
	}
	return c.filteredRecords(t)
}

func (c *Call) filteredRecords(t *schema.Type) ([]store.Key, error) {
	where, err := c.Filter(t, "filter")
	if err != nil || len(c.Problems) > 0 {
		return nil, err
	}
	ids, err := c.Tx.IDs(t, where, 0)
	if err != nil {
		return nil, err
	}
	if count := int64(len(ids)); count != c.Int("expected_count", 0) {
		return nil, schema.Errorf(schema.Conflict, "the filter has %d records, not %d; nothing was written", count, c.Int("expected_count", 0))
	}
	keys := make([]store.Key, len(ids))
	for i, id := range ids {
		keys[i] = store.Key{Type: t, ID: id}
	}
	return keys, c.atMost("filter", len(keys), maxUpdated)
}

// checkChanges reads the changes once for each type, so that a problem with
// them is told once and not for each record.
func (c *Call) checkChanges(keys []store.Key) {
	checked := map[*schema.Type]bool{}
	for _, key := range keys {
		if !checked[key.Type] {
			checked[key.Type] = true
			c.changes(key.Type)
		}
	}
}

// changes reads set and clear for a type.
func (c *Call) changes(t *schema.Type) *schema.Input {
	c.Fields = map[string]any{}
	for _, pair := range c.Pairs("set") {
		if canonicalField(t, pair.Name) == "" {
			c.unknown(pair.Name, t)
			continue
		}
		c.readField(pair.Name, pair.Value, t)
	}
	c.clearFields(t)
	return c.Input(t, false)
}

func (c *Call) updateOne(key store.Key) (*store.Written, error) {
	w, err := c.Tx.Update(key, c.changes(key.Type), store.WriteOptions{})
	if err != nil {
		return nil, err
	}
	c.Warn(w.Warnings...)
	c.Removed(w.Removed...)
	return w, nil
}

// changedLook shows a record's name and what was changed.
func (c *Call) changedLook(t *schema.Type) Look {
	look := Named(t)
	for _, pair := range c.Pairs("set") {
		name := canonicalField(t, pair.Name)
		if name != t.Title {
			look.Columns = append(look.Columns, namedColumns(t, []string{name})...)
		}
	}
	return look
}
