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

// parseJSON reads rules from JSON text; numbers keep all their digits.
func parseJSON(text string) (*Filter, error) {
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
	return ParseRules(rules)
}

// ParseRules reads a filter given as decoded JSON: a list of rules, all of
// which hold, a single rule, or a string, which is text for Parse. A rule is {"field","operator","value"},
// {"or":[…]}, {"and":[…]} or {"not":{…}}. Rules mean the text that the
// filter's String gives; positions in later errors refer to that text.
func ParseRules(rules any) (*Filter, error) {
	if text, ok := rules.(string); ok {
		return Parse(text)
	}
	w := &ruleWriter{}
	text := w.list("rules", rules, " and ", 0)
	if err := w.problems.Err(); err != nil {
		return nil, err
	}
	return Parse(text)
}

// ruleWriter turns rules into text, so that both forms have one meaning.
type ruleWriter struct {
	problems schema.Problems
}

func (w *ruleWriter) fail(path, format string, args ...any) string {
	w.problems = append(w.problems, schema.Problem{Path: path, Message: fmt.Sprintf(format, args...)})
	return ""
}

// list writes several rules with "and" or "or" between them.
func (w *ruleWriter) list(path string, rules any, between string, depth int) string {
	if depth > MaxNesting {
		return w.fail("rules", "the rules nest deeper than %d levels", MaxNesting)
	}
	items, ok := rules.([]any)
	if !ok {
		return w.rule(path, rules, depth)
	}
	var parts []string
	for i, item := range items {
		parts = append(parts, w.rule(fmt.Sprintf("%s[%d]", path, i), item, depth))
	}
	return strings.Join(parts, between)
}

func (w *ruleWriter) rule(path string, rule any, depth int) string {
	object, ok := rule.(map[string]any)
	if !ok {
		return w.fail(path, `a rule is an object such as {"field":"status","operator":"in","value":["active"]}`)
	}
	for _, key := range []string{"and", "or", "not"} {
		if inner, ok := object[key]; ok {
			return w.group(path, key, inner, object, depth)
		}
	}
	return w.comparison(path, object)
}

// group writes {"and":[…]}, {"or":[…]} or {"not":{…}}.
func (w *ruleWriter) group(path, key string, inner any, object map[string]any, depth int) string {
	if len(object) > 1 {
		return w.fail(path, `a rule with %q takes nothing beside it: put what else must hold into a rule of its own`, key)
	}
	path += "." + key
	if items, ok := inner.([]any); ok && len(items) == 0 {
		return w.fail(path, "%q needs at least one rule", key)
	}
	text := w.list(path, inner, choose(key == "or", " or ", " and "), depth+1)
	return choose(key == "not", "not ", "") + "(" + text + ")"
}

// comparison writes {"field","operator","value"}.
func (w *ruleWriter) comparison(path string, object map[string]any) string {
	members := w.members(path, object)
	name, _ := members["field"].(string)
	operator, _ := members["operator"].(string)
	field, ok := rulePath(name)
	if !ok {
		return w.fail(path+".field", `needs the name of a field, such as "status" or "organization.industry"`)
	}
	values, ok := ruleValues(members["value"])
	if !ok {
		return w.fail(path+".value", "must be a text, a number, true, false or a list of these")
	}
	return w.condition(path, field, operator, values)
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

// condition writes one comparison by its row in the table of operators.
func (w *ruleWriter) condition(path, field, operator string, values []string) string {
	if operator == "" {
		operator = choose(len(values) == 1, "equals", "in")
	}
	row, ok := ruleOperators[strings.ToLower(strings.NewReplacer(" ", "", "_", "", "-", "").Replace(operator))]
	if !ok {
		return w.fail(path+".operator", "unknown operator %q: use %s", operator, ruleOperatorNames)
	}
	switch {
	case row.without != "" && (len(values) == 0 || row.values == noValue && values[0] == "true"):
		return field + " " + row.without
	case row.values == listOfValues && len(values) > 0:
		return field + " " + row.text + " (" + strings.Join(values, ", ") + ")"
	case row.values == twoValues && len(values) == 2:
		return field + " " + row.text + " " + values[0] + " and " + values[1]
	case row.values == oneValue && len(values) == 1:
		return field + " " + row.text + " " + values[0]
	case row.values == daysBack && len(values) == 1:
		return w.lastDays(path, field, values[0])
	}
	wanted := map[valueCount]string{oneValue: "one value", twoValues: "two values", listOfValues: "at least one value", noValue: "no value", daysBack: "a number of days"}
	return w.fail(path+".value", "%q takes %s, not %d", operator, wanted[row.values], len(values))
}

func (w *ruleWriter) lastDays(path, field, days string) string {
	n, err := strconv.Atoi(days)
	if err != nil || n < 1 || n > 36_500 {
		return w.fail(path+".value", "must be a number of days from 1 to 36500, not %s", days)
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

// valueCount is how many values an operator of a rule takes.
type valueCount int

const (
	oneValue valueCount = iota
	twoValues
	listOfValues
	noValue
	daysBack
)

// ruleOperator is how an operator of a rule reads as text, but for daysBack,
// which has a form of its own; without, where set, is what it means without a
// value.
type ruleOperator struct {
	text    string
	values  valueCount
	without string
}

const ruleOperatorNames = "equals, notEquals, contains, startsWith, endsWith, gt, gte, lt, lte, in, notIn, between, " +
	"isNull, isNotNull, hasSome, hasAll, hasNone, inLastDays"

// ruleOperators is keyed by the name in lower case without "_", "-" and spaces.
var ruleOperators = map[string]ruleOperator{
	"equals":      {"=", oneValue, "is null"},
	"eq":          {"=", oneValue, "is null"},
	"=":           {"=", oneValue, "is null"},
	"==":          {"==", oneValue, "is null"},
	"notequals":   {"!=", oneValue, "is not null"},
	"neq":         {"!=", oneValue, "is not null"},
	"ne":          {"!=", oneValue, "is not null"},
	"!=":          {"!=", oneValue, "is not null"},
	"<>":          {"!=", oneValue, "is not null"},
	"contains":    {"contains", oneValue, ""},
	"notcontains": {"not contains", oneValue, ""},
	"startswith":  {"starts with", oneValue, ""},
	"endswith":    {"ends with", oneValue, ""},
	"like":        {"like", oneValue, ""},
	"gt":          {">", oneValue, ""},
	">":           {">", oneValue, ""},
	"gte":         {">=", oneValue, ""},
	">=":          {">=", oneValue, ""},
	"lt":          {"<", oneValue, ""},
	"<":           {"<", oneValue, ""},
	"lte":         {"<=", oneValue, ""},
	"<=":          {"<=", oneValue, ""},
	"in":          {"in", listOfValues, ""},
	"notin":       {"not in", listOfValues, ""},
	"between":     {"between", twoValues, ""},
	"notbetween":  {"not between", twoValues, ""},
	"isnull":      {"is null", noValue, "is null"},
	"isempty":     {"is null", noValue, "is null"},
	"isnotnull":   {"is not null", noValue, "is not null"},
	"isnotempty":  {"is not null", noValue, "is not null"},
	"has":         {"has any", listOfValues, "is not null"},
	"hasany":      {"has any", listOfValues, "is not null"},
	"hassome":     {"has any", listOfValues, "is not null"},
	"hasall":      {"has all", listOfValues, "is not null"},
	"hasnone":     {"not has any", listOfValues, "is null"},
	"inlastdays":  {"", daysBack, ""},
}
