package filter

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/crmcp/crmcp/schema"
)

// Texts longer than shownWhole are shown as a window around the caret.
const (
	shownWhole  = 100
	shownBefore = 50
	shownAfter  = 40
)

// faults collects what is wrong with one text; each message shows where.
type faults struct {
	text []rune
	list []fault
}

// fault is a problem and its position.
type fault struct {
	at int
	schema.Problem
}

// add records a problem at a position, which counts characters from 1.
func (f *faults) add(at int, format string, args ...any) *schema.Problem {
	message := fmt.Sprintf(format, args...)
	f.list = append(f.list, fault{at, schema.Problem{Message: message + "\n" + f.caret(at)}})
	return &f.list[len(f.list)-1].Problem
}

// failure is the error that holds the faults in the order of their positions;
// nil where there is none.
func (f *faults) failure() error {
	var problems schema.Problems
	slices.SortStableFunc(f.list, func(one, other fault) int { return cmp.Compare(one.at, other.at) })
	for _, one := range f.list {
		problems = append(problems, one.Problem)
	}
	return problems.Err()
}

// hasFault tells whether there is a fault at the position.
func (f *faults) hasFault(at int) bool {
	return slices.ContainsFunc(f.list, func(one fault) bool { return one.at == at })
}

// caret gives the text, and below it a caret under the position.
func (f *faults) caret(at int) string {
	index := min(at-1, len(f.text))
	from, to := 0, len(f.text)
	before, after := "", ""
	long := len(f.text) > shownWhole
	if long && index > shownBefore+1 {
		from, before = index-shownBefore, "…"
	}
	if long && to > index+shownAfter+1 {
		to, after = index+shownAfter, "…"
	}
	line := before + strings.Map(flatten, string(f.text[from:to])) + after
	indent := strings.Repeat(" ", len([]rune(before))+index-from)
	return "    " + line + "\n    " + indent + "^"
}

// flatten keeps the text on one line, with one place for each character.
func flatten(r rune) rune {
	if unicode.IsSpace(r) || unicode.IsControl(r) {
		return ' '
	}
	return r
}

// listed joins the choices for a message, the first n of them.
func listed(choices []string, n int) string {
	if len(choices) > n {
		return strings.Join(choices[:n], ", ") + ", …"
	}
	return strings.Join(choices, ", ")
}
