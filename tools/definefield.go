package tools

import (
	"fmt"
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

func defineField() *Tool {
	return &Tool{Name: "define_field", Title: "Define a custom field", Set: "admin", Default: true, Mode: Write, Idempotent: true, Confirms: true,
		Description: "Make a custom field, or change the one with that key. Kind and record type stay.",
		In: []Arg{
			{Name: "record_type", Doc: "organization, deal, …", Aliases: []string{"type", "of", "object"}},
			{Name: "key", Doc: "its name; else made of label", Aliases: []string{"name", "field"}},
			{Name: "label"},
			{Name: "kind", Enum: schema.CustomKinds(), Meant: schema.CustomKindWords()},
			{Name: "options", Kind: Strings, Doc: "the whole new list", Labels: true},
			{Name: "rename", Kind: Pairs, Doc: "Old=New option"},
			{Name: "replace", Kind: Pairs, Doc: "Removed=Other option"},
			{Name: "is_required", Kind: Boolean, Aliases: []string{"required"}},
			{Name: "is_unique", Kind: Boolean, Aliases: []string{"unique"}},
			{Name: "default", JSON: true, Aliases: []string{"default_value"}},
			{Name: "position", Kind: Integer},
			{Name: "id", Hidden: true, Aliases: []string{"field_id"}},
			{Name: "description", Hidden: true, Aliases: []string{"doc", "help"}},
			{Name: "colors", Kind: Pairs, Hidden: true, Aliases: []string{"colours"}},
			{Name: "clear", Kind: Strings, Commas: true, Hidden: true, Enum: []string{"default", "description"}},
		},
		Out: []Member{{Name: "field", Schema: component("FieldDefinition"), Always: true}, {Name: "rewritten", Schema: count("records whose value was replaced")}},
		Run: runDefineField}
}

func runDefineField(c *Call) (*Object, error) {
	d := store.FieldDefinition{Key: c.Text("key"), Label: c.Text("label"), Kind: c.Text("kind"), Options: c.List("options"),
		Rename: c.textPairs("rename"), Replace: c.textPairs("replace"), Colors: append(c.optionColors(), c.textPairs("colors")...),
		Required: given(c, "is_required", c.Bool), Unique: given(c, "is_unique", c.Bool),
		Default: c.clearable("default"), Description: c.clearable("description")}
	if c.Has("position") {
		position := c.Int("position", 0)
		d.Position = &position
	}
	if c.Has("id") {
		key, _ := c.Reference("id", c.Type("custom_field"))
		d.ID = key.ID
	}
	if d.Type = c.TypeNamed("record_type", schema.Record); d.Type != nil {
		d.Taken = c.service.argumentNames(d.Type)
	}
	if c.Has("record_type") && d.Type == nil || c.Has("id") && d.ID == 0 {
		return nil, c.Problems.Err()
	}
	d.Problems = c.Problems
	done, err := c.Tx.DefineField(d)
	if err != nil {
		return nil, err
	}
	c.Warn(done.Warnings...)
	c.Removed(done.Removed...)
	if c.givenEmpty("options") && len(done.Field.Options) > 0 {
		c.Warn("options [] was left out: a select keeps at least one option; replace says what takes the place of one that goes")
	}
	o := (&Object{}).Set("field", fieldObject(done.Type, done.Field))
	if done.Rewritten > 0 {
		o.Set("rewritten", done.Rewritten)
	}
	preview := (&Object{}).Set("count", done.Rewritten).Set("options", done.Removed)
	return o, c.Confirm(done.Rewritten, fmt.Sprintf("this would change %s in %d records", done.Field.Name, done.Rewritten), preview)
}

// optionColors are the colours of options that were given as objects.
func (c *Call) optionColors() (colors [][2]string) {
	for _, one := range listOf(c.args[c.spelled["options"]]) {
		object, _ := one.(map[string]any)
		for _, name := range []string{"color", "colour"} {
			if color, isText := object[name].(string); isText && color != "" && c.Has("options") {
				label, _ := labelsOf([]any{one})[0].(string)
				colors = append(colors, [2]string{label, color})
			}
		}
	}
	return colors
}

func given(c *Call, name string, value func(string) bool) *bool {
	if !c.Has(name) {
		return nil
	}
	v := value(name)
	return &v
}

// clearable is a text that was given, or an empty one that "clear" names.
func (c *Call) clearable(name string) *string {
	s := c.Text(name)
	if s == "" && !slices.Contains(c.List("clear"), name) {
		return nil
	}
	return &s
}

// textPairs are pairs of two texts.
func (c *Call) textPairs(name string) (pairs [][2]string) {
	for i, pair := range c.Pairs(name) {
		value, isText := pair.Value.(string)
		if !isText && pair.Value != nil {
			c.Problems.Add(fmt.Sprintf("%s[%d]", c.Path(name), i), "%s must be a text", quote(pair.Name))
		}
		pairs = append(pairs, [2]string{pair.Name, value})
	}
	return pairs
}

// argumentNames are the names that the tools which write and list records of a
// type take beside its fields; a custom field of one of them could not be set,
// or would be mistaken for it.
func (s *Service) argumentNames(t *schema.Type) []string {
	var names []string
	for _, tool := range s.all {
		if tool.Of != t.Name && tool.Name != "list_"+t.Plural {
			continue
		}
		for _, arg := range append(slices.Clone(tool.In), tool.controls()...) {
			if !arg.Field {
				names = append(append(names, arg.Name), arg.Aliases...)
			}
		}
	}
	return names
}

// fieldObject shows a custom field as define_field takes it.
func fieldObject(t *schema.Type, f *schema.Field) *Object {
	o := (&Object{}).Set("id", fmt.Sprintf("fld_%d", f.ID)).Set("record_type", t.Name).Set("key", f.Name).Set("label", f.Label).
		Set("kind", f.KindName()).Put("options", f.Options)
	colors := []string{}
	for _, choice := range f.Choices {
		if choice.Color != "" && !choice.Removed {
			colors = append(colors, choice.Label+"="+choice.Color)
		}
	}
	o.Put("colors", colors)
	if f.Required {
		o.Set("is_required", true)
	}
	if f.Unique {
		o.Set("is_unique", true)
	}
	if f.Default != "" {
		o.Set("default", store.DefaultValue(f, f.Default))
	}
	return o.Put("description", f.Doc)
}

// showFields shows custom fields by their definitions in the schema.
func showFields(c *Call, records []*store.Record) ([]*Object, error) {
	rows := []*Object{}
	for _, r := range records {
		t := c.Type(r.Text("record_type"))
		if t == nil {
			continue
		}
		at := slices.IndexFunc(t.Fields, func(f *schema.Field) bool { return f.Custom && f.ID == r.ID })
		if at >= 0 {
			rows = append(rows, fieldObject(t, t.Fields[at]).Put("position", r.Values["position"]))
		}
	}
	return rows, nil
}

// hideField deletes a custom field; its values stay and come back with it.
func hideField(c *Call, key store.Key) (*Object, error) {
	r, err := c.Tx.Live(key.Type, key.ID)
	if err != nil {
		return nil, err
	}
	holders, err := c.Tx.FieldHolders(r)
	if err != nil {
		return nil, err
	}
	row, err := c.RenderOne(r, Look{Columns: namedColumns(r.Type, []string{"record_type", "key", "label", "kind"})})
	if err != nil {
		return nil, err
	}
	_, err = c.Tx.Delete([]store.Key{key})
	return (&Object{}).Set("deleted", row).Set("records_with_a_value", holders), err
}
