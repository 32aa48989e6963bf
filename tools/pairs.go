package tools

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

// isPlain says whether the name of an argument or of a pair can be read as it
// stands; else the problem says what to send. A name such as "value>" must not
// pass for the field, since the operator that the caller meant would be lost.
func (c *Call) isPlain(name string, t *schema.Type) bool {
	if text.IsPlainName(name) || isLabel(t, name) {
		return true
	}
	bare := strings.TrimFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if bare == "" {
		c.unknown(name, t)
		return false
	}
	p := schema.Problem{Path: name, Message: quote(text.Truncate(name, 60)) + " is no plain name of a field"}
	if text.IsPlainName(bare) {
		p.DidYouMean = bare
		p.Message += ": send " + quote(bare) + " and its new value"
	}
	if canonical := namedField(t, name); canonical != "" && p.DidYouMean == "" {
		p.DidYouMean = canonical
		p.Message += ": send " + quote(canonical)
	}
	switch {
	case t == nil || !isList(t, bare):
	case c.Has("set"):
		p.Message += ", which is the whole list; " + bare + "+= and " + bare + "-= add and take away single entries"
	default:
		p.Message += ", which is the whole list; link_records and unlink_records add and take away single entries"
	}
	c.Problems = append(c.Problems, p)
	return false
}

// isLabel says that a name is the label of a custom field as it stands, with
// whatever brackets and signs it has.
func isLabel(t *schema.Type, name string) bool {
	folded := text.Fold(strings.TrimSpace(name))
	return t != nil && slices.ContainsFunc(t.Fields, func(f *schema.Field) bool { return f.Custom && text.Fold(f.Label) == folded })
}

// namedField is the field that a name is without its signs; empty: none.
func namedField(t *schema.Type, name string) string {
	if t == nil {
		return ""
	}
	return canonicalField(t, name)
}

// readMore keeps a pair as a field of a record.
func (c *Call) readMore(pair Pair, t *schema.Type) {
	if !c.isPlain(pair.Name, t) {
		return
	}
	if canonicalField(t, pair.Name) == "" {
		c.unknown(pair.Name, t)
		return
	}
	if c.isOnePair(pair, t) {
		c.readField(pair.Name, pairValue(pair, t), t)
	}
}

// isOnePair refuses a value that goes on with another field: "stage=Won, owner=me".
func (c *Call) isOnePair(pair Pair, t *schema.Type) bool {
	value, _ := pair.Value.(string)
	if !pair.Written || isJSON(value) {
		return true
	}
	for i, char := range value {
		if char != ',' {
			continue
		}
		name, _, found := strings.Cut(value[i+1:], "=")
		name = strings.TrimRight(strings.TrimSpace(name), "+-")
		if found && text.IsPlainName(name) && canonicalField(t, name) != "" {
			c.Problems.Add(pair.Name, "this holds two fields: send one entry each: [%q,%q]",
				pair.Name+"="+value[:i], strings.TrimSpace(value[i+1:]))
			return false
		}
	}
	return true
}

// pairValue is the value of a pair: of a list its entries, which commas
// separate unless they are JSON.
func pairValue(pair Pair, t *schema.Type) any {
	value, ok := pair.Value.(string)
	if !ok || !isList(t, pair.Name) {
		return pair.Value
	}
	if isJSON(value) {
		decoded, _ := decodeJSON([]byte(value))
		return decoded
	}
	list := []any{}
	for part := range strings.SplitSeq(value, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// isList says that a name means a relation to many or a field of several texts.
func isList(t *schema.Type, name string) bool {
	canonical := t.Canonical(name)
	if r, one := t.Settable(canonical); r != nil {
		return !one
	}
	f := t.Field(canonical)
	return f != nil && (f.Kind == schema.DetailList || f.Kind == schema.Participants)
}

// isJSON says that a text is a list, an object or a text of JSON.
func isJSON(s string) bool {
	if s = strings.TrimSpace(s); s == "" || !strings.ContainsRune(`[{"`, rune(s[0])) {
		return false
	}
	_, err := decodeJSON([]byte(s))
	return err == nil
}

// splitSign takes the sign off the name of a pair such as "tags+=VIP".
func splitSign(name string) (bare, sign string) {
	for _, sign := range []string{"+", "-"} {
		if bare, found := strings.CutSuffix(name, sign); found {
			return strings.TrimSpace(bare), sign
		}
	}
	return name, ""
}

// entryChange adds single entries to a relation to many, or options to a field
// that holds several, or takes them away.
type entryChange struct {
	relation *schema.Relation
	field    *schema.Field
	entries  []string
	remove   bool
}

// readEntries reads a pair whose sign is + or -.
func (c *Call) readEntries(pair Pair, sign string, t *schema.Type) (entryChange, bool) {
	if !c.isPlain(pair.Name, t) {
		return entryChange{}, false
	}
	relation, _ := t.Settable(t.Canonical(pair.Name))
	field := t.Field(t.Canonical(pair.Name))
	switch {
	case canonicalField(t, pair.Name) == "":
		c.unknown(pair.Name, t)
	case relation == nil && field != nil && field.Kind == schema.MultiEnum:
		return c.optionsOf(pair, field, sign == "-", t)
	case relation == nil && field != nil && field.Kind == schema.DetailList:
		c.Problems.Add(pair.Name, "= sets the whole list; add_contact_detail adds one to a record, remove_contact_details takes one away")
	case relation == nil:
		c.Problems.Add(pair.Name, "= sets a value; += and -= are for lists such as tags")
	case c.fieldName(t, relation.Name) != "":
		c.Problems.Add(pair.Name, "%s is given its whole list and single entries in one call: send one of them", pair.Name)
	case c.isOnePair(pair, t):
		return c.entriesOf(pair, relation, sign == "-", t)
	}
	return entryChange{}, false
}

// optionsOf reads the options that a field is to get or to lose.
func (c *Call) optionsOf(pair Pair, field *schema.Field, remove bool, t *schema.Type) (entryChange, bool) {
	if c.fieldName(t, field.Name) != "" {
		c.Problems.Add(pair.Name, "%s is given its whole list and single entries in one call: send one of them", pair.Name)
		return entryChange{}, false
	}
	reader := schema.Reader{}
	options, err := reader.Parse(field, pair.Value)
	chosen, _ := options.([]string)
	switch {
	case err != nil:
		c.Problems.Add(pair.Name, "%s %v", pair.Name, err)
	case len(chosen) == 0:
		c.Problems.Add(pair.Name, "%s must name what is to be added or taken away", pair.Name)
	}
	return entryChange{field: field, entries: chosen, remove: remove}, err == nil && len(chosen) > 0
}

// applyTo gives the options of a record after the change.
func (e entryChange) applyTo(options []string) []string {
	options = slices.Clone(options)
	if e.remove {
		return slices.DeleteFunc(options, func(option string) bool { return slices.Contains(e.entries, option) })
	}
	for _, entry := range e.entries {
		options = appendNew(options, entry)
	}
	return options
}

// entriesOf finds what is to be added or taken away. Tags that are added may be
// new ones.
func (c *Call) entriesOf(pair Pair, relation *schema.Relation, remove bool, t *schema.Type) (entryChange, bool) {
	names, err := eachText(listOf(pairValue(pair, t)))
	if err != nil || len(names) == 0 {
		c.Problems.Add(pair.Name, "%s must name what is to be added or taken away", pair.Name)
		return entryChange{}, false
	}
	change := entryChange{relation: relation, remove: remove}
	for i, name := range names {
		path := pair.Name
		if len(names) > 1 {
			path = fmt.Sprintf("%s[%d]", path, i)
		}
		if !remove && store.MadeOnUse(relation.To) {
			change.entries = append(change.entries, name)
		} else if key, found := c.resolve(path, name, []*schema.Type{relation.To}); found {
			change.entries = append(change.entries, key.String())
		}
	}
	return change, true
}
