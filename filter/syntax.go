package filter

// Filter is the syntax tree of a filter. It knows no schema: any names, in
// any combination that the grammar allows. Make one with Parse or ParseRules.
type Filter struct {
	text []rune
	root node
}

// node is a conjunction, disjunction, negation, condition or quantity.
type node interface{ node() }

type (
	// conjunction holds two nodes or more, or none for the filter that says nothing.
	conjunction []node
	// disjunction holds two nodes or more.
	disjunction []node
	// negation matches what its node does not.
	negation struct{ of node }

	// condition compares what a path leads to with values.
	condition struct {
		path    path
		op      operator
		negated bool
		values  []value
	}

	// quantity asks for related records: whether there is one, or how many.
	quantity struct {
		counted bool
		path    path
		where   node // nil: every related record
		op      operator
		negated bool
		number  value
	}

	// mention is a condition of which only the path could be read. Filters
	// without faults have none.
	mention struct{ path path }
)

func (conjunction) node() {}
func (disjunction) node() {}
func (negation) node()    {}
func (*condition) node()  {}
func (*quantity) node()   {}
func (*mention) node()    {}

// path is a field, behind as many relations as it has names before the last.
type path []name

// name is one part of a path, as written.
type name struct {
	text string
	at   int
}

// value is the right side of a condition: what it means depends on the field.
type value struct {
	text string
	at   int
}

// operator is an operator and how it was written, for messages.
type operator struct {
	op   Op
	text string
	at   int
}

// The operators that the checked tree does without.
const (
	between Op = iota + 100
	isNull
)

// join puts nodes together without nesting lists of the same kind L.
func join[L interface {
	~[]node
	node
}](nodes []node) node {
	var flat L
	for _, n := range nodes {
		if inner, ok := n.(L); ok {
			flat = append(flat, inner...)
			continue
		}
		flat = append(flat, n)
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return flat
}
