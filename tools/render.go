package tools

import (
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

const (
	// listedText is how much of a long text a list shows.
	listedText = 200
	// listedLinks is how many linked records are named with each record.
	listedLinks = 10
)

// Look says how records are shown.
type Look struct {
	Columns []Column
	// Whole shows long texts uncut.
	Whole bool
}

// Short shows records of a type as lists do.
func Short(t *schema.Type) Look { return Look{Columns: ShortColumns(t)} }

// Whole shows all of a record.
func Whole(t *schema.Type) Look { return Look{Columns: WholeColumns(t), Whole: true} }

// Render shows records of one type, in their order, as objects that begin
// with the id.
func (c *Call) Render(t *schema.Type, records []*store.Record, look Look) ([]*Object, error) {
	objects := make([]*Object, len(records))
	for i, r := range records {
		objects[i] = (&Object{}).Set("id", r.Key().String())
	}
	for _, column := range look.Columns {
		values, err := c.columnValues(t, records, column, look.Whole)
		if err != nil {
			return nil, err
		}
		for i, r := range records {
			objects[i].Put(column.Label, values[r.ID])
		}
	}
	return objects, nil
}

// RenderOne shows one record.
func (c *Call) RenderOne(r *store.Record, look Look) (*Object, error) {
	objects, err := c.Render(r.Type, []*store.Record{r}, look)
	if err != nil {
		return nil, err
	}
	return objects[0], nil
}

// RenderMixed shows records of any types in their order.
func (c *Call) RenderMixed(records []*store.Record, look func(*schema.Type) Look) ([]*Object, error) {
	shown := map[store.Key]*Object{}
	byType := map[*schema.Type][]*store.Record{}
	var types []*schema.Type
	for _, r := range records {
		if byType[r.Type] == nil {
			types = append(types, r.Type)
		}
		byType[r.Type] = append(byType[r.Type], r)
	}
	for _, t := range types {
		objects, err := c.Render(t, byType[t], look(t))
		if err != nil {
			return nil, err
		}
		for i, r := range byType[t] {
			shown[r.Key()] = objects[i]
		}
	}
	objects := make([]*Object, len(records))
	for i, r := range records {
		objects[i] = shown[r.Key()]
	}
	return objects, nil
}

// Reference shows a record as {"id","name"}.
func Reference(ref store.Ref) *Object {
	return (&Object{}).Set("id", ref.Type.IDString(ref.ID)).Put("name", ref.Name)
}

// columnValues gives what a column shows of each record by the record's number.
func (c *Call) columnValues(t *schema.Type, records []*store.Record, column Column, whole bool) (map[int64]any, error) {
	if len(column.Path) == 0 {
		return c.fieldValues(t, records, column, whole)
	}
	head, rest := column.Path[0], Column{Label: column.Label, Path: column.Path[1:], Field: column.Field, Key: column.Key}
	if len(rest.Path) == 0 && rest.Field == nil {
		return c.linkValues(head, records)
	}
	return c.farValues(head, records, rest, whole)
}

func (c *Call) fieldValues(t *schema.Type, records []*store.Record, column Column, whole bool) (map[int64]any, error) {
	switch f := column.Field; f.Kind {
	case schema.Reference:
		return c.referenceValues(f, records)
	case schema.AnyRecord:
		return c.anyValues(f, records)
	case schema.DetailList:
		return c.detailValues(t, records, f.Kept)
	}
	values := make(map[int64]any, len(records))
	for _, r := range records {
		values[r.ID] = shownValue(column, r.Values[column.Field.Name], whole)
		if column.Field.Kind == schema.RecordID {
			values[r.ID] = r.Key().String()
		}
	}
	return values, nil
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

func (c *Call) referenceValues(f *schema.Field, records []*store.Record) (map[int64]any, error) {
	var ids []int64
	for _, r := range records {
		if id := r.Int(f.Name); id != 0 {
			ids = append(ids, id)
		}
	}
	refs, err := c.Tx.Refs(c.Type(f.To), unique(ids))
	if err != nil {
		return nil, err
	}
	values := make(map[int64]any, len(records))
	for _, r := range records {
		if ref, ok := refs[r.Int(f.Name)]; ok {
			values[r.ID] = Reference(ref)
		}
	}
	return values, nil
}

// anyValues shows references to records of any type.
func (c *Call) anyValues(f *schema.Field, records []*store.Record) (map[int64]any, error) {
	wanted := map[*schema.Type][]int64{}
	for _, r := range records {
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
	values := make(map[int64]any, len(records))
	for _, r := range records {
		if object := shown[r.Text(f.Name)]; object != nil {
			values[r.ID] = object
		}
	}
	return values, nil
}

func (c *Call) detailValues(t *schema.Type, records []*store.Record, kind string) (map[int64]any, error) {
	details, err := c.Tx.DetailsOf(t, idsOf(records))
	values := make(map[int64]any, len(records))
	for id, list := range details {
		var texts []string
		for _, d := range list {
			if d.Kind == kind {
				texts = append(texts, schema.Detail{Label: d.Label, Value: d.Value}.String())
			}
		}
		values[id] = texts
	}
	return values, err
}

// linkValues shows linked records: tags by their names, services with the
// numbers of their lines, others as references.
func (c *Call) linkValues(r *schema.Relation, records []*store.Record) (map[int64]any, error) {
	if hasLines(r) {
		return c.lineValues(records)
	}
	linked, err := c.Tx.Linked(r, idsOf(records), linkLimit(r)+1)
	values := make(map[int64]any, len(records))
	for id, refs := range linked {
		values[id] = linkList(r, refs)
	}
	return values, err
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

func linkList(r *schema.Relation, refs []store.Ref) any {
	if !r.Many {
		if len(refs) == 0 {
			return nil
		}
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

func (c *Call) lineValues(records []*store.Record) (map[int64]any, error) {
	lines, err := c.Tx.Lines(idsOf(records))
	values := make(map[int64]any, len(records))
	for id, list := range lines {
		shown := []any{}
		for _, line := range list {
			shown = append(shown, lineObject(line))
		}
		values[id] = shown
	}
	return values, err
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
func (c *Call) farValues(head *schema.Relation, records []*store.Record, rest Column, whole bool) (map[int64]any, error) {
	linked, err := c.Tx.Linked(head, idsOf(records), listedLinks)
	if err != nil {
		return nil, err
	}
	far, err := c.loadLinked(head.To, linked)
	if err != nil {
		return nil, err
	}
	shown, err := c.columnValues(head.To, far, rest, whole)
	values := make(map[int64]any, len(records))
	for id, refs := range linked {
		list := []any{}
		for _, ref := range refs {
			if value := shown[ref.ID]; !isEmpty(value) {
				list = append(list, value)
			}
		}
		switch {
		case head.Many:
			values[id] = list
		case len(list) > 0:
			values[id] = list[0]
		}
	}
	return values, err
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
