package tools

import "encoding/json"

// InputSchema is the JSON Schema of the tool's arguments, within what every
// client takes: objects with named properties, typed lists, enums of text, no
// combinators, no defaults. It never depends on the data.
func (t *Tool) InputSchema() (json.RawMessage, error) {
	return objectSchema(t.In).MarshalJSON()
}

func objectSchema(args []Arg) *Object {
	properties := &Object{}
	var required []string
	for _, arg := range args {
		if arg.Hidden {
			continue
		}
		properties.Set(arg.Name, arg.schema())
		if arg.Required {
			required = append(required, arg.Name)
		}
	}
	return (&Object{}).Set("type", "object").Set("properties", properties).Put("required", required)
}

func (a Arg) schema() *Object {
	o := &Object{}
	if a.Unlisted {
		a.Enum = nil
	}
	switch a.Kind {
	case Integer:
		o.Set("type", "integer")
	case Number:
		o.Set("type", "number")
	case Boolean:
		o.Set("type", "boolean")
	case Strings, Pairs:
		items := (&Object{}).Set("type", "string").Put("enum", a.Enum)
		return o.Set("type", "array").Set("items", items).Put("description", a.Doc)
	case Struct:
		o = objectSchema(a.Fields)
	case Structs:
		o.Set("type", "array").Set("items", objectSchema(a.Fields))
	default:
		o.Set("type", "string").Put("enum", a.Enum)
	}
	return o.Put("description", a.Doc)
}
