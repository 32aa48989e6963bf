package tools

import (
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

func linkRecords() *Tool {
	return &Tool{Name: "link_records", Title: "Link records", Set: "records", Core: true, Mode: Write,
		Description: "Add links from a record to others: contacts (with role), deals, tasks, tags, segments, users, services of a deal. Others stay.",
		In: append(linkArgs(),
			Arg{Name: "role"},
			Arg{Name: "title", Hidden: true},
			Arg{Name: "quantity", Kind: Number},
			Arg{Name: "add_quantity", Kind: Number},
			Arg{Name: "unit_price", Kind: Number, Aliases: []string{"price", "amount"}}),
		Out: wroteAny(), Run: func(c *Call) (*Object, error) { return runLink(c, c.Tx.Link) }}
}

func unlinkRecords() *Tool {
	return &Tool{Name: "unlink_records", Title: "Unlink records", Set: "records", Core: true, Mode: Destroy, Role: schema.Member, Idempotent: true,
		Description: "Take links, tags, segments, users or services off a record; the records themselves stay.",
		In:          linkArgs(),
		Out:         wroteAny(),
		Run:         runUnlink}
}

// runUnlink takes links away. It makes nothing: a tag that is not there is a
// problem.
func runUnlink(c *Call) (*Object, error) {
	c.knownTags("to", c.Text("relation"))
	return runLink(c, c.unlink)
}

// knownTags notes the tags of a Strings argument that do not exist.
func (c *Call) knownTags(name, relation string) {
	for i, reference := range c.List(name) {
		for _, t := range c.Tx.Schema().Types {
			if !store.MadeOnUse(t) {
				continue
			}
			bare, isTag := strings.CutPrefix(reference, t.Name+":")
			if named := text.FieldName(relation); isTag || named == t.Name || named == t.Plural {
				c.resolve(c.pathIn(name, i), strings.TrimSpace(bare), []*schema.Type{t})
			}
		}
	}
}

// unlink takes links away, but not the last that a note has.
func (c *Call) unlink(from store.Key, to []string, o store.LinkOptions) (*store.Written, error) {
	w, err := c.Tx.Unlink(from, to, o)
	if err != nil || !w.Changed {
		return w, err
	}
	notes := []store.Key{from}
	if r := from.Type.Relation(o.Relation); r != nil && !r.To.Attached {
		to = nil
	}
	for _, reference := range to {
		var unknown schema.Problems
		if key, found := c.Tx.Resolve("to", reference, c.attachedTypes(), store.Scope{}, &unknown); found {
			notes = append(notes, key)
		}
	}
	return w, c.Tx.StillAttached(notes...)
}

// attachedTypes are those whose records are always about others.
func (c *Call) attachedTypes() []*schema.Type {
	return slices.DeleteFunc(slices.Clone(c.Tx.Schema().Types), func(t *schema.Type) bool { return !t.Attached })
}

func linkArgs() []Arg {
	return []Arg{
		{Name: "from", Required: true, Aliases: []string{"id", "record"}},
		{Name: "to", Kind: Strings, Required: true, Aliases: []string{"ids", "records"}, Doc: "ids or names, e.g. tag:VIP"},
		{Name: "relation", Doc: "only if the error asks"},
	}
}

func runLink(c *Call, link func(store.Key, []string, store.LinkOptions) (*store.Written, error)) (*Object, error) {
	from, found := c.Reference("from")
	if c.Has("quantity") && c.Has("add_quantity") {
		c.Problems.Add(c.Path("add_quantity"), "quantity sets the number and add_quantity adds to it: send one of them")
	}
	if !found {
		return nil, c.Problems.Err()
	}
	options := store.LinkOptions{Relation: c.Text("relation"), Role: c.Text("role"), Title: c.Text("title"), Problems: c.Problems,
		Quantity: c.Number("quantity"), AddQuantity: c.Number("add_quantity"), UnitPrice: c.Number("unit_price")}
	w, err := link(from, c.List("to"), options)
	if err != nil {
		return nil, err
	}
	return c.Wrote(w)
}
