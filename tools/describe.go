package tools

import (
	"fmt"
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

func describe() *Tool {
	return &Tool{Name: "describe", Title: "Describe the CRM", Set: "records", Core: true, Mode: Read,
		Description: "Start here, once: counts of records, who you are, today, currency, stages, tags, conventions. With `type`: its fields, options, relations, what can be filtered.",
		In:          []Arg{{Name: "type", Doc: "deal, note, membership …", Aliases: []string{"record_type", "name"}}},
		Out:         describeOut(), Run: runDescribe}
}

// describeOut are the members of the overview and those of a type's description.
func describeOut() []Member {
	texts, object := listSchema(ofType("string")), anything("")
	counts := ofType("object").Set("additionalProperties", ofType("integer"))
	return slices.Concat(
		[]Member{{Name: "user", Schema: object}, {Name: "company", Schema: object}, {Name: "today", Schema: ofType("string")},
			{Name: "records", Schema: counts.Set("description", "how many there are of each type")},
			{Name: "pipelines", Schema: listSchema(object)}, {Name: "custom_fields", Schema: textsByName()}, {Name: "off", Schema: textsByName()}},
		optional(texts, "categories", "tags", "segments", "conventions", "found_by"),
		optional(ofType("string"), "type", "doc", "ids", "filter", "sort"),
		optional(listSchema(object), "fields", "relations"))
}

const (
	// describedNames is how many names of a kind the overview shows, and
	// describedName how long one may be, so that it stays under 2 KB.
	describedNames = 12
	describedName  = 32
)

func runDescribe(c *Call) (*Object, error) {
	if c.Has("type") {
		t := c.TypeNamed("type")
		if t == nil {
			return nil, c.Problems.Err()
		}
		return c.describeType(t), nil
	}
	return c.overview()
}

func (c *Call) overview() (*Object, error) {
	user, err := c.Tx.Get(c.Type("user"), c.Tx.Caller().User)
	if err != nil {
		return nil, err
	}
	counts, err := c.Tx.Counts()
	if err != nil {
		return nil, err
	}
	pipelines, err := c.pipelines()
	if err != nil {
		return nil, err
	}
	now := c.Tx.Clock()
	o := (&Object{}).
		Set("user", c.actingAs(chosen(user, "id", "name", "email", "role"))).
		Set("company", chosen(c.Tx.Company(), "name", "currency", "country", "timezone", "week_start")).
		Set("today", now.Now.In(now.Location).Format("2006-01-02 Monday 15:04")).
		Set("records", c.countObject(counts)).
		Set("pipelines", pipelines)
	for _, name := range []string{"category", "tag", "segment"} {
		t := c.Type(name)
		o.Put(t.Plural, c.names(t))
	}
	return o.Put("custom_fields", c.customFields()).Put("conventions", conventions()).Put("off", c.service.offSets()), nil
}

func chosen(r *store.Record, names ...string) *Object {
	o := &Object{}
	for _, name := range names {
		if name == "id" {
			o.Set(name, r.Key().String())
			continue
		}
		o.Put(name, r.Values[name])
	}
	return o
}

func (c *Call) countObject(counts map[string]int64) *Object {
	o := &Object{}
	for _, t := range c.Tx.Schema().OfClass(schema.Record) {
		o.Set(t.Name, counts[t.Name])
	}
	return o
}

// names are some names of a small set-up type.
func (c *Call) names(t *schema.Type) []string {
	names := c.Tx.FilterEnv().Names(t, describedNames+1)
	for i := range names {
		names[i] = text.Truncate(names[i], describedName)
	}
	if len(names) > describedNames {
		names[describedNames] = "…"
	}
	return names
}

// pipelines shows each pipeline with its stages in order and the probability
// that each of them stands for.
func (c *Call) pipelines() ([]any, error) {
	pipelines, err := c.related(c.Type("pipeline"), store.Key{}, describedNames)
	if err != nil {
		return nil, err
	}
	shown := []any{}
	for _, pipeline := range pipelines {
		stages, err := c.related(c.Type("stage"), pipeline.Key(), 2*describedNames)
		if err != nil {
			return nil, err
		}
		slices.SortStableFunc(stages, func(a, b *store.Record) int { return int(a.Int("position") - b.Int("position")) })
		var names []string
		for _, stage := range stages {
			names = append(names, fmt.Sprintf("%s %d%%", text.Truncate(stage.Title(), describedName), stage.Int("probability")))
		}
		shown = append(shown, (&Object{}).Set("name", text.Truncate(pipeline.Title(), describedName)).Set("stages", names))
	}
	return shown, nil
}

func (c *Call) customFields() *Object {
	o := &Object{}
	for _, t := range c.Tx.Schema().OfClass(schema.Record) {
		var names []string
		for _, f := range t.Fields {
			if f.Custom && len(names) < describedNames {
				names = append(names, f.Name+required(f))
			}
		}
		o.Put(t.Name, names)
	}
	return o
}

// required marks a field that a new record must have.
func required(f *schema.Field) string {
	if f.Required && f.Default == "" {
		return " (required)"
	}
	return ""
}

func conventions() []string {
	return []string{
		`references: id (org_42), name, e-mail, domain, "me"`,
		`filter: status = open and owner = me and amount > 1000; organizations.city = "Paris"; exists(tasks where due_at < today)`,
		"dates: 2026-05-01, today, +3d; periods: this_week, last_month, next_30_days",
	}
}

// offSets says which toolset brings which tool that is off.
func (s *Service) offSets() *Object {
	o := &Object{}
	for _, set := range Sets() {
		var names []string
		for _, t := range s.allowed {
			if t.Set == set && s.Tool(t.Name) == nil && (!s.ReadOnly() || !t.IsWriting()) && s.isFor(t) {
				names = append(names, t.Name)
			}
		}
		o.Put(set, names)
	}
	return o
}
