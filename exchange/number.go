package exchange

import (
	"fmt"
	"strings"

	"github.com/crmcp/crmcp/text"
)

// marks says which decimal marks a column was seen to use beyond doubt.
type marks struct {
	comma, dot bool
	// strict: a dot that may group thousands is not taken for a decimal mark. So
	// are amounts of money, of which a thousandth would go unnoticed, and files
	// with semicolons between the cells, as programs write them where dots group.
	strict bool
}

// learn takes a value as evidence of the column's decimal mark.
func (m *marks) learn(s string) {
	switch n := splitNumber(s); {
	case !n.ok || n.doubtful:
	case n.mark == ',':
		m.comma = true
	case n.mark == '.':
		m.dot = true
	}
}

// or gives the marks of the whole file to a column that shows none.
func (m marks) or(file marks) marks {
	if m.comma || m.dot {
		return m
	}
	return file
}

// number writes a number as the schema reads it. "1,234" is 1234 or 1.234 by
// what the column, or else the file, shows, and refused where that shows
// nothing; "1.234" is then taken as it stands unless the column is strict.
func (m marks) number(s string) (string, error) {
	n := splitNumber(s)
	switch {
	case !n.ok:
		return s, nil
	case !n.doubtful:
		return n.plain(), nil
	case m.comma != m.dot:
		if m.comma == (n.mark == ',') {
			return n.plain(), nil
		}
		return n.grouped(), nil
	case n.mark == '.' && !m.strict:
		return n.plain(), nil
	}
	return "", n.doubt(s)
}

// whole writes a whole number as the schema reads it: a doubtful mark groups
// thousands, but "12.000" may be 12.
func (m marks) whole(s string) (string, error) {
	n := splitNumber(s)
	switch {
	case !n.ok || !n.doubtful || m.comma != m.dot:
		return m.number(s)
	case n.mark == '.' && n.fraction == "000":
		return "", n.doubt(s)
	}
	return n.grouped(), nil
}

// written is a number taken apart: the decimal mark is 0 where nothing tells
// it. A doubtful one has a single mark that may as well group thousands.
type written struct {
	sign, whole, fraction string
	mark                  byte
	doubtful, ok          bool
}

func (w written) plain() string {
	if w.fraction == "" {
		return w.sign + w.whole
	}
	return w.sign + w.whole + "." + w.fraction
}

// grouped is a doubtful number whose mark groups thousands.
func (w written) grouped() string { return w.sign + w.whole + w.fraction }

func (w written) doubt(s string) error {
	return fmt.Errorf("%q may mean %s or %s: write it without the %q", text.Truncate(s, 40), w.grouped(), w.plain(), string(w.mark))
}

// splitNumber takes a number apart; ok is false for anything but digits with
// marks between them.
func splitNumber(s string) written {
	var w written
	body := strings.TrimSpace(s)
	if body != "" && (body[0] == '-' || body[0] == '+') {
		w.sign, body = strings.TrimPrefix(body[:1], "+"), body[1:]
	}
	body, grouped := joinGroups(body)
	if body == "" || strings.Trim(body, "0123456789.,") != "" {
		return w
	}
	dots, commas := strings.Count(body, "."), strings.Count(body, ",")
	at := strings.LastIndexAny(body, ".,")
	if at < 0 {
		w.whole, w.ok = body, true
		return w
	}
	w.mark = body[at]
	other := '.' + ',' - w.mark
	switch {
	case dots > 0 && commas > 0:
		w.whole, w.ok = ungroup(body[:at], other)
		w.fraction, w.ok = body[at+1:], w.ok && strings.Count(body, string(w.mark)) == 1
	case dots+commas > 1:
		w.whole, w.ok = ungroup(body, w.mark)
		w.mark = other
	default:
		w.whole, w.fraction, w.ok = body[:at], body[at+1:], true
		w.doubtful = !grouped && text.MayGroupThousands(w.whole, w.fraction)
	}
	if w.whole == "" {
		w.whole = "0"
	}
	return w
}

// joinGroups joins thousands that are set apart by spaces or apostrophes.
func joinGroups(s string) (joined string, grouped bool) {
	separated := strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ", "'", " ", "’", " ").Replace(s)
	if !strings.Contains(separated, " ") {
		return s, false
	}
	end := len(separated)
	if at := strings.IndexAny(separated, ".,"); at >= 0 {
		end = at
	}
	whole, ok := ungroup(separated[:end], ' ')
	if !ok {
		return s, false
	}
	return whole + separated[end:], true
}

// ungroup takes the marks out between groups of three digits.
func ungroup(s string, mark byte) (string, bool) {
	groups := strings.Split(s, string(mark))
	for i, group := range groups {
		if i > 0 && len(group) != 3 || i == 0 && (len(group) == 0 || len(groups) > 1 && len(group) > 3) || strings.Trim(group, "0123456789") != "" {
			return s, false
		}
	}
	return strings.Join(groups, ""), true
}
