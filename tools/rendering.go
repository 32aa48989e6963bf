package tools

import (
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

// rendering shows records of one type. What several columns need is read once
// for all of them.
type rendering struct {
	*Call
	t       *schema.Type
	records []*store.Record
	look    Look
	// names are those of the records that reference fields lead to, by type.
	names   map[string]map[int64]store.Ref
	details map[int64][]store.Detail
	// linked are the codes of the types that links lead to.
	linked map[int64]bool
}

// columnValues gives what a column shows of each record, in their order; nil:
// nothing of any.
func (c *rendering) columnValues(column Column) ([]any, error) {
	if len(column.Path) == 0 {
		return c.fieldValues(column)
	}
	head, rest := column.Path[0], Column{Label: column.Label, Path: column.Path[1:], Field: column.Field, Key: column.Key}
	if len(rest.Path) == 0 && rest.Field == nil {
		return c.linkValues(head)
	}
	return c.farValues(head, rest)
}

// otherCurrencies is the field that says what a sum in the company's currency
// leaves out.
const otherCurrencies = "other_currencies"

// withOtherCurrencies puts amounts in other currencies beside those that count
// the company's alone, so that nobody takes a part for all.
func withOtherCurrencies(t *schema.Type, columns []Column) []Column {
	var all []Column
	for i, column := range columns {
		all = append(all, column)
		of := t
		if n := len(column.Path); n > 0 {
			of = column.Path[n-1].To
		}
		f, rest := column.Field, of.Field(otherCurrencies)
		if rest == nil || f == nil || f.Kind != schema.Money || !f.Computed || f.Currency != "" {
			continue
		}
		label := column.Label[:strings.LastIndexByte(column.Label, '.')+1] + rest.Name
		same := func(other Column) bool { return other.Label == label }
		if !slices.ContainsFunc(all, same) && !slices.ContainsFunc(columns[i:], same) {
			all = append(all, Column{Label: label, Path: column.Path, Field: rest})
		}
	}
	return all
}

func (c *rendering) fieldValues(column Column) ([]any, error) {
	switch f := column.Field; f.Kind {
	case schema.Reference:
		return c.referenceValues(f)
	case schema.AnyRecord:
		return c.anyValues(f)
	case schema.DetailList:
		return c.detailValues(f.Kept)
	}
	return c.each(func(r *store.Record) any {
		if column.Field.Kind == schema.RecordID {
			return r.Key().String()
		}
		return shownValue(column, r.Values[column.Field.Name], c.look.Whole)
	}), nil
}

// each shows every record by itself.
func (c *rendering) each(show func(r *store.Record) any) []any {
	var values []any
	for i, r := range c.records {
		value := show(r)
		if value != nil && values == nil {
			values = make([]any, len(c.records))
		}
		if value != nil {
			values[i] = value
		}
	}
	return values
}

// shownValue is a value as answers write it.
func shownValue(column Column, value any, whole bool) any {
	switch v := value.(type) {
	case string:
		if column.Field.Kind == schema.LongText && !whole {
			return text.Truncate(v, listedText)
		}
	case schema.Range:
		return column.Field.RangeText(v)
	case map[string]any:
		if column.Key != "" {
			return v[column.Key]
		}
	}
	return value
}

func (c *rendering) referenceValues(f *schema.Field) ([]any, error) {
	refs, err := c.namesOf(f.To)
	if err != nil {
		return nil, err
	}
	return c.each(func(r *store.Record) any {
		if ref, ok := refs[r.Int(f.Name)]; ok {
			return Reference(ref)
		}
		return nil
	}), nil
}

// namesOf gives the records of a type that the shown references lead to.
func (c *rendering) namesOf(typeName string) (map[int64]store.Ref, error) {
	if names, known := c.names[typeName]; known {
		return names, nil
	}
	var ids []int64
	for _, column := range c.look.Columns {
		f := column.Field
		if len(column.Path) > 0 || f == nil || f.Kind != schema.Reference || f.To != typeName {
			continue
		}
		for _, r := range c.records {
			if id := r.Int(f.Name); id != 0 {
				ids = append(ids, id)
			}
		}
	}
	names, err := c.Tx.Refs(c.Type(typeName), unique(ids))
	if c.names == nil {
		c.names = map[string]map[int64]store.Ref{}
	}
	c.names[typeName] = names
	return names, err
}

// anyValues shows references to records of any type.
func (c *rendering) anyValues(f *schema.Field) ([]any, error) {
	wanted := map[*schema.Type][]int64{}
	for _, r := range c.records {
		if t, id, ok := c.Tx.Schema().ParseID(r.Text(f.Name)); ok {
			wanted[t] = append(wanted[t], id)
		}
	}
	shown := map[string]*Object{}
	for t, ids := range wanted {
		refs, err := c.Tx.Refs(t, unique(ids))
		if err != nil {
			return nil, err
		}
		for id, ref := range refs {
			shown[t.IDString(id)] = Reference(ref)
		}
	}
	return c.each(func(r *store.Record) any {
		if object := shown[r.Text(f.Name)]; object != nil {
			return object
		}
		return nil
	}), nil
}

func (c *rendering) detailValues(kind string) ([]any, error) {
	if c.details == nil {
		var err error
		if c.details, err = c.Tx.DetailsOf(c.t, idsOf(c.records)); err != nil {
			return nil, err
		}
	}
	return c.each(func(r *store.Record) any {
		var texts []string
		for _, d := range c.details[r.ID] {
			if d.Kind == kind {
				texts = append(texts, schema.Detail{Label: d.Label, Value: d.Value}.String())
			}
		}
		return texts
	}), nil
}

// linkValues shows linked records: tags by their names, services with the
// numbers of their lines, others as references.
func (c *rendering) linkValues(r *schema.Relation) ([]any, error) {
	if hasLines(r) {
		return c.lineValues()
	}
	if absent, err := c.isAbsent(r); absent || err != nil {
		return nil, err
	}
	linked, err := c.Tx.Linked(r, idsOf(c.records), linkLimit(r)+1)
	return c.each(func(record *store.Record) any {
		if refs := linked[record.ID]; len(refs) > 0 {
			return linkList(r, refs)
		}
		return nil
	}), err
}

// isAbsent says that none of the records has a link of a relation, where
// asking that of all relations at once is cheaper than reading each.
func (c *rendering) isAbsent(r *schema.Relation) (bool, error) {
	if !isPlainLink(r) || c.linkColumns() < 2 {
		return false, nil
	}
	if c.linked == nil {
		var err error
		if c.linked, err = c.Tx.LinkedTypes(c.t, idsOf(c.records)); err != nil {
			return false, err
		}
	}
	return !c.linked[r.To.Code], nil
}

func (c *rendering) linkColumns() int {
	count := 0
	for _, column := range c.look.Columns {
		if len(column.Path) == 1 && column.Field == nil && isPlainLink(column.Path[0]) {
			count++
		}
	}
	return count
}

// isPlainLink says that rows of links alone decide who is related.
func isPlainLink(r *schema.Relation) bool {
	return r.Via == schema.ViaLink && !store.IsDecided(r)
}

// hasLines says that a relation leads through lines with a quantity, seen from
// the record that they belong to.
func hasLines(r *schema.Relation) bool {
	return r.Middle != nil && r.Middle.Field("quantity") != nil && r.Middle.Fields[0] == r.Near
}

// linkLimit is how many linked records are shown; those that set the CRM up,
// such as tags, are few and short.
func linkLimit(r *schema.Relation) int {
	if r.To.Class == schema.Setup {
		return 10 * listedLinks
	}
	return listedLinks
}

// linkList shows the linked records of one, of which there is at least one.
func linkList(r *schema.Relation, refs []store.Ref) any {
	if !r.Many {
		return Reference(refs[0])
	}
	list := []any{}
	for i, ref := range refs {
		switch {
		case i == linkLimit(r):
			list = append(list, (&Object{}).Set("more", true))
		case r.Name == "tags":
			list = append(list, ref.Name)
		default:
			list = append(list, Reference(ref))
		}
	}
	return list
}

func (c *rendering) lineValues() ([]any, error) {
	lines, err := c.Tx.Lines(idsOf(c.records))
	return c.each(func(r *store.Record) any {
		shown := []any{}
		for _, line := range lines[r.ID] {
			shown = append(shown, lineObject(line))
		}
		return shown
	}), err
}

func lineObject(line store.Line) *Object {
	o := (&Object{}).Set("service", Reference(line.Service)).Set("quantity", line.Quantity)
	for _, number := range []struct {
		name  string
		value *schema.Decimal
	}{{"unit_price", line.UnitPrice}, {"discount_percent", line.DiscountPercent}, {"total", line.Total}} {
		if number.value != nil {
			o.Set(number.name, *number.value)
		}
	}
	return o
}

// farValues shows the rest of a path for the records at the end of its first
// relation: one value where the relation leads to one, else a list.
func (c *rendering) farValues(head *schema.Relation, rest Column) ([]any, error) {
	linked, err := c.Tx.Linked(head, idsOf(c.records), listedLinks)
	if err != nil {
		return nil, err
	}
	far, err := c.loadLinked(head.To, linked)
	if err != nil {
		return nil, err
	}
	beyond := &rendering{Call: c.Call, t: head.To, records: far, look: Look{Columns: []Column{rest}, Whole: c.look.Whole}}
	values, err := beyond.columnValues(rest)
	shown := make(map[int64]any, len(far))
	for i, value := range values {
		shown[far[i].ID] = value
	}
	return c.each(func(r *store.Record) any {
		list := []any{}
		for _, ref := range linked[r.ID] {
			if value := shown[ref.ID]; !isEmpty(value) {
				list = append(list, value)
			}
		}
		switch {
		case head.Many:
			return list
		case len(list) > 0:
			return list[0]
		}
		return nil
	}), err
}

func (c *Call) loadLinked(t *schema.Type, linked map[int64][]store.Ref) ([]*store.Record, error) {
	var ids []int64
	for _, refs := range linked {
		for _, ref := range refs {
			ids = append(ids, ref.ID)
		}
	}
	var records []*store.Record
	for _, id := range unique(ids) {
		r, err := c.Tx.Get(t, id)
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}
