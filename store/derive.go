package store

import (
	"cmp"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"github.com/crmcp/crmcp/schema"
)

// aspect is a part of a record that follows from other rows and is brought up
// to date, before anybody can read it, when those change.
type aspect int

const (
	own      aspect = 1 << iota // the record itself changed: those it counts for hear of it
	words                       // full text and identifiers
	firsts                      // the first of its links: organization, contact …
	details                     // its primary e-mail, phone and website
	deals                       // counts and values of its deals
	work                        // last activity and next task
	members                     // the number of its members
	lines                       // the sum of its service lines
	attached                    // whether anything it is attached to is still there
)

// dirtySet are the records to bring up to date, in the order they were touched.
type dirtySet struct {
	order   []Key
	parts   []Key
	aspects map[Key]aspect
	// known are records as they were written, so that they need not be read again.
	known map[Key]*Record
}

func (tx *Tx) touch(r *Record, what aspect) { tx.touchKey(r.Key(), what) }

func (tx *Tx) touchKey(key Key, what aspect) {
	if what == 0 {
		return
	}
	if tx.dirty.aspects == nil {
		tx.dirty.aspects, tx.dirty.known = map[Key]aspect{}, map[Key]*Record{}
	}
	if _, known := tx.dirty.aspects[key]; !known {
		tx.dirty.order = append(tx.dirty.order, key)
		if key.Type.Class == schema.Part {
			tx.dirty.parts = append(tx.dirty.parts, key)
		}
	}
	tx.dirty.aspects[key] |= what
}

// linkAspects are those that a link with a record of a type changes on the other side.
var linkAspects = map[string]aspect{
	"deal": deals | attached, "task": work | attached, "activity": work,
	"organization": attached, "contact": attached, "service": attached, "project": attached,
}

// settle brings everything that follows from what was written up to date. It
// runs before anybody can read it: at the end of a transaction, and within one
// before a list, a count or a search.
func (tx *Tx) settle() error {
	if len(tx.redefined) > 0 {
		if err := tx.redefine(); err != nil {
			return err
		}
	}
	if err := tx.settleJoins(); err != nil {
		return err
	}
	for len(tx.dirty.order) > 0 {
		key := tx.dirty.order[0]
		tx.dirty.order = tx.dirty.order[1:]
		if _, err := tx.settleKey(key); err != nil {
			return err
		}
	}
	return tx.writeWords()
}

// join is what new memberships bring an organization: members that are not
// counted yet, and whether its version counts up for them.
type join struct {
	members int64
	version bool
}

// join notes that a new contact becomes a member of an organization, which
// hears of it with all the others that a transaction brings. A new contact
// brings no work and no deals, so that nothing else of it changes.
func (tx *Tx) join(organization Key, membership *Record) {
	noted := tx.joins[organization]
	noted.members++
	noted.version = noted.version || !tx.change.touched(organization)
	tx.joins[organization] = noted
	tx.joined[membership.Key()] = true
	tx.change.mark(organization)
}

// settleJoins counts the new members of organizations.
func (tx *Tx) settleJoins() error {
	for _, key := range slices.SortedFunc(maps.Keys(tx.joins), func(a, b Key) int { return cmp.Compare(a.ID, b.ID) }) {
		if err := tx.countMembers(key, tx.joins[key]); err != nil {
			return err
		}
	}
	clear(tx.joins)
	clear(tx.joined)
	return nil
}

// settleRecord brings one record up to date and leaves the others for which
// it counts to settle, which does each of them once however many rows of an
// import concern it.
func (tx *Tx) settleRecord(key Key) (*Record, error) {
	for i := 0; i < len(tx.dirty.parts); i++ {
		if _, err := tx.settleKey(tx.dirty.parts[i]); err != nil {
			return nil, err
		}
	}
	tx.dirty.parts = nil
	if seen := tx.foreseen[key]; seen != 0 {
		tx.dirty.aspects[key] &^= seen
		delete(tx.foreseen, key)
	}
	return tx.settleKey(key)
}

// settleKey brings a record up to date and gives it as it is then; nil where
// there was nothing to do.
func (tx *Tx) settleKey(key Key) (*Record, error) {
	what := tx.dirty.aspects[key]
	delete(tx.dirty.aspects, key)
	if what == 0 {
		return nil, nil //nolint:nilnil // there is nothing to tell
	}
	return tx.deriveOne(key, what)
}

// derivations are the computed fields by the aspect that they follow from.
var derivations = []struct {
	aspect  aspect
	types   []string
	compute func(*Tx, *Record) (map[string]any, error)
}{
	{firsts, nil, (*Tx).deriveFirsts},
	{details, []string{"organization", "contact"}, (*Tx).deriveDetails},
	{deals, []string{"organization", "contact"}, (*Tx).deriveDeals},
	{work, []string{"organization", "contact"}, (*Tx).deriveWork},
	{members, []string{"organization"}, (*Tx).deriveMembers},
	{lines, []string{"deal"}, (*Tx).deriveLines},
	{attached, []string{"note"}, (*Tx).deriveAttached},
}

func (tx *Tx) deriveOne(key Key, what aspect) (*Record, error) {
	r := tx.dirty.known[key]
	delete(tx.dirty.known, key)
	if r == nil {
		var err error
		if r, err = tx.get(key); err != nil {
			return nil, err
		}
	}
	values := map[string]any{}
	for _, d := range derivations {
		if what&d.aspect == 0 || d.types != nil && !slices.Contains(d.types, key.Type.Name) {
			continue
		}
		derived, err := d.compute(tx, r)
		if err != nil {
			return nil, fmt.Errorf("deriving %s: %w", key, err)
		}
		maps.Copy(values, derived)
	}
	var err error
	if len(values) > 0 {
		r, err = tx.writeComputed(r, values)
	}
	if err == nil && what&(words|details) != 0 {
		err = tx.reindex(r)
	}
	if err == nil {
		err = tx.propagate(r, what)
	}
	return r, err
}

// reindex keeps what finds a record: its words and its identifiers.
func (tx *Tx) reindex(r *Record) error {
	fresh := tx.made[r.Key()]
	rows := tx.details[r.Key()]
	delete(tx.made, r.Key())
	delete(tx.details, r.Key())
	slices.SortStableFunc(rows, func(a, b detailRow) int { return cmp.Compare(a.Kind, b.Kind) })
	if r.Type.Field("emails") != nil && !fresh {
		var err error
		if rows, err = tx.detailRows(r.Key()); err != nil {
			return err
		}
	}
	if err := tx.reindexIdentifiers(r, rows, fresh); err != nil {
		return err
	}
	return tx.reindexWords(r, rows, fresh)
}

// listeners are the records that hear of a change of these aspects of a
// record, reached over its relations or reference fields.
var listeners = map[string][]struct {
	of   aspect
	over string
	what aspect
}{
	"deal":           {{own | lines, "organizations", deals}, {own | lines, "contacts", deals}},
	"task":           {{own, "organizations", work}, {own, "contacts", work}},
	"activity":       {{own, "organizations", work}, {own, "contacts", work}},
	"contact":        {{work, "organizations", work}},
	"membership":     {{own, "organization", members | work}, {own, "contact", firsts}},
	"contact_detail": {{own, "organization", details}, {own, "contact", details}},
	"line":           {{own, "deal", lines}},
}

// propagate touches the records for which this one counts.
func (tx *Tx) propagate(r *Record, what aspect) error {
	for _, l := range listeners[r.Type.Name] {
		if what&l.of == 0 || l.what&members != 0 && tx.joined[r.Key()] {
			continue
		}
		if f := r.Type.Field(l.over); f != nil && !f.Custom {
			if id := r.Int(f.Name); id != 0 {
				tx.touchKey(Key{tx.Schema().Type(f.To), id}, l.what)
			}
			continue
		}
		if err := tx.touchEach(r.Key(), l.over, l.what); err != nil {
			return err
		}
	}
	return nil
}

// touchEach touches every record at the other end of a relation, the trash included.
func (tx *Tx) touchEach(key Key, over string, what aspect) error {
	relation := key.Type.Relation(over)
	ids, err := tx.ends(relation, key.ID)
	for _, id := range ids {
		tx.touchKey(Key{relation.To, id}, what)
	}
	return err
}

// ends gives the ids at the other end of a relation in order, the trash
// included on the far side but not in between.
func (tx *Tx) ends(r *schema.Relation, id int64) ([]int64, error) {
	query, args := endsSQL(r, id)
	return tx.ids64(sqlText(query, args...))
}

func endsSQL(r *schema.Relation, id int64) (string, []any) {
	switch r.Via {
	case schema.ViaColumn:
		column := r.Field.Column()
		return "SELECT " + column + " FROM " + r.From.Name + " WHERE id = ? AND " + column + " IS NOT NULL", []any{id}
	case schema.ViaBack:
		return "SELECT id FROM " + r.To.Name + " WHERE " + r.Field.Column() + " = ? AND deleted_at IS NULL ORDER BY id", []any{id}
	case schema.ViaMiddle:
		return "SELECT " + r.Far.Column() + " FROM " + r.Middle.Name + " WHERE " + r.Near.Column() + " = ? AND deleted_at IS NULL ORDER BY id", []any{id}
	}
	if r.From.Code < r.To.Code {
		return "SELECT right_id FROM link WHERE left_type = ? AND left_id = ? AND right_type = ? ORDER BY position, right_id", []any{r.From.Code, id, r.To.Code}
	}
	return "SELECT left_id FROM link WHERE right_type = ? AND right_id = ? AND left_type = ? ORDER BY position, left_id", []any{r.From.Code, id, r.To.Code}
}

// get reads a record for the system itself: whoever may see it.
func (tx *Tx) get(key Key) (*Record, error) {
	fields, columns := selectColumns(key.Type, "t")
	var found *Record
	err := tx.scan("SELECT "+columns+" FROM "+key.Type.Name+" t WHERE t.id = ?", []any{key.ID}, func(rows *sql.Rows) (err error) {
		found, err = scanRecord(key.Type, fields, rows)
		return err
	})
	if err == nil && found == nil {
		err = schema.Errorf(schema.NotFound, "there is no %s", key)
	}
	return found, err
}
