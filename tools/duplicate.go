package tools

import (
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// duplicable are the types that duplicate_record copies.
func duplicable() []string { return []string{"organization", "deal", "project", "service", "task"} }

func duplicateRecord() *Tool {
	return &Tool{Name: "duplicate_record", Title: "Duplicate record", Set: "records", Mode: Write,
		Description: "Copy an organization, deal, project, service or task under a new name, with its fields, links and lines; not its notes or history.",
		In: []Arg{
			{Name: "id", Required: true, Aliases: []string{"of", "record"}},
			{Name: "name", Required: true, Aliases: []string{"new_name", "title"}},
		},
		Out: wroteAny(), Run: runDuplicate}
}

func runDuplicate(c *Call) (*Object, error) {
	var types []*schema.Type
	for _, name := range duplicable() {
		types = append(types, c.Type(name))
	}
	key, found := c.Reference("id", types...)
	if !found {
		return nil, c.Problems.Err()
	}
	original, err := c.Tx.Live(key.Type, key.ID)
	if err != nil {
		return nil, err
	}
	c.warnOfUnique(original)
	in := c.Tx.Reader(false).Read(key.Type, map[string]any{key.Type.Title: c.Text("name")}, &c.Problems)
	copyFields(in, original)
	if err := c.copyParts(in, original); err != nil {
		return nil, err
	}
	w, err := c.Tx.Create(in, store.WriteOptions{Problems: c.Problems})
	if err != nil {
		return nil, err
	}
	if err := c.copyMembers(original, w.Record); err != nil {
		return nil, err
	}
	return c.Wrote(w)
}

// warnOfUnique names the values that no second record may have.
func (c *Call) warnOfUnique(original *store.Record) {
	var names []string
	for _, f := range original.Type.Fields {
		if f.Unique && !f.System && f.Settable(false) && original.Has(f.Name) {
			names = append(names, f.Name)
		}
	}
	if len(names) > 0 {
		c.Warn("left out, as no two records may share it: " + strings.Join(names, ", "))
	}
}

// copyFields takes over what people have set, but no identity elsewhere.
func copyFields(in *schema.Input, original *store.Record) {
	for _, f := range original.Type.Fields {
		value, has := original.Values[f.Name]
		isOwn := f.Settable(false) && !f.Unique && f.Kept == "" && (!f.System || f.Kind == schema.JSONObject)
		if has && isOwn && !in.Has(f.Name) {
			in.Values[f.Name] = value
		}
	}
}

// copyParts takes over contact details, links and service lines.
func (c *Call) copyParts(in *schema.Input, original *store.Record) error {
	t, ids := original.Type, []int64{original.ID}
	if err := c.copyDetails(in, original); err != nil {
		return err
	}
	for _, r := range t.Relations {
		if r.Via != schema.ViaLink || isPast(r.Name) {
			continue
		}
		linked, err := c.Tx.Linked(r, ids, 0)
		if err != nil {
			return err
		}
		for _, ref := range linked[original.ID] {
			in.Links[r.Name] = append(in.Links[r.Name], r.To.IDString(ref.ID))
		}
	}
	return c.copyLines(in, original)
}

func (c *Call) copyDetails(in *schema.Input, original *store.Record) error {
	t := original.Type
	if !slices.ContainsFunc(t.Fields, isDetailList) {
		return nil
	}
	details, err := c.Tx.DetailsOf(t, []int64{original.ID})
	for _, f := range t.Fields {
		if isDetailList(f) {
			in.Values[f.Name] = detailsOfKind(details[original.ID], f.Kept)
		}
	}
	return err
}

func isDetailList(f *schema.Field) bool { return f.Kind == schema.DetailList }

// isPast says that a relation is what happened, which a copy does not share.
func isPast(relation string) bool { return slices.Contains([]string{"notes", "activities"}, relation) }

func detailsOfKind(details []store.Detail, kind string) []schema.Detail {
	list := []schema.Detail{}
	for _, d := range details {
		if d.Kind == kind {
			list = append(list, schema.Detail{Label: d.Label, Value: d.Value})
		}
	}
	return list
}

func (c *Call) copyLines(in *schema.Input, original *store.Record) error {
	r := original.Type.Relation("services")
	if r == nil || r.Middle == nil {
		return nil
	}
	lines, err := c.Tx.Lines([]int64{original.ID})
	in.Lines, in.Links[r.Name] = []schema.LineInput{}, []string{}
	for _, line := range lines[original.ID] {
		id := line.Service.Type.IDString(line.Service.ID)
		quantity := line.Quantity
		in.Lines = append(in.Lines, schema.LineInput{Service: id, Quantity: &quantity, Price: line.UnitPrice, Discount: line.DiscountPercent})
		in.Links[r.Name] = append(in.Links[r.Name], id)
	}
	return err
}

// copyMembers makes the memberships of the original for the copy, roles and
// dates included.
func (c *Call) copyMembers(original, made *store.Record) error {
	for _, r := range original.Type.Relations {
		if r.Via != schema.ViaMiddle || r.Middle.Field("role") == nil {
			continue
		}
		members, err := c.related(r.Middle, original.Key(), 0)
		if err != nil {
			return err
		}
		for _, member := range members {
			in := &schema.Input{Type: r.Middle, Values: map[string]any{}, Links: map[string][]string{}}
			copyFields(in, member)
			in.Values[r.Near.Name] = made.ID
			if _, err := c.Tx.Create(in, store.WriteOptions{}); err != nil {
				return err
			}
		}
	}
	return nil
}
