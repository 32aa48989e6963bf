package tools

import (
	"fmt"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// side is a record that a call makes beside its own: a follow-up of an
// activity, the first note of a record. It is given as one argument.
type side struct {
	// path is the argument as the caller wrote it. A text is the field itself.
	path, text string
	in         *schema.Input
	call       *Call
}

// side reads an argument that is a record of a type, with any of its fields.
// The base fields hold unless others are given. What is wrong is noted under
// the argument's name. Nil: the argument was not given.
func (c *Call) side(argument string, t *schema.Type, base map[string]any) *side {
	given := c.Struct(argument)
	made := &side{path: c.Path(argument)}
	if body := c.Text(argument); body != "" {
		made.text = "body"
		given = map[string]any{made.text: body}
	}
	if given == nil {
		return nil
	}
	inner := &Call{Ctx: c.Ctx, Tx: c.Tx, Tool: &Tool{Name: argument, Of: t.Name, In: []Arg{moreArg()}}, service: c.service, caller: c.caller, args: given}
	made.call = inner
	inner.read(t)
	for name, value := range base {
		if inner.fieldName(t, name) == "" {
			inner.Fields[name] = value
		}
	}
	made.in = inner.Input(t, true)
	if t.Private {
		inner.checkPrivate(made.in, nil)
	}
	inner.resolveFields(made.in)
	inner.Problems = append(inner.Problems, inner.lacking(made.in)...)
	c.Problems = append(c.Problems, made.placed(inner.spoken(inner.Problems))...)
	return made
}

// resolveFields notes the references that lead nowhere.
func (c *Call) resolveFields(in *schema.Input) {
	for _, f := range in.Type.Fields {
		if name, ok := in.Values[f.Name].(string); ok && f.Kind == schema.Reference {
			c.Tx.Resolve(f.Name, name, []*schema.Type{c.Type(f.To)}, store.Scope{}, &c.Problems)
		}
	}
}

// lacking are the fields without which a new record cannot be, unless there
// is a problem with what was given for them.
func (c *Call) lacking(in *schema.Input) (problems schema.Problems) {
	for _, f := range in.Type.Fields {
		if f.Required && f.Default == "" && in.Values[f.Name] == nil && c.FieldName(f.Name) == "" {
			problems = append(problems, store.Needed(f))
		}
	}
	return problems
}

// placed puts problems with the fields of a side record under its argument.
func (s *side) placed(problems schema.Problems) schema.Problems {
	placed := make(schema.Problems, len(problems))
	for i, p := range problems {
		field := p.Path
		p.Path = s.path + "." + field
		switch {
		case field == "" || s.text != "" && field == s.text:
			p.Path = s.path
		case s.text != "":
			p.Message += fmt.Sprintf(`; send %s as {"%s":"…","%s":"…"}`, s.path, s.text, field)
		}
		placed[i] = p
	}
	return placed
}

// create writes the record of a side.
func (c *Call) create(s *side) (*store.Written, error) {
	w, err := c.Tx.Create(s.in, store.WriteOptions{})
	if known, ok := asKnown(err); ok {
		if len(known.Problems) == 0 {
			known.Problems = schema.Problems{{Message: known.Message}}
		}
		return nil, &schema.Error{Code: known.Code, Message: known.Message, Problems: s.placed(known.Problems)}
	}
	if err != nil {
		return nil, err
	}
	c.Warn(w.Warnings...)
	if s.in.Has("owner") {
		err = c.warnOfOwner(w.Record)
	}
	return w, err
}

// shown is the short form of the record of a side and what was set of it.
func (s *side) shown(w *store.Written) (*Object, error) {
	record, err := s.call.RenderOne(w.Record, s.call.writtenLook(w))
	if err != nil {
		return nil, err
	}
	dropRepeated(w.Record.Type, record)
	return record, nil
}
