package tools

import "github.com/crmcp/crmcp/schema"

func listUsers(s *schema.Schema) *Tool {
	spec := listSpec{Type: "user", Set: "people", Order: "name", Example: `status = active`,
		Description: "List the team: who can own records, roles, and who you are."}
	t := brief(listTool(s, spec), "search", "limit", "cursor")
	t.Out = listed(with(componentOf(spec.Type), Member{Name: "you", Schema: ofType("boolean")},
		Member{Name: "acting_as", Schema: described("string", "the role to which the API key narrows the user")}))
	t.Run = func(c *Call) (*Object, error) {
		o, err := c.RunList(spec)
		if err != nil {
			return nil, err
		}
		c.markCaller(o)
		return o, nil
	}
	return t
}

// markCaller says which of the listed users is calling, and with which role.
func (c *Call) markCaller(o *Object) {
	rows, _ := o.Get("records").([]*Object)
	for _, row := range rows {
		if row.ID() == c.Type("user").IDString(c.Tx.Caller().User) {
			row.Set("you", true)
			if row.Get("role") != nil {
				c.actingAs(row)
			}
		}
	}
}
