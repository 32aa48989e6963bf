package filter

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// draftJSON reads rules from JSON text; numbers keep all their digits.
func draftJSON(text string) (*draft, error) {
	if n := len([]rune(text)); n > MaxCharacters {
		return nil, schema.Errorf(schema.InvalidArgument, "the filter has %d characters: at most %d are allowed", n, MaxCharacters)
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var rules any
	if err := decoder.Decode(&rules); err != nil {
		return nil, schema.Errorf(schema.InvalidArgument, "the filter starts as JSON rules but cannot be read as JSON: %v", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, schema.Errorf(schema.InvalidArgument, "the filter goes on behind its JSON rules: send one array of rules")
	}
	return draftRules(rules)
}

// ParseRules reads a filter given as decoded JSON: a list of rules, all of
// which hold, a single rule, or a string, which is text for Parse. A rule is {"field","operator","value"},
// {"or":[…]}, {"and":[…]} or {"not":{…}}. Rules mean the text that the
// filter's String gives; positions in later errors refer to that text.
func ParseRules(rules any) (*Filter, error) {
	if text, ok := rules.(string); ok {
		return Parse(text)
	}
	return whole(draftRules(rules))
}

// draftRules reads what it can of rules: a rule with a fault leaves its field.
func draftRules(rules any) (*draft, error) {
	w := &ruleWriter{}
	w.list("rules", rules, " and ", 0)
	return draftRunes(w.text, w.faults)
}

// ruleWriter turns rules into text, so that both forms have one meaning. A
// fault stands where the text of its rule begins.
type ruleWriter struct {
	text   []rune
	faults []fault
}

func (w *ruleWriter) write(text string) { w.text = append(w.text, []rune(text)...) }

func (w *ruleWriter) fail(path, format string, args ...any) {
	w.faults = append(w.faults, fault{len(w.text), schema.Problem{Path: path, Message: fmt.Sprintf(format, args...)}})
}

// list writes several rules with "and" or "or" between them.
func (w *ruleWriter) list(path string, rules any, between string, depth int) {
	if depth > MaxNesting {
		w.fail("rules", "the rules nest deeper than %d levels", MaxNesting)
		return
	}
	items, ok := rules.([]any)
	if !ok {
		w.rule(path, rules, depth)
		return
	}
	start := len(w.text)
	for i, item := range items {
		w.framed(choose(len(w.text) > start, between, ""), "", func() {
			w.rule(fmt.Sprintf("%s[%d]", path, i), item, depth)
		})
	}
}

// framed writes what stands before and behind something, unless that is nothing.
func (w *ruleWriter) framed(before, behind string, write func()) {
	start := len(w.text)
	w.write(before)
	inner := len(w.text)
	write()
	if len(w.text) == inner {
		w.text = w.text[:start]
		return
	}
	w.write(behind)
}

func (w *ruleWriter) rule(path string, rule any, depth int) {
	object, ok := rule.(map[string]any)
	if !ok {
		w.fail(path, `a rule is an object such as {"field":"status","operator":"in","value":["active"]}`)
		return
	}
	for _, key := range []string{"and", "or", "not"} {
		if inner, ok := object[key]; ok {
			w.group(path, key, inner, object, depth)
			return
		}
	}
	w.comparison(path, object)
}

// group writes {"and":[…]}, {"or":[…]} or {"not":{…}}.
func (w *ruleWriter) group(path, key string, inner any, object map[string]any, depth int) {
	if len(object) > 1 {
		w.fail(path, `a rule with %q takes nothing beside it: put what else must hold into a rule of its own`, key)
	}
	path += "." + key
	if items, ok := inner.([]any); ok && len(items) == 0 {
		w.fail(path, "%q needs at least one rule", key)
		return
	}
	w.framed(choose(key == "not", "not (", "("), ")", func() {
		w.list(path, inner, choose(key == "or", " or ", " and "), depth+1)
	})
}

// comparison writes {"field","operator","value"}.
func (w *ruleWriter) comparison(path string, object map[string]any) {
	before := len(w.faults)
	members := w.members(path, object)
	name, _ := members["field"].(string)
	field, ok := rulePath(name)
	if !ok {
		w.fail(path+".field", `needs the name of a field, such as "status" or "organization.industry"`)
		return
	}
	written := w.condition(path, field, members)
	if len(w.faults) > before {
		written = field + " …"
	}
	w.write(written)
}

// members gives what stands under the keys of a comparison by the keys' first
// names. A key under two of its names is refused, as no one can say which holds.
func (w *ruleWriter) members(path string, object map[string]any) map[string]any {
	members, written := map[string]any{}, map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		name := ruleKey(key)
		_, isText := object[key].(string)
		switch {
		case name == "":
			w.fail(path+"."+key, `a rule has "field", "operator" and "value", not %q`, key)
			continue
		case written[name] != "":
			w.fail(path+"."+key, "the rule gives its %s twice, as %q and %q: keep one of them", name, written[name], key)
			continue
		case name != "value" && !isText:
			w.fail(path+"."+key, "must be a text")
		}
		members[name], written[name] = object[key], key
	}
	return members
}

// ruleKey is the first name of a key of a comparison; empty: there is no such key.
func ruleKey(key string) string {
	switch key = strings.ToLower(key); key {
	case "field", "operator", "value":
		return key
	case "op":
		return "operator"
	case "values":
		return "value"
	}
	return ""
}

// condition gives the text of one comparison, if it has no fault.
func (w *ruleWriter) condition(path, field string, members map[string]any) string {
	raw, hasValue := members["value"]
	operator, _ := members["operator"].(string)
	values, ok := ruleValues(raw)
	_, isList := raw.([]any)
	switch {
	case !ok:
		w.fail(path+".value", "must be a text, a number, true, false or a list of these")
	case operator != "":
	case members["operator"] != nil:
		return ""
	case !hasValue:
		w.fail(path, `the rule has neither operator nor value: add them, such as {"field":%q,"operator":"equals","value":"…"}`, members["field"])
		return ""
	case isList && len(values) == 0:
		w.fail(path+".value", "the list of values is empty: it needs at least one")
		return ""
	default:
		operator = choose(len(values) > 1, "in", "equals")
	}
	row, known := ruleOperators[strings.ToLower(strings.NewReplacer(" ", "", "_", "", "-", "").Replace(operator))]
	if !known && operator != "" {
		w.fail(path+".operator", "unknown operator %q: use %s", operator, ruleOperatorNames)
	}
	if !known || !ok {
		return ""
	}
	return w.compared(path, field, operator, row, values)
}

// compared writes a comparison by its row in the table of operators.
func (w *ruleWriter) compared(path, field, operator string, row ruleOperator, values []string) string {
	switch {
	case row.without != "" && (len(values) == 0 || row.values == noValue && len(values) == 1 && values[0] == "true"):
		return field + " " + row.without
	case row.values == noValue && len(values) == 1 && values[0] == "false":
		return field + " " + contrary[row.without]
	case row.values == listOfValues && len(values) > 0:
		return field + " " + row.text + " (" + strings.Join(values, ", ") + ")"
	case row.values == twoValues && len(values) == 2:
		return field + " " + row.text + " " + values[0] + " and " + values[1]
	case row.values == oneValue && len(values) == 1:
		return field + " " + row.text + " " + values[0]
	case row.values == daysBack && len(values) == 1:
		return w.lastDays(path, field, values[0])
	}
	w.fail(path+".value", "%q takes %s, not %d", operator, wanted[row.values], len(values))
	return ""
}

func (w *ruleWriter) lastDays(path, field, days string) string {
	n, err := strconv.Atoi(days)
	if err != nil || n < 1 || n > 36_500 {
		w.fail(path+".value", "must be a number of days from 1 to 36500, not %s", days)
		return ""
	}
	return fmt.Sprintf("%s = last_%d_days", field, n)
}

// rulePath writes a field's name or path as the text form takes it.
func rulePath(field string) (string, bool) {
	field = strings.TrimSpace(field)
	if field == "" {
		return "", false
	}
	parts := strings.Split(field, ".")
	for i, part := range parts {
		bare := isWord(part) && (len(parts) > 1 || !isReserved(part))
		if part == "" || !bare && i < len(parts)-1 {
			return quote(field), true
		}
		parts[i] = choose(bare, part, quote(part))
	}
	return strings.Join(parts, "."), true
}

// ruleValues writes the values of a rule; none for null.
func ruleValues(raw any) ([]string, bool) {
	switch v := raw.(type) {
	case nil:
		return nil, true
	case []any:
		var values []string
		for _, item := range v {
			s, ok := ruleValue(item)
			if !ok {
				return nil, false
			}
			values = append(values, s)
		}
		return values, true
	}
	s, ok := ruleValue(raw)
	return []string{s}, ok
}

func ruleValue(raw any) (string, bool) {
	switch v := raw.(type) {
	case string:
		return word(v), true
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		return word(v.String()), true
	case float64:
		return word(strconv.FormatFloat(v, 'f', -1, 64)), true
	case int:
		return strconv.Itoa(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	}
	return "", false
}
