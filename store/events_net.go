package store

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// netChange is what several rows about one record come to: a field that was
// changed and changed back is not in it.
type netChange struct {
	typ     *schema.Type
	created bool
	fields  []netField
	// wasPrivate: at some time the record was for its author alone.
	wasPrivate bool
	broken     error
}

// netField is a field before and after, as the history keeps it.
type netField struct {
	name          string
	before, after json.RawMessage
}

func (f netField) hadBefore() bool { return isGiven(f.before) }

// isGiven says whether a recorded value is one.
func isGiven(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

// rawValues are the values of a row as the history keeps them.
func rawValues(values map[string]any) (map[string]json.RawMessage, error) {
	if values == nil {
		return nil, nil
	}
	raw := make(map[string]json.RawMessage, len(values))
	for name, value := range values {
		data, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		raw[name] = data
	}
	return raw, nil
}

func netOf(t *schema.Type, rows []changeRow) *netChange {
	n := &netChange{typ: t}
	for _, row := range rows {
		n.created = n.created || row.action == "insert"
		n.wasPrivate = n.wasPrivate || row.before["is_private"] == true
		was, err := rawValues(row.before)
		if err == nil {
			var is map[string]json.RawMessage
			is, err = rawValues(row.after)
			n.add(was, is)
		}
		if err != nil {
			n.broken = err
		}
	}
	n.fields = slices.DeleteFunc(n.fields, func(f netField) bool {
		return bytes.Equal(f.before, f.after) || !f.hadBefore() && !isGiven(f.after)
	})
	slices.SortFunc(n.fields, func(a, b netField) int { return strings.Compare(a.name, b.name) })
	return n
}

func (n *netChange) add(was, is map[string]json.RawMessage) {
	names := map[string]bool{}
	for name := range was {
		names[name] = true
	}
	for name := range is {
		names[name] = true
	}
	for name := range names {
		if f := n.field(name); f != nil {
			f.after = is[name]
			continue
		}
		n.fields = append(n.fields, netField{name, was[name], is[name]})
	}
}

// field finds a field that differs; nil: it does not.
func (n *netChange) field(name string) *netField {
	at := slices.IndexFunc(n.fields, func(f netField) bool { return f.name == name })
	if at < 0 {
		return nil
	}
	return &n.fields[at]
}

// visible says whether anything differs that is not the program's alone.
func (n *netChange) visible() bool {
	return slices.ContainsFunc(n.fields, func(one netField) bool {
		f := n.typ.Field(one.name)
		return f == nil || !f.Internal && (!f.System || !f.ReadOnly)
	})
}

// side is one of the two states of a change.
type side int

const (
	earlier side = iota
	later
)

// values are the fields that differ, in one of the two states.
func (n *netChange) values(which side) map[string]json.RawMessage {
	values := make(map[string]json.RawMessage, len(n.fields))
	for _, f := range n.fields {
		values[f.name] = f.before
		if which == later {
			values[f.name] = f.after
		}
	}
	return values
}
