package filter

import "strings"

// String prints the filter in the one form that stands for all that mean the
// same by the grammar. Parsing it gives the same tree.
func (f *Filter) String() string { return render(f.root) }

func render(n node) string {
	var w strings.Builder
	printNode(&w, n)
	return w.String()
}

func printNode(w *strings.Builder, n node) {
	switch n := n.(type) {
	case conjunction:
		printList(w, n, " and ")
	case disjunction:
		printList(w, n, " or ")
	case negation:
		w.WriteString("not " + bracketed(n.of))
	case *condition:
		printCondition(w, n)
	case *quantity:
		printQuantity(w, n)
	}
}

// bracketed puts brackets around what binds less than "not" does.
func bracketed(n node) string {
	switch n.(type) {
	case conjunction, disjunction:
		return "(" + render(n) + ")"
	}
	return render(n)
}

func printList(w *strings.Builder, nodes []node, between string) {
	for i, n := range nodes {
		w.WriteString(choose(i > 0, between, ""))
		if _, inner := n.(disjunction); inner {
			w.WriteString("(" + render(n) + ")")
			continue
		}
		printNode(w, n)
	}
}

func printCondition(w *strings.Builder, c *condition) {
	printPath(w, c.path)
	switch c.op.op {
	case isNull:
		w.WriteString(choose(c.negated, " is not null", " is null"))
	case between:
		w.WriteString(choose(c.negated, " not between ", " between "))
		w.WriteString(word(c.values[0].text) + " and " + word(c.values[1].text))
	case In, HasAny, HasAll:
		w.WriteString(choose(c.negated, " not ", " ") + opWord(c.op.op) + " (")
		for i, v := range c.values {
			w.WriteString(choose(i > 0, ", ", "") + word(v.text))
		}
		w.WriteString(")")
	case Eq:
		w.WriteString(choose(c.negated, " != ", " = ") + word(c.values[0].text))
	default:
		w.WriteString(choose(c.negated, " not ", " ") + opWord(c.op.op) + " " + word(c.values[0].text))
	}
}

func printQuantity(w *strings.Builder, q *quantity) {
	w.WriteString(choose(q.counted, "count(", "exists("))
	printPath(w, q.path)
	if q.where != nil {
		w.WriteString(" where ")
		printNode(w, q.where)
	}
	w.WriteString(")")
	if q.counted {
		sign := choose(q.negated, "!=", opWord(q.op.op))
		w.WriteString(" " + sign + " " + word(q.number.text))
	}
}

// spelled is a path as the language reads it back.
func spelled(p path) string {
	var w strings.Builder
	printPath(&w, p)
	return w.String()
}

func printPath(w *strings.Builder, p path) {
	for i, n := range p {
		w.WriteString(choose(i > 0, ".", ""))
		bare := isWord(n.text) && !strings.Contains(n.text, ".") && (len(p) > 1 || !isReserved(n.text))
		w.WriteString(choose(bare, n.text, quote(n.text)))
	}
}

// word prints a value, in quotes where it would read as something else.
func word(text string) string {
	switch strings.ToLower(text) {
	case "any", "all", "empty":
		return quote(text)
	}
	if !isWord(text) || isReserved(text) {
		return quote(text)
	}
	return text
}

// opWord is an operator that stands between a path and its values; those of
// null and between have forms of their own.
func opWord(op Op) string {
	switch op {
	case Eq:
		return "="
	case Exact:
		return "=="
	case Lt:
		return "<"
	case Lte:
		return "<="
	case Gt:
		return ">"
	case Gte:
		return ">="
	case Contains:
		return "contains"
	case StartsWith:
		return "starts with"
	case EndsWith:
		return "ends with"
	case Like:
		return "like"
	case In:
		return "in"
	case HasAny:
		return "has any"
	case HasAll:
		return "has all"
	}
	return ""
}

func choose(first bool, yes, no string) string {
	if first {
		return yes
	}
	return no
}
