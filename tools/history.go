package tools

import (
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

func historyTool() *Tool {
	in := []Arg{
		{Name: "of", Aliases: []string{"record", "id"}},
		{Name: "change", Doc: "chg_7", Aliases: []string{"change_id"}},
		{Name: "user", Aliases: []string{"by", "who"}},
		{Name: "client"},
		{Name: "tool"},
	}
	return &Tool{Name: "history", Title: "History", Set: "safety", Mode: Read, Run: runHistory, Out: paged("changes", component("Change")),
		Description: "Who changed what and when, newest first, with fields before and after and the change ids that can be undone.",
		In:          append(in, spanArgs()...)}
}

func runHistory(c *Call) (*Object, error) {
	query, err := c.historyQuery()
	if err != nil || len(c.Problems) > 0 {
		return nil, err
	}
	changes, next, err := c.Tx.History(query)
	if err != nil {
		return nil, err
	}
	if query.Change != 0 && query.Of == nil && len(changes) == 0 {
		return nil, c.noSuchChange(query.Change)
	}
	if len(changes) == 0 && c.isUnknownTool(query.Tool) {
		return nil, c.Problems.Err()
	}
	rows := make([]*Object, len(changes))
	for i, change := range changes {
		rows[i] = ChangeObject(change)
		shrinkChange(rows[i], change.Rows, c.maxText())
	}
	o := (&Object{}).Set("returned", len(rows)).Put("next_cursor", next)
	return c.Fit(o, "changes", rows, func(last int) (string, error) {
		query.Limit = last + 1
		_, next, err := c.Tx.History(query)
		return next, err
	})
}

// noSuchChange says that a change is not there, or that the other arguments
// leave it out.
func (c *Call) noSuchChange(id int64) error {
	alone, _, err := c.Tx.History(store.HistoryQuery{Change: id, Limit: 1})
	switch {
	case err != nil:
		return err
	case len(alone) == 0:
		return schema.Errorf(schema.NotFound, "there is no change %s", store.ChangeString(id))
	}
	return schema.Errorf(schema.NotFound, "%s is not a change that the other arguments mean: send change alone", store.ChangeString(id))
}

func (c *Call) historyQuery() (store.HistoryQuery, error) {
	query := store.HistoryQuery{Change: c.changeNumber("change"), Since: c.Moment("since", false), Until: c.Moment("until", true),
		Client: c.Text("client"), Tool: c.Text("tool"), Limit: int(c.Int("limit", defaultRows)), Cursor: c.Text("cursor")}
	if key, ok := c.Reference("user", c.Type("user")); ok {
		query.User = key.ID
	}
	of, err := c.everRecord("of")
	query.Of = of
	return query, err
}

// everRecord finds a record of any type that an argument means, also one in the
// trash, whose history stays.
func (c *Call) everRecord(name string) (*store.Key, error) {
	if t, id, ok := c.Tx.Schema().ParseID(c.Text(name)); ok {
		_, err := c.Tx.Get(t, id)
		if known, isKnown := asKnown(err); isKnown {
			c.missing++
			c.Problems.Add(c.Path(name), "%s", known.Message)
			err = nil
		}
		return &store.Key{Type: t, ID: id}, err
	}
	before, missing := slices.Clone(c.Problems), c.missing
	key, ok := c.Reference(name, c.Tx.Schema().Types...)
	if !ok && c.Has(name) {
		var trashed schema.Problems
		key, ok = c.Tx.InTrash(c.Path(name), c.Text(name), &trashed)
		if ok || len(trashed[0].Candidates) > 1 {
			c.Problems, c.missing = slices.Concat(before, trashed), missing
		}
	}
	if !ok {
		return nil, nil
	}
	return &key, nil
}

// isUnknownTool notes a name that is no tool but like one. Others pass: the
// history may know tools that are no more.
func (c *Call) isUnknownTool(name string) bool {
	var names []string
	for _, tool := range c.service.all {
		names = append(names, tool.Name)
	}
	near := text.Nearest(name, names)
	if name == "" || near == "" || near == name {
		return false
	}
	c.Problems = append(c.Problems, schema.Problem{Path: c.Path("tool"), DidYouMean: near,
		Message: "no change was made by a tool called " + quote(text.Truncate(name, 60)) + ": did you mean " + quote(near) + "?"})
	return true
}

// changeNumber reads the id of a change (chg_7, or 7); 0: not given.
func (c *Call) changeNumber(name string) int64 {
	if !c.Has(name) {
		return 0
	}
	number, ok := store.ParseChange(c.Text(name))
	if !ok {
		c.Problems.Add(c.Path(name), "%s must be a change id such as chg_7, as writes and history answer it, not %s", name, quote(c.Text(name)))
	}
	return number
}

// shrinkChange leaves out the last records of a change that alone would pass
// the limit of an answer, and says how many rows it wrote.
func shrinkChange(o *Object, wrote int64, limit int) {
	for limit > 0 {
		records, _ := o.Get("records").([]*Object)
		line, err := o.Lines()
		if err != nil || len(line)+reserved <= limit || len(records) < 2 {
			return
		}
		o.Set("records", records[:len(records)/2]).Set("rows", wrote)
	}
}
