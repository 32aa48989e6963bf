package tools

import (
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

const (
	// listedText is how much of a long text a list shows.
	listedText = 200
	// listedLinks is how many linked records are named with each record.
	listedLinks = 10
	// usualMembers is how many members most records have in an answer.
	usualMembers = 32
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
		objects[i] = (&Object{members: make([]member, 0, min(len(look.Columns)+1, usualMembers))}).Set("id", r.Key().String())
	}
	look.Columns = withOtherCurrencies(t, look.Columns)
	rendering := &rendering{Call: c, t: t, records: records, look: look}
	for _, column := range look.Columns {
		values, err := rendering.columnValues(column)
		if err != nil {
			return nil, err
		}
		for i, value := range values {
			objects[i].Put(column.Label, value)
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
