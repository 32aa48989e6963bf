package tools

import (
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// notesTools are the tools of the set notes.
func notesTools(s *schema.Schema) []*Tool {
	return []*Tool{addNote(s), listNotes(s), updateNote(s), logActivity(s), listActivities(s), updateActivity(s), timeline()}
}

func addNote(s *schema.Schema) *Tool {
	fields := []Arg{{Name: "body", Doc: "Markdown"}, {Name: "title"}, {Name: "category"}, {Name: "flagged"}, {Name: "is_private", Doc: "only you see it"},
		{Name: "author", Hidden: true}, {Name: "created_at", Hidden: true}}
	in := append(append([]Arg{toArg("ids or names", true)}, fieldArgs(s.Type("note"), fields, false)...), moreArg())
	return &Tool{Name: "add_note", Title: "Add note", Set: "notes", Core: true, Mode: Write, Of: "note", In: in, Out: wrote("note"), Run: runAddNote,
		Description: "Note something on one or more records. A call, mail or meeting that took place: log_activity."}
}

func runAddNote(c *Call) (*Object, error) {
	t := c.Type("note")
	c.attach(t, false)
	in := c.Input(t, true)
	c.checkPrivate(in, nil)
	w, err := c.Tx.Create(in, c.WriteOptions())
	if err != nil {
		return nil, err
	}
	return c.Wrote(w)
}

func listNotes(s *schema.Schema) *Tool {
	return brief(listTool(s, listSpec{Type: "note", Set: "notes", Of: true, Order: "-created_at",
		Description: "List notes, newest first; get_records gives long ones whole.",
		Example:     `category = decision and author = me and created_at = last_week`}))
}

// brief leaves out of a list tool's schema what is rarely given; it is taken
// all the same.
func brief(t *Tool, rare ...string) *Tool {
	rare = append(rare, "sort", "fields")
	for i := range t.In {
		if t.In[i].Hidden = slices.Contains(rare, t.In[i].Name); t.In[i].Name == "of" {
			t.In[i].Doc = ""
		}
	}
	return t
}

func updateNote(s *schema.Schema) *Tool {
	t := updateTool(s, recordTool{Type: "note", Description: "Change fields of a note; `append` adds to its body.",
		Args: []Arg{{Name: "body"}, {Name: "title"}, {Name: "category"}, {Name: "flagged"}, {Name: "is_private", Hidden: true},
			{Name: "author", Hidden: true}, {Name: "created_at", Hidden: true}}})
	t.In = append(partUpdate(t.In), Arg{Name: "append", Aliases: []string{"add", "append_body"}}, toArg("the whole new list", false))
	t.Set, t.Run, t.Idempotent = "notes", runUpdateNote, false
	return t
}

// partUpdate hides what updates of records publish and others seldom need.
func partUpdate(in []Arg) []Arg {
	for i := range in {
		if in[i].Name == "more" || in[i].Name == "clear" {
			in[i].Hidden = true
		}
	}
	return in
}

func runUpdateNote(c *Call) (*Object, error) {
	t := c.Type("note")
	key, found := c.Reference("id", t)
	var before *store.Record
	if found {
		var err error
		if before, err = c.Tx.Live(t, key.ID); err != nil {
			return nil, err
		}
	}
	c.attach(t, true)
	c.appendBody(t, before)
	c.clearFields(t)
	c.clearRest(t, "owner", "author", "is_private")
	in := c.Input(t, false)
	c.checkPrivate(in, before)
	if !found {
		return nil, c.Problems.Err()
	}
	options := c.WriteOptions()
	options.Replace = false
	w, err := c.Tx.Update(key, in, options)
	if err != nil {
		return nil, err
	}
	return c.Wrote(w)
}

// appendBody sets the body to what stands and, after an empty line, what is
// to be added.
func (c *Call) appendBody(t *schema.Type, before *store.Record) {
	if !c.Has("append") {
		return
	}
	if given := c.fieldName(t, "body"); given != "" {
		c.Problems.Add(c.Path("append"), "append adds to the body and %s replaces it: send one of them", given)
		return
	}
	if before != nil {
		c.Fields["body"] = before.Text("body") + "\n\n" + c.Text("append")
	}
}

// clearRest empties, where replace is asked for, what is not given, except for
// the fields in kept: who wrote a note and who may see it is not what it says.
func (c *Call) clearRest(t *schema.Type, kept ...string) {
	if !c.Bool("replace") {
		return
	}
	for _, f := range t.Fields {
		clearable := f.Settable(false) && f.Stored() && !f.Required && !f.System && f.Default == ""
		if clearable && !slices.Contains(kept, f.Name) && c.fieldName(t, f.Name) == "" {
			c.Fields[f.Name] = nil
		}
	}
}
