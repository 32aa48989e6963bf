package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/text"
)

// deepestObject is how many levels a JSON object may have. Databases that read
// inside of one stop at some depth.
const deepestObject = 64

func (r *Reader) parseObject(f *Field, raw any) (any, error) {
	object, ok := raw.(map[string]any)
	if s, isString := raw.(string); isString {
		object, ok = decodeObject(s)
	}
	if !ok {
		return nil, errors.New(`must be a JSON object such as {"key":"value"}`)
	}
	cleaner := objectCleaner{}
	clean, err := cleaner.object(object, 1)
	if err != nil {
		return nil, err
	}
	if size, err := json.Marshal(clean); err != nil || len(size) > f.Limit() {
		return nil, fmt.Errorf("is too large: at most %d bytes of JSON", f.Limit())
	}
	if cleaner.removed {
		r.warn("%s: invisible or control characters were removed", f.Name)
	}
	return clean, nil
}

// decodeObject reads an object that came as text. Numbers keep their digits.
func decodeObject(s string) (object map[string]any, ok bool) {
	if !json.Valid([]byte(s)) {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(s)))
	decoder.UseNumber()
	err := decoder.Decode(&object)
	return object, err == nil && object != nil
}

// objectCleaner takes out of the texts in a JSON value what a person does not
// see and an assistant reads, as from every other text.
type objectCleaner struct{ removed bool }

func (c *objectCleaner) object(object map[string]any, depth int) (map[string]any, error) {
	clean := make(map[string]any, len(object))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		value, err := c.value(object[key], depth)
		if err != nil {
			return nil, err
		}
		key = c.text(key)
		if _, twice := clean[key]; twice {
			return nil, fmt.Errorf("has the key %q twice", text.Truncate(key, 40))
		}
		clean[key] = value
	}
	return clean, nil
}

func (c *objectCleaner) value(value any, depth int) (any, error) {
	if depth > deepestObject {
		return nil, fmt.Errorf("is too deep: objects and lists nest at most %d levels", deepestObject)
	}
	switch v := value.(type) {
	case string:
		return c.text(v), nil
	case map[string]any:
		return c.object(v, depth+1)
	case []any:
		list := make([]any, len(v))
		for i, one := range v {
			var err error
			if list[i], err = c.value(one, depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	return value, nil
}

// text keeps a text byte for byte but for that; a blank one is an empty one,
// as filters take it.
func (c *objectCleaner) text(s string) string {
	clean, removed := text.CleanLong(s)
	c.removed = c.removed || removed
	if strings.TrimSpace(clean) == "" {
		return ""
	}
	return clean
}
