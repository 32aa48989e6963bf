package tools

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// Object is a JSON object whose keys stay in the order in which they were put.
type Object struct{ members []member }

type member struct {
	name  string
	value any
}

// Put adds a member unless its value is empty (nil, no text, no entries), or
// replaces the one of that name. False and 0 are values. It is called in
// hundreds of places, which would all grow with it.
//
//go:noinline
func (o *Object) Put(name string, value any) *Object {
	if isEmpty(value) {
		return o
	}
	return o.Set(name, value)
}

// Set adds a member even if its value is empty.
//
//go:noinline
func (o *Object) Set(name string, value any) *Object {
	for i := range o.members {
		if o.members[i].name == name {
			o.members[i].value = value
			return o
		}
	}
	o.members = append(o.members, member{name, value})
	return o
}

func (o *Object) drop(name string) {
	o.members = slices.DeleteFunc(o.members, func(m member) bool { return m.name == name })
}

// Get gives a member's value; nil: there is none.
func (o *Object) Get(name string) any {
	for _, m := range o.members {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// ID is the member "id", as records have it; empty where there is none.
func (o *Object) ID() string {
	id, _ := o.Get("id").(string)
	return id
}

func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []string:
		return len(v) == 0
	case []any:
		return len(v) == 0
	case []*Object:
		return len(v) == 0
	case *Object:
		return v == nil || len(v.members) == 0
	case map[string]any:
		return len(v) == 0
	case []schema.Participant:
		return len(v) == 0
	case schema.Problems:
		return len(v) == 0
	}
	return false
}

// MarshalJSON writes the object without white space.
func (o *Object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	err := o.write(&b, false)
	return b.Bytes(), err
}

// Lines writes the object with every element of its own lists of objects on a
// line of its own, which models and people read more surely.
func (o *Object) Lines() (string, error) {
	var b bytes.Buffer
	err := o.write(&b, true)
	return b.String(), err
}

func (o *Object) write(b *bytes.Buffer, lines bool) error {
	b.WriteByte('{')
	for i, m := range o.members {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := writeText(b, m.name); err != nil {
			return err
		}
		b.WriteByte(':')
		if err := writeValue(b, m.value, lines); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	b.WriteByte('}')
	return nil
}

func writeValue(b *bytes.Buffer, value any, lines bool) error {
	switch v := value.(type) {
	case *Object:
		return v.write(b, false)
	case []*Object:
		return writeObjects(b, v, lines)
	case []any:
		return writeAll(b, v)
	case string:
		return writeText(b, v)
	case int64:
		b.Write(strconv.AppendInt(b.AvailableBuffer(), v, 10))
		return nil
	}
	return writeJSON(b, value)
}

// writeText writes what most texts of an answer are, plain letters, as it
// stands: to look for what JSON escapes takes a fraction of encoding it.
func writeText(b *bytes.Buffer, s string) error {
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x80 || r == '"' || r == '\\' }) {
		return writeJSON(b, s)
	}
	b.WriteByte('"')
	b.WriteString(s)
	b.WriteByte('"')
	return nil
}

func writeObjects(b *bytes.Buffer, list []*Object, lines bool) error {
	b.WriteByte('[')
	for i, o := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		if lines {
			b.WriteByte('\n')
		}
		if err := o.write(b, false); err != nil {
			return err
		}
	}
	if lines && len(list) > 0 {
		b.WriteByte('\n')
	}
	b.WriteByte(']')
	return nil
}

func writeAll(b *bytes.Buffer, list []any) error {
	b.WriteByte('[')
	for i, v := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := writeValue(b, v, false); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	return nil
}

// writeJSON leaves < > & as they are: an answer is no HTML, and escapes cost.
func writeJSON(b *bytes.Buffer, value any) error {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1)
	return nil
}
