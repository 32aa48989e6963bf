package store

import (
	"fmt"
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// madeOnUse is the one type whose records are made when they are first named.
const madeOnUse = "tag"

// MadeOnUse says that an unknown name of this type makes a new record of it.
func MadeOnUse(t *schema.Type) bool { return t.Name == madeOnUse }

// tag finds a tag by its name or id, or makes it and names the nearest other.
// For a private record none is made, as everybody would see it.
func (tx *Tx) tag(name string, private bool) (key Key, warning string, err error) {
	t := tx.Schema().Type(madeOnUse)
	found, err := tx.lookup([]*schema.Type{t}, name)
	if err != nil || len(found) > 0 {
		if len(found) > 0 {
			key = found[0]
		}
		return key, "", err
	}
	if other, _, ok := tx.Schema().ParseID(name); ok && other == t {
		return key, "", schema.Errorf(schema.NotFound, "there is no %s", name)
	}
	if private {
		return key, "", schema.Errorf(schema.InvalidArgument, "there is no tag %q, and a private note makes none, as others would see it", text.Truncate(name, 60))
	}
	value, err := tx.Reader(false).Parse(t.Field("name"), name)
	if err != nil || value == nil {
		return key, "", schema.Errorf(schema.InvalidArgument, "a tag needs a name of at most %d characters", t.Field("name").Limit())
	}
	warning = fmt.Sprintf("new tag %q", value)
	if near := text.Nearest(name, tx.titles(t, 200)); near != "" {
		warning += fmt.Sprintf("; there is also %q", near)
	}
	r := &Record{Type: t, Values: map[string]any{"name": value}}
	err = tx.insertRecord(r)
	return r.Key(), warning, err
}

// titles lists what the records of a small type are called.
func (tx *Tx) titles(t *schema.Type, limit int) []string {
	page, err := tx.List(Query{Type: t, Limit: limit})
	if err != nil {
		return nil
	}
	names := make([]string, len(page.Records))
	for i, r := range page.Records {
		names[i] = r.Title()
	}
	return names
}

// StillAttached refuses a write that took from a note the last record which it
// is about, as nobody would come upon the note again. Keys of types that can
// stand alone are passed over.
func (tx *Tx) StillAttached(keys ...Key) error {
	for _, key := range keys {
		if !key.Type.Attached {
			continue
		}
		about := 0
		for _, relation := range key.Type.Relations {
			if relation.To.Class != schema.Record {
				continue
			}
			found, err := tx.Linked(relation, []int64{key.ID}, 1)
			if err != nil {
				return err
			}
			about += len(found[key.ID])
		}
		if about == 0 {
			return schema.Errorf(schema.InvalidArgument, "%s would be about no record any more: link it with another first, or take it away altogether with delete_records", tx.called(key))
		}
	}
	return nil
}

// writeLinks makes the links of each relation given the whole new list.
func (tx *Tx) writeLinks(d *draft, r *Record) error {
	removed := len(d.removed)
	if err := tx.writeEachLink(d, r); err != nil || len(d.removed) == removed {
		return err
	}
	return tx.StillAttached(r.Key())
}

func (tx *Tx) writeEachLink(d *draft, r *Record) error {
	for _, relation := range d.typ.Relations {
		keys, given := d.links[relation.Name]
		if !given {
			continue
		}
		var err error
		switch relation.Via {
		case schema.ViaLink:
			err = tx.replaceLinks(d, r, relation, keys)
		case schema.ViaMiddle:
			if relation.Middle.Field("quantity") == nil {
				err = tx.replaceMembers(d, r, relation, keys)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) replaceLinks(d *draft, r *Record, relation *schema.Relation, keys []Key) error {
	old, err := tx.oldEnds(d, r, relation)
	if err != nil {
		return err
	}
	for _, id := range old {
		key := Key{relation.To, id}
		if slices.Contains(keys, key) || !tx.removable(key) {
			continue
		}
		if _, err := tx.deleteLink(r.Key(), key); err != nil {
			return err
		}
		d.changed = true
		d.removed = append(d.removed, tx.called(key))
	}
	for i, key := range keys {
		if at := slices.Index(old, key.ID); at >= 0 {
			if at != i && relation.One != "" {
				if err := tx.moveLink(r.Key(), key, int64(i)); err != nil {
					return err
				}
				d.changed = true
			}
			continue
		}
		if _, err := tx.insertLink(r.Key(), key, int64(i)); err != nil {
			return err
		}
		d.changed = true
	}
	return nil
}

// oldEnds are the records that a relation leads to before a record is written:
// from a new one to none.
func (tx *Tx) oldEnds(d *draft, r *Record, relation *schema.Relation) ([]int64, error) {
	if d.before == nil {
		return nil, nil
	}
	return tx.ends(relation, r.ID)
}

// removable says whether a new list may take a linked record away: what is in
// the trash or may not be seen keeps its link.
func (tx *Tx) removable(key Key) bool {
	refs, err := tx.Refs(key.Type, []int64{key.ID})
	return err == nil && len(refs) == 1
}

// replaceMembers makes memberships for a list of organizations or contacts.
func (tx *Tx) replaceMembers(d *draft, r *Record, relation *schema.Relation, keys []Key) error {
	old, err := tx.oldEnds(d, r, relation)
	if err != nil {
		return err
	}
	for _, id := range old {
		key := Key{relation.To, id}
		if slices.Contains(keys, key) || !tx.removable(key) {
			continue
		}
		member, err := tx.middleRow(relation, r.ID, id)
		if err == nil {
			err = tx.trash(member)
		}
		if err != nil {
			return err
		}
		d.changed = true
		d.removed = append(d.removed, tx.called(key))
	}
	for _, key := range keys {
		if slices.Contains(old, key.ID) {
			continue
		}
		if err := tx.addMember(d, r, relation, key); err != nil {
			return err
		}
		d.changed = true
	}
	return nil
}

// addMember makes a membership with the role and title that were given.
func (tx *Tx) addMember(d *draft, r *Record, relation *schema.Relation, key Key) error {
	in := &schema.Input{Type: relation.Middle, Links: map[string][]string{}, Values: map[string]any{
		relation.Near.Name: r.ID, relation.Far.Name: key.ID}}
	problems := tx.readMember(in, d.options.Role, d.options.Title, d.options.Importing)
	member, row, err := tx.create(in, WriteOptions{Importing: d.options.Importing, Problems: problems})
	if err != nil {
		return err
	}
	if d.before == nil && key.Type.Field("contact_count") != nil && tx.made[r.Key()] {
		tx.join(key, row)
	}
	return tx.writeParts(member, row)
}

// readMember reads the role and title of a membership, where they are given.
func (tx *Tx) readMember(in *schema.Input, role, title string, importing bool) (problems schema.Problems) {
	for _, one := range []struct{ name, given string }{{"role", role}, {"title", title}} {
		if one.given == "" {
			continue
		}
		value, err := tx.Reader(importing).Parse(in.Type.Field(one.name), one.given)
		if err != nil {
			problems.Add(one.name, "%s %v", one.name, err)
		}
		in.Values[one.name] = value
	}
	return problems
}

// middleRow is the membership or line between two records.
func (tx *Tx) middleRow(relation *schema.Relation, near, far int64) (*Record, error) {
	var id int64
	found, err := tx.one("SELECT id FROM "+relation.Middle.Name+" WHERE "+relation.Near.Column()+" = ? AND "+relation.Far.Column()+" = ? AND deleted_at IS NULL",
		[]any{near, far}, &id)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, schema.Errorf(schema.NotFound, "%s has no %s with %s", relation.From.IDString(near), relation.Middle.Name, relation.To.IDString(far))
	}
	return tx.get(Key{relation.Middle, id})
}

// Membership is the one between an organization and a contact.
func (tx *Tx) Membership(organization, contact Key) (*Record, error) {
	return tx.middleRow(organization.Type.Relation("contacts"), organization.ID, contact.ID)
}

// called is a record's id and name.
func (tx *Tx) called(key Key) string {
	r, err := tx.get(key)
	if err != nil || r.Text(r.Type.Title) == "" {
		return key.String()
	}
	return key.String() + " " + r.Title()
}
