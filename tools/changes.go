package tools

import (
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

// ChangeObject shows a change set: who changed what, when, through what, and
// every field as [before, after].
func ChangeObject(change store.Change) *Object {
	client := change.Client
	if change.ClientVersion != "" {
		client += " " + change.ClientVersion
	}
	records := make([]*Object, len(change.Entries))
	for i, entry := range change.Entries {
		records[i] = entryObject(entry)
	}
	o := (&Object{}).Set("id", store.ChangeString(change.ID)).Set("at", change.At).
		Put("user", Reference(change.User)).Put("client", client).Put("tool", change.Tool).Put("records", records)
	if change.UndoneBy != 0 {
		o.Set("undone_by", store.ChangeString(change.UndoneBy))
	}
	if change.Incomplete {
		o.Set("incomplete", true)
	}
	if change.MoreEntries {
		o.Set("rows", change.Rows)
	}
	return o
}

// entryObject shows one record that a change wrote. What it says of a part or
// a link stands under the record that these belong to.
func entryObject(entry store.Entry) *Object {
	o := Reference(entry.Record).Set("action", entry.Action)
	isPart := entry.Key.Type != nil && entry.Key.Type != entry.Record.Type
	if isPart {
		o.Set("part", entry.Key.String())
	}
	if entry.Other != nil {
		o.Set("other", Reference(*entry.Other))
	}
	fields := &Object{}
	for _, f := range entry.Fields {
		if isPart && f.Field == entry.Record.Type.Name || entry.Other != nil && f.Field == entry.Other.Type.Name {
			continue
		}
		fields.Set(argumentName(entry.Record.Type, f.Field), []any{changedValue(f.Before), changedValue(f.After)})
	}
	return o.Put("fields", fields)
}

// argumentName is what a field of the history is called in the arguments that
// set it and in what describe and list_setup show.
func argumentName(t *schema.Type, field string) string {
	if t.Defines && field == "default_value" {
		return "default"
	}
	return field
}

// changedValue is a value in the history; a reference is its name.
func changedValue(value any) any {
	switch v := value.(type) {
	case store.Ref:
		if v.Name == "" {
			return v.Type.IDString(v.ID)
		}
		return v.Name
	case string:
		return text.Truncate(v, listedText)
	case schema.Range:
		return nil
	}
	return value
}

// includeHistory adds the newest changes of a record to it.
func (c *Call) includeHistory(row *Object, r *store.Record) error {
	key := r.Key()
	changes, _, err := c.Tx.History(store.HistoryQuery{Of: &key, Limit: includedEach})
	objects := []*Object{}
	for _, change := range changes {
		objects = append(objects, ChangeObject(change))
	}
	row.Set("history", objects)
	return err
}
