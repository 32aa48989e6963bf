package filter

import (
	"github.com/crmcp/crmcp/schema"
)

// Pin gives the text of a filter in the form in which it is saved: every
// reference is turned into the ids of the records that it means now, so that
// renaming them later does not matter; dates stay relative, and "me" whoever
// reads. Its errors are those of Check.
func Pin(f *Filter, t *schema.Type, env *Env) (string, error) {
	c := &checker{faults: faults{text: f.text}, env: env}
	c.node(f.root, t)
	if c.err != nil {
		return "", c.err
	}
	if err := c.failure(); err != nil {
		return "", err
	}
	return render(c.pinned(f.root)), nil
}

func (c *checker) pinned(n node) node {
	switch n := n.(type) {
	case conjunction:
		return conjunction(c.allPinned(n))
	case disjunction:
		return disjunction(c.allPinned(n))
	case negation:
		return negation{c.pinned(n.of)}
	case *quantity:
		q := *n
		if n.where != nil {
			q.where = c.pinned(n.where)
		}
		return &q
	case *condition:
		return c.pinnedCondition(n)
	}
	return n
}

func (c *checker) allPinned(nodes []node) []node {
	list := make([]node, len(nodes))
	for i, n := range nodes {
		list[i] = c.pinned(n)
	}
	return list
}

// pinnedCondition replaces the references of a condition. Where a name means
// several records, one value becomes a list; "has all" then needs a
// condition for each value.
func (c *checker) pinnedCondition(n *condition) node {
	if n.op.op == HasAll && c.widens(n.values) {
		var each conjunction
		for _, v := range n.values {
			one := &condition{path: n.path, op: operator{op: HasAny}, values: []value{v}}
			each = append(each, c.pinnedCondition(one))
		}
		if n.negated {
			return negation{each}
		}
		return each
	}
	pinned := *n
	pinned.values = nil
	for _, v := range n.values {
		pinned.values = append(pinned.values, c.replacements(v)...)
	}
	if len(pinned.values) > len(n.values) && (n.op.op == Eq || n.op.op == Exact) {
		pinned.op.op = In
	}
	return &pinned
}

func (c *checker) widens(values []value) bool {
	for _, v := range values {
		if len(c.found[v.at]) > 1 {
			return true
		}
	}
	return false
}

func (c *checker) replacements(v value) []value {
	ids := c.found[v.at]
	if len(ids) == 0 {
		return []value{v}
	}
	var list []value
	for _, id := range ids {
		list = append(list, value{text: id, at: v.at})
	}
	return list
}
