package tools

import (
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
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
		Run:         func(c *Call) (*Object, error) { return runLink(c, c.Tx.Unlink) }}
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
