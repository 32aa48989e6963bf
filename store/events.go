package store

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// hook is an enabled webhook and the events that it asks for.
type hook struct {
	id     int64
	url    string
	events []string
}

// happening is all that a transaction has done to one record or part: its own
// rows, its links that count as a change of it, and its parts.
type happening struct {
	key   Key
	own   []changeRow
	links []changeRow
	parts []Key
	net   *netChange
	// record is the record as it stands at the end; events are those of it that
	// somebody wants.
	record *Record
	events []string
}

// writeEvents queues what the transaction has done for every webhook that asks
// for it. It runs once the rows stand, in the same transaction, and follows
// from the rows of the history alone; without webhooks it does nothing.
func (tx *Tx) writeEvents() error {
	if len(tx.hooks) == 0 {
		return nil
	}
	all := tx.happenings()
	reader := &historyReader{tx: tx, names: map[Key]*Ref{}, private: map[Key]int64{}}
	// An event is read by strangers, so it is made with nobody's eyes.
	caller := tx.caller.User
	tx.caller.User = 0
	defer func() { tx.caller.User = caller }()
	var told []*happening
	for _, h := range all.order {
		if !tx.anybodyWants(h.key.Type) {
			continue
		}
		if err := tx.judge(h); err != nil {
			return err
		}
		if len(h.events) > 0 {
			told = append(told, h)
		}
	}
	for piece := range slices.Chunk(told, chunk) {
		if err := tx.queue(piece, all, reader, caller); err != nil {
			return err
		}
	}
	return nil
}

// happenings are what a transaction has done by record, in the order in which
// it was begun.
type happenings struct {
	order []*happening
	byKey map[Key]*happening
}

func (all *happenings) of(key Key) *happening {
	if h := all.byKey[key]; h != nil {
		return h
	}
	h := &happening{key: key}
	all.byKey[key] = h
	all.order = append(all.order, h)
	return h
}

// happenings gathers the written rows by the records whose versions they count up.
func (tx *Tx) happenings() *happenings {
	all := &happenings{byKey: map[Key]*happening{}}
	for _, row := range tx.change.rows {
		switch {
		case row.action == purged:
		case row.key.Type == nil:
			if row.action == "update" {
				continue
			}
			for _, key := range row.counts() {
				h := all.of(key)
				h.links = append(h.links, row)
			}
		default:
			h := all.of(row.key)
			h.own = append(h.own, row)
			for _, key := range append(row.counts()[1:], tx.leftParents(row)...) {
				parent := all.of(key)
				if !slices.Contains(parent.parts, row.key) {
					parent.parts = append(parent.parts, row.key)
				}
			}
		}
	}
	return all
}

// leftParents are the records of which a part was one before it was moved to
// another.
func (tx *Tx) leftParents(row changeRow) (keys []Key) {
	if row.key.Type.Class != schema.Part || row.action != "update" {
		return nil
	}
	for _, f := range row.key.Type.Fields {
		if id, ok := row.before[f.Name].(int64); ok && f.Kind == schema.Reference && !f.System {
			keys = append(keys, Key{tx.Schema().Type(f.To), id})
		}
	}
	return keys
}

// judge finds out which events a happening is. What is in the trash and stays
// there is nobody's business, and neither are private records.
func (tx *Tx) judge(h *happening) (err error) {
	if err := tx.lookAt(h); err != nil {
		return err
	}
	action := h.action()
	if action == "" || h.record.Type.Private && h.record.Bool("is_private") {
		return nil
	}
	name := h.key.Type.Name
	events := append([]string{name + "." + action}, tx.moments(h, action)...)
	h.events = slices.DeleteFunc(events, func(event string) bool {
		return !slices.ContainsFunc(tx.hooks, func(one hook) bool { return schema.WantsEvent(one.events, name, event) })
	})
	return nil
}

// lookAt works out what the rows of a happening come to, and reads the record
// as it stands.
func (tx *Tx) lookAt(h *happening) (err error) {
	if h.record != nil {
		return nil
	}
	h.net = netOf(h.key.Type, h.own)
	if h.net.broken != nil {
		return h.net.broken
	}
	h.record, err = tx.get(h.key)
	return err
}

// anybodyWants says whether a webhook asks for any event of a type.
func (tx *Tx) anybodyWants(t *schema.Type) bool {
	return t.HasEvents() && slices.ContainsFunc(tx.hooks, func(one hook) bool {
		return slices.ContainsFunc(one.events, func(p string) bool { return p == schema.AllEvents || strings.HasPrefix(p, t.Name+".") })
	})
}

// action says in a word what has become of the record; empty: nothing that
// anybody could see.
func (h *happening) action() string {
	inTrash := h.record.Has("deleted_at")
	wasInTrash := inTrash
	if f := h.net.field("deleted_at"); f != nil {
		wasInTrash = f.hadBefore()
	}
	switch {
	case h.net.created && inTrash, wasInTrash && inTrash:
		return ""
	case h.net.created:
		return "created"
	case inTrash && h.record.Has(mergedInto):
		return "merged"
	case inTrash:
		return "deleted"
	case wasInTrash:
		return "restored"
	case h.net.visible() || len(netLinks(h)) > 0 || len(h.parts) > 0:
		return "updated"
	}
	return ""
}

// moments are the events of a type beyond those that all have.
func (tx *Tx) moments(h *happening, action string) (events []string) {
	reached := reachedBy[h.key.Type.Name]
	if reached == nil || action != "created" && action != "updated" {
		return nil
	}
	for _, moment := range reached(tx, h) {
		events = append(events, h.key.Type.Name+"."+moment)
	}
	return events
}

// reachedBy finds, by type, which steps a record has taken.
var reachedBy = map[string]func(*Tx, *happening) []string{
	"deal": (*Tx).dealMoments,
	"task": (*Tx).taskMoments,
}

// dealMoments: a deal has changed its stage, and is won or lost by that.
func (tx *Tx) dealMoments(h *happening) (moments []string) {
	stage := h.net.field("stage")
	if stage == nil {
		return nil
	}
	if !h.net.created {
		moments = append(moments, "stage_changed")
	}
	was := ""
	var before int64
	if json.Unmarshal(stage.before, &before) == nil && before != 0 {
		if r, err := tx.cached(Key{tx.Schema().Type("stage"), before}); err == nil {
			was = r.Text("kind")
		}
	}
	if is := h.record.Text("status"); is != was && (is == "won" || is == "lost") {
		moments = append(moments, is)
	}
	return moments
}

func (tx *Tx) taskMoments(h *happening) []string {
	if h.net.field("status") == nil || h.record.Text("status") != "completed" {
		return nil
	}
	return []string{"completed"}
}

// queue writes the events of happenings with a delivery for each webhook that
// asks for them.
func (tx *Tx) queue(told []*happening, all *happenings, reader *historyReader, caller int64) error {
	records := make([]*Record, len(told))
	for i, h := range told {
		records[i] = h.record
	}
	shown, err := tx.show(records)
	if err != nil {
		return err
	}
	frame, err := tx.eventFrame(caller)
	if err != nil {
		return err
	}
	for i, h := range told {
		data := frame.Data
		data.Record = shown[i]
		if data.Changes, err = tx.eventChanges(h, all, reader); err != nil {
			return err
		}
		if len(data.Changes) == 0 && h.action() == "updated" && !h.net.visible() {
			continue
		}
		for _, event := range h.events {
			if err := tx.queueEvent(h.key, eventBody{Type: event, Timestamp: frame.Timestamp, Data: data}); err != nil {
				return err
			}
		}
	}
	return nil
}

// show writes records as answers show them.
func (tx *Tx) show(records []*Record) ([]json.RawMessage, error) {
	if tx.db.options.Show != nil {
		return tx.db.options.Show(tx, records)
	}
	shown := make([]json.RawMessage, len(records))
	for i, r := range records {
		shown[i] = json.RawMessage(`{"id":"` + r.Key().String() + `"}`)
	}
	return shown, nil
}

// eventFrame is what all events of the transaction say alike.
func (tx *Tx) eventFrame(caller int64) (eventBody, error) {
	id, err := tx.ChangeID()
	if err != nil {
		return eventBody{}, err
	}
	if tx.pieces != nil {
		id = cmp.Or(tx.pieces.head, id)
	}
	users := tx.Schema().Type("user")
	refs, err := tx.Refs(users, []int64{caller})
	user := refs[caller]
	user.Type, user.ID = users, caller
	return eventBody{Timestamp: tx.now(), Data: eventData{Change: ChangeString(id), User: shownRef(user), Client: tx.caller.Client}}, err
}
