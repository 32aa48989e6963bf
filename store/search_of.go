package store

import (
	"slices"

	"github.com/crmcp/crmcp/schema"
)

// ofNames are the fields and relations by which a hit is told from others of
// its name, in the order in which they say most: the first record behind them
// that is shown is what the hit is of.
var ofNames = []string{"parent", "organization", "contact", "deal", "project", "task", "service"}

// nameOwners says of what each hit is: an organization's parent, a contact's
// organization, what a note or a task is about. Records are read together for
// all hits, as lists read them, so that nothing hidden is named.
func (tx *Tx) nameOwners(hits []Hit, records []*Record) error {
	candidates := make([][]Key, len(hits))
	byType := map[*schema.Type][]int{}
	for i, r := range records {
		byType[r.Type] = append(byType[r.Type], i)
		for _, name := range ofNames {
			if f := r.Type.Field(name); f != nil && f.Kind == schema.Reference && !f.System && r.Int(name) != 0 {
				candidates[i] = append(candidates[i], Key{tx.Schema().Type(f.To), r.Int(name)})
			}
		}
	}
	for _, t := range tx.Schema().Types {
		if err := tx.nameLinked(t, byType[t], hits, records); err != nil {
			return err
		}
	}
	return tx.nameReferred(hits, candidates)
}

// nameReferred names the first of each hit's candidates that is shown.
func (tx *Tx) nameReferred(hits []Hit, candidates [][]Key) error {
	wanted := map[*schema.Type][]int64{}
	for _, keys := range candidates {
		for _, key := range keys {
			if !slices.Contains(wanted[key.Type], key.ID) {
				wanted[key.Type] = append(wanted[key.Type], key.ID)
			}
		}
	}
	names := map[Key]string{}
	for _, t := range tx.Schema().Types {
		refs, err := tx.Refs(t, wanted[t])
		if err != nil {
			return err
		}
		for id, ref := range refs {
			names[Key{t, id}] = ref.Name
		}
	}
	for i, keys := range candidates {
		for _, key := range keys {
			if hits[i].Of == "" {
				hits[i].Of = names[key]
			}
		}
	}
	return nil
}

// nameLinked does the same for hits of a type whose links have no first one,
// such as notes.
func (tx *Tx) nameLinked(t *schema.Type, at []int, hits []Hit, records []*Record) error {
	relations := ofRelations(t)
	if len(at) == 0 || len(relations) == 0 {
		return nil
	}
	var ids []int64
	for _, i := range at {
		ids = append(ids, records[i].ID)
	}
	codes, err := tx.LinkedTypes(t, ids)
	if err != nil {
		return err
	}
	for _, r := range relations {
		if !codes[r.To.Code] {
			continue
		}
		linked, err := tx.Linked(r, ids, 1)
		if err != nil {
			return err
		}
		for _, i := range at {
			if refs := linked[records[i].ID]; len(refs) > 0 && hits[i].Of == "" {
				hits[i].Of = refs[0].Name
			}
		}
	}
	return nil
}

// ofRelations are the links of a type whose records have no name of their own,
// such as notes; what these are about is no field of theirs.
func ofRelations(t *schema.Type) (relations []*schema.Relation) {
	if len(t.Names) > 0 {
		return nil
	}
	for _, name := range ofNames {
		if r := t.Relation(name + "s"); r != nil && r.Via == schema.ViaLink && r.One == "" {
			relations = append(relations, r)
		}
	}
	return relations
}
