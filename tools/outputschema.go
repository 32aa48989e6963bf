package tools

import (
	"context"
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// Member is one member of the object that a tool answers with.
type Member struct {
	Name string
	// Schema is the JSON Schema of its value. What many answers have stands in
	// Components and is referred to.
	Schema *Object
	// Always: no answer is without it.
	Always bool
}

// OutputSchema is the JSON Schema of the tool's answers; its references lead
// into Components. It is not published to assistants, who read the answers
// themselves and would pay for it with every request.
func (t *Tool) OutputSchema() *Object {
	return objectOf(append(slices.Clone(t.Out), t.told()...)...)
}

// Schema is the schema of the database as it stands, with the custom fields
// that were defined in it.
func (s *Service) Schema(ctx context.Context, caller store.Caller) (found *schema.Schema, err error) {
	err = s.db.View(ctx, caller, func(tx *store.Tx) error {
		found = tx.Schema()
		return nil
	})
	return found, err
}

// told is what the framework adds to the answers of a tool.
func (t *Tool) told() []Member {
	if !t.IsWriting() {
		return nil
	}
	told := []Member{
		{Name: "change", Schema: described("string", "id of the change, for undo; missing where nothing has changed")},
		{Name: "warnings", Schema: listSchema(ofType("string"))},
		{Name: "removed", Schema: listSchema(described("string", "what a new list dropped"))},
		{Name: "dry_run", Schema: described("boolean", "true: nothing was written")},
		{Name: "replayed", Schema: described("boolean", "true: the answer that this idempotency key got before")},
		{Name: "undone_by", Schema: described("string", "the change that took back what is replayed")},
	}
	if t.Confirms {
		told = append(told, Member{Name: "confirm", Schema: described("string", "the token that lets the same call go on")})
	}
	return told
}

// wrote is the answer of a tool that writes one record of a type.
func wrote(typ string, more ...Member) []Member {
	record := componentOf(typ)
	return append([]Member{{Name: "record", Schema: record, Always: true},
		{Name: "next", Schema: record}}, more...)
}

// wroteAny is the answer of a tool that writes one record of any type.
func wroteAny(more ...Member) []Member {
	return append([]Member{{Name: "record", Schema: anyRecord(), Always: true}, {Name: "next", Schema: anyRecord()}}, more...)
}

// wroteSeveral is the answer of a tool that writes several records.
func wroteSeveral(more ...Member) []Member {
	return append([]Member{
		{Name: "changed", Schema: count("records that were changed"), Always: true},
		{Name: "records", Schema: listSchema(anyRecord())},
		{Name: "not_shown", Schema: count("records that the list leaves out")}}, more...)
}

// listed is the answer of a tool that lists records of a type page by page.
func listed(record *Object) []Member {
	return append([]Member{
		{Name: "total", Schema: count("all that match; the first page has it")},
		{Name: "total_is", Schema: ofType("string").Set("enum", []string{"at least"})},
		{Name: "note", Schema: described("string", "why nothing may have been found")},
	}, paged("records", record)...)
}

// paged is a page of rows and where the next begins.
func paged(name string, row *Object) []Member {
	return append(limited(name, row), Member{Name: "next_cursor", Schema: ofType("string")})
}

// limited are rows of which a limit may cut some off.
func limited(name string, row *Object) []Member {
	return []Member{
		{Name: "returned", Schema: ofType("integer")},
		{Name: "truncated", Schema: described("boolean", "true: there are more than fit")},
		{Name: name, Schema: listSchema(row), Always: true},
	}
}

// optional are members of one form that an answer may have.
func optional(form *Object, names ...string) []Member {
	members := make([]Member, len(names))
	for i, name := range names {
		members[i] = Member{Name: name, Schema: form}
	}
	return members
}

func ofType(name string) *Object { return (&Object{}).Set("type", name) }

func described(name, doc string) *Object { return ofType(name).Put("description", doc) }

func count(doc string) *Object { return described("integer", doc) }

func listSchema(items *Object) *Object { return ofType("array").Set("items", items) }

// anything is an object whose members follow from what was asked for.
func anything(doc string) *Object {
	return described("object", doc).Set("additionalProperties", true)
}

// textsByName is an object of lists of texts.
func textsByName() *Object {
	return ofType("object").Set("additionalProperties", listSchema(ofType("string")))
}

func objectOf(members ...Member) *Object {
	properties := &Object{}
	var required []string
	for _, m := range members {
		properties.Set(m.Name, m.Schema)
		if m.Always {
			required = append(required, m.Name)
		}
	}
	return ofType("object").Set("properties", properties).Put("required", required)
}

// with is a record that has further members in some answers.
func with(record *Object, members ...Member) *Object {
	return (&Object{}).Set("allOf", []any{record, objectOf(members...)})
}

func component(name string) *Object {
	return (&Object{}).Set("$ref", "#/components/schemas/"+name)
}

// componentOf is the component of a record type.
func componentOf(typ string) *Object { return component(componentName(typ)) }

func anyRecord() *Object { return component("Record") }

func reference() *Object { return component("Reference") }

// choices are the options of a field that is built in. Those of custom fields
// change, and records may still hold a former one.
func choices(f *schema.Field) []string {
	if f.Custom {
		return nil
	}
	return f.Options
}
