package store

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// bind gives the form in which a value is stored: integers, text or nil.
func bind(value any) (any, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case string, int64, []byte:
		return v, nil
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	case schema.Decimal:
		return int64(v), nil
	case schema.Date:
		return int64(v), nil
	case schema.Millis:
		return int64(v), nil
	case map[string]any, []schema.Participant, []string:
		data, err := json.Marshal(v)
		return string(data), err
	}
	return nil, fmt.Errorf("store: cannot bind %T", value)
}

// unbind turns what a column holds back into the canonical value of a field.
func unbind(f *schema.Field, stored any) (any, error) {
	if stored == nil {
		return nil, nil
	}
	if n, ok := stored.(int64); ok {
		return unbindInteger(f, n), nil
	}
	s, ok := stored.(string)
	if raw, isBytes := stored.([]byte); isBytes {
		s, ok = string(raw), true
	}
	if !ok {
		return nil, fmt.Errorf("store: %s holds %T", f.Name, stored)
	}
	switch f.Kind {
	case schema.JSONObject:
		var object map[string]any
		return object, decode(s, &object)
	case schema.Participants:
		var list []schema.Participant
		err := decode(s, &list)
		return list, err
	case schema.MultiEnum:
		var list []string
		err := decode(s, &list)
		return list, err
	}
	return s, nil
}

// decode reads JSON. Numbers of free objects keep all their digits.
func decode(s string, into any) error {
	decoder := json.NewDecoder(strings.NewReader(s))
	decoder.UseNumber()
	return decoder.Decode(into)
}

func unbindInteger(f *schema.Field, n int64) any {
	switch f.Kind {
	case schema.Boolean:
		return n != 0
	case schema.Number, schema.Money:
		return schema.Decimal(n)
	case schema.DateOnly, schema.PartialDate:
		return schema.Date(n) //nolint:gosec // dates have eight digits
	case schema.DateTime:
		return schema.Millis(n)
	}
	return n
}

// column is one column of a field and the value that it takes.
type column struct {
	name  string
	value func(any) (any, error)
}

// columnsOf gives the columns of a field: its value, and for text the folded
// form and the collation key.
func columnsOf(f *schema.Field) []column {
	info := f.Kind.Info()
	columns := []column{{f.Column(), bind}}
	if info.Folded {
		columns = append(columns, column{f.Column() + "_fold", ofText(func(s string) any { return text.Fold(s) })})
	}
	if info.Collated {
		columns = append(columns, column{f.Column() + "_sort", ofText(func(s string) any { return text.SortKey(s) })})
	}
	return columns
}

// bound adds the columns of a field and what they take of a value.
func bound(f *schema.Field, value any, names []string, args []any) ([]string, []any, error) {
	stored, err := bind(value)
	names, args = append(names, f.Column()), append(args, stored)
	written, isText := value.(string)
	info := f.Kind.Info()
	if info.Folded {
		var folded any
		if isText {
			folded = text.Fold(written)
		}
		names, args = append(names, f.Column()+"_fold"), append(args, folded)
	}
	if info.Collated {
		var key any
		if isText {
			key = text.SortKey(written)
		}
		names, args = append(names, f.Column()+"_sort"), append(args, key)
	}
	return names, args, err
}

func ofText(transform func(string) any) func(any) (any, error) {
	return func(value any) (any, error) {
		s, ok := value.(string)
		if !ok {
			return nil, nil
		}
		return transform(s), nil
	}
}
