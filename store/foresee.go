package store

import (
	"github.com/crmcp/crmcp/schema"
)

// foresee fills in what follows from the links and contact details that a new
// record is about to get, so that its row is written once and not read again.
// It gives the aspects that are then right.
func (tx *Tx) foresee(d *draft, r *Record) aspect {
	for _, relation := range d.typ.Relations {
		if relation.One == "" {
			continue
		}
		keys := d.links[relation.Name]
		if hasLines(relation) || relation.Via != schema.ViaLink && relation.Via != schema.ViaMiddle {
			return 0
		}
		if len(keys) > 0 {
			r.Values[relation.One] = keys[0].ID
		}
	}
	for _, kind := range schema.DetailKinds {
		f := d.typ.Field(kind)
		if f == nil || f.Kept == "" || d.typ.Field(kind+"s") == nil {
			continue
		}
		if value := primaryOf(d, kind); value != "" {
			r.Values[kind] = value
		}
	}
	return firsts | details
}

// primaryOf is the contact detail of a kind that a new record shows: the one
// given for itself, else the first of the list.
func primaryOf(d *draft, kind string) string {
	if value, _ := d.values[kind].(string); value != "" {
		return value
	}
	if list, _ := d.values[kind+"s"].([]schema.Detail); len(list) > 0 {
		return list[0].Value
	}
	return ""
}
