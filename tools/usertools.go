package tools

import (
	"fmt"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// userTools set up who uses the CRM, and the company.
func userTools(s *schema.Schema) []*Tool {
	create := createTool(s, recordTool{Type: "user", Choices: true, Description: "Add a colleague. Keys let programs in as them: crmcp keys create.",
		Args: []Arg{{Name: "first_name"}, {Name: "last_name"}, {Name: "email"}, {Name: "role"}, {Name: "timezone", Hidden: true}}})
	update := updateTool(s, recordTool{Type: "user", Description: "Change a colleague, their role or status (inactive: no access; what they own stays).",
		Args: []Arg{{Name: "first_name"}, {Name: "last_name"}, {Name: "email"}, {Name: "role"}, {Name: "status"}, {Name: "timezone", Hidden: true}}})
	update.Run = runUpdateUser
	tools := []*Tool{create, update, updateCompany(s)}
	for _, tool := range tools {
		tool.Set = "admin"
		tool.In = hidden(tool.In, "more", "if_exists")
	}
	return tools
}

// hidden takes arguments without publishing them.
func hidden(args []Arg, names ...string) []Arg {
	for i := range args {
		for _, name := range names {
			args[i].Hidden = args[i].Hidden || args[i].Name == name
		}
	}
	return args
}

// runUpdateUser says what is still owned by a user who is made inactive.
func runUpdateUser(c *Call) (*Object, error) {
	t := c.Type("user")
	key, found := c.Reference("id", t)
	w, err := c.UpdateRecord(t, key, found)
	if err != nil {
		return nil, err
	}
	if c.FieldName("status") != "" && w.Record.Text("status") == inactive {
		if err := c.warnOfOwned(w.Record); err != nil {
			return nil, err
		}
	}
	return c.Wrote(w)
}

func updateCompany(s *schema.Schema) *Tool {
	tool := updateTool(s, recordTool{Type: "company", Description: "Change the company's own data. Another currency counts all deal values anew.",
		Args: []Arg{{Name: "name"}, {Name: "currency", Doc: "ISO 4217"}, {Name: "country"}, {Name: "timezone", Doc: "Europe/Paris"}, {Name: "week_start"}}})
	tool.In[0].Hidden, tool.In[0].Required = true, false
	tool.Run = func(c *Call) (*Object, error) {
		before := c.Tx.Company().Text("currency")
		w, err := c.UpdateRecord(c.Type("company"), c.Tx.Company().Key(), true)
		if err != nil {
			return nil, err
		}
		if now := w.Record.Text("currency"); now != before {
			amounts, err := c.Tx.CustomAmounts()
			if err != nil {
				return nil, err
			}
			if amounts != "" {
				c.Warn(fmt.Sprintf("amounts in custom fields have the company's currency and now count as %s without being converted: %s", now, amounts))
			}
		}
		return c.Wrote(w)
	}
	return tool
}

// deactivateUser ends a colleague's access and says what is still theirs.
// Users never go to the trash: records name them as owners and authors.
func deactivateUser(c *Call, key store.Key) (*Object, error) {
	w, err := c.Tx.Update(key, c.Tx.Reader(false).Read(key.Type, map[string]any{"status": inactive}, &c.Problems), store.WriteOptions{Problems: c.Problems})
	if err != nil {
		return nil, err
	}
	row, err := c.RenderOne(w.Record, Look{Columns: namedColumns(key.Type, []string{"name", "email", "role", "status"})})
	if err != nil {
		return nil, err
	}
	return (&Object{}).Set("deleted", row), c.warnOfOwned(w.Record)
}
