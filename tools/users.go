package tools

import "github.com/crmcp/crmcp/schema"

func listUsers(s *schema.Schema) *Tool {
	spec := listSpec{Type: "user", Set: "people", Order: "name", Example: `status = active`,
		Description: "List the team: who can own records, roles, and who you are."}
	t := brief(listTool(s, spec), "search", "limit", "cursor")
	t.Run = func(c *Call) (*Object, error) {
		o, err := c.RunList(spec)
		if err != nil {
			return nil, err
		}
		markCaller(o, c.Type("user").IDString(c.Tx.Caller().User))
		return o, nil
	}
	return t
}

// markCaller says which of the listed users is calling.
func markCaller(o *Object, caller string) {
	rows, _ := o.Get("records").([]*Object)
	for _, row := range rows {
		if row.ID() == caller {
			row.Set("you", true)
		}
	}
}
