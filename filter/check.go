package filter

import (
	"fmt"
	"slices"

	"github.com/crmcp/crmcp/schema"
)

// shownNames is how many names of a small type an error lists.
const shownNames = 12

// Check turns the syntax tree into a checked tree for records of type t. The
// error is a *schema.Error that holds every problem with its position; an
// error of env.Resolve is passed on as it is.
func Check(f *Filter, t *schema.Type, env *Env) (Expr, error) {
	c := &checker{faults: faults{text: f.text}, env: env}
	return c.checked(f.root, t)
}

// checked is the checked tree, unless there were faults before or in it.
func (c *checker) checked(root node, t *schema.Type) (Expr, error) {
	e := c.node(root, t)
	if c.err != nil {
		return nil, fmt.Errorf("resolving a reference of the filter: %w", c.err)
	}
	if err := c.failure(); err != nil {
		return nil, err
	}
	return e, nil
}

// checker checks one filter. Its methods give nil after they have recorded a
// problem, and go on, so that all problems are found.
type checker struct {
	faults
	env *Env
	err error
	// current is the condition at hand.
	current *condition
	// found has the records that the reference at a position means.
	found map[int][]string
}

func (c *checker) node(n node, t *schema.Type) Expr {
	switch n := n.(type) {
	case conjunction:
		return And(c.nodes(n, t))
	case disjunction:
		return Or(c.nodes(n, t))
	case negation:
		return Not{c.node(n.of, t)}
	case *condition:
		return c.condition(n, t)
	case *quantity:
		return c.quantity(n, t)
	case *mention:
		c.target(n.path, t)
	}
	return nil
}

func (c *checker) nodes(nodes []node, t *schema.Type) []Expr {
	list := make([]Expr, 0, len(nodes))
	for _, n := range nodes {
		list = append(list, c.node(n, t))
	}
	return list
}

// quantity checks exists(…) and count(…).
func (c *checker) quantity(q *quantity, t *schema.Type) Expr {
	relations := c.relations(q.path, t)
	if relations == nil {
		return nil
	}
	var where Expr
	if q.where != nil {
		where = c.node(q.where, relations[len(relations)-1].To)
	}
	if !q.counted {
		return over(relations, where)
	}
	n, err := schema.ParseDecimal(q.number.text)
	if err != nil || n < 0 || n%schema.DecimalOne != 0 {
		c.add(q.number.at, "%s at %d is no number of records: count is compared with 0, 1, 2 …", quote(q.number.text), q.number.at)
		return nil
	}
	op := q.op.op
	if op == Exact {
		op = Eq
	}
	return negatedIf(q.negated, Count{Path: relations, Where: where, Op: op, N: int64(n / schema.DecimalOne)})
}

// condition checks the comparison of what a path leads to. A path through
// relations means that one record at its end meets the positive form.
func (c *checker) condition(n *condition, t *schema.Type) Expr {
	target, ok := c.target(n.path, t)
	if !ok {
		return nil
	}
	c.current = n
	var e Expr
	switch {
	case n.op.op == isNull || c.comparesNothing(n):
		e = c.present(n, target)
		return negatedIf(!n.negated, over(target.relations, e))
	case target.many != nil:
		e = c.compareMany(n, target.many)
	default:
		e = c.compareField(n, target)
	}
	return negatedIf(n.negated, over(target.relations, e))
}

// comparesNothing reports whether the condition is = "", which means is null.
func (c *checker) comparesNothing(n *condition) bool {
	return (n.op.op == Eq || n.op.op == Exact) && blank(n.values[0].text)
}

// present is the condition that there is a value.
func (c *checker) present(n *condition, target target) Expr {
	if target.many != nil {
		return Related{Relation: target.many}
	}
	if !c.allowed(n, isNull, operatorsOf(target.field, target.key), nil) {
		return nil
	}
	return Compare{Field: target.field, Key: target.key, Op: NotNull}
}

// over asks for a record at the end of the relations that meets e; e may be
// nil for any record if there are relations.
func over(relations []*schema.Relation, e Expr) Expr {
	for _, r := range slices.Backward(relations) {
		e = Related{Relation: r, Where: e}
	}
	return e
}

func negatedIf(negated bool, e Expr) Expr {
	if negated {
		return Not{e}
	}
	return e
}
