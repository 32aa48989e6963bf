package filter

import "strings"

// condition = path ( comparison | test ) | quantity
func (p *parser) condition() (node, bool) {
	start := p.peek()
	if p.isComment(p.next) {
		p.add(start.at, "unexpected %s at %d: a filter takes no comments, leave it out", start.shown(), start.at)
		p.skipComment()
		if p.atBoundary() {
			return nil, false
		}
		return p.operand()
	}
	p.from = p.next
	p.conditions++
	if p.conditions > MaxConditions {
		return nil, p.halt(start, "too many conditions at %d: a filter has at most %d", start.at, MaxConditions)
	}
	if start.is("select") && p.following().kind != tokenSymbol {
		return nil, p.halt(start, "unexpected %s at %d: a filter is the condition alone, what stands behind WHERE, such as status = won", start.shown(), start.at)
	}
	if start.kind == tokenWord && p.following().is("(") {
		return p.quantity()
	}
	where, ok := p.path("a field")
	if !ok {
		return nil, false
	}
	if p.fromRules && p.peek().text == "…" {
		p.take()
		return &mention{where}, true
	}
	c := &condition{path: where}
	isValue := p.isLoneValue(where)
	switch {
	case p.test(c):
		p.previous = c
		return c, true
	case isValue:
		return nil, false
	}
	return &mention{where}, false
}

// path = name { "." name }; a name in quotes may stand alone or last.
func (p *parser) path(wanted string) (path, bool) {
	t := p.peek()
	if t.kind != tokenWord && t.kind != tokenText || t.kind == tokenWord && isReserved(t.text) || t.text == "" {
		return nil, p.fail("expected %s at %d, found %s%s", wanted, t.at, t.shown(), p.adviseField())
	}
	p.next++
	if t.kind == tokenText {
		return path{{text: t.text, at: t.at}}, true
	}
	parts := strings.Split(t.text, ".")
	if key := p.peek(); key.kind == tokenText && key.text != "" && len(parts) > 1 && parts[len(parts)-1] == "" && key.at == t.end {
		parts[len(parts)-1] = key.text
		p.next++
	}
	var names path
	at := t.at
	for _, part := range parts {
		if part == "" {
			return nil, p.failAt(t, "%s at %d is no path: write names with single dots between them", t.shown(), t.at)
		}
		names = append(names, name{text: part, at: at})
		at += len([]rune(part)) + 1
	}
	return names, true
}

// quantity = EXISTS "(" path [ WHERE disjunction ] ")"
// | COUNT "(" path [ WHERE disjunction ] ")" compare number
func (p *parser) quantity() (node, bool) {
	word := p.take()
	if !word.is("exists") && !word.is("count") {
		return nil, p.failAt(word, `%s at %d is no condition: %s`, word.shown(), word.at, p.adviseFunction(word))
	}
	open := p.take()
	if !p.deeper(open) {
		return nil, false
	}
	defer p.shallower()
	where, ok := p.path("a relation")
	if !ok {
		return nil, false
	}
	q := &quantity{counted: word.is("count"), path: where}
	if p.accept("where") {
		q.where = p.disjunction()
	}
	p.previous = nil
	closed := p.closing(open)
	if closed && (!q.counted || p.compared(q)) {
		return q, true
	}
	return &quantity{path: where, where: q.where}, false
}

// compared reads what a count is compared with.
func (p *parser) compared(q *quantity) bool {
	op, negated, ok := p.compareSign()
	if !ok {
		return p.fail("expected =, !=, <, <=, > or >= at %d, found %s", p.peek().at, p.peek().shown())
	}
	q.op, q.negated = op, negated
	q.number, ok = p.value()
	return ok
}

// compareSign = "=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">="
func (p *parser) compareSign() (op operator, negated, ok bool) {
	t := p.peek()
	op = operator{text: t.text, at: t.at}
	if t.kind != tokenSymbol {
		return op, false, false
	}
	switch t.text {
	case "=":
		op.op = Eq
	case "!=", "<>":
		op.op, negated = Eq, true
	case "==":
		op.op = Exact
	case "<":
		op.op = Lt
	case "<=":
		op.op = Lte
	case ">":
		op.op = Gt
	case ">=":
		op.op = Gte
	default:
		return op, false, false
	}
	p.next++
	return op, negated, true
}

// test reads everything behind the path of a condition.
func (p *parser) test(c *condition) bool {
	if op, negated, ok := p.compareSign(); ok {
		c.op, c.negated = op, negated
		return p.comparison(c)
	}
	c.negated = p.accept("not")
	t := p.peek()
	c.op = operator{text: strings.ToLower(t.text), at: t.at}
	switch {
	case p.accept("is") && !c.negated:
		return p.null(c)
	case p.accept("in"):
		c.op.op = In
		return p.values(c)
	case p.accept("between"):
		c.op.op = between
		return p.bounds(c)
	case p.accept("has"):
		return p.has(c)
	case p.textual(c):
		return p.one(c)
	}
	if advice := p.adviseOperator(c); advice != "" {
		return p.fail("expected an operator at %d, found %s%s", t.at, t.shown(), advice)
	}
	return p.fail("expected an operator at %d, found %s: use =, !=, <, <=, >, >=, in, between, contains, starts with, ends with, like, has or is null",
		t.at, t.shown())
}

// comparison reads the value behind a sign; "= null" is "is null".
func (p *parser) comparison(c *condition) bool {
	if (c.op.op == Eq || c.op.op == Exact) && p.accept("null") {
		c.op.op = isNull
		return true
	}
	if p.startsTest(p.next) && p.peek().kind == tokenWord {
		return p.doubled(c)
	}
	return p.one(c)
}

// doubled explains = between, where a sign stands before another operator.
func (p *parser) doubled(c *condition) bool {
	t, before := p.peek(), len(p.list)
	second := &condition{path: c.path}
	if !p.test(second) {
		if t.is("not") && len(p.list) > before {
			return false
		}
		p.list = p.list[:before]
		return p.failAt(t, "expected a value at %d, found %s: leave out %s", t.at, t.shown(), quote(c.op.text))
	}
	second.negated = second.negated != c.negated
	p.failAt(t, "expected a value at %d, found %s: leave out %s, write %s", t.at, t.shown(), quote(c.op.text), render(second))
	*c = *second
	return true
}

// null = [ NOT ] ( NULL | EMPTY )
func (p *parser) null(c *condition) bool {
	c.op.op = isNull
	c.negated = p.accept("not")
	c.op.text = "is null"
	if p.accept("null", "empty") {
		return true
	}
	p.fail("expected null or empty at %d, found %s%s", p.peek().at, p.peek().shown(), p.adviseNull(c))
	return p.accept("between") && p.skipBound()
}

// textual = CONTAINS | "~" | STARTS WITH | ENDS WITH | LIKE
func (p *parser) textual(c *condition) bool {
	switch {
	case p.accept("contains", "~"):
		c.op.op, c.op.text = Contains, "contains"
	case p.accept("!~"):
		c.op.op, c.op.text, c.negated = Contains, "contains", true
	case p.accept("starts"):
		c.op.op, c.op.text = StartsWith, "starts with"
		p.accept("with")
	case p.accept("starts_with", "startswith"):
		c.op.op, c.op.text = StartsWith, "starts with"
	case p.accept("ends"):
		c.op.op, c.op.text = EndsWith, "ends with"
		p.accept("with")
	case p.accept("ends_with", "endswith"):
		c.op.op, c.op.text = EndsWith, "ends with"
	case p.accept("like"):
		c.op.op = Like
	default:
		return false
	}
	return true
}

// has = [ ANY | ALL ] ( value | "(" value { "," value } ")" )
func (p *parser) has(c *condition) bool {
	c.op.op = HasAny
	following := p.tokens[min(p.next+1, len(p.tokens)-1)]
	if following.is("(") || following.kind == tokenWord && !isReserved(following.text) || following.kind == tokenText {
		switch {
		case p.accept("all"):
			c.op.op, c.op.text = HasAll, "has all"
		case p.accept("any"):
		}
	}
	return p.values(c)
}

// values = value | "(" value { "," value } ")"
func (p *parser) values(c *condition) bool {
	open := p.peek()
	if !p.accept("(") {
		return p.one(c)
	}
	for {
		if !p.one(c) {
			return false
		}
		if p.accept(",") {
			continue
		}
		return p.closing(open) || p.skipList()
	}
}

// skipList goes on behind the bracket that closes a list with a fault.
func (p *parser) skipList() bool {
	for p.peek().kind != tokenEnd && !p.accept(")") {
		p.next++
	}
	return false
}

// bounds = value AND value
func (p *parser) bounds(c *condition) bool {
	if !p.one(c) {
		return false
	}
	if !p.accept("and", "&&") {
		p.fail(`expected "and" at %d between the two bounds, found %s%s`, p.peek().at, p.peek().shown(), p.adviseBounds())
		return p.skipBound()
	}
	return p.one(c)
}

// skipBound goes on behind the "and" of between after a fault, which is then
// not taken for one that joins conditions.
func (p *parser) skipBound() bool {
	p.skip()
	p.accept("and", "&&")
	return false
}

func (p *parser) one(c *condition) bool {
	v, ok := p.value()
	c.values = append(c.values, v)
	return ok
}

// value = string | number | date | relative | period | bare word
func (p *parser) value() (value, bool) {
	t := p.peek()
	switch {
	case t.kind == tokenWord && strings.EqualFold(t.text, "null"):
		return value{}, p.fail(`null at %d is no value here: write "is null"`, t.at)
	case t.kind == tokenText, t.kind == tokenWord && !isReserved(t.text):
		p.next++
		return value{text: t.text, at: t.at}, true
	case t.kind == tokenWord:
		return value{}, p.fail("expected a value at %d, found the word %s: as a text it needs quotes", t.at, t.shown())
	}
	return value{}, p.fail("expected a value at %d, found %s%s", t.at, t.shown(), p.adviseValue())
}

// IsReserved reports whether a word has a meaning of its own in filters, so
// that a field cannot be called so.
func IsReserved(word string) bool {
	return isReserved(word) || strings.EqualFold(word, "exists") || strings.EqualFold(word, "count")
}

// isReserved reports whether a word has a meaning of its own wherever it stands.
func isReserved(word string) bool {
	switch strings.ToLower(word) {
	case "and", "or", "not", "in", "is", "between", "has", "contains", "like", "where", "null":
		return true
	}
	return false
}
