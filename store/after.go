package store

import (
	"time"

	"github.com/crmcp/crmcp/schema"
)

// after are what a type does once its row stands.
var after = map[string]func(*Tx, *draft, *Record) error{
	"task":           (*Tx).recur,
	"document":       (*Tx).keepContent,
	"contact_detail": (*Tx).onePrimary,
	"membership":     (*Tx).onePrimaryMember,
}

func (tx *Tx) runAfter(d *draft, r *Record) error {
	if fn := after[d.typ.Name]; fn != nil {
		return fn(tx, d, r)
	}
	return nil
}

// writeParts counts the records that a part belongs to.
func (tx *Tx) writeParts(d *draft, r *Record) error {
	if d.changed && d.typ.Class == schema.Part {
		return tx.countParents(r)
	}
	return nil
}

// recur makes the next of a recurring task when one is completed.
func (tx *Tx) recur(d *draft, r *Record) error {
	completing := r.Text("status") == "completed" && d.before != nil && d.before.Text("status") != "completed"
	if !completing || !r.Has("recurrence") {
		return nil
	}
	next := &Record{Type: r.Type, Values: map[string]any{"status": "not_started"}}
	for _, name := range []string{"name", "type", "priority", "description", "recurrence", "owner", "metadata"} {
		next.put(name, r.Values[name])
	}
	for _, f := range r.Type.Fields {
		if f.Custom && !f.Unique {
			next.put(f.Name, r.Values[f.Name])
		}
	}
	next.put("due_at", tx.nextDue(r))
	if err := tx.insertRecord(next); err != nil {
		return err
	}
	for _, relation := range r.Type.Relations {
		if err := tx.copyLinks(relation, r, next); err != nil {
			return err
		}
	}
	if err := tx.settle(); err != nil {
		return err
	}
	fresh, err := tx.get(next.Key())
	d.next = fresh
	return err
}

func (tx *Tx) copyLinks(relation *schema.Relation, from, to *Record) error {
	if relation.Via != schema.ViaLink || !relation.Settable || relation.To.Searchable && relation.To.Private {
		return nil
	}
	ids, err := tx.ends(relation, from.ID)
	for i, id := range ids {
		if err == nil {
			_, err = tx.insertLink(to.Key(), Key{relation.To, id}, int64(i))
		}
	}
	return err
}

// nextDue is the first due time after now in steps of the recurrence, at the
// same time of day in the company's time zone.
func (tx *Tx) nextDue(r *Record) any {
	due, ok := r.Values["due_at"].(schema.Millis)
	if !ok {
		due = tx.now()
	}
	local := due.Time().In(tx.clock.Location)
	for n := 1; n < 10_000; n++ {
		next := step(local, r.Text("recurrence"), n)
		if next.After(tx.clock.Now) {
			return schema.MillisOf(next)
		}
	}
	return nil
}

func step(from time.Time, recurrence string, n int) time.Time {
	switch recurrence {
	case "daily":
		return from.AddDate(0, 0, n)
	case "weekly":
		return from.AddDate(0, 0, 7*n)
	}
	months := n
	if recurrence == "yearly" {
		months = 12 * n
	}
	day := schema.AddMonths(schema.DateOf(from), months).Time(from.Location())
	hour, minute, second := from.Clock()
	return time.Date(day.Year(), day.Month(), day.Day(), hour, minute, second, from.Nanosecond(), from.Location())
}

// keepContent stores a document's bytes under their hash.
func (tx *Tx) keepContent(d *draft, r *Record) error {
	content, given := d.values["content"].(string)
	if !given {
		return nil
	}
	return tx.exec(`INSERT INTO content (sha256, bytes) VALUES (?, ?) ON CONFLICT (sha256) DO NOTHING`,
		r.Text("sha256"), schema.DecodeContent(content, r.Text("mime_type")))
}

// Content gives the bytes of a document by their hash; nil where there are none.
func (tx *Tx) Content(sha256 string) ([]byte, error) {
	var data []byte
	_, err := tx.one(`SELECT bytes FROM content WHERE sha256 = ?`, []any{sha256}, &data)
	return data, err
}

// onePrimary leaves a record with one primary detail of a kind.
func (tx *Tx) onePrimary(d *draft, r *Record) error {
	if !r.Bool("is_primary") {
		return nil
	}
	of := tx.detailParent(d)
	if of.Type == nil {
		return nil
	}
	rows, err := tx.detailsOfKind(of, r.Text("kind"))
	for _, row := range rows {
		if err != nil || row.ID == r.ID || !row.Primary {
			continue
		}
		err = tx.unsetPrimary(tx.detailKey(row.ID))
	}
	return err
}

// onePrimaryMember leaves an organization with one primary member.
func (tx *Tx) onePrimaryMember(_ *draft, r *Record) error {
	if !r.Bool("is_primary") {
		return nil
	}
	var other int64
	found, err := tx.one(`SELECT id FROM membership WHERE organization_id = ? AND is_primary = 1 AND id <> ? AND deleted_at IS NULL`,
		[]any{r.Int("organization"), r.ID}, &other)
	if err != nil || !found {
		return err
	}
	return tx.unsetPrimary(Key{r.Type, other})
}

func (tx *Tx) unsetPrimary(key Key) error {
	row, err := tx.get(key)
	if err != nil {
		return err
	}
	after, changed, err := tx.updateRecord(row, map[string]any{"is_primary": false})
	if err != nil || !changed {
		return err
	}
	return tx.countParents(after)
}
