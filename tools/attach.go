package tools

import (
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

// toArg names the records to which a note or an activity belongs.
func toArg(doc string, required bool) Arg {
	return Arg{Name: "to", Kind: Strings, Required: required, Doc: doc,
		Aliases: []string{"of", "about", "record", "records", "parent", "parents", "attached_to"}}
}

// attachable are the relations of a type to what people keep.
func attachable(t *schema.Type) []*schema.Relation {
	var relations []*schema.Relation
	for _, r := range t.Relations {
		if r.Settable && r.To.Class == schema.Record {
			relations = append(relations, r)
		}
	}
	return relations
}

// attach turns the argument "to" into links of the type Of, beside those that
// were given by their relation. As the whole new list it takes away the links
// to everything that it does not name, except over the relations in apart,
// which have an argument of their own.
func (c *Call) attach(t *schema.Type, whole bool, apart ...string) {
	var types []*schema.Type
	for _, r := range attachable(t) {
		types = append(types, r.To)
	}
	if whole && c.isEmptied("to") {
		c.Problems.Add(c.Path("to"), "to must name one record at least; delete_records takes a %s away altogether", t.Name)
	}
	given := map[*schema.Type][]any{}
	for _, key := range c.References("to", types...) {
		given[key.Type] = append(given[key.Type], key.String())
	}
	for _, r := range attachable(t) {
		name := c.fieldName(t, r.Name)
		switch list := given[r.To]; {
		case name != "" && len(list) > 0:
			c.Fields[name] = append(listOf(c.Fields[name]), list...)
		case len(list) > 0:
			c.Fields[r.Name] = list
		case name == "" && whole && c.Has("to") && !slices.Contains(apart, r.Name):
			c.Fields[r.Name] = []any{}
		}
	}
}

// isEmptied says that a list was given without an entry.
func (c *Call) isEmptied(name string) bool {
	for given := range c.args {
		if arg := c.Tool.arg(text.FieldName(given)); arg != nil && arg.Name == name {
			return !c.Has(name)
		}
	}
	return false
}

// linksOf gives the records that an input links over the relations that
// another type has under the same name, as that type's fields.
func linksOf(in *schema.Input, other *schema.Type) map[string]any {
	fields := map[string]any{}
	for _, r := range attachable(other) {
		if list := in.Links[r.Name]; len(list) > 0 {
			fields[r.Name] = list
		}
	}
	return fields
}

// checkPrivate refuses to make or leave a private note under another author:
// whoever wrote it would not see it any more.
func (c *Call) checkPrivate(in *schema.Input, before *store.Record) {
	private, author := false, c.Tx.Caller().User
	if before != nil {
		private, author = before.Bool("is_private"), before.Int("author")
	}
	if value, given := in.Values["is_private"]; given {
		private = value == true
	}
	if name, ok := in.Values["author"].(string); ok {
		var problems schema.Problems
		key, _ := c.Tx.Resolve("author", name, []*schema.Type{c.Type("user")}, store.Scope{}, &problems)
		if len(problems) > 0 {
			return
		}
		author = key.ID
	}
	if private && author != c.Tx.Caller().User {
		c.Problems.Add("is_private", "a private note is seen by its author alone: leave out is_private, or be its author")
	}
}
