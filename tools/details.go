package tools

import (
	"fmt"
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

func listContactDetails(s *schema.Schema) *Tool {
	return brief(listTool(s, listSpec{Type: "contact_detail", Set: "people", Of: true, Order: "kind, -is_primary, id",
		Description: "List labelled e-mails, phones, websites of organizations and contacts, with their ids.",
		Example:     `kind = phone and label = mobile`}), "search")
}

// detailOf names the organization or contact that has a contact detail.
func detailOf(required bool) Arg {
	return Arg{Name: "of", Required: required, Aliases: []string{"record", "to", "parent"}}
}

// integrationArgs are about details that another system keeps.
func integrationArgs() []Arg {
	return []Arg{{Name: "override_integration", Kind: Boolean, Hidden: true, Aliases: []string{"override"}}}
}

func addContactDetail(s *schema.Schema) *Tool {
	fields := fieldArgs(s.Type("contact_detail"), []Arg{{Name: "value"}, {Name: "kind"}, {Name: "label"}, {Name: "is_primary"}, {Name: "integration", Hidden: true}}, true)
	for i := range fields {
		fields[i].Required = fields[i].Name == "value"
	}
	return &Tool{Name: "add_contact_detail", Title: "Add contact detail", Set: "people", Mode: Write, Of: "contact_detail", Out: wrote("contact_detail"), Run: runAddDetail,
		Description: "Add an e-mail, phone or website to an organization or contact; others stay.",
		In:          append([]Arg{detailOf(true)}, fields...)}
}

func runAddDetail(c *Call) (*Object, error) {
	t := c.Type("contact_detail")
	of, found := c.Reference("of", c.detailOwners()...)
	if found {
		c.Fields[of.Type.Name] = of.String()
	}
	c.guessKind(t)
	kind, _ := c.Fields[c.fieldName(t, "kind")].(string)
	c.checkLabel(t, kind)
	in := c.Input(t, true)
	if !found {
		return nil, c.Problems.Err()
	}
	w, err := c.Tx.Create(in, c.WriteOptions())
	if err != nil {
		return nil, err
	}
	return c.Wrote(w)
}

// detailOwners are the types whose records have contact details.
func (c *Call) detailOwners() []*schema.Type {
	var types []*schema.Type
	for _, f := range c.Type("contact_detail").Fields {
		if f.Kind == schema.Reference && !f.System {
			types = append(types, c.Type(f.To))
		}
	}
	return types
}

// checkLabel notes a label that a detail of its kind does not have, and names
// those which it has.
func (c *Call) checkLabel(t *schema.Type, kind string) {
	name := c.fieldName(t, "label")
	label, isText := c.Fields[name].(string)
	if kind = text.FieldName(kind); !isText || label == "" || !slices.Contains(schema.DetailKinds, kind) {
		return
	}
	labels := Arg{Enum: schema.DetailLabels(kind)}
	if _, err := labels.option(label); err != nil {
		c.Problems = append(c.Problems, schema.Problem{Path: c.Path(name), Message: fmt.Sprintf("%s of a detail of the kind %s %v", name, kind, err),
			Allowed: labels.Enum, DidYouMean: labels.nearest(label)})
		delete(c.Fields, name)
	}
}

// guessKind reads the kind of a contact detail off its value.
func (c *Call) guessKind(t *schema.Type) {
	value, isText := c.Fields[c.fieldName(t, "value")].(string)
	if c.fieldName(t, "kind") != "" || !isText {
		return
	}
	for _, kind := range schema.DetailKinds {
		if schema.PlausibleDetail(kind, value) {
			c.Fields["kind"] = kind
			return
		}
	}
	c.Problems = append(c.Problems, schema.Problem{Path: "kind", Allowed: schema.DetailKinds,
		Message: "the value looks like neither an e-mail, a phone nor a website: correct it, or say its kind"})
}

func updateContactDetail(s *schema.Schema) *Tool {
	t := updateTool(s, recordTool{Type: "contact_detail", Description: "Change a contact detail.",
		Args: []Arg{{Name: "value"}, {Name: "label"}, {Name: "is_primary"}, {Name: "integration", Hidden: true}}})
	t.In = append(partUpdate(t.In), integrationArgs()...)
	t.Title, t.Set, t.Run = "Update contact detail", "people", runUpdateDetail
	return t
}

func runUpdateDetail(c *Call) (*Object, error) {
	t := c.Type("contact_detail")
	key, found := c.Reference("id", t)
	if before, err := c.Tx.Live(t, key.ID); found && err == nil {
		c.checkLabel(t, before.Text("kind"))
	}
	c.clearFields(t)
	in := c.Input(t, false)
	if !found {
		return nil, c.Problems.Err()
	}
	options := c.WriteOptions()
	options.OverrideIntegration = c.Bool("override_integration")
	w, err := c.Tx.Update(key, in, options)
	if err != nil {
		return nil, err
	}
	return c.Wrote(w)
}

func removeContactDetails() *Tool {
	in := []Arg{
		{Name: "ids", Kind: Strings, Aliases: []string{"id", "contact_detail", "detail"}},
		detailOf(false),
		{Name: "all", Kind: Boolean},
		{Name: "kind", Doc: "only this kind"},
	}
	return &Tool{Name: "remove_contact_details", Title: "Remove contact details", Set: "people", Mode: Destroy, Role: schema.Member, Confirms: true, Run: runRemoveDetails,
		Out:         wroteSeveral(Member{Name: "kept", Schema: listSchema(anyRecord())}),
		Description: "Remove contact details: `ids`, or `of` a record with `all`: true.",
		In:          append(in, integrationArgs()...)}
}

func runRemoveDetails(c *Call) (*Object, error) {
	details, err := c.chosenDetails()
	if err != nil || len(c.Problems) > 0 {
		return nil, err
	}
	var going []store.Key
	var kept []*store.Record
	for _, r := range details {
		if r.Bool("integration") && !c.Bool("override_integration") {
			kept = append(kept, r)
			continue
		}
		going = append(going, r.Key())
	}
	trashed, err := c.Tx.Delete(going)
	if err != nil {
		return nil, err
	}
	o, err := c.WroteMany(trashed.Records, Short)
	if err != nil {
		return nil, err
	}
	if err := c.addKept(o, kept); err != nil {
		return nil, err
	}
	preview := (&Object{}).Set("count", len(going)).Set("records", sample(o))
	return o, c.Confirm(len(going), fmt.Sprintf("this would remove %d contact details", len(going)), preview)
}

// addKept names the details that an integration keeps.
func (c *Call) addKept(o *Object, kept []*store.Record) error {
	if len(kept) == 0 {
		return nil
	}
	shown, err := c.Render(kept[0].Type, kept, Named(kept[0].Type))
	o.Put("kept", shown)
	c.Warn("what an integration keeps has stayed: override_integration true removes it all the same")
	return err
}

// chosenDetails are those of ids, or all of a record, of a kind where one is given.
func (c *Call) chosenDetails() ([]*store.Record, error) {
	t := c.Type("contact_detail")
	kind := c.detailKind(t)
	if c.Has("ids") == c.Has("of") {
		c.Problems.Add("ids", "give either ids, or of with all: true")
		return nil, nil
	}
	if c.Has("ids") {
		return c.detailsByID(t, kind)
	}
	of, found := c.Reference("of", c.detailOwners()...)
	if !c.Bool("all") {
		c.Problems.Add("all", "say all: true to remove every contact detail of the record, or send the ids that list_contact_details gives")
	}
	if !found || len(c.Problems) > 0 {
		return nil, nil
	}
	all, err := c.related(t, of, 0)
	var details []*store.Record
	for _, r := range all {
		if kind == "" || r.Text("kind") == kind {
			details = append(details, r)
		}
	}
	return details, err
}

// detailKind reads the argument kind; empty: not given.
func (c *Call) detailKind(t *schema.Type) string {
	if !c.Has("kind") {
		return ""
	}
	kind, err := c.Tx.Reader(false).Parse(t.Field("kind"), c.Text("kind"))
	if err != nil {
		c.Problems = append(c.Problems, schema.Problem{Path: c.Path("kind"), Message: "kind " + err.Error(), Allowed: schema.DetailKinds})
	}
	s, _ := kind.(string)
	return s
}

func (c *Call) detailsByID(t *schema.Type, kind string) ([]*store.Record, error) {
	var details []*store.Record
	for _, key := range c.References("ids", t) {
		r, err := c.Tx.Live(t, key.ID)
		if err != nil {
			return nil, err
		}
		if kind != "" && r.Text("kind") != kind {
			c.Problems.Add(c.Path("kind"), "%s %s is of the kind %s, not %s", key, r.Title(), r.Text("kind"), kind)
		}
		details = append(details, r)
	}
	return details, c.atMost("ids", len(details), maxDeleted)
}
