package store

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// merging is a merge under way.
type merging struct {
	tx   *Tx
	plan *MergePlan
	t    *schema.Type
}

// Merge carries a plan out: whatever hung on the losers hangs on the winner,
// which takes the values that were decided; the losers go to the trash, and
// their ids lead to the winner. It gives the winner as it then stands.
func (tx *Tx) Merge(p *MergePlan) (*Record, error) {
	m := &merging{tx: tx, plan: p, t: p.Winner.Type}
	for i, loser := range p.Losers {
		for _, step := range []func(*Record) error{m.moveParts, m.moveLinks} {
			if err := step(loser); err != nil {
				return nil, err
			}
		}
		if p.Moved != nil {
			p.Moved(i + 1)
		}
	}
	for _, step := range []func() error{m.moveReferences, m.moveMerged, m.bury, m.fill, m.choosePrimaries, tx.settle} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return tx.get(p.Winner.Key())
}

// onePrimaryOf are the parts of which only one can be the primary one, and of
// which record.
var onePrimaryOf = map[string][]string{"membership": {"organization"}, "contact_detail": {"organization", "contact"}}

// moveParts gives the winner the memberships, details and lines of a loser.
// Where the winner has the same already, its own stays and takes over what it
// lacks.
func (m *merging) moveParts(loser *Record) error {
	for _, part := range m.tx.Schema().OfClass(schema.Part) {
		for _, f := range part.Fields {
			if f.Kind != schema.Reference || f.To != m.t.Name || f.System {
				continue
			}
			if err := m.movePartsBy(part, f, loser.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *merging) movePartsBy(part *schema.Type, f *schema.Field, loser int64) error {
	rows, err := m.parts(part, f, loser)
	if err != nil || len(rows) == 0 {
		return err
	}
	own, err := m.parts(part, f, m.plan.Winner.ID)
	for _, row := range rows {
		if err == nil {
			own, err = m.movePart(row, f, own)
		}
	}
	return err
}

// parts are the records of a part's type that belong to a record, in order.
func (m *merging) parts(part *schema.Type, f *schema.Field, id int64) (list []*Record, err error) {
	fields, columns := selectColumns(part, "t")
	order := "t.id"
	if part.Field("position") != nil {
		order = "t.position, t.id"
	}
	query := "SELECT " + columns + " FROM " + part.Name + " t WHERE t." + f.Column() + " = ? AND t.deleted_at IS NULL ORDER BY " + order
	err = m.tx.scan(query, []any{id}, func(rows *sql.Rows) error {
		r, err := scanRecord(part, fields, rows)
		list = append(list, r)
		return err
	})
	return list, err
}

// movePart moves one part to the winner, or what it says to the winner's own.
func (m *merging) movePart(row *Record, f *schema.Field, own []*Record) ([]*Record, error) {
	if at := slices.IndexFunc(own, func(other *Record) bool { return isTwin(row, other, f) }); at >= 0 {
		after, err := m.joinTwins(own[at], row, f)
		own[at] = after
		return own, err
	}
	values := map[string]any{f.Name: m.plan.Winner.ID}
	if row.Type.Field("position") != nil {
		values["position"] = int64(len(own))
	}
	if row.Bool("is_primary") && slices.Contains(onePrimaryOf[row.Type.Name], f.Name) && slices.ContainsFunc(own, func(other *Record) bool {
		return other.Values["kind"] == row.Values["kind"] && (row.Has("kind") || other.Bool("is_primary"))
	}) {
		values["is_primary"] = nil
	}
	after, _, err := m.tx.updateRecord(row, values)
	if err == nil {
		err = m.tx.countParents(after)
	}
	return append(own, after), err
}

// moveLinks gives the winner the links of a loser, those of records in the
// trash too.
func (m *merging) moveLinks(loser *Record) error {
	links, err := m.links(loser.Key())
	if err != nil {
		return err
	}
	for _, link := range links {
		if _, err := m.tx.deleteLink(loser.Key(), link.other); err != nil {
			return err
		}
		if m.plan.holds(link.other) {
			continue
		}
		position, err := m.position(link)
		if err != nil {
			return err
		}
		if _, err := m.tx.insertLink(m.plan.Winner.Key(), link.other, position); err != nil {
			return err
		}
	}
	return nil
}

// position is the place of a moved link: last where the winner has a first of
// its own, else where it was, so that the other record's first stays.
func (m *merging) position(link heldLink) (int64, error) {
	for _, relation := range m.t.Relations {
		if relation.Via != schema.ViaLink || relation.To != link.other.Type || relation.One == "" {
			continue
		}
		ids, err := m.tx.ends(relation, m.plan.Winner.ID)
		if err != nil || len(ids) == 0 {
			return link.position, err
		}
		return max(int64(len(ids)), link.position), nil
	}
	return link.position, nil
}

type heldLink struct {
	other    Key
	position int64
}

// links are all links of a record, in order.
func (m *merging) links(key Key) (list []heldLink, err error) {
	query := `SELECT right_type, right_id, position FROM link WHERE left_type = ? AND left_id = ?
 UNION ALL SELECT left_type, left_id, position FROM link WHERE right_type = ? AND right_id = ? ORDER BY 3, 1, 2`
	args := []any{key.Type.Code, key.ID, key.Type.Code, key.ID}
	err = m.tx.scan(query, args, func(rows *sql.Rows) error {
		var code int64
		var link heldLink
		if err := rows.Scan(&code, &link.other.ID, &link.position); err != nil {
			return err
		}
		if link.other.Type = m.tx.typeOf(code); link.other.Type != nil {
			list = append(list, link)
		}
		return nil
	})
	return list, err
}

// moveReferences makes fields of other records that point to a loser point to
// the winner.
func (m *merging) moveReferences() error {
	for _, t := range m.tx.Schema().Types {
		for _, f := range t.Fields {
			ids, err := m.pointing(t, f)
			if err != nil {
				return err
			}
			for _, id := range ids {
				if err := m.repoint(Key{t, id}, f); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// pointing are the records of a type that point to a loser in a field.
func (m *merging) pointing(t *schema.Type, f *schema.Field) ([]int64, error) {
	var args []any
	query := ""
	switch {
	case f.Custom && f.Kind == schema.AnyRecord:
		args = append(args, t.Code, f.ID)
		for _, loser := range m.plan.Losers {
			args = append(args, text.Fold(loser.Key().String()))
		}
		query = "SELECT record_id FROM custom_value WHERE type = ? AND field_id = ? AND folded IN (" + placeholders(len(m.plan.Losers)) + ")"
	case f.Kind == schema.Reference && f.To == m.t.Name && f.Stored() && !f.System && !f.Computed && t.Class != schema.Part:
		for _, loser := range m.plan.Losers {
			args = append(args, loser.ID)
		}
		query = "SELECT id FROM " + t.Name + " WHERE " + f.Column() + " IN (" + placeholders(len(args)) + ")"
	default:
		return nil, nil
	}
	return m.tx.ids64(sqlText(query+" ORDER BY 1", args...))
}

func (m *merging) repoint(key Key, f *schema.Field) error {
	if m.plan.holds(key) {
		return nil
	}
	r, err := m.tx.get(key)
	if err == nil {
		_, _, err = m.tx.updateRecord(r, map[string]any{f.Name: referenceTo(f, m.plan.Winner.Key())})
	}
	return err
}

// moveMerged lets what was merged into a loser before lead to the winner.
func (m *merging) moveMerged() error {
	for _, loser := range m.plan.Losers {
		merged, err := m.tx.mergedRecords(loser.Key())
		if err != nil {
			return err
		}
		for _, r := range merged {
			if _, _, err := m.tx.updateRecord(r, map[string]any{mergedInto: m.plan.Winner.ID}); err != nil {
				return err
			}
		}
	}
	return nil
}

// bury moves the losers to the trash and lets their ids lead to the winner.
func (m *merging) bury() error {
	for _, loser := range m.plan.Losers {
		r, err := m.tx.get(loser.Key())
		if err == nil {
			_, _, err = m.tx.updateRecord(r, map[string]any{"deleted_at": m.tx.now(), mergedInto: m.plan.Winner.ID})
		}
		if err == nil {
			err = m.tx.touchNeighbours(loser.Key())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fill writes the decided values to the winner.
func (m *merging) fill() error {
	r, err := m.tx.get(m.plan.Winner.Key())
	if err == nil {
		_, _, err = m.tx.updateRecord(r, m.plan.values)
	}
	return err
}

// choosePrimaries makes the decided contact detail of each kind the primary
// one.
func (m *merging) choosePrimaries() error {
	for _, kind := range schema.DetailKinds {
		value, decided := m.plan.primary[kind]
		if !decided {
			continue
		}
		details, err := m.tx.detailsOfKind(m.plan.Winner.Key(), kind)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(details, func(d Detail) bool { return d.Value == value })
		first := slices.IndexFunc(details, func(d Detail) bool { return d.Primary })
		if at < 0 || at == max(first, 0) {
			continue
		}
		if err := m.tx.makePrimary(&draft{}, details, at, value); err != nil {
			return err
		}
	}
	return nil
}

// moves counts in words what hangs on a record and would move with it.
func (tx *Tx) moves(r *Record) (string, error) {
	hanging, err := tx.hanging(r.Key())
	if err != nil || r.Type.Field("emails") == nil {
		return hanging, err
	}
	details, err := tx.detailRows(r.Key())
	if hanging != "" {
		hanging = ", " + hanging
	}
	for _, kind := range slices.Backward(schema.DetailKinds) {
		n := 0
		for _, d := range details {
			if d.Kind == kind {
				n++
			}
		}
		if n > 0 {
			hanging = fmt.Sprintf(", %d %s", n, plural(kind, n)) + hanging
		}
	}
	return strings.TrimPrefix(hanging, ", "), err
}

func plural(noun string, n int) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}
