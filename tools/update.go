package tools

import (
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// updateTool changes a record of any type.
func updateTool(s *schema.Schema, spec recordTool) *Tool {
	t := s.Type(spec.Type)
	in := []Arg{{Name: "id", Required: true, Aliases: []string{t.Name, t.Name + "_id", "uid", "record"}}}
	for _, arg := range fieldArgs(t, spec.Args, spec.Choices) {
		arg.Required = false
		in = append(in, arg)
	}
	in = append(in, moreArg(),
		spec.explained(Arg{Name: "clear", Kind: Strings, Commas: true, Hidden: !spec.Core}, "names of fields to empty"),
		Arg{Name: "replace", Kind: Boolean, Hidden: true},
		Arg{Name: "expected_version", Kind: Integer, Hidden: true, Aliases: []string{"version"}})
	return &Tool{Name: "update_" + t.Name, Title: "Update " + t.Name, Description: spec.Description, Set: "records", Core: spec.Core,
		Mode: Write, Role: t.LeastRole(schema.Updating), Idempotent: true, Of: t.Name, In: in, Out: wrote(t.Name), Run: runUpdate}
}

func runUpdate(c *Call) (*Object, error) {
	t := c.Type(c.Tool.Of)
	key, found := c.Reference("id", t)
	w, err := c.UpdateRecord(t, key, found)
	if err != nil {
		return nil, err
	}
	return c.Wrote(w)
}

// UpdateRecord writes the call's fields to a record. Where the record was not
// found, the fields are still checked, so that all problems come at once.
func (c *Call) UpdateRecord(t *schema.Type, key store.Key, found bool) (*store.Written, error) {
	c.clearFields(t)
	in := c.Input(t, false)
	if !found {
		return nil, c.Problems.Err()
	}
	w, err := c.Tx.Update(key, in, c.WriteOptions())
	if err == nil {
		c.warnOfChance(in, w.Record)
	}
	return w, err
}
