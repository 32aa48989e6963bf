package tools

import (
	"fmt"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// recordTool is what differs between the tools of one record type.
type recordTool struct {
	Type        string
	Description string
	Core        bool
	// Args are the published fields and arguments; a field's kind follows from
	// the schema, and its choices too where Choices is set.
	Args    []Arg
	Choices bool
	// Explain describes the arguments that all such tools have; one of them does.
	Explain bool
}

// explained puts words to an argument in the one tool that explains.
func (spec recordTool) explained(arg Arg, words string) Arg {
	if spec.Explain {
		arg.Doc = words
	}
	return arg
}

// createTool adds a record of any type.
func createTool(s *schema.Schema, spec recordTool) *Tool {
	t := s.Type(spec.Type)
	in := fieldArgs(t, spec.Args, spec.Choices)
	if relationTo(s.Type("note"), t) != nil {
		in = withArg(in, Arg{Name: "note", Hidden: true})
		findArg(in, "note").Of = "note"
	}
	in = append(in, spec.explained(moreArg(), `other fields: "key=value"`))
	in = withArg(in, Arg{Name: "if_exists", Enum: ifExists(), Hidden: true})
	return &Tool{Name: "create_" + t.Name, Title: "Create " + t.Name, Description: spec.Description, Set: "records", Core: spec.Core,
		Mode: Write, Role: t.LeastRole(schema.Creating), Of: t.Name, In: in, Out: createOut(t, in), Run: runCreate}
}

func createOut(t *schema.Type, in []Arg) []Member {
	out := wrote(t.Name, Member{Name: "note", Schema: described("string", "the id of the note that was added")},
		Member{Name: "existed", Schema: described("boolean", "true: if_exists met a record")})
	if findArg(in, "role") != nil {
		out[0].Schema = with(out[0].Schema, Member{Name: "membership", Schema: componentOf("membership")})
	}
	return out
}

func ifExists() []string { return []string{"create_anyway", "error", "update", "skip"} }

func moreArg() Arg {
	return Arg{Name: "more", Kind: Pairs, Aliases: []string{"custom_fields", "custom", "other_fields"}}
}

// withArg adds an argument unless the list has one of its name.
func withArg(args []Arg, arg Arg) []Arg {
	if findArg(args, arg.Name) != nil {
		return args
	}
	return append(args, arg)
}

// fieldArgs completes arguments that are fields or relations of a type.
func fieldArgs(t *schema.Type, args []Arg, choices bool) []Arg {
	list := make([]Arg, len(args))
	for i, arg := range args {
		list[i] = fieldArg(t, arg, choices)
	}
	return list
}

func fieldArg(t *schema.Type, arg Arg, choices bool) Arg {
	if r, one := t.Settable(arg.Name); r != nil {
		arg.Field = true
		switch {
		case r.Middle != nil && r.Middle.Field("quantity") != nil:
			arg.Kind = Structs
		case !one:
			arg.Kind = Strings
		}
		return arg
	}
	f := t.Field(arg.Name)
	if f == nil || len(arg.Enum) > 0 {
		return arg
	}
	arg.Field, arg.Required = true, arg.Required || f.Required
	switch f.Kind.Info().JSON {
	case "integer":
		arg.Kind = Integer
	case "number":
		arg.Kind = Number
	case "boolean":
		arg.Kind = Boolean
	case "array":
		arg.Kind = Strings
	}
	if choices {
		arg.Enum = f.Options
	}
	return arg
}

func runCreate(c *Call) (*Object, error) {
	t := c.Type(c.Tool.Of)
	options := c.membership(t)
	in := c.Input(t, true)
	c.checkIfExists(t, in)
	note := c.side("note", c.Type("note"), nil)
	options.Problems = c.Problems
	if choice := c.Text("if_exists"); choice != "" && choice != "create_anyway" {
		existing := c.Tx.ExistingOrNamesake
		if choice == "update" {
			existing = c.Tx.Existing
		}
		key, found := existing(in, &c.Problems)
		options.Problems = c.Problems
		if found {
			return c.meetExisting(choice, key, in, options, note)
		}
	}
	w, err := c.Tx.Create(in, options)
	if err != nil {
		return nil, err
	}
	c.warnOfChance(in, w.Record)
	if err := c.warnOfDuplicates(w.Record); err != nil {
		return nil, err
	}
	o, err := c.wroteWithNote(w, note)
	if err != nil {
		return nil, err
	}
	return o, c.showMembership(o, w.Record.Key(), options)
}

// showMembership adds to a new contact the membership whose role or title was
// given.
func (c *Call) showMembership(o *Object, contact store.Key, options store.WriteOptions) error {
	record, _ := o.Get("record").(*Object)
	if options.Role == "" && options.Title == "" || record == nil {
		return nil
	}
	linked, err := c.Tx.Linked(contact.Type.Relation("organizations"), []int64{contact.ID}, 1)
	if err != nil || len(linked[contact.ID]) == 0 {
		return err
	}
	first := linked[contact.ID][0]
	member, err := c.Tx.Membership(store.Key{Type: first.Type, ID: first.ID}, contact)
	if err != nil {
		return err
	}
	shown, err := c.RenderOne(member, Look{Columns: namedColumns(member.Type, []string{"role", "title"})})
	record.Put("membership", shown)
	return err
}

// checkIfExists refuses if_exists where nothing says which record is meant.
func (c *Call) checkIfExists(t *schema.Type, in *schema.Input) {
	choice := c.Text("if_exists")
	if choice == "" || choice == "create_anyway" || store.FoundByName(t) || in.Has("external_id") || in.Has("uid") {
		return
	}
	c.Problems.Add(c.Path("if_exists"), "if_exists needs external_id here: a %s is not known by its name alone", t.Name)
}

// membership takes the role and title that belong to the membership which a
// contact's organization makes. A title without an organization is the
// contact's own.
func (c *Call) membership(t *schema.Type) store.WriteOptions {
	options := store.WriteOptions{}
	if findArg(c.Tool.In, "role") == nil {
		return options
	}
	options.Role, options.Title = c.Text("role"), c.Text("title")
	if c.FieldName("organizations") != "" {
		return options
	}
	if options.Role != "" {
		c.Problems.Add(c.Path("role"), "role is the one in an organization: give organization too")
	}
	if options.Title != "" {
		c.readField(c.Path("title"), options.Title, t)
	}
	return store.WriteOptions{}
}

// meetExisting does what if_exists asks for when the record is there already.
func (c *Call) meetExisting(choice string, key store.Key, in *schema.Input, options store.WriteOptions, note *side) (*Object, error) {
	if choice == "update" {
		w, err := c.Tx.Update(key, in, options)
		if err != nil {
			return nil, err
		}
		c.warnOfChance(in, w.Record)
		o, err := c.wroteWithNote(w, note)
		if err != nil {
			return nil, err
		}
		return o.Set("existed", true), nil
	}
	r, err := c.Tx.Live(key.Type, key.ID)
	if err != nil {
		return nil, err
	}
	if choice == "error" {
		message := fmt.Sprintf("%s %s is there already; nothing was written", key, r.Title())
		return nil, &schema.Error{Code: schema.Conflict, Message: message,
			Problems: schema.Problems{{Message: message, Candidates: []schema.Candidate{{ID: key.String(), Name: r.Title()}}}}}
	}
	c.warnOfSkipped(in, r)
	record, err := c.RenderOne(r, Short(r.Type))
	return (&Object{}).Set("record", record).Set("existed", true), err
}

// wroteWithNote adds to the answer of a write the note that was made with it.
func (c *Call) wroteWithNote(w *store.Written, note *side) (*Object, error) {
	o, err := c.Wrote(w)
	if err != nil || note == nil {
		return o, err
	}
	r := relationTo(note.in.Type, w.Record.Type)
	note.in.Links[r.Name] = append(note.in.Links[r.Name], w.Record.Key().String())
	made, err := c.create(note)
	if err != nil {
		return nil, err
	}
	return o.Set("note", made.Record.Key().String()), nil
}

func (c *Call) warnOfDuplicates(r *store.Record) error {
	likely, err := c.Tx.LikelyDuplicates(r)
	for _, one := range likely {
		c.Warn(fmt.Sprintf("possible duplicate: %s %s (%s)", one.Key, one.Name, one.Reason))
	}
	return err
}
