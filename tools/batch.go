package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/crmcp/crmcp/schema"
)

const maxSteps = 500

// neverSteps are tools that stand alone: they run others, or ask and answer in
// ways of their own.
func neverSteps() []string {
	return []string{"batch", "undo", "merge_records", "import_records", "export_records"}
}

func batch() *Tool {
	return &Tool{Name: "batch", Title: "Batch", Set: "bulk", Mode: Destroy, Confirms: true,
		Description: `Run up to 500 writing tools in order, all or nothing, as one change. An argument that is exactly "$1.id" stands for the record of step 1.`,
		In: []Arg{
			{Name: "steps", Kind: Structs, Required: true, Aliases: []string{"calls", "operations"}, Fields: []Arg{
				{Name: "tool", Required: true, Aliases: []string{"name"}},
				{Name: "arguments", JSON: true, Doc: "JSON object", Aliases: []string{"args", "input", "parameters"}},
			}},
			{Name: "dry_run", Kind: Boolean},
			{Name: "idempotency_key"},
		},
		Out: []Member{{Name: "done", Schema: count("steps that were run"), Always: true}, {Name: "steps", Schema: listSchema(anything("what the step answered, in short")), Always: true},
			{Name: "truncated", Schema: ofType("boolean")}},
		Prepare: prepareBatch, Run: runBatch}
}

// step is one call of a batch.
type step struct {
	call *Call
	// prepared: its arguments were read before the transaction.
	prepared bool
	// id is that of its record once it has run; empty: none, or several.
	id string
}

// prepareBatch checks which tools are to run with what, and prepares those that
// must not wait inside a transaction.
func prepareBatch(ctx context.Context, c *Call) error {
	steps := c.Structs("steps")
	if err := c.atMost("steps", len(steps), maxSteps); err != nil {
		return err
	}
	if c.Has("steps") && len(steps) == 0 {
		c.Problems.Add(c.Path("steps"), `steps is empty: send [{"tool":"create_task","arguments":{"name":"…"}}]`)
	}
	for i, given := range steps {
		s, err := c.newStep(i, given)
		if known, ok := asKnown(err); ok {
			c.Problems.Add(stepPath(i, ""), "step %d: %s", i+1, known.Message)
		} else if err != nil {
			return err
		}
		c.steps = append(c.steps, s)
		if s == nil || s.call.Tool.Prepare == nil || len(c.Problems) > 0 {
			continue
		}
		s.call.read(c.service.db.Schema().Type(s.call.Tool.Of))
		s.prepared = true
		if err := s.call.Tool.Prepare(ctx, s.call); err != nil {
			return c.inStep(i, err)
		}
	}
	return nil
}

// newStep makes the call of a step; nil where something is wrong, which is
// noted, or told by the error.
func (c *Call) newStep(i int, given map[string]any) (*step, error) {
	name, _ := given["tool"].(string)
	if name == "" {
		return nil, nil
	}
	tool, err := c.service.lookup(name)
	switch {
	case err != nil:
		return nil, err
	case slices.Contains(neverSteps(), name) || !tool.IsWriting():
		c.Problems.Add(stepPath(i, ""), "step %d: %s cannot be a step: call it by itself", i+1, name)
		return nil, nil
	}
	written, _ := given["arguments"].(string)
	args, err := decodeArguments(json.RawMessage(written))
	if err != nil {
		return nil, err
	}
	for _, control := range tool.controls() {
		if _, found := args[control.Name]; found {
			c.Problems.Add(stepPath(i, control.Name), "step %d: give %s to batch itself", i+1, control.Name)
		}
	}
	call := c.service.newCall(c.Ctx, c.caller, tool, args)
	call.outer = c
	return &step{call: call}, nil
}

// stepPath names an argument of a step as references do.
func stepPath(i int, name string) string {
	path := "$" + strconv.Itoa(i+1)
	if name != "" {
		path += "." + name
	}
	return path
}

// inStep says in an error of the caller's which step it is about.
func (c *Call) inStep(i int, err error) error {
	name, _ := c.Structs("steps")[i]["tool"].(string)
	known, ok := asKnown(err)
	if !ok {
		return fmt.Errorf("step %d %s: %w", i+1, name, err)
	}
	whole := &schema.Error{Code: known.Code, Message: fmt.Sprintf("step %d %s: %s", i+1, name, known.Message)}
	for _, p := range known.Problems {
		p.Path = stepPath(i, p.Path)
		whole.Problems = append(whole.Problems, p)
	}
	return whole
}

func runBatch(c *Call) (*Object, error) {
	if len(c.Problems) > 0 {
		return nil, c.Problems.Err()
	}
	results := make([]*Object, len(c.steps))
	for i, s := range c.steps {
		if err := c.Ctx.Err(); err != nil {
			return nil, err
		}
		o, err := c.runStep(s)
		if err != nil {
			return nil, c.inStep(i, err)
		}
		c.Progress(i+1, len(c.steps))
		s.id = singleID(o)
		results[i] = stepResult(o)
		for _, warning := range s.call.warnings {
			c.Warn(fmt.Sprintf("step %d: %s", i+1, warning))
		}
		c.Removed(s.call.removed...)
	}
	c.warnings, c.removed = shortList(c.warnings), shortList(c.removed)
	o, err := c.Fit((&Object{}).Set("done", len(results)), "steps", results, nil)
	if err != nil {
		return nil, err
	}
	if count := c.Tx.Overwritten(); c.asks || count > confirmAbove {
		preview := (&Object{}).Set("count", count).Put("steps", results[:min(len(results), sampleSize)])
		return o, c.ConfirmAlways(fmt.Sprintf("this would change or delete %d existing records", count), preview)
	}
	return o, nil
}

// mostTold is how many warnings, and how many names of what was removed, a
// batch repeats of its steps.
const mostTold = 20

// shortList is a list of texts without those beyond the first few, with how
// many they are.
func shortList(list []string) []string {
	if more := len(list) - mostTold; more > 0 {
		return append(slices.Clone(list[:mostTold]), fmt.Sprintf("and %d more", more))
	}
	return list
}

// runStep runs a tool inside the transaction of the batch, checked as if it was
// called by itself.
func (c *Call) runStep(s *step) (*Object, error) {
	references := &stepReferences{steps: c.steps}
	if s.prepared {
		s.call.values, _ = references.replace(s.call.values).(map[string]any)
		s.call.Fields, _ = references.replace(s.call.Fields).(map[string]any)
	} else {
		s.call.args, _ = references.replace(s.call.args).(map[string]any)
	}
	if err := references.problems.Err(); err != nil {
		return nil, err
	}
	if err := s.call.permit(c.Tx); err != nil {
		return nil, err
	}
	s.call.begin(c.Tx)
	return s.call.run()
}

// stepReferences puts the ids of records into arguments that stand for them.
type stepReferences struct {
	steps    []*step
	problems schema.Problems
}

var stepReference = regexp.MustCompile(`^\$(\d{1,4})\.id$`)

// replace gives a value in which every text that is exactly "$n.id" is the id
// of the record of step n.
func (r *stepReferences) replace(value any) any {
	switch v := value.(type) {
	case string:
		return r.id(v)
	case []string:
		list := slices.Clone(v)
		for i := range list {
			list[i] = r.id(list[i])
		}
		return list
	case []any:
		list := slices.Clone(v)
		for i := range list {
			list[i] = r.replace(list[i])
		}
		return list
	case map[string]any:
		object := maps.Clone(v)
		for name := range object {
			object[name] = r.replace(object[name])
		}
		return object
	case []map[string]any:
		list := slices.Clone(v)
		for i := range list {
			list[i], _ = r.replace(list[i]).(map[string]any)
		}
		return list
	case []Pair:
		list := slices.Clone(v)
		for i := range list {
			list[i].Value = r.replace(list[i].Value)
		}
		return list
	}
	return value
}

func (r *stepReferences) id(text string) string {
	found := stepReference.FindStringSubmatch(text)
	if found == nil {
		return text
	}
	n, _ := strconv.Atoi(found[1])
	if n < 1 || n > len(r.steps) || r.steps[n-1].id == "" {
		r.problems.Add("", "%s: step %d has made or changed no single record before this step", text, n)
		return text
	}
	return r.steps[n-1].id
}

// singleID is the id of the one record that an answer is about; empty: there
// is none, or there are several.
func singleID(o *Object) string {
	if record, ok := o.Get("record").(*Object); ok {
		return record.ID()
	}
	if records, _ := o.Get("records").([]*Object); len(records) == 1 {
		return records[0].ID()
	}
	return o.ID()
}

// stepResult is what an answer says in short.
func stepResult(o *Object) *Object {
	short := &Object{}
	for _, m := range o.members {
		switch v := m.value.(type) {
		case *Object:
			if m.name == "record" {
				short.Set("id", v.ID()).Put("name", titleOf(v))
			} else {
				short.Put(m.name, v.ID())
			}
		case []*Object:
			var ids []string
			for _, one := range v {
				ids = append(ids, one.ID())
			}
			short.Put(m.name, ids)
		default:
			short.Put(m.name, v)
		}
	}
	return short
}

// titleOf is what a shown record is called.
func titleOf(record *Object) any {
	for _, name := range []string{"name", "title", "subject"} {
		if title := record.Get(name); title != nil {
			return title
		}
	}
	return nil
}
