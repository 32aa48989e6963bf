package filter

import (
	"fmt"
	"slices"
	"strings"
)

// shownAdvice is how long a part of the text may be that advice repeats.
const shownAdvice = 100

// adviseAnd explains status = open value > 3: there the next condition begins
// without an "and" before it, or with a comma in its place. It gives the token
// at which that is, and lets the parser go on there. c is the condition before
// it, if it is just one.
func (p *parser) adviseAnd(c *condition, start int) (string, token) {
	i, left := p.next, p.source(start, p.next)
	if t := p.peek().text; (t == "," || t == ";" || t == "&") && p.startsCondition(i+1) {
		p.take()
		i, c = p.next, nil
	}
	for !p.startsCondition(i) {
		t := p.tokens[i]
		if !p.endsInWord(c) || t.kind != tokenWord || isReserved(t.text) {
			return "", t
		}
		i++
	}
	if i > p.next {
		value, beside := valueOf(p.source(p.next-1, i))
		c.values[0].text = value
		left = p.source(start, p.next-1) + " " + word(value) + beside
	}
	right := p.source(i, p.conditionEnd(i))
	p.next, p.unjoined = i, true
	if len(left)+len(right) > shownAdvice {
		return `: "and" is missing before it`, p.tokens[i]
	}
	return fmt.Sprintf(`: "and" is missing, write %s and %s`, left, right), p.tokens[i]
}

// endsInWord tells whether the condition just read may go on with more words
// of its value.
func (p *parser) endsInWord(c *condition) bool {
	last := p.tokens[p.next-1]
	return c != nil && len(c.values) == 1 && last.kind == tokenWord && last.at == c.values[0].at
}

// valueOf is what several words mean as one value, and what stands beside it.
func valueOf(words string) (value, beside string) {
	if date := rightDate(words); date != "" {
		return date, ""
	}
	n := rightNumber(words)
	if n.number == "" {
		return words, ""
	}
	return n.number, choose(n.currency != "", " and currency = "+n.currency, "")
}

// startsCondition tells whether a field and an operator stand at a token.
func (p *parser) startsCondition(i int) bool {
	if p.tokens[i].is("not") {
		i = min(i+1, len(p.tokens)-1)
	}
	t, following := p.tokens[i], min(i+1, len(p.tokens)-1)
	switch {
	case t.kind != tokenWord || isReserved(t.text):
		return false
	case t.is("exists") || t.is("count"):
		return p.tokens[following].is("(")
	}
	return p.startsTest(following)
}

// startsTest tells whether an operator stands at a token.
func (p *parser) startsTest(i int) bool {
	t := p.tokens[i]
	behind := p.tokens[min(i+1, len(p.tokens)-1)]
	isValue := behind.kind == tokenText || behind.kind == tokenWord && !isReserved(behind.text)
	switch {
	case t.kind == tokenSymbol:
		return slices.Contains([]string{"=", "==", "!=", "<>", "<", "<=", ">", ">=", "~", "!~"}, t.text)
	case t.kind != tokenWord:
		return false
	case t.is("not"):
		return behind.kind == tokenWord && p.startsTest(i+1) || isValue
	case t.is("in"):
		return behind.is("(")
	case t.is("is"):
		return behind.is("null") || behind.is("empty") || behind.is("not")
	case t.is("starts"), t.is("ends"):
		return behind.is("with")
	case t.is("has"):
		return isValue || behind.is("(")
	case t.is("between"), t.is("contains"), t.is("like"):
		return isValue
	}
	return false
}

// conditionEnd is the token behind the condition that starts at a token.
func (p *parser) conditionEnd(i int) int {
	between := false
	for depth := 0; p.tokens[i].kind != tokenEnd; i++ {
		t := p.tokens[i]
		switch {
		case t.is("("):
			depth++
		case t.is(")") && depth > 0:
			depth--
		case depth > 0:
		case t.is("between"):
			between = true
		case between && (t.is("and") || t.is("&&")):
			between = false
		case p.endsAt(i):
			return i
		}
	}
	return i
}

// isComment tells whether a comment of another language stands at a token.
func (p *parser) isComment(i int) bool {
	t := p.tokens[i]
	switch t.kind {
	case tokenWord:
		return strings.HasPrefix(t.text, "--") || strings.HasPrefix(t.text, "//") ||
			t.text == "/" && p.tokens[i+1].text == "*"
	case tokenBad:
		return t.text == "#"
	}
	return false
}

// skipComment goes to the end of the line, or of a comment in /* and */.
func (p *parser) skipComment() {
	t := p.peek()
	until := len(p.text) + 1
	if i := slices.Index(p.text[t.at-1:], '\n'); i >= 0 {
		until = t.at + i
	}
	isBlock := t.text == "/"
	for p.peek().kind != tokenEnd && (isBlock || p.peek().at < until) {
		closes := isBlock && p.peek().text == "*" && p.following().text == "/"
		p.take()
		if closes {
			p.take()
			return
		}
	}
}

// adviseComment explains a comment behind a condition, and goes on behind it.
func (p *parser) adviseComment(start int) (string, token) {
	t := p.peek()
	if !p.isComment(p.next) {
		return "", t
	}
	left := p.source(start, p.next)
	p.skipComment()
	p.unjoined = !p.atBoundary()
	if len(left) > shownAdvice {
		return ": a filter takes no comments", t
	}
	return ": a filter takes no comments: write " + left, t
}

// isLoneValue tells whether the path just read is no field: a value that goes
// with the field before it, or a relation behind exists.
func (p *parser) isLoneValue(read path) bool {
	name := spelled(read)
	if strings.EqualFold(name, "exists") || strings.EqualFold(name, "count") {
		return true
	}
	return p.atBoundary() && p.adviseLoneValue() != ""
}
