package filter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// Limits of a filter. They keep its SQL within what the database takes and
// its checking within a stack of fixed size.
const (
	MaxCharacters = 8192
	MaxNesting    = 32
	MaxConditions = 100
)

// maxFaults is how many faults of form are reported; more of them are mostly echoes.
const maxFaults = 10

// Parse reads a filter: text, or rules in JSON where it starts with "[" or
// "{". An empty filter matches everything. The error is a *schema.Error with
// every fault of form that was found.
func Parse(text string) (*Filter, error) {
	if isJSON(text) {
		return whole(draftJSON(text))
	}
	return whole(draftText(text))
}

// Read parses a filter and checks it for records of type t. Unlike Parse and
// Check one after the other, it names the faults of form together with those
// of the conditions that could be read. Its errors are those of both.
func Read(text string, t *schema.Type, env *Env) (Expr, error) {
	draft := draftText
	if isJSON(text) {
		draft = draftJSON
	}
	d, err := draft(text)
	if err != nil {
		return nil, err
	}
	c := &checker{faults: faults{text: d.text, list: d.list}, env: env}
	if d.halted {
		return nil, c.failure()
	}
	return c.checked(d.root, t)
}

func isJSON(text string) bool {
	start := strings.TrimSpace(text)
	return strings.HasPrefix(start, "[") || strings.HasPrefix(start, "{")
}

// draft is what was read of a filter, with the faults of its form. What a
// fault hides is left out of it.
type draft struct {
	faults
	root   node
	halted bool
}

// whole is the filter of a draft without faults.
func whole(d *draft, err error) (*Filter, error) {
	if err == nil {
		err = d.failure()
	}
	if err != nil {
		return nil, err
	}
	return &Filter{text: d.text, root: d.root}, nil
}

func draftText(text string) (*draft, error) { return draftRunes([]rune(text), nil) }

// draftRunes reads a text that may stand for rules with faults.
func draftRunes(text []rune, rules []fault) (*draft, error) {
	if len(text) > MaxCharacters {
		return nil, schema.Errorf(schema.InvalidArgument,
			"the filter has %d characters: at most %d are allowed", len(text), MaxCharacters)
	}
	p := &parser{faults: faults{text: text}, tokens: lex(text), fromRules: len(rules) > 0}
	root := p.filter()
	p.list = append(rules, p.list...)
	return &draft{faults: p.faults, root: root, halted: p.halted}, nil
}

// parser has a method for each rule of the grammar. A method that reports
// false has recorded why.
type parser struct {
	faults
	tokens     []token
	next       int
	depth      int
	conditions int
	// halted: what is read after it is an echo.
	halted bool
	// fromRules: a path with "…" behind it stands for a rule with a fault.
	fromRules bool
	// unjoined: the next condition has no "and" before it.
	unjoined bool
	// from is the first token of the condition at hand, previous the one before it.
	from     int
	previous *condition
}

func (p *parser) peek() token { return p.tokens[p.next] }

func (p *parser) take() token {
	t := p.tokens[p.next]
	if t.kind != tokenEnd {
		p.next++
	}
	return t
}

// accept takes the next token if it is one of these words or symbols.
func (p *parser) accept(texts ...string) bool {
	if !slices.ContainsFunc(texts, p.peek().is) {
		return false
	}
	p.next++
	return true
}

// fail records a fault at the next token.
func (p *parser) fail(format string, args ...any) bool {
	return p.failAt(p.peek(), format, args...)
}

func (p *parser) failAt(t token, format string, args ...any) bool {
	switch {
	case p.halted, p.hasFault(t.at):
	case t.kind == tokenBad && (t.text == `"` || t.text == "'"):
		p.add(t.at, "the text that starts at %d has no closing %s", t.at, t.text)
	case t.kind == tokenBad:
		p.add(t.at, "unexpected %s at %d: %s", quote(t.text), t.at, p.strange(t))
	default:
		p.add(t.at, "%s", fmt.Sprintf(format, args...))
	}
	if len(p.list) >= maxFaults {
		p.next = len(p.tokens) - 1
	}
	return false
}

// halt records a fault that makes reading on pointless.
func (p *parser) halt(t token, format string, args ...any) bool {
	if !p.halted {
		p.add(t.at, format, args...)
	}
	p.halted = true
	p.next = len(p.tokens) - 1
	return false
}

// filter = [ disjunction ]
func (p *parser) filter() node {
	if p.peek().kind == tokenEnd {
		return conjunction{}
	}
	nodes := []node{p.disjunction()}
	for t := p.peek(); t.kind != tokenEnd; t = p.peek() {
		if len(p.list) == 0 {
			p.fail("unexpected %s at %d", t.shown(), t.at)
		}
		p.take()
		p.accept("and", "&&", "or", "||")
		if !p.atBoundary() {
			nodes = append(nodes, p.disjunction())
		}
	}
	return join[conjunction](nodes)
}

// disjunction = conjunction { OR conjunction }
func (p *parser) disjunction() node {
	nodes := []node{p.conjunction()}
	for p.accept("or", "||") {
		nodes = append(nodes, p.conjunction())
	}
	return join[disjunction](nodes)
}

// conjunction = negation { AND negation }
func (p *parser) conjunction() node {
	nodes := []node{p.negation()}
	for p.accept("and", "&&") || p.unjoined {
		p.unjoined = false
		nodes = append(nodes, p.negation())
	}
	return join[conjunction](nodes)
}

// negation = [ NOT ] primary
func (p *parser) negation() node {
	t := p.peek()
	if !p.accept("not", "!") {
		return p.primary()
	}
	if !p.deeper(t) {
		return conjunction{}
	}
	defer p.shallower()
	return negation{p.negation()}
}

// primary = "(" disjunction ")" | condition
//
// After a fault it goes on behind the condition, so that further faults are
// reported with it, and gives what was read of the condition.
func (p *parser) primary() node {
	before, start := len(p.list), p.next
	n, ok := p.operand()
	if ok && len(p.list) == before && !p.atBoundary() {
		n = p.overrun(n, start)
	}
	if !p.unjoined {
		p.skip()
	}
	if n == nil {
		return conjunction{}
	}
	return n
}

// overrun records what stands behind the condition n, whose first token is
// start, and gives what can be said of n then.
func (p *parser) overrun(n node, start int) node {
	c, isCondition := n.(*condition)
	advice, t := p.adviseAnd(c, start)
	if advice == "" {
		advice, t = p.adviseComment(start)
	}
	if advice != "" {
		p.add(t.at, `expected "and" or "or" at %d, found %s%s`, t.at, t.shown(), advice)
		return n
	}
	t = p.peek()
	p.fail(`expected "and" or "or" at %d, found %s%s`, t.at, t.shown(), p.hint())
	if isCondition {
		return &mention{c.path}
	}
	return n
}

func (p *parser) operand() (node, bool) {
	open := p.peek()
	if !p.accept("(") {
		return p.condition()
	}
	if !p.deeper(open) {
		return nil, false
	}
	defer p.shallower()
	n := p.disjunction()
	return n, p.closing(open)
}

func (p *parser) deeper(t token) bool {
	p.depth++
	if p.depth > MaxNesting {
		return p.halt(t, "too deep at %d: brackets, not, exists and count may be at most %d deep", t.at, MaxNesting)
	}
	return true
}

func (p *parser) shallower() { p.depth-- }

// closing takes the bracket that belongs to open.
func (p *parser) closing(open token) bool {
	if p.accept(")") {
		return true
	}
	hint := p.hint()
	if p.peek().is("or") {
		hint = ": values of a list stand between commas"
	}
	return p.fail(`expected ")" at %d for the "(" at %d, found %s%s`, p.peek().at, open.at, p.peek().shown(), hint)
}

// atBoundary tells whether a condition may end here.
func (p *parser) atBoundary() bool {
	t := p.peek()
	return t.kind == tokenEnd || t.is(")") || t.is("and") || t.is("&&") || t.is("or") || t.is("||")
}

// skip goes to the end of the condition at hand.
func (p *parser) skip() {
	for depth := 0; p.peek().kind != tokenEnd; p.next++ {
		switch {
		case p.peek().is("("):
			depth++
		case depth == 0 && p.atBoundary():
			return
		case p.peek().is(")"):
			depth--
		}
	}
}
