package store

import (
	"cmp"
	"database/sql"
	"fmt"
	"slices"

	"github.com/crmcp/crmcp/schema"
)

// TimelineQuery asks for what happened around a record, newest first.
type TimelineQuery struct {
	Of           Key
	Since, Until schema.Millis
	// Limit is how many events are given; 0: 20.
	Limit int
	// Cursor goes on where an earlier answer ended.
	Cursor string
}

// EventKind says what an event is.
type EventKind int64

// The kinds of event. The order decides between events of the same moment.
const (
	Changed EventKind = iota
	NoteAdded
	ActivityHeld
	TaskCreated
	TaskCompleted
)

// Event is one thing that happened.
type Event struct {
	At   schema.Millis
	Kind EventKind
	// Record is the note, activity or task, or the record that was changed.
	Record Ref
	// About is the record over which the event belongs to the timeline; nil
	// where that is the one whose timeline it is, or Record itself.
	About *Ref
	// Who wrote, did or changed it; its Type is nil where nobody is known.
	Who Ref
	// Values are those of the note, activity or task.
	Values *Record
	// Entries are what a change did to the record and its parts.
	Entries []Entry

	keys []int64
}

// around are the relations of a type over which what happened to other records
// belongs to its timeline.
var around = map[string][]string{
	"organization": {"deals", "contacts"},
	"contact":      {"deals"},
}

// dated is a kind of event that records of a type stand for, by a time field,
// and the field that says who.
type dated struct {
	kind          EventKind
	typ, at, whom string
}

var datedEvents = []dated{
	{NoteAdded, "note", "created_at", "author"},
	{ActivityHeld, "activity", "occurred_at", "owner"},
	{TaskCreated, "task", "created_at", "created_by"},
	{TaskCompleted, "task", "completed_at", "owner"},
}

// timelineReader is the work on one page of a timeline.
type timelineReader struct {
	tx    *Tx
	query TimelineQuery
	// scope is a table of the records whose events are shown: type, id, and
	// far, the number of the relation that leads there (0: the record itself).
	scope clause
	types []*schema.Type
	after *position
	limit int
}

// Timeline gives the events around a record and the cursor of the next ones;
// empty at the end. Each kind of event is read no further than the page needs.
// What is deleted, and what is private to others, is left out.
func (tx *Tx) Timeline(q TimelineQuery) (events []Event, next string, err error) {
	if _, err := tx.Live(q.Of.Type, q.Of.ID); err != nil {
		return nil, "", err
	}
	r := &timelineReader{tx: tx, query: q, limit: cmp.Or(max(q.Limit, 0), defaultLimit)}
	if q.Cursor != "" {
		if r.after, err = readCursor(q.Cursor, r.print(), 3); err != nil {
			return nil, "", err
		}
	}
	if err := r.findScope(); err != nil {
		return nil, "", err
	}
	all, err := r.changes()
	if err != nil {
		return nil, "", err
	}
	for _, source := range datedEvents {
		found, err := r.dated(source)
		if err != nil {
			return nil, "", err
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, func(a, b Event) int { return slices.Compare(b.order(), a.order()) })
	if len(all) > r.limit {
		all = all[:r.limit]
		next, err = r.cursor(all[len(all)-1])
	}
	if err == nil {
		err = r.complete(all)
	}
	return all, next, err
}

func (r *timelineReader) print() string { return "timeline " + r.query.Of.String() }

// order is what events are sorted by, the greatest first.
func (e *Event) order() []int64 { return append([]int64{int64(e.At), int64(e.Kind)}, e.keys...) }

// cursor marks an event: its time, kind and keys.
func (r *timelineReader) cursor(last Event) (string, error) {
	keys := append(slices.Clone(last.keys), 0, 0)
	p := position{keys: []any{int64(last.At), keys[1], keys[2]}, id: int64(last.Kind)<<56 | keys[0]}
	return p.cursor(r.print())
}

// findScope writes the table of the records whose events are shown.
func (r *timelineReader) findScope() error {
	of := r.query.Of
	r.types = []*schema.Type{of.Type}
	r.scope = sqlText(fmt.Sprintf("SELECT %d AS type, ", of.Type.Code)).then("CAST(? AS INTEGER) AS id, 0 AS far", of.ID)
	compiler := r.tx.compiler()
	for _, name := range around[of.Type.Name] {
		relation := of.Type.Relation(name)
		r.types = append(r.types, relation.To)
		rows := &semijoin{}
		rows.table(relation.To.Name, "t")
		if relation.Via == schema.ViaMiddle {
			rows.table(relation.Middle.Name, "m")
			rows.where = append(rows.where, sqlText("m."+relation.Near.Column()+" = ?", of.ID))
			rows.on("m.deleted_at IS NULL AND t.id = m." + relation.Far.Column())
		} else {
			near, far := linkSides(relation)
			rows.table("link", "l")
			rows.where = append(rows.where, sqlText("l."+near+"_id = ?", of.ID))
			rows.on(fmt.Sprintf("l.%s_type = %d AND l.%s_type = %d AND t.id = l.%s_id", near, of.Type.Code, far, relation.To.Code, far))
		}
		rows.where = append(rows.where, compiler.shownAs(relation.To, "t"))
		r.scope = r.scope.then(fmt.Sprintf(" UNION ALL SELECT %d, t.id, %d ", relation.To.Code, len(r.types)-1)).plus(rows.body())
	}
	return compiler.err
}

// span is the condition that an event of a kind lies in the span and behind
// the cursor; keys are its columns by which it is sorted after its time.
func (r *timelineReader) span(kind EventKind, at string, keys ...string) clause {
	where := sqlText(at + " IS NOT NULL")
	if r.query.Since != 0 {
		where = where.then(" AND "+at+" >= ?", int64(r.query.Since))
	}
	if r.query.Until != 0 {
		where = where.then(" AND "+at+" <= ?", int64(r.query.Until))
	}
	if r.after == nil {
		return where
	}
	last := EventKind(r.after.id >> 56)
	switch {
	case kind < last:
		return where.then(" AND "+at+" <= ?", r.after.keys[0])
	case kind > last:
		return where.then(" AND "+at+" < ?", r.after.keys[0])
	}
	columns, values := at, []any{r.after.keys[0], r.after.id & (1<<56 - 1), r.after.keys[1], r.after.keys[2]}
	for _, key := range keys {
		columns += ", " + key
	}
	n := len(keys) + 1
	return where.then(" AND ("+columns+") < ("+placeholders(n)+")", values[:n]...)
}

// farBits is how many bits the id has where a number holds far and id.
const farBits = 48

// dated reads the events that records stand for.
func (r *timelineReader) dated(source dated) ([]Event, error) {
	t := r.tx.Schema().Type(source.typ)
	of := r.query.Of.Type
	near, far := "left", "right"
	if of.Code > t.Code {
		near, far = far, near
	}
	at := "x." + t.Field(source.at).Column()
	statement := sqlText("WITH scope AS (").plus(r.scope).then(fmt.Sprintf(") SELECT x.id, %[1]s, min(s.far << %[5]d | s.id) FROM scope s CROSS JOIN link l ON l.%[2]s_type = s.type AND l.%[2]s_id = s.id AND l.%[3]s_type = %[4]d CROSS JOIN "+
		t.Name+" x ON x.id = l.%[3]s_id WHERE x.archived_at IS NULL AND ", at, near, far, t.Code, farBits)).
		plus(r.tx.compiler().shownAs(t, "x")).then(" AND ").plus(r.span(source.kind, at, "x.id")).
		then(" GROUP BY x.id, "+at+" ORDER BY "+at+" DESC, x.id DESC LIMIT ?", r.limit+1)
	var events []Event
	err := r.tx.scan(statement.sql, statement.args, func(rows *sql.Rows) error {
		e := Event{Kind: source.kind, Record: Ref{Type: t}}
		var about int64
		if err := rows.Scan(&e.Record.ID, &e.At, &about); err != nil {
			return err
		}
		e.keys = []int64{e.Record.ID}
		if relation := about >> farBits; relation > 0 {
			e.About = &Ref{Type: r.types[relation], ID: about & (1<<farBits - 1)}
		}
		events = append(events, e)
		return nil
	})
	return events, err
}

// complete reads what the events of a page say.
func (r *timelineReader) complete(events []Event) error {
	names := map[*schema.Type][]int64{}
	for i := range events {
		e := &events[i]
		if e.About != nil {
			names[e.About.Type] = append(names[e.About.Type], e.About.ID)
		}
		if e.Kind == Changed {
			continue
		}
		values, err := r.tx.Get(e.Record.Type, e.Record.ID)
		if err != nil {
			return err
		}
		e.Values, e.Record.Name = values, values.Text(values.Type.Title)
		who := datedEvents[e.Kind-1].whom
		e.Who = Ref{Type: r.tx.Schema().Type("user"), ID: values.Int(who)}
		names[e.Who.Type] = append(names[e.Who.Type], e.Who.ID)
	}
	named := map[Key]Ref{}
	for t, ids := range names {
		refs, err := r.tx.Refs(t, ids)
		if err != nil {
			return err
		}
		for id, ref := range refs {
			named[Key{t, id}] = ref
		}
	}
	for i := range events {
		e := &events[i]
		if e.About != nil {
			*e.About = named[Key{e.About.Type, e.About.ID}]
		}
		if e.Kind != Changed {
			e.Who = named[Key{e.Who.Type, e.Who.ID}]
		}
	}
	return nil
}
