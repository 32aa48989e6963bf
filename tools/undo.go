package tools

import (
	"cmp"
	"fmt"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

func undo() *Tool {
	return &Tool{Name: "undo", Title: "Undo", Set: "safety", Core: true, Mode: Destroy, Role: schema.Member, Confirms: true,
		Description: "Take back a change by the `change` id that its write answered (or from history), whole; without arguments the last of this client. Later changes in the way are named and nothing is done.",
		In: []Arg{
			{Name: "change", Doc: "chg_…"},
			{Name: "since", Doc: "instead: all since, e.g. -2h", Aliases: []string{"from"}},
			{Name: "client"}, {Name: "user"},
			{Name: "skip_conflicts", Kind: Boolean, Doc: "leave what was changed later"},
			{Name: "dry_run", Kind: Boolean},
		},
		Out: wroteSeveral(Member{Name: "undone", Schema: listSchema(described("string", "the id of a change")), Always: true}),
		Run: runUndo}
}

func runUndo(c *Call) (*Object, error) {
	ids, err := c.changesToUndo()
	if err != nil || len(c.Problems) > 0 {
		return nil, err
	}
	done, err := c.Tx.Undo(ids, c.Bool("skip_conflicts"))
	if err != nil {
		return nil, err
	}
	if len(done.Conflicts) > 0 && !c.Bool("skip_conflicts") {
		return nil, c.standInTheWay(done.Conflicts)
	}
	for _, conflict := range done.Conflicts {
		c.Warn("left as it is: " + c.conflictText(conflict))
	}
	c.Warn(done.Hanging...)
	if len(done.Changes)+len(done.Conflicts)+len(done.Hanging) == 0 {
		c.Warn("nothing was written: no record holds anything of what was to be undone any more")
	}
	return c.undone(done)
}

// changesToUndo are the change named, those of a window, or the caller's last.
func (c *Call) changesToUndo() ([]int64, error) {
	if c.Has("change") {
		return []int64{c.changeNumber("change")}, nil
	}
	if !c.Has("since") {
		if c.Has("client") || c.Has("user") {
			c.Problems.Add("since", "since is needed with client or user: from when on, e.g. -2h")
			return nil, nil
		}
		id, err := c.Tx.LastChange()
		if err == nil && id == 0 {
			err = schema.Errorf(schema.NotFound, "this client has nothing to undo: history lists the changes of every client, and undo takes their ids")
		}
		return []int64{id}, err
	}
	since, _, ok := c.Tx.Clock().Moment(c.Text("since"))
	if !ok {
		c.Problems.Add(c.Path("since"), "since must be a time such as 2026-05-01T10:00:00Z, -2h or today, not %s", quote(c.Text("since")))
		return nil, nil
	}
	var user int64
	if c.Has("user") {
		key, found := c.Reference("user", c.Type("user"))
		if !found {
			return nil, nil
		}
		user = key.ID
	}
	ids, err := c.Tx.Window(since, c.Text("client"), user)
	if err == nil && len(ids) == 0 {
		err = schema.Errorf(schema.NotFound, "no change of that kind since %s", since)
	}
	return ids, err
}

// undone is the answer: what was taken back and how the records stand now.
func (c *Call) undone(done *store.Undone) (*Object, error) {
	changes := make([]string, len(done.Changes))
	for i, id := range done.Changes {
		changes[i] = store.ChangeString(id)
	}
	var records []*store.Record
	for _, key := range done.Records[:min(len(done.Records), shownRecords)] {
		if r, err := c.Tx.Get(key.Type, key.ID); err == nil {
			records = append(records, r)
		}
	}
	o, err := c.WroteMany(records, Named)
	if err != nil {
		return nil, err
	}
	for i, object := range sampleOf(o, len(records)) {
		if records[i].Has("deleted_at") {
			object.Set("in_trash", true)
		}
	}
	o = (&Object{}).Set("undone", changes).Set("changed", len(done.Records)).Put("records", o.Get("records"))
	preview := (&Object{}).Set("undone", changes).Set("count", len(done.Records)).Put("records", sampleOf(o, sampleSize))
	if c.Has("since") {
		return o, c.ConfirmAlways(fmt.Sprintf("this would undo %d changes of %d records", len(changes), len(done.Records)), preview)
	}
	return o, nil
}

// sampleOf is at most n of an answer's records.
func sampleOf(o *Object, n int) []*Object {
	records, _ := o.Get("records").([]*Object)
	return records[:min(len(records), n)]
}

// standInTheWay lists what was changed later than what is to be undone.
func (c *Call) standInTheWay(conflicts []store.UndoConflict) error {
	e := schema.Errorf(schema.Conflict, "later changes stand in the way; nothing was undone. Undo those first, or send skip_conflicts true to leave them")
	for _, conflict := range conflicts[:min(len(conflicts), shownRecords)] {
		e.Problems = append(e.Problems, schema.Problem{Path: cmp.Or(argumentName(conflict.Record.Type, conflict.Field), conflict.Part), Message: c.conflictText(conflict)})
	}
	return e
}

func (c *Call) conflictText(conflict store.UndoConflict) string {
	key := store.Key{Type: conflict.Record.Type, ID: conflict.Record.ID}
	text := fmt.Sprintf("%s %s", key, conflict.Record.Name)
	switch {
	case conflict.Field != "":
		text += fmt.Sprintf(": %s was %s, is now %s", argumentName(conflict.Record.Type, conflict.Field), orEmpty(conflict.Left), orEmpty(conflict.Now))
	case conflict.Part != "" && conflict.Change == 0:
		text += fmt.Sprintf(": %s %s stays", conflict.Part, conflict.Now)
	case conflict.Part != "":
		text += fmt.Sprintf(": %s %s came later", conflict.Part, conflict.Now)
	case conflict.Gone:
		text = fmt.Sprintf("%s is gone for good", key)
	default:
		text += ": a link has changed since"
	}
	if conflict.Change != 0 {
		text += fmt.Sprintf(" (%s by %s at %s)", store.ChangeString(conflict.Change), conflict.By.Name, conflict.At)
	}
	return text
}

func orEmpty(value any) string {
	if value == nil {
		return "empty"
	}
	return quote(plainText(value))
}
