package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// LinkOptions say how records are linked.
type LinkOptions struct {
	// Relation is needed only where two types have several.
	Relation string
	// Role and Title are of memberships.
	Role, Title string
	// Quantity, AddQuantity and UnitPrice are of a deal's services.
	Quantity, AddQuantity, UnitPrice *schema.Decimal
	Problems                         schema.Problems
}

// target is a record to link with and the relation that leads there.
type target struct {
	key      Key
	relation *schema.Relation
}

// Link adds links from one record to others; those there stay.
func (tx *Tx) Link(from Key, to []string, o LinkOptions) (*Written, error) {
	return tx.relink(from, to, o, tx.linkOne)
}

// Unlink takes links away; the records themselves stay.
func (tx *Tx) Unlink(from Key, to []string, o LinkOptions) (*Written, error) {
	return tx.relink(from, to, o, tx.unlinkOne)
}

func (tx *Tx) relink(from Key, to []string, o LinkOptions, one func(*draft, *Record, target, LinkOptions) error) (*Written, error) {
	r, err := tx.Live(from.Type, from.ID)
	if err != nil {
		return nil, err
	}
	d := tx.draft(&schema.Input{Type: from.Type}, r, WriteOptions{Role: o.Role, Title: o.Title, Problems: o.Problems})
	relations := tx.linkable(from.Type, o.Relation, d.problems)
	var targets []target
	for i, reference := range to {
		path := "to"
		if len(to) > 1 {
			path = fmt.Sprintf("to[%d]", i)
		}
		if t, ok := tx.resolveTarget(d, path, reference, relations); ok {
			targets = append(targets, t)
		}
	}
	o.refuseUnheld(targets, d.problems)
	if err := d.problems.Err(); err != nil {
		return nil, err
	}
	for _, t := range targets {
		if err := one(d, r, t, o); err != nil {
			return nil, err
		}
	}
	w, err := tx.complete(d, r)
	if err != nil {
		return nil, err
	}
	for _, t := range targets {
		if !slices.Contains(w.Relinked, t.relation.Name) {
			w.Relinked = append(w.Relinked, t.relation.Name)
		}
	}
	return w, nil
}

// refuseUnheld reports what none of the links can say. Among several targets
// it counts for those that can.
func (o LinkOptions) refuseUnheld(targets []target, problems *schema.Problems) {
	for _, given := range []struct {
		name, field string
		is          bool
		of          string
	}{
		{"role", "role", o.Role != "", "an organization with a contact"},
		{"title", "title", o.Title != "", "an organization with a contact"},
		{"quantity", "quantity", o.Quantity != nil, "a deal with a service"},
		{"add_quantity", "quantity", o.AddQuantity != nil, "a deal with a service"},
		{"unit_price", "quantity", o.UnitPrice != nil, "a deal with a service"},
	} {
		holds := func(t target) bool { return t.relation.Middle != nil && t.relation.Middle.Field(given.field) != nil }
		if given.is && len(targets) > 0 && !slices.ContainsFunc(targets, holds) {
			r := targets[0].relation
			problems.Add(given.name, "%s is for the link of %s: %s and %s are linked without", given.name, given.of, r.From.Name, r.To.Name)
		}
	}
}

// linkable are the relations over which a type can be linked: all of them, or
// the one that is named.
func (tx *Tx) linkable(t *schema.Type, name string, problems *schema.Problems) []*schema.Relation {
	var found []*schema.Relation
	var names []string
	canonical := t.Canonical(name)
	for _, r := range t.Relations {
		if r.Via == schema.ViaLink || r.Via == schema.ViaMiddle {
			names = append(names, r.Name)
			if name == "" || r.Name == canonical || r.One != "" && r.One == canonical || canonical == "members" && r.Via == schema.ViaMiddle {
				found = append(found, r)
			}
		}
	}
	if len(found) == 0 {
		problems.Add("relation", "%s has no relation %q: %s", t.Name, name, strings.Join(names, ", "))
	}
	return found
}

// resolveTarget finds the record that a reference means among those that can
// be linked. An unknown word is a new tag only where tags are asked for or
// nothing else is so called.
func (tx *Tx) resolveTarget(d *draft, path, reference string, relations []*schema.Relation) (target, bool) {
	var types []*schema.Type
	for _, r := range relations {
		if !slices.Contains(types, r.To) {
			types = append(types, r.To)
		}
	}
	onlyTags := len(types) == 1 && types[0].Name == madeOnUse
	bare, isTag := strings.CutPrefix(reference, madeOnUse+":")
	if onlyTags || isTag && slices.Contains(types, tx.Schema().Type(madeOnUse)) {
		key, ok := tx.resolveOrMake(d, relationTo(relations, madeOnUse), path, strings.TrimSpace(bare))
		return target{key, relationTo(relations, madeOnUse)}, ok
	}
	key, ok := tx.Resolve(path, reference, types, Scope{}, d.problems)
	if !ok {
		return target{}, false
	}
	return target{key, relationTo(relations, key.Type.Name)}, true
}

func relationTo(relations []*schema.Relation, typ string) *schema.Relation {
	for _, r := range relations {
		if r.To.Name == typ {
			return r
		}
	}
	return nil
}

func (tx *Tx) linkOne(d *draft, r *Record, t target, o LinkOptions) error {
	if t.relation.Via == schema.ViaLink {
		ids, err := tx.ends(t.relation, r.ID)
		if err != nil {
			return err
		}
		linked, err := tx.insertLink(r.Key(), t.key, int64(len(ids)))
		d.changed = d.changed || linked
		if err == nil && !linked {
			d.warnings = append(d.warnings, "was linked already: "+tx.called(t.key))
		}
		return err
	}
	if t.relation.Middle.Field("quantity") != nil {
		return tx.linkLine(d, r, t, o)
	}
	if row, err := tx.middleRow(t.relation, r.ID, t.key.ID); err == nil {
		return tx.changeMember(d, row, o)
	}
	d.changed = true
	return tx.addMember(d, r, t.relation, t.key)
}

func (tx *Tx) changeMember(d *draft, row *Record, o LinkOptions) error {
	in := &schema.Input{Type: row.Type, Values: map[string]any{}, Links: map[string][]string{}}
	problems := tx.readMember(in, o.Role, o.Title, false)
	written, err := tx.Update(row.Key(), in, WriteOptions{Problems: problems})
	if err == nil {
		d.changed = d.changed || written.Changed
	}
	return err
}

// linkLine adds a service to a deal, or changes the line that is there.
func (tx *Tx) linkLine(d *draft, r *Record, t target, o LinkOptions) error {
	relation, deal, service := t.relation, r, t.key
	if r.Type.Relation("services") != relation {
		other, err := tx.get(t.key)
		if err != nil {
			return err
		}
		deal, service = other, r.Key()
		relation = other.Type.Relation("services")
	}
	line := lineDraft{in: schema.LineInput{Quantity: o.Quantity, Price: o.UnitPrice}, service: service}
	if o.AddQuantity != nil {
		sum := *o.AddQuantity
		if row, err := tx.middleRow(relation, deal.ID, service.ID); err == nil {
			sum += row.Decimal("quantity")
		}
		if sum < 0 {
			return schema.Errorf(schema.InvalidArgument, "add_quantity would leave less than none of %s", tx.called(service))
		}
		line.in.Quantity = &sum
	}
	ids, err := tx.ends(relation, deal.ID)
	if err != nil {
		return err
	}
	at := slices.Index(ids, service.ID)
	if at < 0 {
		at = len(ids)
	}
	changed, err := tx.writeLine(deal, relation, line, int64(at))
	d.changed = d.changed || changed
	return err
}

func (tx *Tx) unlinkOne(d *draft, r *Record, t target, _ LinkOptions) error {
	if t.relation.Via == schema.ViaLink {
		unlinked, err := tx.deleteLink(r.Key(), t.key)
		d.changed = d.changed || unlinked
		if unlinked {
			d.removed = append(d.removed, tx.called(t.key))
		} else if err == nil {
			d.warnings = append(d.warnings, "was not linked: "+tx.called(t.key))
		}
		return err
	}
	row, err := tx.middleRow(t.relation, r.ID, t.key.ID)
	if err != nil {
		d.warnings = append(d.warnings, "was not linked: "+tx.called(t.key))
		return nil
	}
	d.changed = true
	d.removed = append(d.removed, tx.called(t.key))
	return tx.trash(row)
}
