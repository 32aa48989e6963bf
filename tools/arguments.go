package tools

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// decodeArguments reads the JSON object of a call. Numbers stay as written. A
// string that holds the object is taken too.
func decodeArguments(raw json.RawMessage) (map[string]any, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return map[string]any{}, nil
	}
	value, err := decodeJSON(raw)
	if s, ok := value.(string); ok {
		value, err = decodeJSON([]byte(s))
	}
	if err != nil {
		return nil, schema.Errorf(schema.InvalidArgument, "the arguments are no valid JSON: %v", err)
	}
	object, ok := value.(map[string]any)
	if !ok && value != nil {
		return nil, schema.Errorf(schema.InvalidArgument, `the arguments must be one JSON object, such as {"name":"value"}`)
	}
	if object == nil {
		object = map[string]any{}
	}
	return object, nil
}

func decodeJSON(raw []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("something follows the end of the value")
	}
	return value, nil
}

// hashArguments stands for what a call asks for: the arguments without those
// that only say how to run it. Keys are hashed in order.
func hashArguments(args map[string]any) string {
	asked := maps.Clone(args)
	for name := range args {
		switch text.FieldName(name) {
		case "idempotency_key", "confirm", "dry_run":
			delete(asked, name)
		}
	}
	data, _ := json.Marshal(asked)
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// read checks every argument's form and name and collects what is wrong. The
// type is the one whose fields the tool takes; nil: none. Whether a record has
// the fields that it needs, the store says.
func (c *Call) read(t *schema.Type) {
	c.Fields, c.values, c.spelled = map[string]any{}, map[string]any{}, map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(c.args)) {
		c.readOne(name, c.args[name], t)
	}
	if t != nil {
		for _, pair := range c.Pairs("more") {
			c.readMore(pair, t)
		}
	}
	for _, arg := range c.Tool.In {
		if arg.Required && !arg.Field && c.spelled[arg.Name] == "" {
			c.Problems.Add(arg.Name, "%s is required", arg.Name)
		}
	}
}

func (c *Call) readOne(name string, raw any, t *schema.Type) {
	if !c.isPlain(name, t) {
		return
	}
	arg := c.Tool.arg(text.FieldName(name))
	if arg != nil && !arg.Field && text.IsPlainName(name) {
		c.readArg(arg, name, raw)
		return
	}
	switch {
	case t != nil && canonicalField(t, name) != "":
		c.readField(name, raw, t)
	case t != nil && arg != nil:
		c.readField(arg.Name, raw, t)
	default:
		c.unknown(name, t)
	}
}

func (c *Call) readArg(arg *Arg, name string, raw any) {
	if raw == nil {
		return
	}
	if earlier := c.spelled[arg.Name]; earlier != "" {
		c.givenTwice(name, earlier)
		return
	}
	value, err := arg.coerce(raw)
	if err == nil && isEmpty(value) {
		return
	}
	c.spelled[arg.Name] = name
	if err != nil {
		c.Problems = append(c.Problems, schema.Problem{Path: name, Message: name + " " + err.Error(), Allowed: arg.Enum, DidYouMean: arg.nearest(raw)})
		if pairs, some := value.([]Pair); some && len(pairs) > 0 {
			c.values[arg.Name] = pairs
		}
		return
	}
	if list, ok := value.([]map[string]any); ok {
		for i, object := range list {
			arg.readFields(fmt.Sprintf("%s[%d]", name, i), object, &c.Problems)
		}
	}
	if object, ok := value.(map[string]any); ok && arg.Of == "" {
		arg.readFields(name, object, &c.Problems)
	}
	c.values[arg.Name] = value
}

// readField keeps a field of a record for the schema to read.
func (c *Call) readField(name string, raw any, t *schema.Type) {
	canonical := canonicalField(t, name)
	for earlier := range c.Fields {
		if canonicalField(t, earlier) == canonical {
			c.givenTwice(name, earlier)
			return
		}
	}
	c.Fields[name] = raw
}

func (c *Call) givenTwice(name, earlier string) {
	if name == earlier {
		c.Problems.Add(name, "%s is given twice", name)
		return
	}
	c.Problems.Add(name, "%s and %s are the same: give one of them", name, earlier)
}

func (c *Call) unknown(name string, t *schema.Type) {
	near := nearestName(name, c.Tool, t)
	p := schema.Problem{Path: name, DidYouMean: near, Message: c.Tool.Name + " takes no " + quote(text.Truncate(name, 60))}
	option := optionNamed(t, name)
	switch {
	case option != "":
		p.DidYouMean, _, _ = strings.Cut(option, "=")
		p.Message += ": did you mean " + option + "?"
	case near != "":
		p.Message += ": did you mean " + quote(near) + "?"
	case t != nil:
		p.Message += "; describe with type " + quote(t.Name) + " lists the fields"
	default:
		p.Message += "; it takes " + strings.Join(c.Tool.published(), ", ")
	}
	c.Problems = append(c.Problems, p)
}

// optionNamed is the choice of a field that an unknown name is, such as
// status=completed for "completed": true; empty: none.
func optionNamed(t *schema.Type, name string) string {
	if t == nil {
		return ""
	}
	option := strings.TrimPrefix(text.FieldName(name), "is_")
	for _, f := range t.Fields {
		if f.Kind == schema.Enum && f.Settable(false) && slices.Contains(f.Options, option) {
			return f.Name + "=" + option
		}
	}
	return ""
}

func nearestName(name string, tool *Tool, t *schema.Type) string {
	names := tool.argNames()
	if t != nil {
		names = append(names, t.SettableNames()...)
	}
	return text.Nearest(text.FieldName(name), names)
}

func (t *Tool) published() []string {
	var names []string
	for _, arg := range t.In {
		if !arg.Hidden {
			names = append(names, arg.Name)
		}
	}
	return names
}

func quote(s string) string { return `"` + s + `"` }
