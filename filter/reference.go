package filter

import (
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// manyOps are the operators that conditions on a relation to many may use.
var manyOps = []Op{HasAny, HasAll, Eq, In, isNull}

// compareReference compares a reference with every record that the values mean.
func (c *checker) compareReference(n *condition, f *schema.Field, to *schema.Type) Expr {
	ids, ok := c.ids(n.values, to)
	if !ok {
		return nil
	}
	return Compare{Field: f, Op: In, Values: ids}
}

// compareRecord compares a reference to a record of any type with every record
// that the values mean.
func (c *checker) compareRecord(n *condition, f *schema.Field) Expr {
	var values []any
	for _, v := range n.values {
		var found []string
		for _, t := range c.env.Schema.OfClass(schema.Record) {
			for _, id := range c.resolve(v, t) {
				found = append(found, t.IDString(id))
			}
		}
		if len(found) == 0 && c.err == nil {
			c.add(v.at, "%s at %d is no record: use its id, uid or whole name", quote(v.text), v.at)
		}
		if c.found != nil {
			c.found[v.at] = found
		}
		for _, id := range found {
			values = append(values, id)
		}
	}
	return Compare{Field: f, Op: In, Values: values}
}

// compareMany asks for a related record among those that the values mean or,
// with has all, for one of each value.
func (c *checker) compareMany(n *condition, many *schema.Relation) Expr {
	if !c.allowed(n, n.op.op, manyOps, many.To) || !c.filled(n.values) {
		return nil
	}
	groups := [][]value{n.values}
	if n.op.op == HasAll {
		groups = slices.Collect(slices.Chunk(n.values, 1))
	}
	var each And
	for _, values := range groups {
		ids, ok := c.ids(values, many.To)
		if !ok {
			return nil
		}
		each = append(each, Related{Relation: many, Where: Compare{Field: many.To.Field("id"), Op: In, Values: ids}})
	}
	if len(each) == 1 {
		return each[0]
	}
	return each
}

// compareID compares the id of the record at hand. Unlike a reference, an id
// of the right form that no record has is a value like any other.
func (c *checker) compareID(n *condition, found target) Expr {
	values := make([]any, 0, len(n.values))
	for _, v := range n.values {
		ids := c.resolve(v, found.of)
		if t, number, ok := c.env.Schema.ParseID(v.text); len(ids) == 0 && ok && t == found.of {
			ids = []int64{number}
		}
		if len(ids) == 0 && c.err == nil {
			c.noRecord(v, found.of)
		}
		for _, id := range ids {
			values = append(values, id)
		}
	}
	return Compare{Field: found.field, Op: In, Values: values}
}

// ids gives the ids of all records that the references may mean, in order,
// each once.
func (c *checker) ids(references []value, to *schema.Type) ([]any, bool) {
	var all []int64
	ok := true
	for _, v := range references {
		ids := c.resolve(v, to)
		if len(ids) == 0 && c.err == nil {
			c.noRecord(v, to)
			ok = false
		}
		all = append(all, ids...)
	}
	slices.Sort(all)
	var values []any
	for _, id := range slices.Compact(all) {
		values = append(values, id)
	}
	return values, ok && c.err == nil
}

func (c *checker) resolve(v value, to *schema.Type) []int64 {
	if c.err != nil {
		return nil
	}
	ids, err := c.env.Resolve([]*schema.Type{to}, v.text)
	if err != nil {
		c.err = err
		return nil
	}
	if c.found == nil {
		c.found = map[int][]string{}
	}
	if text.Fold(v.text) != "me" {
		c.found[v.at] = nil
		for _, id := range ids {
			c.found[v.at] = append(c.found[v.at], to.IDString(id))
		}
	}
	return ids
}

func (c *checker) noRecord(v value, to *schema.Type) {
	isRecord := func(s string) bool { return len(c.resolve(value{text: s}, to)) > 0 }
	if right := c.signed(v, isRecord); right != "" {
		c.add(v.at, "%s at %d is no %s: write %s", quote(v.text), v.at, to.Name, right)
		return
	}
	byName := c.byName(Contains, v, to)
	if names := c.env.Names(to, shownNames+1); len(names) > 0 {
		if !slices.ContainsFunc(names, func(name string) bool { return strings.Contains(text.Fold(name), text.Fold(v.text)) }) {
			byName = ""
		}
		c.noSuch(v, to.Name, names, byName)
		return
	}
	c.add(v.at, "%s at %d is no %s: use its id, uid or whole name%s", quote(v.text), v.at, to.Name, byName)
}

// byName is how the condition at hand asks for a part of the names of records:
// organization.name contains Acme. It begins with ", or", or is empty where
// there is no such path.
func (c *checker) byName(op Op, v value, to *schema.Type) string {
	title := to.TitleField()
	if _, _, isID := c.env.Schema.ParseID(v.text); isID || c.current == nil || title == nil || !title.Kind.IsText() || !slices.Contains(operatorsOf(title, ""), op) {
		return ""
	}
	p := slices.Clone(c.current.path)
	if last := p[len(p)-1].text; to.Canonical(last) == "id" {
		p = p[:len(p)-1]
	}
	p = append(p, name{text: title.Name})
	if len(p) > maxRelations+1 {
		return ""
	}
	return ", or " + render(&condition{path: p, negated: c.current.negated, op: operator{op: op}, values: []value{v}})
}
