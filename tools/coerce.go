package tools

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// Pair is one "name=value". The value is text unless the caller sent an object.
type Pair struct {
	Name  string
	Value any
	// Written: it was one text, which may hold a second pair by mistake.
	Written bool
}

// coerce takes a value for an argument in any form that leaves no doubt. The
// error is the end of a sentence that begins with the argument's name.
func (a *Arg) coerce(raw any) (any, error) {
	switch a.Kind {
	case Integer:
		return a.coerceInteger(raw)
	case Number:
		s, err := scalarText(raw)
		if err != nil {
			return nil, fmt.Errorf("must be a number")
		}
		return schema.ParseDecimal(s)
	case Boolean:
		return coerceBoolean(raw)
	case Strings:
		return a.coerceStrings(raw)
	case Pairs:
		return coercePairs(raw)
	case Struct:
		return coerceObject(raw)
	case Structs:
		return coerceObjects(raw)
	}
	return a.coerceText(raw)
}

func (a *Arg) coerceText(raw any) (any, error) {
	list, isList := raw.([]any)
	if isList && a.Commas {
		parts, err := eachText(list)
		return strings.Join(parts, ", "), err
	}
	if object, isObject := raw.(map[string]any); isObject && a.Of != "" {
		return object, nil
	}
	if _, isText := raw.(string); !isText && a.JSON {
		data, err := json.Marshal(raw)
		return string(data), err
	}
	s, err := scalarText(raw)
	if err != nil {
		return nil, fmt.Errorf("must be text")
	}
	return a.option(s)
}

// option finds the right spelling among the choices of an argument.
func (a *Arg) option(s string) (string, error) {
	if len(a.Enum) == 0 {
		return s, nil
	}
	name := ""
	if text.IsPlainName(s) {
		name = text.FieldName(s)
		name = cmp.Or(a.Meant[name], name)
	}
	for _, option := range a.Enum {
		if option == name {
			return option, nil
		}
	}
	err := fmt.Errorf("must be one of %s, not %q", strings.Join(a.Enum, ", "), text.Truncate(s, 40))
	if near := text.Nearest(s, a.Enum); near != "" {
		return "", fmt.Errorf("%w; did you mean %q?", err, near)
	}
	return "", err
}

// nearest is the choice that a text which is none was most likely meant to be.
func (a *Arg) nearest(raw any) string {
	s, _ := raw.(string)
	return text.Nearest(s, a.Enum)
}

func (a *Arg) coerceInteger(raw any) (any, error) {
	s, err := scalarText(raw)
	if err != nil {
		return nil, fmt.Errorf("must be a whole number")
	}
	n, err := schema.ParseDecimal(s)
	if err != nil || n%schema.DecimalOne != 0 {
		return nil, fmt.Errorf("must be a whole number, not %q", text.Truncate(s, 40))
	}
	whole := int64(n / schema.DecimalOne)
	if (a.Min != 0 || a.Max != 0) && (whole < a.Min || whole > a.Max) {
		return nil, fmt.Errorf("must lie between %d and %d", a.Min, a.Max)
	}
	return whole, nil
}

func coerceBoolean(raw any) (any, error) {
	s, err := scalarText(raw)
	if err == nil {
		switch strings.ToLower(s) {
		case "true", "yes", "1":
			return true, nil
		case "false", "no", "0", "":
			return false, nil
		}
	}
	return nil, fmt.Errorf("must be true or false")
}

func (a *Arg) coerceStrings(raw any) (any, error) {
	if s, ok := raw.(string); ok && a.Commas && !isJSONList(s) {
		var parts []any
		for part := range strings.SplitSeq(s, ",") {
			parts = append(parts, part)
		}
		raw = parts
	}
	items := listOf(raw)
	if a.Labels {
		items = labelsOf(items)
	}
	list, err := eachText(items)
	if err != nil && a.Labels {
		return nil, fmt.Errorf(`must be a list of labels, such as ["Gold","Silver"], or of {"label","color"}`)
	}
	if err != nil {
		return nil, fmt.Errorf("must be a list of texts, not of objects: to link a new record create it first, then give its id or name")
	}
	for i := range list {
		if list[i], err = a.option(list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// labelsOf puts the labels of objects such as {"label","color"} in their place.
// Objects that say more than that stay as they are.
func labelsOf(list []any) []any {
	labels := slices.Clone(list)
	for i, one := range list {
		object, _ := one.(map[string]any)
		label, known := any(nil), object != nil
		for _, name := range slices.Sorted(maps.Keys(object)) {
			switch text.FieldName(name) {
			case "label":
				label = object[name]
			case "name", "value":
				label = cmp.Or(label, object[name])
			case "color", "colour", "id":
			default:
				known = false
			}
		}
		switch s, isText := label.(string); {
		case known && isText:
			labels[i] = s
		case object != nil:
			labels[i] = []any{}
		}
	}
	return labels
}

func isJSONList(s string) bool { return strings.HasPrefix(strings.TrimSpace(s), "[") }

// listOf takes a list, a JSON list in a string, or one value as a list of one.
func listOf(raw any) []any {
	switch v := raw.(type) {
	case []any:
		return v
	case string:
		if value, err := decodeJSON([]byte(v)); err == nil && isJSONList(v) {
			return value.([]any)
		}
		if strings.TrimSpace(v) == "" {
			return nil
		}
	}
	return []any{raw}
}

func eachText(list []any) ([]string, error) {
	texts := make([]string, 0, len(list))
	for _, one := range list {
		s, err := scalarText(one)
		if err != nil {
			return nil, err
		}
		if s = strings.TrimSpace(s); s != "" && !slices.Contains(texts, s) {
			texts = append(texts, s)
		}
	}
	return texts, nil
}

// scalarText is the text of one value. A reference as answers give it,
// {"id","name"}, counts as its id.
func scalarText(raw any) (string, error) {
	switch v := raw.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		return strconv.FormatBool(v), nil
	case []any:
		if len(v) == 1 {
			return scalarText(v[0])
		}
	case map[string]any:
		for _, key := range []string{"id", "uid", "name"} {
			if s, ok := v[key].(string); ok && s != "" {
				return s, nil
			}
		}
	}
	return "", fmt.Errorf("is no single value")
}

// coercePairs reads ["name=value"], or an object in its place. With an error it
// gives those that are pairs all the same, so that they are checked too.
func coercePairs(raw any) (any, error) {
	if s, ok := raw.(string); ok {
		if value, err := decodeJSON([]byte(s)); err == nil {
			raw = value
		}
	}
	if object, ok := raw.(map[string]any); ok {
		pairs := []Pair{}
		for _, name := range slices.Sorted(maps.Keys(object)) {
			pairs = append(pairs, Pair{Name: name, Value: object[name]})
		}
		return pairs, nil
	}
	texts, err := eachText(listOf(raw))
	pairs := make([]Pair, 0, len(texts))
	var others []string
	for _, s := range texts {
		name, value, found := strings.Cut(s, "=")
		if !found || strings.TrimSpace(name) == "" {
			others = append(others, quote(text.Truncate(s, 40)))
			continue
		}
		pairs = append(pairs, Pair{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value), Written: true})
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf(`must be a list of "name=value"`)
	case len(others) == 1:
		return pairs, fmt.Errorf(`must be a list of "name=value"; %s is none`, others[0])
	case len(others) > 1:
		return pairs, fmt.Errorf(`must be a list of "name=value"; %s are none`, strings.Join(others, ", "))
	}
	return pairs, nil
}

func coerceObject(raw any) (any, error) {
	if s, ok := raw.(string); ok {
		raw, _ = decodeJSON([]byte(s))
	}
	if list, ok := raw.([]any); ok && len(list) == 1 {
		raw = list[0]
	}
	object, ok := raw.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("must be an object")
	}
	return object, nil
}

func coerceObjects(raw any) (any, error) {
	list := []map[string]any{}
	for _, one := range listOf(raw) {
		object, err := coerceObject(one)
		if err != nil {
			return nil, fmt.Errorf("must be a list of objects")
		}
		list = append(list, object.(map[string]any))
	}
	return list, nil
}

// readFields brings the members of an object to their names and forms, in
// place. Fields of a record keep their raw values for the schema.
func (a *Arg) readFields(path string, object map[string]any, problems *schema.Problems) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		raw, at := object[name], path+"."+name
		field := findArg(a.Fields, text.FieldName(name))
		delete(object, name)
		if field == nil || !text.IsPlainName(name) {
			problems.Add(at, "%s takes %s, not %s", a.Name, joinNames(a.Fields), quote(text.Truncate(name, 60)))
			continue
		}
		if raw == nil {
			continue
		}
		value, err := raw, error(nil)
		if !field.Field {
			value, err = field.coerce(raw)
		}
		if err != nil {
			problems.Add(at, "%s %v", name, err)
			continue
		}
		object[field.Name] = value
	}
	for _, field := range a.Fields {
		if field.Required && object[field.Name] == nil {
			problems.Add(path+"."+field.Name, "%s is required", field.Name)
		}
	}
}

func joinNames(args []Arg) string {
	names := make([]string, len(args))
	for i := range args {
		names[i] = args[i].Name
	}
	return strings.Join(names, ", ")
}
