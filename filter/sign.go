package filter

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// signsInValues are operators that callers put into a value, longer ones
// before their beginnings.
var signsInValues = []string{"!=", "<>", "<=", ">=", "==", "!", "=", "<", ">", "not ", "-"}

// signed is the condition that is meant by a value which begins with an
// operator, status != open by "!open", where reads takes what stands behind
// that; empty otherwise. A minus may mean the contrary or nothing.
func (c *checker) signed(v value, reads func(string) bool) string {
	i := slices.IndexFunc(signsInValues, func(sign string) bool {
		return len(v.text) > len(sign) && strings.EqualFold(v.text[:len(sign)], sign)
	})
	if i < 0 || c.current == nil {
		return ""
	}
	sign := signsInValues[i]
	rest := strings.TrimSpace(v.text[len(sign):])
	if !reads(rest) {
		return ""
	}
	right := condition{path: c.current.path, negated: c.current.negated, op: operator{op: Eq}, values: []value{{text: rest}}}
	switch sign {
	case "!", "!=", "<>", "not ":
		right.negated = !right.negated
	case "<", "<=", ">", ">=":
		right.op.op = map[string]Op{"<": Lt, "<=": Lte, ">": Gt, ">=": Gte}[sign]
	case "-":
		contrary := right
		contrary.negated = !right.negated
		return render(&right) + ", or " + render(&contrary)
	}
	if right.negated && right.op.op != Eq {
		return "not " + render(&condition{path: right.path, op: right.op, values: right.values})
	}
	return render(&right)
}

// startsPlain tells whether a text begins with a letter, a digit or what
// stands for money.
func startsPlain(s string) bool {
	first, _ := utf8.DecodeRuneInString(strings.TrimSpace(s))
	return unicode.IsLetter(first) || unicode.IsDigit(first) || unicode.Is(unicode.Sc, first)
}
