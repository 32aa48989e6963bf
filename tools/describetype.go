package tools

import (
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// describeType says all that can be written, filtered and sorted of a type.
func (c *Call) describeType(t *schema.Type) *Object {
	o := (&Object{}).Set("type", t.Name).Put("doc", t.Doc).Set("ids", t.Prefix+"_1").Put("found_by", t.Names)
	var fields, relations []*Object
	for _, f := range t.Fields {
		if !f.Hidden && !isFirstOf(t, f) {
			fields = append(fields, c.describeField(f))
		}
	}
	for _, r := range t.Relations {
		relations = append(relations, describeRelation(r))
	}
	filters := "by every field and relation shown, by paths of up to three relations (organization.city), exists(… where …), count(… where …) > 2"
	if slices.ContainsFunc(t.Fields, func(f *schema.Field) bool { return f.Kind == schema.Identifiers }) {
		filters += "; identifiers = \"+31 20 1234567\" finds an e-mail, phone, domain or number in any spelling"
	}
	return o.Set("fields", fields).Put("relations", relations).Set("filter", filters).
		Set("sort", "by every field but long texts, lists and ranges, also through relations to one; -name is descending")
}

func (c *Call) describeField(f *schema.Field) *Object {
	o := (&Object{}).Set("name", f.Name).Set("kind", f.KindName()).Put("label", f.Label).Put("to", f.To).Put("options", f.Options)
	if f.Kind == schema.Reference && !f.System {
		if to := c.Type(f.To); to.Class == schema.Setup {
			o.Put("options", c.Tx.FilterEnv().Names(to, describedNames))
		}
	}
	for _, flag := range []struct {
		name string
		on   bool
	}{
		{"required", f.Required}, {"unique", f.Unique}, {"custom", f.Custom},
		{"read_only", !f.Settable(true)}, {"import_only", f.ImportOnly}, {"write_only", f.WriteOnly},
	} {
		if flag.on {
			o.Set(flag.name, true)
		}
	}
	if f.Default != "" {
		o.Set("default", store.DefaultValue(f, f.Default))
	}
	return o.Put("doc", f.Doc)
}

func describeRelation(r *schema.Relation) *Object {
	o := (&Object{}).Set("name", r.Name).Set("to", r.To.Name).Put("one", r.One)
	if !r.Settable {
		o.Set("read_only", true)
	}
	return o.Put("doc", r.Doc)
}
