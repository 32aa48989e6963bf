package store

import (
	"bytes"
	"encoding/json"

	"github.com/crmcp/crmcp/schema"
)

// eventBody is what a webhook is sent.
type eventBody struct {
	ID        string        `json:"id"`
	Type      string        `json:"type"`
	Timestamp schema.Millis `json:"timestamp"`
	Data      eventData     `json:"data"`
}

type eventData struct {
	Record  json.RawMessage        `json:"record"`
	Changes map[string]eventChange `json:"changes,omitempty"`
	Change  string                 `json:"change"`
	User    any                    `json:"user"`
	Client  string                 `json:"client"`
}

// eventChange is a field before and after. Of a list, only the entries that
// differ stand in it.
type eventChange struct {
	Previous any `json:"previous"`
	Current  any `json:"current"`
}

// encoded writes JSON that leaves < > & as they are: notes are Markdown.
func encoded(value any) (string, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), err
}

// shownRef is a reference as answers show it.
func shownRef(ref Ref) any {
	shown := map[string]any{"id": ref.Type.IDString(ref.ID)}
	if ref.Name != "" {
		shown["name"] = ref.Name
	}
	return shown
}

// eventChanges are the fields, links and parts of a record that are not as
// they were; nil for a new record.
func (tx *Tx) eventChanges(h *happening, all *happenings, reader *historyReader) (map[string]eventChange, error) {
	if h.net.created {
		return nil, nil
	}
	changes := map[string]eventChange{}
	fields, err := reader.fields(h.key.Type, h.net.values(earlier), h.net.values(later))
	if err != nil {
		return nil, err
	}
	for _, f := range fields {
		if h.net.wasPrivate && f.Field != "is_private" {
			continue
		}
		changes[f.Field] = eventChange{displayed(f.Before), displayed(f.After)}
	}
	if h.record.Has(mergedInto) && h.net.field(mergedInto) != nil {
		winner, err := tx.refNamed(reader, Key{h.key.Type, h.record.Int(mergedInto)})
		if err != nil {
			return nil, err
		}
		changes[mergedInto] = eventChange{Current: winner}
	}
	if err := tx.linkChanges(h, reader, changes); err != nil {
		return nil, err
	}
	return changes, tx.partChanges(h, all, reader, changes)
}

// displayed is a value of the history as answers show it.
func displayed(value any) any {
	if ref, ok := value.(Ref); ok {
		return shownRef(ref)
	}
	return value
}

func (tx *Tx) refNamed(reader *historyReader, key Key) (any, error) {
	if _, err := reader.name(key); err != nil {
		return nil, err
	}
	ref := reader.ref(key)
	if key.Type.Name == madeOnUse && ref.Name != "" {
		return ref.Name, nil
	}
	return shownRef(ref), nil
}

// netLinks are the links that are new (1) or gone (-1), in order.
func netLinks(h *happening) []netLink {
	var list []netLink
	for _, row := range h.links {
		other := row.object
		if other == h.key {
			other = row.subject
		}
		delta := 1
		if row.action == "delete" {
			delta = -1
		}
		list = addLink(list, other, delta)
	}
	return list
}

type netLink struct {
	other Key
	delta int
}

func addLink(list []netLink, other Key, delta int) []netLink {
	for i := range list {
		if list[i].other == other {
			if list[i].delta += delta; list[i].delta == 0 {
				return append(list[:i], list[i+1:]...)
			}
			return list
		}
	}
	return append(list, netLink{other, delta})
}

// linkChanges tells the links that count as a change of the record, under the
// name of the relation.
func (tx *Tx) linkChanges(h *happening, reader *historyReader, changes map[string]eventChange) error {
	for _, link := range netLinks(h) {
		// A private record is not there for the receiver.
		if ref, err := reader.name(link.other); err != nil || ref == nil {
			if err != nil {
				return err
			}
			continue
		}
		shown, err := tx.refNamed(reader, link.other)
		if err != nil {
			return err
		}
		name := relationName(h.key.Type, link.other.Type, schema.ViaLink)
		addEntries(changes, name, ifTrue(link.delta < 0, shown), ifTrue(link.delta > 0, shown))
	}
	return nil
}

func ifTrue(condition bool, value any) any {
	if condition {
		return value
	}
	return nil
}

// relationName is how a type calls its records of another: the relation's
// name, or the plural of the other where it has none.
func relationName(t, other *schema.Type, via schema.Via) string {
	for _, r := range t.Relations {
		if r.Via == via && r.To == other {
			return r.Name
		}
	}
	return other.Plural
}

// addEntries adds to what is no longer, and what is newly, in a list.
func addEntries(changes map[string]eventChange, name string, gone, come any) {
	change := changes[name]
	previous, _ := change.Previous.([]any)
	current, _ := change.Current.([]any)
	if gone != nil {
		previous = append(previous, gone)
	}
	if come != nil {
		current = append(current, come)
	}
	if previous == nil {
		previous = []any{}
	}
	if current == nil {
		current = []any{}
	}
	changes[name] = eventChange{previous, current}
}

// partChanges tells of the parts of a record: memberships, contact details,
// lines.
func (tx *Tx) partChanges(h *happening, all *happenings, reader *historyReader, changes map[string]eventChange) error {
	for _, key := range h.parts {
		part := all.byKey[key]
		if err := tx.lookAt(part); err != nil {
			return err
		}
		action := part.action()
		if action == "" {
			continue
		}
		gone, come, err := partEntries(part, action, reader)
		if err != nil {
			return err
		}
		addEntries(changes, relationName(h.key.Type, key.Type, schema.ViaBack), gone, come)
	}
	return nil
}

// partEntries are a part as it was and as it is: all of it where it has come
// or gone, else the fields that differ.
func partEntries(part *happening, action string, reader *historyReader) (gone, come any, err error) {
	was, is := part.net.values(earlier), part.net.values(later)
	if action != "updated" {
		if was, err = rawValues(recorded(part.record)); err != nil {
			return nil, nil, err
		}
		is = was
	}
	fields, err := reader.fields(part.key.Type, was, is)
	if err != nil {
		return nil, nil, err
	}
	previous, current := map[string]any{"id": part.key.String()}, map[string]any{"id": part.key.String()}
	for _, f := range fields {
		previous[f.Field], current[f.Field] = displayed(f.Before), displayed(f.After)
	}
	switch action {
	case "created", "restored":
		return nil, current, nil
	case "deleted", "merged":
		return previous, nil, nil
	}
	return previous, current, nil
}
