package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/text"
)

// Input is what a caller wants written to one record, read and checked as far
// as the schema can: references are still text.
type Input struct {
	Type *Type
	// Values by field name; nil empties the field. References are strings,
	// contact detail lists []Detail.
	Values map[string]any
	// Links by relation name: the whole new list of references.
	Links map[string][]string
	// Lines are the services of a deal; nil where none were given.
	Lines []LineInput
	// Warnings tell what was changed on the way in.
	Warnings []string
}

// LineInput is one service of a deal as a caller writes it. Empty numbers
// take their defaults.
type LineInput struct {
	Service  string
	Quantity *Decimal
	Price    *Decimal
	Discount *Decimal
}

// Has says whether a field or relation was given.
func (in *Input) Has(name string) bool {
	_, value := in.Values[name]
	_, link := in.Links[name]
	return value || link
}

// Read checks arguments by name for one record of a type and collects every
// problem under its argument's name. Unknown names are problems with the
// nearest right one. A null value is kept as nil.
func (r *Reader) Read(t *Type, args map[string]any, problems *Problems) *Input {
	in := &Input{Type: t, Values: map[string]any{}, Links: map[string][]string{}}
	warn := r.Warn
	r.Warn = func(message string) { in.Warnings = append(in.Warnings, message) }
	defer func() { r.Warn = warn }()
	names := make([]string, 0, len(args))
	for name := range args {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		r.readOne(in, name, args[name], problems)
	}
	return in
}

func (r *Reader) readOne(in *Input, name string, raw any, problems *Problems) {
	canonical := in.Type.Canonical(name)
	if relation, one := in.Type.Settable(canonical); relation != nil {
		r.readLinks(in, relation, one, name, raw, problems)
		return
	}
	f := in.Type.Field(canonical)
	if f == nil {
		*problems = append(*problems, in.Type.unknown(name))
		return
	}
	if !f.Settable(r.Importing) {
		problems.Add(name, "%s", notSettable(f))
		return
	}
	value, err := r.Parse(f, raw)
	if err != nil {
		*problems = append(*problems, Problem{Path: name, Message: name + " " + err.Error(), Allowed: f.Options})
		return
	}
	in.Values[f.Name] = value
}

func notSettable(f *Field) string {
	if f.By != "" {
		return f.Name + " follows from other fields: set " + f.By + " instead"
	}
	if f.ImportOnly {
		return f.Name + " is set by imports alone"
	}
	return f.Name + " is kept by the system and cannot be set"
}

func (t *Type) unknown(name string) Problem {
	near := text.Nearest(text.FieldName(name), t.SettableNames())
	p := Problem{Path: name, DidYouMean: near, Message: fmt.Sprintf("%s has no field %q", t.Name, text.Truncate(name, 60))}
	if near != "" {
		p.Message += fmt.Sprintf(": did you mean %q?", near)
	} else {
		p.Message += fmt.Sprintf("; describe with type %q lists its fields", t.Name)
	}
	return p
}

// SettableNames are the names that creates and updates take.
func (t *Type) SettableNames() []string {
	var names []string
	for _, f := range t.Fields {
		if f.Settable(false) && !f.Hidden {
			names = append(names, f.Name)
		}
	}
	for _, r := range t.Relations {
		if r.Settable {
			names = append(names, r.Name)
			if r.One != "" {
				names = append(names, r.One)
			}
		}
	}
	return names
}

func (r *Reader) readLinks(in *Input, relation *Relation, one bool, name string, raw any, problems *Problems) {
	if relation.Middle != nil && relation.Middle.Field("quantity") != nil {
		r.readLines(in, relation, name, raw, problems)
		return
	}
	if raw == nil && !one {
		problems.Add(name, "%s cannot be null: send [] to remove all of them", name)
		return
	}
	list := []string{}
	if raw != nil {
		for _, item := range listOf(raw) {
			s, err := reference(item)
			if err != nil {
				problems.Add(name, "%s must be ids or names of %s%s", name, relation.To.Plural, madeFirst(item, relation.To))
				return
			}
			list = append(list, s)
		}
	}
	if one && len(list) > 1 {
		problems.Add(name, "%s takes one reference; send several as %s", name, relation.Name)
		return
	}
	in.Links[relation.Name] = list
}

// madeFirst ends the problem with an object in place of a reference.
func madeFirst(raw any, to *Type) string {
	if _, isObject := raw.(map[string]any); !isObject || to.Class != Record {
		return ""
	}
	return ": create it first with create_" + to.Name + ", then give its id or name"
}

// reference reads a reference: text, or an object such as {"id","name"} as results give it.
func reference(raw any) (string, error) {
	if object, ok := raw.(map[string]any); ok {
		for _, key := range []string{"id", "uid", "name"} {
			if s, ok := object[key].(string); ok && s != "" {
				return s, nil
			}
		}
	}
	s, err := scalar(raw)
	if s = strings.TrimSpace(s); err != nil || s == "" {
		return "", fmt.Errorf("no reference")
	}
	return s, nil
}

func (r *Reader) readLines(in *Input, relation *Relation, name string, raw any, problems *Problems) {
	if raw == nil {
		problems.Add(name, "%s cannot be null: send [] to remove all of them", name)
		return
	}
	in.Lines = []LineInput{}
	in.Links[relation.Name] = []string{}
	for i, item := range listOf(raw) {
		path := fmt.Sprintf("%s[%d]", name, i)
		line, ok := r.readLine(relation, path, item, problems)
		if ok {
			in.Lines = append(in.Lines, line)
			in.Links[relation.Name] = append(in.Links[relation.Name], line.Service)
		}
	}
}

func (r *Reader) readLine(relation *Relation, path string, raw any, problems *Problems) (line LineInput, ok bool) {
	object, isObject := raw.(map[string]any)
	if !isObject {
		s, err := reference(raw)
		if err != nil {
			problems.Add(path, `%s must be {"service","quantity","unit_price","discount_percent"} or a service's name`, path)
		}
		return LineInput{Service: s}, err == nil
	}
	ok = true
	for _, key := range slices.Sorted(maps.Keys(object)) {
		value := object[key]
		canonical := relation.Middle.Canonical(key)
		if !text.IsPlainName(key) {
			canonical = ""
		}
		switch canonical {
		case relation.Far.Name:
			s, err := reference(value)
			if err != nil {
				problems.Add(path+"."+key, "%s must be an id or a name", key)
			}
			line.Service = s
		case "quantity", "unit_price", "discount_percent":
			ok = r.readLineNumber(&line, relation.Middle.Field(canonical), path+"."+key, value, problems) && ok
		default:
			near := text.Nearest(text.FieldName(key), []string{relation.Far.Name, "quantity", "unit_price", "discount_percent"})
			*problems = append(*problems, Problem{Path: path + "." + key, DidYouMean: near,
				Message: fmt.Sprintf("a line takes service, quantity, unit_price and discount_percent, not %q", key)})
			ok = false
		}
	}
	if line.Service == "" {
		problems.Add(path+"."+relation.Far.Name, "%s needs its service: an id, name or sku", path)
		ok = false
	}
	return line, ok
}

func (r *Reader) readLineNumber(line *LineInput, f *Field, path string, raw any, problems *Problems) bool {
	value, err := r.Parse(f, raw)
	if err != nil {
		problems.Add(path, "%s %v", f.Name, err)
		return false
	}
	number, given := value.(Decimal)
	if !given {
		return true
	}
	switch f.Name {
	case "quantity":
		line.Quantity = &number
	case "unit_price":
		line.Price = &number
	default:
		line.Discount = &number
	}
	return true
}
