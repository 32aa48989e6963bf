package tools

import (
	"slices"
	"strings"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// listSpec is what differs between the tools that list one type.
type listSpec struct {
	Type, Set   string
	Description string
	Core        bool
	// Example is a filter, Sort an order; they stand in the input schema.
	Example, Sort string
	// Order is the default order; empty: the newest change first.
	Order string
	// Of lists only what belongs to given records.
	Of bool
	// Limits says in the schema what limits there are.
	Limits bool
}

// listTool lists records of any type.
func listTool(s *schema.Schema, spec listSpec) *Tool {
	t := s.Type(spec.Type)
	title := strings.ReplaceAll(t.Plural, "_", " ")
	tool := &Tool{Name: "list_" + t.Plural, Title: "List " + title, Description: spec.Description, Set: spec.Set, Core: spec.Core, Mode: Read,
		Out: listed(componentOf(t.Name))}
	if spec.Of {
		tool.In = append(tool.In, ofArg())
	}
	tool.In = append(tool.In, listArgs(spec)...)
	tool.Run = func(c *Call) (*Object, error) { return c.RunList(spec) }
	return tool
}

// ofArg names the records to which what is asked for belongs.
func ofArg() Arg {
	return Arg{Name: "of", Kind: Strings, Aliases: []string{"record", "records", "parent"}, Doc: "ids or names"}
}

const (
	defaultRows = 20
	maxRows     = 200
)

func listArgs(spec listSpec) []Arg {
	limits := ""
	if spec.Limits {
		limits = "default 20, max 200"
	}
	example := spec.Example
	if example != "" {
		example = "e.g. " + example
	}
	return []Arg{
		{Name: "filter", JSON: true, Doc: example, Aliases: []string{"where", "filters"}},
		{Name: "search", Aliases: []string{"query", "q", "text"}},
		{Name: "sort", Commas: true, Doc: spec.Sort, Aliases: []string{"order_by", "sort_by", "order"}},
		{Name: "fields", Kind: Strings, Commas: true, Aliases: []string{"columns", "select"}},
		{Name: "limit", Kind: Integer, Min: 1, Max: maxRows, Doc: limits, Aliases: []string{"page_size", "max_results"}},
		{Name: "cursor", Aliases: []string{"next_cursor", "page_token"}},
	}
}

// RunList answers a call of a tool that listTool made.
func (c *Call) RunList(spec listSpec) (*Object, error) {
	t := c.Type(spec.Type)
	query, err := c.listQuery(t, spec)
	if err != nil {
		return nil, err
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

// Page shows one page of a list.
func (c *Call) Page(query store.Query, page *store.Page, look Look) (*Object, error) {
	rows, err := c.Render(query.Type, page.Records, look)
	if err != nil {
		return nil, err
	}
	o := &Object{}
	if page.CountedTotal {
		o.Set("total", page.Total)
		if !page.TotalExact {
			o.Set("total_is", "at least")
		}
	}
	if page.CountedTotal && page.Total == 0 && comparesAddress(query.Where) {
		o.Set("note", `phones, e-mails and websites compare as they are written: identifiers = "…" finds every spelling`)
	}
	o.Set("returned", len(rows)).Put("next_cursor", page.Next)
	return c.Fit(o, "records", rows, func(last int) (string, error) {
		query.Limit = last + 1
		shorter, err := c.Tx.List(query)
		if err != nil {
			return "", err
		}
		return shorter.Next, nil
	})
}

// comparesAddress tells whether a condition asks for a whole phone, e-mail or
// website of an organization or contact, which may be kept in another spelling.
func comparesAddress(e filter.Expr) bool {
	switch e := e.(type) {
	case filter.And:
		return slices.ContainsFunc(e, comparesAddress)
	case filter.Or:
		return slices.ContainsFunc(e, comparesAddress)
	case filter.Related:
		return comparesAddress(e.Where)
	case filter.Compare:
		whole := e.Op == filter.Eq || e.Op == filter.Exact || e.Op == filter.In || e.Op == filter.HasAny || e.Op == filter.HasAll
		return whole && e.Field.Kept != "" && !e.Field.Custom
	}
	return false
}

// listQuery reads the arguments of a list; what is wrong with them is noted.
func (c *Call) listQuery(t *schema.Type, spec listSpec) (store.Query, error) {
	query := store.Query{Type: t, Search: c.Text("search"), Limit: int(c.Int("limit", defaultRows)), Cursor: c.Text("cursor")}
	where, err := c.Filter(t, "filter")
	if err != nil {
		return query, err
	}
	query.Where = where
	if c.Has("filter") {
		query.Wording = c.Text("filter")
	}
	if spec.Of && c.Has("of") {
		c.narrowTo(&query, c.References("of"))
	}
	order := c.Text("sort")
	if order == "" {
		order = spec.Order
	}
	query.Sort, err = filter.ParseSort(order, t, c.Tx.FilterEnv())
	if err != nil {
		if _, known := asKnown(err); !known {
			return query, err
		}
		c.problemOf(c.Path("sort"), err)
	}
	return query, nil
}

// Filter reads a filter argument; nil: none was given. What is wrong with it
// is noted.
func (c *Call) Filter(t *schema.Type, name string) (filter.Expr, error) {
	if strings.TrimSpace(c.Text(name)) == "" {
		return nil, nil
	}
	where, err := c.Tx.ParseFilter(t, c.Text(name))
	if _, known := asKnown(err); known {
		c.problemOf(c.Path(name), err)
		return nil, nil
	}
	return where, err
}

// narrowTo lists only what belongs to the records.
func (c *Call) narrowTo(query *store.Query, keys []store.Key) {
	if len(keys) == 0 {
		return
	}
	belongs, ok := RelatedTo(query.Type, keys)
	if !ok {
		c.Problems.Add(c.Path("of"), "a %s does not belong to a %s", query.Type.Name, keys[0].Type.Name)
		return
	}
	if query.Where == nil {
		query.Where = belongs
	} else {
		query.Where = filter.And{belongs, query.Where}
	}
	for _, key := range keys {
		query.Wording += "\n" + key.String()
	}
}

// related gives the newest records of a type that belong to a record; all of
// the type where the key is empty. Limit 0 gives all.
func (c *Call) related(t *schema.Type, key store.Key, limit int) ([]*store.Record, error) {
	page, err := c.relatedPage(t, key, limit)
	if err != nil {
		return nil, err
	}
	return page.Records, nil
}

func (c *Call) relatedPage(t *schema.Type, key store.Key, limit int) (*store.Page, error) {
	query := store.Query{Type: t, Limit: limit}
	if limit == 0 {
		query.Limit = everyRelated
	}
	if key.Type != nil {
		query.Where, _ = RelatedTo(t, []store.Key{key})
	}
	return c.Tx.List(query)
}

// everyRelated bounds what is read of one record's relatives.
const everyRelated = 10_000
