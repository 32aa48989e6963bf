package tools

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// setupKind is one kind of what sets the CRM up. list_setup and delete_setup
// are loops over the kinds.
type setupKind struct {
	// name is what callers say, typ the record type behind it.
	name, typ string
	// order is how the kind is listed.
	order string
	// show gives the rows of the list; nil: the short form of the type.
	show func(*Call, []*store.Record) ([]*Object, error)
	// remove deletes one; nil: delete_setup does not take the kind.
	remove func(*Call, store.Key) (*Object, error)
}

func setupKinds() []setupKind {
	return []setupKind{
		{name: "fields", typ: "custom_field", order: "record_type, position", show: showFields, remove: hideField},
		{name: "pipelines", typ: "pipeline", order: "position, name", show: showPipelines},
		{name: "tags", typ: "tag", order: "name"},
		{name: "categories", typ: "category", order: "name"},
		{name: "users", typ: "user", order: "name", remove: deactivateUser},
		{name: "webhooks", typ: "webhook", order: "url", remove: removeWebhook},
	}
}

// setupTools are the tools for what sets the CRM up.
func setupTools() []*Tool { return []*Tool{defineField(), listSetup(), deleteSetup()} }

func setupNames(kinds []setupKind) []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}

// removable are the kinds that delete_setup takes.
func removable() []setupKind {
	return slices.DeleteFunc(setupKinds(), func(k setupKind) bool { return k.remove == nil })
}

// listedSetup is how many of a kind one answer lists.
const listedSetup = 200

func listSetup() *Tool {
	return &Tool{Name: "list_setup", Title: "List the set-up", Set: "admin", Mode: Read, Large: true,
		Description: "List " + strings.Join(setupNames(setupKinds()), ", ") + ": all, or the kinds given.",
		In:          []Arg{{Name: "kinds", Kind: Strings, Commas: true, Enum: setupNames(setupKinds()), Unlisted: true, Aliases: []string{"kind", "type", "types"}}},
		Out:         setupOut(), Run: runListSetup}
}

func setupOut() []Member {
	var out []Member
	for _, kind := range setupKinds() {
		form := componentOf(kind.typ)
		if kind.show != nil {
			form = anyRecord()
		}
		out = append(out, Member{Name: kind.name, Schema: listSchema(form)}, Member{Name: "more_" + kind.name, Schema: ofType("integer")})
	}
	return out
}

func runListSetup(c *Call) (*Object, error) {
	o := &Object{}
	for _, kind := range setupKinds() {
		if chosen := c.List("kinds"); len(chosen) > 0 && !slices.Contains(chosen, kind.name) {
			continue
		}
		if err := c.listKind(o, kind); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// listKind puts the rows of a kind into the answer, as many as fit.
func (c *Call) listKind(o *Object, kind setupKind) error {
	t := c.Type(kind.typ)
	sort, err := filter.ParseSort(kind.order, t, c.Tx.FilterEnv())
	if err != nil {
		return err
	}
	page, err := c.Tx.List(store.Query{Type: t, Sort: sort, Limit: listedSetup})
	if err != nil {
		return err
	}
	show := kind.show
	if show == nil {
		show = func(c *Call, records []*store.Record) ([]*Object, error) { return c.Render(t, records, Short(t)) }
	}
	rows, err := show(c, page.Records)
	if err != nil {
		return err
	}
	shown, err := c.fitting(o, rows)
	if err != nil {
		return err
	}
	o.Set(kind.name, rows[:shown])
	if more := page.Total - int64(shown); more > 0 {
		o.Set("more_"+kind.name, more)
	}
	return nil
}

// showPipelines shows each pipeline with its stages in order.
func showPipelines(c *Call, pipelines []*store.Record) ([]*Object, error) {
	rows, err := c.Render(c.Type("pipeline"), pipelines, Short(c.Type("pipeline")))
	if err != nil {
		return nil, err
	}
	for i, pipeline := range pipelines {
		stages, err := c.related(c.Type("stage"), pipeline.Key(), 0)
		if err != nil {
			return nil, err
		}
		slices.SortStableFunc(stages, func(a, b *store.Record) int { return int(a.Int("position") - b.Int("position")) })
		shown, err := c.Render(c.Type("stage"), stages, Look{Columns: namedColumns(c.Type("stage"), []string{"name", "kind", "probability"})})
		if err != nil {
			return nil, err
		}
		rows[i].Set("stages", shown)
	}
	return rows, nil
}

func deleteSetup() *Tool {
	return &Tool{Name: "delete_setup", Title: "Delete from the set-up", Set: "admin", Mode: Destroy, Role: schema.Admin, Confirms: true,
		Description: "Delete a custom field (hidden with its values) or a webhook, deactivate a user; undo brings it back.",
		In: []Arg{
			{Name: "id", Required: true, Doc: "fld_3, or the name", Aliases: []string{"name", "key", "field"}},
			{Name: "record_type", Hidden: true, Aliases: []string{"type", "of"}},
			{Name: "kind", Enum: setupNames(removable()), Hidden: true},
			{Name: "dry_run", Kind: Boolean},
		},
		Out: []Member{{Name: "deleted", Schema: anyRecord(), Always: true}, {Name: "records_with_a_value", Schema: ofType("integer")}},
		Run: runDeleteSetup}
}

func runDeleteSetup(c *Call) (*Object, error) {
	var types []*schema.Type
	for _, kind := range removable() {
		if chosen := c.Text("kind"); chosen == "" || chosen == kind.name {
			types = append(types, c.Type(kind.typ))
		}
	}
	key, ok := c.setupKey("id", types)
	if !ok {
		return nil, c.Problems.Err()
	}
	for _, kind := range removable() {
		if c.Type(kind.typ) == key.Type {
			return kind.remove(c, key)
		}
	}
	return nil, fmt.Errorf("tools: %s cannot be deleted", key)
}

// setupKey finds what an argument means among types of set-up; a custom field
// by its key too, where record_type says of what.
func (c *Call) setupKey(name string, types []*schema.Type) (store.Key, bool) {
	if of := c.TypeNamed("record_type", schema.Record); of != nil {
		if f := of.Field(of.Canonical(c.Text(name))); f != nil && f.Custom {
			return store.Key{Type: c.Type("custom_field"), ID: f.ID}, true
		}
		if _, _, isID := c.Tx.Schema().ParseID(c.Text(name)); !isID {
			c.Problems.Add(c.Path(name), "%s has no custom field %s", of.Name, quote(c.Text(name)))
			return store.Key{}, false
		}
	}
	return c.Reference(name, types...)
}
