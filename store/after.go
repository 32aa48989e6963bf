package store

import (
	"database/sql"
	"time"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
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
	due, err := tx.nextDue(r)
	if err != nil {
		return err
	}
	next.put("due_at", due)
	if there, err := tx.hasNext(r, next); err != nil || there {
		return err
	}
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

// hasNext says whether a task that was completed before, and opened again, has
// its next already, whatever has become of that.
func (tx *Tx) hasNext(r, next *Record) (bool, error) {
	var id int64
	for _, row := range tx.change.rows {
		if row.key == r.Key() && row.before["status"] == "completed" {
			return true, nil
		}
	}
	again, err := tx.one(`SELECT 1 FROM change_row WHERE type = ? AND record_id = ? AND instr(before, '"status":"completed"') > 0 LIMIT 1`, []any{r.Type.Code, r.ID}, &id)
	due, isDue := next.Values["due_at"].(schema.Millis)
	if err != nil || !again || !isDue {
		return false, err
	}
	return tx.one(`SELECT id FROM task WHERE name_fold = ? AND recurrence = ? AND due_at >= ? AND id > ? AND deleted_at IS NULL LIMIT 1`,
		[]any{text.Fold(next.Text("name")), next.Text("recurrence"), int64(due), r.ID}, &id)
}

// nextDue is the first due time after now in steps of the recurrence, at the
// same time of day in the company's time zone.
func (tx *Tx) nextDue(r *Record) (any, error) {
	due, ok := r.Values["due_at"].(schema.Millis)
	if !ok {
		due = tx.now()
	}
	local := due.Time().In(tx.clock.Location)
	day, err := tx.dayOfMonth(r, local)
	if err != nil {
		return nil, err
	}
	for n := 1; n < 10_000; n++ {
		next := step(local, r.Text("recurrence"), n, day)
		if next.After(tx.clock.Now) {
			return schema.MillisOf(next), nil
		}
	}
	return nil, nil
}

// dayOfMonth is the day on which a task recurs: where it is due on the last of
// a month, that of the tasks before it, because it may be due on the 31st.
func (tx *Tx) dayOfMonth(r *Record, due time.Time) (int, error) {
	day := due.Day()
	if due.AddDate(0, 0, 1).Day() != 1 {
		return day, nil
	}
	err := tx.scan(`SELECT due_at FROM task WHERE name_fold = ? AND recurrence = ? AND due_at IS NOT NULL AND id < ? AND deleted_at IS NULL ORDER BY id DESC LIMIT 12`,
		[]any{text.Fold(r.Text("name")), r.Text("recurrence"), r.ID}, func(rows *sql.Rows) error {
			var before int64
			err := rows.Scan(&before)
			day = max(day, schema.Millis(before).Time().In(tx.clock.Location).Day())
			return err
		})
	return day, err
}

// step goes on from a moment by n times the recurrence; in months that have no
// such day, to their last.
func step(from time.Time, recurrence string, n, dayOfMonth int) time.Time {
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
	day := schema.AddMonths(schema.NewDate(from.Year(), from.Month(), dayOfMonth), months).Time(from.Location())
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
