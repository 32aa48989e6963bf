package tools

import (
	"github.com/crmcp/crmcp/schema"
)

func logActivity(s *schema.Schema) *Tool {
	fields := fieldArgs(s.Type("activity"), []Arg{{Name: "type"}, {Name: "contacts", Doc: "who took part"}, {Name: "subject"}, {Name: "body"},
		{Name: "occurred_at", Doc: "default now"}, {Name: "duration_minutes"}, {Name: "direction"}}, true)
	in := append([]Arg{toArg("organizations, deals, projects", false)}, fields...)
	in = append(in, Arg{Name: "follow_up", Kind: Struct, Of: "task", Doc: "as create_task, linked likewise", Aliases: []string{"next_step", "task"},
		Fields: []Arg{{Name: "name", Required: true}, {Name: "due_at"}, {Name: "owner"}}}, moreArg())
	return &Tool{Name: "log_activity", Title: "Log activity", Set: "notes", Core: true, Mode: Write, Of: "activity", In: in, Run: runLogActivity,
		Out:         wrote("activity", Member{Name: "follow_up", Schema: componentOf("task")}),
		Description: "Record a call, mail, meeting or visit that took place."}
}

func runLogActivity(c *Call) (*Object, error) {
	t := c.Type("activity")
	c.attach(t, false)
	in := c.Input(t, true)
	task := c.followUp(in)
	w, err := c.Tx.Create(in, c.WriteOptions())
	if err != nil {
		return nil, err
	}
	if len(linksOf(in, t)) == 0 {
		c.Warn("linked with no record, so no timeline shows it: name some in to or contacts")
	}
	o, err := c.Wrote(w)
	if err != nil || task == nil {
		return o, err
	}
	made, err := c.create(task)
	if err != nil {
		return nil, err
	}
	followUp, err := task.shown(made)
	return o.Set("follow_up", followUp), err
}

// followUp reads the task that follows an activity and has the same links;
// nil: none was asked for.
func (c *Call) followUp(activity *schema.Input) *side {
	t := c.Type("task")
	fields := linksOf(activity, t)
	fields["type"] = "follow_up"
	return c.side("follow_up", t, fields)
}

func listActivities(s *schema.Schema) *Tool {
	return brief(listTool(s, listSpec{Type: "activity", Set: "notes", Of: true, Order: "-occurred_at",
		Description: "List calls, mails, meetings, visits, newest first.",
		Example:     `type = call and occurred_at = this_month`}))
}

func updateActivity(s *schema.Schema) *Tool {
	t := updateTool(s, recordTool{Type: "activity", Description: "Correct an activity.",
		Args: []Arg{{Name: "type"}, {Name: "contacts"}, {Name: "subject"}, {Name: "body"}, {Name: "occurred_at"}, {Name: "duration_minutes"},
			{Name: "direction", Hidden: true}}})
	to := toArg("", false)
	to.Hidden = true
	t.In = append(partUpdate(t.In), to)
	t.Set, t.Run = "notes", func(c *Call) (*Object, error) {
		c.attach(c.Type("activity"), true, "contacts")
		return runUpdate(c)
	}
	return t
}
