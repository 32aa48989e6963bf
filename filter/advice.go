package filter

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// hint explains the commonest causes of a word or a sign too many behind a
// condition. It begins with a colon, or is empty.
func (p *parser) hint() string {
	last, t := p.tokens[max(p.next-1, 0)], p.peek()
	following := p.following()
	if p.atBoundary() {
		return ""
	}
	switch right := rightForm(p.phrase(p.next - 1)); {
	case right != "":
		return ": write " + right
	case t.is(","):
		return `: several values stand in brackets, in ("a", "b")`
	case following.is("by") && (t.is("order") || t.is("sort") || t.is("group")), t.is("limit") && following.kind == tokenWord:
		return ": a filter is the condition alone, without order, groups and limit"
	case last.kind == tokenWord && t.kind == tokenWord:
		weekday := weekdayName.MatchString(strings.ToLower(last.text + " " + t.text))
		return fmt.Sprintf(": a text of several words needs quotes, %s", quote(last.text+" "+t.text)) +
			choose(weekday, "; as dates, names of weekdays are not taken: write one such as 2026-05-01, or next_week", "")
	}
	return ""
}

func (p *parser) following() token { return p.tokens[min(p.next+1, len(p.tokens)-1)] }

// phrase is the text from a token to the end of its condition or list entry:
// what may have been meant as one value.
func (p *parser) phrase(first int) string {
	first = max(first, 0)
	end := first
	for depth := 0; p.tokens[end].kind != tokenEnd; end++ {
		t := p.tokens[end]
		switch {
		case t.is("("):
			depth++
		case t.is(")") && depth > 0:
			depth--
		case t.is(")"), t.is(",") && !p.groupsDigits(end), t.is("and"), t.is("or"), t.is("&&"), t.is("||"):
			return p.source(first, end)
		}
	}
	return p.source(first, end)
}

// groupsDigits tells the comma of 1,000 from that of a list.
func (p *parser) groupsDigits(i int) bool {
	if i == 0 || i+1 >= len(p.tokens) {
		return false
	}
	before, comma, after := p.tokens[i-1], p.tokens[i], p.tokens[i+1]
	return before.end == comma.at && comma.end == after.at && len(after.text) >= 3 && strings.Trim(after.text[:3], "0123456789") == ""
}

// source is the text of the tokens from first up to, but not with, end.
func (p *parser) source(first, end int) string {
	if end <= first {
		return ""
	}
	return string(p.text[p.tokens[first].at-1 : p.tokens[end-1].end-1])
}

// adviseBounds says how the two bounds of between are written.
func (p *parser) adviseBounds() string {
	low, t := p.tokens[p.next-1], p.peek()
	if right := rightForm(p.phrase(p.next - 1)); right != "" && t.kind == tokenWord {
		return ": write " + right
	}
	if t.is(",") || t.is("to") || t.is("-") {
		t = p.following()
	}
	if t.kind != tokenWord || isReserved(t.text) {
		return ""
	}
	return fmt.Sprintf(": write between %s and %s", word(low.text), word(t.text))
}

// strange explains a character that has no meaning outside quotes.
func (p *parser) strange(t token) string {
	i := slices.IndexFunc(p.tokens, func(other token) bool { return other.at == t.at })
	if t.text == "%" || unicode.Is(unicode.Sc, []rune(t.text)[0]) {
		n := rightNumber(p.phrase(i))
		if n.number == "" && i > 0 {
			n = rightNumber(p.phrase(i - 1))
		}
		if n.number != "" {
			return "write " + n.advice("currency")
		}
	}
	switch t.text {
	case "[", "]", "{", "}":
		return "a list stands in round brackets, in (Won, Lost)"
	case "“", "”", "„", "‘", "’", "`", "«", "»":
		return `texts stand in straight quotes, "…"`
	case ";":
		return "leave it out"
	}
	return "put texts with such characters in quotes"
}

// otherOperators are words that mean an operator of the language.
var otherOperators = map[string]string{
	"ilike": "like", "rlike": "contains", "regexp": "contains", "matches": "contains", "match": "contains", "similar": "like",
	"includes": "contains or has", "include": "contains or has", "containing": "contains",
	"overlaps": "has any", "intersects": "has any", "has_any": "has any", "hasany": "has any", "hassome": "has any", "contains_any": "has any",
	"has_all": "has all", "hasall": "has all", "contains_all": "has all", "has_none": "not has any", "hasnone": "not has any",
	"not_in": "not in", "notin": "not in", "nin": "not in", "not_contains": "not contains", "not_like": "not like",
	"is_null": "is null", "isnull": "is null", "is_empty": "is null", "isempty": "is null", "missing": "is null",
	"is_not_null": "is not null", "notnull": "is not null", "exists": "is not null",
	"equals": "=", "equal": "=", "eq": "=", "isnt": "!=", "is_not": "!=", "neq": "!=", "ne": "!=", "not_equals": "!=",
	"gt": ">", "after": ">", "above": ">", "over": ">", "gte": ">=", "since": ">=", "from": ">=", "min": ">=",
	"lt": "<", "before": "<", "below": "<", "under": "<", "lte": "<=", "until": "<=", "till": "<=", "to": "<=", "max": "<=",
	"begins": "starts with", "starting": "starts with", "ending": "ends with", "within": "= or between", "during": "=", "on": "=", "at": "=",
}

// adviseOperator says which operator is meant where none stands.
func (p *parser) adviseOperator(c *condition) string {
	t := p.peek()
	field := spelled(c.path)
	other := otherOperators[strings.ToLower(t.text)]
	switch {
	case t.kind == tokenWord && (strings.EqualFold(field, "exists") || strings.EqualFold(field, "count")):
		return fmt.Sprintf(": write %s(%s)", strings.ToLower(field), t.text)
	case t.kind == tokenWord && other != "":
		return ": use " + choose(c.negated && !strings.HasPrefix(other, "is "), "not ", "") + other
	case p.atBoundary():
		return p.adviseLoneValue()
	case t.kind == tokenBad:
		return ""
	case c.negated:
		return fmt.Sprintf(": write %s != %s", field, p.phrase(p.next))
	case t.kind == tokenText, t.kind == tokenWord && p.endsAt(p.next+1):
		return fmt.Sprintf(": write %s = %s", field, p.phrase(p.next))
	}
	return p.hint()
}

// endsAt tells whether a condition may end before the token at i.
func (p *parser) endsAt(i int) bool {
	before := p.next
	defer func() { p.next = before }()
	p.next = min(i, len(p.tokens)-1)
	return p.atBoundary()
}

// adviseRepeat explains stage = Won or Lost, and amount >= 100 and <= 200:
// what stands alone goes with the field of the condition before it.
func (p *parser) adviseRepeat(second *condition) string {
	joiner, negated := p.joiner()
	if joiner == "" || p.previous == nil || len(p.previous.values) != 1 {
		return ""
	}
	first := p.previous
	second.path = first.path
	second.negated = second.negated != negated
	advice := fmt.Sprintf(": repeat the field, %s %s %s", render(first), joiner, render(second))
	switch {
	case joiner == "or" && first.op.op == Eq && second.op.op == Eq && !first.negated && !second.negated:
		several := condition{path: first.path, op: operator{op: In}, values: append(slices.Clone(first.values), second.values...)}
		advice += ", or use " + render(&several)
	case joiner == "and" && first.op.op == Gte && second.op.op == Lte:
		both := condition{path: first.path, op: operator{op: between}, values: append(slices.Clone(first.values), second.values...)}
		advice += ", or use " + render(&both)
	}
	return advice
}

// joiner is the word before the condition at hand, and whether "not" stands
// between the two.
func (p *parser) joiner() (word string, negated bool) {
	i := p.from - 1
	for ; i >= 0 && (p.tokens[i].is("not") || p.tokens[i].is("!")); i-- {
		negated = !negated
	}
	switch {
	case i < 0:
		return "", negated
	case p.tokens[i].is("or"), p.tokens[i].is("||"):
		return "or", negated
	case p.tokens[i].is("and"), p.tokens[i].is("&&"):
		return "and", negated
	}
	return "", negated
}

// adviseLoneValue is adviseRepeat for a condition that is one value.
func (p *parser) adviseLoneValue() string {
	if p.previous == nil {
		return ""
	}
	return p.adviseRepeat(&condition{op: p.previous.op, negated: p.previous.negated, values: []value{{text: p.tokens[p.from].text}}})
}

// adviseField says what is meant where a field should stand.
func (p *parser) adviseField() string {
	start := p.next
	defer func() { p.next = start }()
	second := &condition{}
	if op, negated, ok := p.compareSign(); ok && (p.peek().kind == tokenWord || p.peek().kind == tokenText) {
		second.op, second.negated, second.values = op, negated, []value{{text: p.peek().text}}
		return p.adviseRepeat(second)
	}
	if p.peek().is("where") {
		return ": leave it out"
	}
	return ""
}

// adviseNull says what is meant behind "is".
func (p *parser) adviseNull(c *condition) string {
	t, field := p.peek(), spelled(c.path)
	not := choose(c.negated, "not ", "")
	switch strings.ToLower(t.text) {
	case "between", "in", "like", "contains", "has", "not", "starts", "ends":
		return fmt.Sprintf(": leave out is, %s %s%s …", field, not, strings.ToLower(t.text))
	}
	if other := otherOperators[strings.ToLower(t.text)]; other != "" && t.kind == tokenWord && !p.endsAt(p.next+1) {
		return fmt.Sprintf(": write %s %s%s …", field, not, other)
	}
	if t.kind != tokenWord && t.kind != tokenText || isReserved(t.text) && t.kind == tokenWord {
		return ""
	}
	return fmt.Sprintf(": write %s %s %s", field, choose(c.negated, "!=", "="), p.phrase(p.next))
}

// adviseValue says what is meant by a sign where a value should stand.
func (p *parser) adviseValue() string {
	before, t := p.tokens[max(p.next-1, 0)], p.peek()
	switch {
	case t.is("(") && (before.is("=") || before.is("==")):
		return ": several values are asked for with in (…)"
	case t.is("(") && (before.is("!=") || before.is("<>")):
		return ": several values are asked for with not in (…)"
	case t.is("(") && before.is("between"):
		return ": write between 1 and 2, without brackets"
	case before.is("=") && (t.is("<") || t.is(">")):
		return ": write " + t.text + "="
	}
	return ""
}

// adviseFunction says what to write instead of a function that the language
// does not have.
func (p *parser) adviseFunction(name token) string {
	field := "closed_on"
	if inner := p.following(); inner.kind == tokenWord && !isReserved(inner.text) {
		field = inner.text
	}
	switch strings.ToLower(name.text) {
	case "year", "month", "quarter", "week", "day", "date", "date_trunc", "extract", "to_date", "to_char", "strftime", "datediff":
		return fmt.Sprintf("compare the date with a day or period, %s = 2026-05 or %s = this_quarter", field, field)
	case "sum", "avg", "average", "min", "max", "median", "total", "count_distinct":
		return "totals come from aggregate, which takes them in its having"
	case "lower", "upper", "lcase", "ucase", "trim", "fold", "unaccent":
		return fmt.Sprintf("write %s alone, texts are compared without case and accents", field)
	case "coalesce", "ifnull", "isnull", "nvl", "isempty", "empty", "is_null":
		return fmt.Sprintf("write %s is null", field)
	case "contains", "icontains", "startswith", "starts_with", "endswith", "ends_with", "like", "has", "in":
		word := strings.NewReplacer("swith", "s with", "s_with", "s with", "icon", "con").Replace(strings.ToLower(name.text))
		return fmt.Sprintf(`write %s %s "…"`, field, word)
	case "length", "len", "size", "any", "some", "none":
		return fmt.Sprintf("related records are counted with count(%s) > 0", field)
	}
	return "only exists(…) and count(…) take brackets"
}
