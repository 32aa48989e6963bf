package tools

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

// Input reads the fields of the call for a record of a type; problems are
// noted. On create null means not given, on update it empties the field.
func (c *Call) Input(t *schema.Type, creating bool) *schema.Input {
	fields := make(map[string]any, len(c.Fields))
	for name, value := range c.Fields {
		if zone, isText := value.(string); isText && isZone(t.Field(t.Canonical(name))) {
			value = zoneNamed(zone)
		}
		if value != nil || !creating {
			fields[name] = value
		}
	}
	return c.Tx.Reader(false).Read(t, fields, &c.Problems)
}

func isZone(f *schema.Field) bool { return f != nil && f.Kind == schema.TimeZone }

// zoneNamed is the time zone that a text names in another case, such as
// europe/berlin; a text that names none stays as it is.
func zoneNamed(given string) string {
	given = strings.TrimSpace(given)
	if _, err := time.LoadLocation(strings.ToUpper(given)); err == nil && !strings.Contains(given, "/") {
		return strings.ToUpper(given)
	}
	name := []byte(strings.ToLower(given))
	for i := range name {
		begins := i == 0 || strings.ContainsRune("/_-", rune(name[i-1]))
		if rest := string(name[i:]); begins && !strings.HasPrefix(rest, "of_") && !strings.HasPrefix(rest, "es_") && !strings.HasPrefix(rest, "au-") {
			name[i] = strings.ToUpper(string(name[i]))[0]
		}
	}
	if _, err := time.LoadLocation(string(name)); err == nil {
		return string(name)
	}
	return given
}

// WriteOptions are those that every call may give.
func (c *Call) WriteOptions() store.WriteOptions {
	return store.WriteOptions{ExpectedVersion: c.Int("expected_version", 0), Replace: c.Bool("replace"), Problems: c.Problems}
}

// Wrote makes the answer of a write to one record: the record as it now
// stands. Warnings and what was removed go to the call.
func (c *Call) Wrote(w *store.Written) (*Object, error) {
	c.Warn(w.Warnings...)
	c.Removed(w.Removed...)
	record, err := c.RenderOne(w.Record, c.writtenLook(w))
	if err != nil {
		return nil, err
	}
	if w.Record.Type.Name == c.Tool.Of && c.fieldName(w.Record.Type, "owner") != "" {
		if err := c.warnOfOwner(w.Record); err != nil {
			return nil, err
		}
	}
	dropRepeated(w.Record.Type, record)
	o := (&Object{}).Set("record", record)
	if w.Next != nil {
		next, err := c.RenderOne(w.Next, Short(w.Next.Type))
		if err != nil {
			return nil, err
		}
		o.Set("next", next)
	}
	return o, nil
}

// writtenLook shows the short form of a written record and whatever the call
// has set of it besides.
func (c *Call) writtenLook(w *store.Written) Look {
	t := w.Record.Type
	set := map[string]bool{}
	if t.Name == c.Tool.Of {
		for name := range c.Fields {
			set[t.Canonical(name)] = true
		}
	}
	for _, name := range slices.Concat(w.Relinked, w.Defaulted) {
		set[name] = true
	}
	look := Short(t)
	for _, column := range look.Columns {
		delete(set, column.Label)
	}
	var more []string
	for _, f := range t.Fields {
		if set[f.Name] && !f.WriteOnly && (!slices.Contains(t.OneOf, f.Name) || !t.TitleField().Computed) {
			more = append(more, f.Name)
		}
	}
	for _, r := range t.Relations {
		if set[r.Name] {
			more = append(more, r.Name)
		}
	}
	look.Columns = append(look.Columns, namedColumns(t, more)...)
	return look
}

// dropRepeated takes out lists of contact details and links whose only entry
// stands in the record by itself.
func dropRepeated(t *schema.Type, record *Object) {
	for _, f := range t.Fields {
		if list, ok := record.Get(f.Name).([]string); ok && f.Kind == schema.DetailList && len(list) == 1 && list[0] == record.Get(f.Kept) {
			record.drop(f.Name)
		}
	}
	for _, r := range t.Relations {
		if list, ok := record.Get(r.Name).([]any); ok && len(list) == 1 && r.One != "" && record.Get(r.One) != nil {
			record.drop(r.Name)
		}
	}
}

// WroteMany makes the answer of a write to several records; of very many it
// shows the first and how many more there are.
func (c *Call) WroteMany(records []*store.Record, look func(*schema.Type) Look) (*Object, error) {
	objects, err := c.RenderMixed(records[:min(len(records), shownRecords)], look)
	if err != nil {
		return nil, err
	}
	o := (&Object{}).Set("changed", len(records))
	shown, err := c.fitting(o, objects)
	if err != nil {
		return nil, err
	}
	o.Put("records", objects[:shown])
	if more := len(records) - shown; more > 0 {
		o.Set("not_shown", more)
	}
	return o, nil
}

// shownRecords is how many records the answer of a write to many shows.
const shownRecords = 50

// Named shows a record by its id and its name alone.
func Named(t *schema.Type) Look {
	if t.Title == "" {
		return Look{}
	}
	return Look{Columns: []Column{{Label: "name", Field: t.TitleField()}}}
}

// clearFields turns the argument "clear" into empty values of the call's fields.
func (c *Call) clearFields(t *schema.Type) {
	for i, name := range c.List("clear") {
		path := fmt.Sprintf("%s[%d]", c.Path("clear"), i)
		canonical := canonicalField(t, name)
		switch given := c.fieldName(t, canonical); {
		case canonical == "" || !text.IsPlainName(name) && !isLabel(t, name):
			near := cmp.Or(canonical, nearestName(name, &Tool{}, t))
			c.Problems = append(c.Problems, schema.Problem{Path: path, DidYouMean: near,
				Message: fmt.Sprintf("%s has no field %s", t.Name, quote(name))})
		case given != "":
			c.Problems.Add(path, "%s is given a value and cleared in one call", given)
		default:
			c.Fields[name] = emptyValue(t, canonical)
		}
	}
}

// emptyValue is what empties a field or a relation to many.
func emptyValue(t *schema.Type, canonical string) any {
	if r, _ := t.Settable(canonical); r != nil {
		return []any{}
	}
	return nil
}
