package tools

import (
	"cmp"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// Components are the schemas that several answers share, by their names:
// errors, references, and every record type with its fields. Those of a
// schema with custom fields have these too.
func Components(s *schema.Schema) *Object {
	all := (&Object{}).
		Set("Error", errorSchema()).
		Set("Problem", problemSchema()).
		Set("Reference", objectOf(Member{Name: "id", Schema: described("string", "such as org_42")}, Member{Name: "name", Schema: ofType("string")},
			Member{Name: "more", Schema: described("boolean", "true in place of those that the list leaves out")})).
		Set("Record", objectOf(Member{Name: "id", Schema: described("string", "such as org_42")}, Member{Name: "name", Schema: ofType("string")}).
			Set("description", "A record of any type, with whatever the call shows of it").Set("additionalProperties", true)).
		Set("Change", changeSchema()).
		Set("FieldDefinition", customFieldSchema()).
		Set("ServiceLine", objectOf(Member{Name: "service", Schema: reference()}, Member{Name: "quantity", Schema: ofType("number")},
			Member{Name: "unit_price", Schema: ofType("number")}, Member{Name: "discount_percent", Schema: ofType("number")},
			Member{Name: "total", Schema: ofType("number")}))
	for _, t := range s.Types {
		all.Set(componentName(t.Name), typeSchema(t))
	}
	return all
}

// componentName writes contact_detail as ContactDetail.
func componentName(typ string) string {
	var name strings.Builder
	for word := range strings.SplitSeq(typ, "_") {
		name.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return name.String()
}

// typeSchema is a record as answers show it. Which fields they show depends
// on the call, so none is sure but the id; paths stand under their own names.
func typeSchema(t *schema.Type) *Object {
	members := []Member{{Name: "id", Schema: described("string", "such as "+t.IDString(42)), Always: true}}
	for _, f := range t.Fields {
		if f.WriteOnly || f.Internal || f.Kind == schema.RecordID || f.Kind == schema.Identifiers {
			continue
		}
		members = append(members, Member{Name: f.Name, Schema: shownField(f)})
	}
	for _, r := range t.Relations {
		members = append(members, Member{Name: r.Name, Schema: shownRelation(r)})
	}
	return objectOf(members...).Put("description", t.Doc).
		Set("patternProperties", (&Object{}).Set(`\.`, (&Object{}).Set("description", "a path that was asked for in fields")))
}

// shownField is the form of a field's values in answers.
func shownField(f *schema.Field) *Object {
	o := ofType(f.Kind.Info().JSON)
	switch f.Kind {
	case schema.Reference, schema.AnyRecord:
		return reference()
	case schema.DetailList:
		o.Set("items", described("string", `"value" or "label: value"`))
	case schema.MultiEnum:
		o.Set("items", ofType("string").Put("enum", choices(f)))
	case schema.Participants:
		o.Set("items", participant())
	case schema.JSONObject:
		o.Set("additionalProperties", true)
	case schema.Enum:
		o.Put("enum", choices(f))
	case schema.DateOnly:
		o.Set("format", "date")
	case schema.DateTime:
		o.Set("format", "date-time")
	}
	return o.Put("title", f.Label).Put("description", f.Doc)
}

func participant() *Object {
	return objectOf(Member{Name: "system", Schema: ofType("string")}, Member{Name: "id", Schema: ofType("string")})
}

// shownRelation is the form of the records that another is linked with.
func shownRelation(r *schema.Relation) *Object {
	switch {
	case !r.Many:
		return reference()
	case hasLines(r):
		return listSchema(component("ServiceLine"))
	case r.Name == "tags":
		return listSchema((&Object{}).Set("anyOf", []any{ofType("string"), reference()}))
	}
	return listSchema(reference())
}

func changeSchema() *Object {
	entry := objectOf(Member{Name: "id", Schema: ofType("string")}, Member{Name: "name", Schema: ofType("string")},
		Member{Name: "action", Schema: ofType("string")}, Member{Name: "part", Schema: described("string", "the id of what belongs to the record")},
		Member{Name: "other", Schema: reference()},
		Member{Name: "fields", Schema: ofType("object").Set("additionalProperties",
			ofType("array").Set("items", &Object{}).Set("minItems", 2).Set("maxItems", 2).Set("description", "before and after"))})
	return objectOf(Member{Name: "id", Schema: described("string", "such as chg_7"), Always: true},
		Member{Name: "at", Schema: ofType("string").Set("format", "date-time")},
		Member{Name: "user", Schema: reference()}, Member{Name: "client", Schema: ofType("string")}, Member{Name: "tool", Schema: ofType("string")},
		Member{Name: "records", Schema: listSchema(entry)}, Member{Name: "rows", Schema: count("rows written, where not all are shown")},
		Member{Name: "undone_by", Schema: described("string", "the change that took it back")},
		Member{Name: "incomplete", Schema: described("boolean", "true: it was cut short; undo it or run it again")})
}

func customFieldSchema() *Object {
	return objectOf(Member{Name: "id", Schema: described("string", "such as fld_3")}, Member{Name: "record_type", Schema: ofType("string")},
		Member{Name: "key", Schema: ofType("string")}, Member{Name: "label", Schema: ofType("string")},
		Member{Name: "kind", Schema: ofType("string").Set("enum", schema.CustomKinds())},
		Member{Name: "options", Schema: listSchema(ofType("string"))}, Member{Name: "colors", Schema: listSchema(ofType("string"))},
		Member{Name: "is_required", Schema: ofType("boolean")}, Member{Name: "is_unique", Schema: ofType("boolean")},
		Member{Name: "default", Schema: &Object{}}, Member{Name: "description", Schema: ofType("string")},
		Member{Name: "position", Schema: ofType("integer")})
}

func problemSchema() *Object {
	candidate := objectOf(Member{Name: "id", Schema: ofType("string")}, Member{Name: "name", Schema: ofType("string")}, Member{Name: "hint", Schema: ofType("string")})
	return objectOf(Member{Name: "path", Schema: described("string", "the argument that it is about")},
		Member{Name: "message", Schema: described("string", "what is wrong and what to send instead"), Always: true},
		Member{Name: "allowed", Schema: listSchema(ofType("string"))}, Member{Name: "did_you_mean", Schema: ofType("string")},
		Member{Name: "candidates", Schema: listSchema(candidate)})
}

// errorSchema is every answer that reports a problem. Beside the error stands
// what a call that wants to be confirmed would do.
func errorSchema() *Object {
	body := objectOf(Member{Name: "code", Schema: ofType("string").Set("enum", errorCodes()), Always: true},
		Member{Name: "message", Schema: ofType("string"), Always: true},
		Member{Name: "problems", Schema: listSchema(component("Problem"))})
	return objectOf(Member{Name: "error", Schema: body, Always: true},
		Member{Name: "confirm", Schema: described("string", "send the same call again with it to go on")},
		Member{Name: "count", Schema: count("records that the call would touch")}).
		Set("description", "What went wrong; with confirm_required also a preview of what the call would do").Set("additionalProperties", true)
}

func errorCodes() []string {
	return []string{string(schema.InvalidArgument), string(schema.Ambiguous), string(schema.NotFound), string(schema.Conflict),
		string(schema.ConfirmRequired), string(schema.Unauthorized), string(schema.Forbidden), string(schema.ReadOnlyMode), string(schema.TooLarge),
		string(schema.RateLimited), string(schema.Busy), string(schema.UnknownOutcome), string(schema.Internal)}
}

// RequestSchema is the JSON Schema of the tool's arguments for programs:
// beside what is published to assistants, whatever else the tool takes, and
// every field of its record type, custom ones too.
func (t *Tool) RequestSchema(s *schema.Schema) *Object {
	request := requestedObject(t.In)
	properties, _ := request.Get("properties").(*Object)
	if of := s.Type(t.Of); of != nil {
		for _, name := range of.SettableNames() {
			if properties.Get(name) == nil {
				properties.Set(name, takenField(of, name))
			}
		}
	}
	for _, arg := range t.controls() {
		if properties.Get(arg.Name) == nil {
			properties.Set(arg.Name, arg.schema().Put("description", controlDoc(arg.Name)))
		}
	}
	return request
}

func requestedObject(args []Arg) *Object {
	members := make([]Member, len(args))
	for i, arg := range args {
		members[i] = Member{Name: arg.Name, Schema: arg.requested(), Always: arg.Required}
	}
	return objectOf(members...)
}

// requested is the schema of an argument with its choices, its bounds and the
// example that its words give. What may be any JSON is so here, while
// assistants are asked for a text of it, which every one of them can write.
func (a Arg) requested() *Object {
	a.Unlisted = false
	o := a.schema()
	switch {
	case a.Kind == Struct:
		o = requestedObject(a.Fields).Put("description", a.Doc)
	case a.Kind == Structs:
		o = listSchema(requestedObject(a.Fields)).Put("description", a.Doc)
	case a.JSON:
		o.Set("type", []string{"string", "object", "array", "number", "boolean"})
	}
	if example, isExample := strings.CutPrefix(a.Doc, "e.g. "); isExample && a.Kind == String {
		o.drop("description")
		o.Set("examples", []string{example})
	}
	if a.Min != 0 || a.Max != 0 {
		o.Set("minimum", a.Min).Set("maximum", a.Max)
	}
	return o
}

// takenField is the schema of a field or relation that a tool takes.
func takenField(t *schema.Type, name string) *Object {
	if t.Field(name) == nil || t.Relation(name) != nil {
		return fieldArg(t, Arg{Name: name, Fields: lines().Fields}, true).schema()
	}
	f := t.Field(name)
	switch f.Kind {
	case schema.JSONObject:
		return anything("").Put("title", f.Label).Put("description", f.Doc)
	case schema.Participants:
		return listSchema(participant()).Put("description", f.Doc)
	}
	return fieldArg(t, Arg{Name: name, Doc: cmp.Or(f.Doc, f.Kind.Info().Form)}, true).schema().Put("title", f.Label)
}

func controlDoc(name string) string {
	switch name {
	case "dry_run":
		return "true: check and answer, but write nothing"
	case "confirm":
		return "the token of a call that wants to be confirmed"
	}
	return "the same key gives the first answer again, for seven days"
}
