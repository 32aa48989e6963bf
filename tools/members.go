package tools

import (
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// peopleTools are the tools of the set people.
func peopleTools(s *schema.Schema) []*Tool {
	return []*Tool{addMember(s), updateMember(s), removeMember(), listMembers(s),
		listContactDetails(s), addContactDetail(s), updateContactDetail(s), removeContactDetails(), listUsers(s)}
}

func addMember(s *schema.Schema) *Tool {
	in := fieldArgs(s.Type("membership"), []Arg{{Name: "organization"}, {Name: "contact"}, {Name: "role"}, {Name: "title"}, {Name: "is_primary"},
		{Name: "started_on"}, {Name: "ended_on", Hidden: true}}, true)
	return &Tool{Name: "add_member", Title: "Add member", Set: "people", Core: true, Mode: Write, Of: "membership", In: in, Out: wrote("membership"), Run: runAddMember,
		Description: "Put a contact into an organization; a person can be in several."}
}

func runAddMember(c *Call) (*Object, error) {
	w, err := c.Tx.Create(c.Input(c.Type("membership"), true), c.WriteOptions())
	if err != nil {
		return nil, err
	}
	return c.Wrote(w)
}

// memberArgs name a membership: its two ends, or its id.
func memberArgs() []Arg {
	return []Arg{
		{Name: "organization", Aliases: []string{"organization_id", "company"}},
		{Name: "contact", Aliases: []string{"contact_id", "person"}},
		{Name: "id", Hidden: true, Aliases: []string{"membership", "member", "membership_id"}},
	}
}

// member finds the membership that a call names; nil where there is a problem.
func (c *Call) member() (*store.Record, error) {
	t := c.Type("membership")
	if !c.Has("id") {
		return c.memberBetween()
	}
	id, _ := c.Reference("id", t)
	ends := map[string]store.Key{}
	for _, name := range []string{"organization", "contact"} {
		if key, ok := c.Reference(name, c.Type(name)); ok {
			ends[name] = key
		}
	}
	if id.Type == nil {
		return nil, nil
	}
	r, err := c.Tx.Live(t, id.ID)
	for name, key := range ends {
		if err == nil && r.Int(name) != key.ID {
			c.Problems.Add(c.Path(name), "%s is not the %s of %s: send the id alone, or organization and contact", key, name, id)
		}
	}
	return r, err
}

func (c *Call) memberBetween() (*store.Record, error) {
	var keys []store.Key
	for _, name := range []string{"organization", "contact"} {
		key, ok := c.Reference(name, c.Type(name))
		if ok {
			keys = append(keys, key)
		} else if !c.Has(name) && c.spelled[name] == "" {
			c.Problems.Add(name, "%s is required: an id or a name", name)
		}
	}
	if len(keys) < 2 {
		return nil, nil
	}
	r, err := c.Tx.Membership(keys[0], keys[1])
	if known, ok := asKnown(err); ok && known.Code == schema.NotFound {
		return nil, schema.Errorf(schema.NotFound, "%s is no member of %s: list_members shows who is, add_member adds", keys[1], keys[0])
	}
	return r, err
}

func updateMember(s *schema.Schema) *Tool {
	fields := fieldArgs(s.Type("membership"), []Arg{{Name: "role"}, {Name: "title"}, {Name: "is_primary"}, {Name: "started_on"}, {Name: "ended_on"}}, false)
	in := slices.Concat(memberArgs(), fields, []Arg{
		{Name: "clear", Kind: Strings, Commas: true, Hidden: true},
		{Name: "replace", Kind: Boolean, Hidden: true},
		{Name: "expected_version", Kind: Integer, Hidden: true, Aliases: []string{"version"}}})
	return &Tool{Name: "update_member", Title: "Update member", Set: "people", Mode: Write, Idempotent: true, Of: "membership", In: in, Out: wrote("membership"), Run: runUpdateMember,
		Description: "Change a membership; who has left gets `ended_on`."}
}

func runUpdateMember(c *Call) (*Object, error) {
	r, err := c.member()
	if err != nil {
		return nil, err
	}
	key := store.Key{Type: c.Type("membership")}
	if r != nil {
		key = r.Key()
	}
	w, err := c.UpdateRecord(key.Type, key, r != nil)
	if err != nil {
		return nil, err
	}
	return c.Wrote(w)
}

func removeMember() *Tool {
	return &Tool{Name: "remove_member", Title: "Remove member", Set: "people", Mode: Destroy, Role: schema.Member, In: memberArgs(), Out: wrote("membership"), Run: runRemoveMember,
		Description: "Take a contact out of an organization; who has left: update_member."}
}

func runRemoveMember(c *Call) (*Object, error) {
	r, err := c.member()
	if err != nil || len(c.Problems) > 0 {
		return nil, err
	}
	if _, err := c.Tx.Delete([]store.Key{r.Key()}); err != nil {
		return nil, err
	}
	record, err := c.RenderOne(r, Short(r.Type))
	return (&Object{}).Set("record", record), err
}

func listMembers(s *schema.Schema) *Tool {
	spec := listSpec{Type: "membership", Set: "people", Of: true, Example: `role = decision_maker and ended_on is empty`,
		Description: "List who is in an organization, or where a contact is."}
	t := brief(listTool(s, spec), "of", "search")
	t.In = append(memberArgs()[:2], t.In...)
	t.Name, t.Title = "list_members", "List members"
	t.Run = func(c *Call) (*Object, error) { return c.runListMembers(spec) }
	return t
}

// runListMembers lists the members of one organization by their names.
func (c *Call) runListMembers(spec listSpec) (*Object, error) {
	if c.Has("organization") || c.Has("contact") || c.Has("of") {
		spec.Order = "-is_primary, contact.name"
	}
	t := c.Type(spec.Type)
	query, err := c.listQuery(t, spec)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"organization", "contact"} {
		if key, ok := c.Reference(name, c.Type(name)); ok {
			c.narrowTo(&query, []store.Key{key})
		}
	}
	look := Look{Columns: c.Columns(t, c.List("fields"))}
	if len(c.Problems) > 0 {
		return nil, c.Problems.Err()
	}
	page, err := c.Tx.List(query)
	if err != nil {
		return nil, err
	}
	return c.Page(query, page, look)
}
