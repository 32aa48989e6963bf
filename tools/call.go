package tools

import (
	"context"
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

// Call is one call of a tool while it runs: its arguments, already checked for
// their form, its transaction, and what is to stand in the answer beside what
// the tool returns.
type Call struct {
	Ctx  context.Context
	Tx   *store.Tx
	Tool *Tool
	// Problems are what is wrong with the call so far. A tool adds to them and
	// goes on; after Run the framework answers all of them at once and undoes
	// whatever was written.
	Problems schema.Problems
	// Fields are the arguments that are fields of the type Of, by the names
	// the caller used, still unread.
	Fields map[string]any

	service  *Service
	caller   store.Caller
	args     map[string]any
	values   map[string]any
	spelled  map[string]string
	warnings []string
	removed  []string
	// missing counts the problems that are ids of no record.
	missing int
	// hash stands for the arguments without the control arguments.
	hash string
	// outer is the batch of which the call is a step; steps are those of a batch,
	// asks says that one of them wants to be confirmed.
	outer *Call
	asks  bool
	steps []*step
	// once is what the answer shows this once: it is not kept with it.
	once string
	// key signs confirm tokens; token is the one that the answer gives.
	key   []byte
	token string
}

// Has says whether an argument was given and fits.
func (c *Call) Has(name string) bool { return c.values[name] != nil }

// Text is a String argument; empty where it was not given.
func (c *Call) Text(name string) string {
	s, _ := c.values[name].(string)
	return s
}

// Int is an Integer argument, or the fallback.
func (c *Call) Int(name string, fallback int64) int64 {
	if n, ok := c.values[name].(int64); ok {
		return n
	}
	return fallback
}

// Number is a Number argument; nil where it was not given.
func (c *Call) Number(name string) *schema.Decimal {
	if n, ok := c.values[name].(schema.Decimal); ok {
		return &n
	}
	return nil
}

// Bool is a Boolean argument; false where it was not given.
func (c *Call) Bool(name string) bool {
	b, _ := c.values[name].(bool)
	return b
}

// List is a Strings argument; nil where it was not given.
func (c *Call) List(name string) []string {
	list, _ := c.values[name].([]string)
	return list
}

// Pairs is a Pairs argument in the order given.
func (c *Call) Pairs(name string) []Pair {
	list, _ := c.values[name].([]Pair)
	return list
}

// Struct is a Struct argument: its members by their names; nil where it was
// not given.
func (c *Call) Struct(name string) map[string]any {
	object, _ := c.values[name].(map[string]any)
	return object
}

// Structs is a Structs argument.
func (c *Call) Structs(name string) []map[string]any {
	list, _ := c.values[name].([]map[string]any)
	return list
}

// givenEmpty says that an argument was given as an empty list or object, which
// counts as not given.
func (c *Call) givenEmpty(name string) bool {
	for spelled, raw := range c.args {
		if arg := c.Tool.arg(text.FieldName(spelled)); arg != nil && arg.Name == name && raw != nil {
			return !c.Has(name)
		}
	}
	return false
}

// Path is an argument's name as the caller wrote it, for problems.
func (c *Call) Path(name string) string {
	if spelled := c.spelled[name]; spelled != "" {
		return spelled
	}
	return name
}

// Type is a record type of the database; the name must be a known one.
func (c *Call) Type(name string) *schema.Type { return c.Tx.Schema().Type(name) }

// IsDryRun says that nothing is to be kept.
func (c *Call) IsDryRun() bool { return c.Bool("dry_run") }

// Warn adds warnings to the answer, each once.
func (c *Call) Warn(warnings ...string) {
	for _, warning := range warnings {
		c.warnings = appendNew(c.warnings, warning)
	}
}

// Removed adds to the records that a list on update dropped.
func (c *Call) Removed(names ...string) {
	for _, name := range names {
		c.removed = appendNew(c.removed, name)
	}
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// FieldName is the name under which the caller gave a field or relation of the
// type Of; empty: it was not given.
func (c *Call) FieldName(canonical string) string {
	return c.fieldName(c.Type(c.Tool.Of), canonical)
}

func (c *Call) fieldName(t *schema.Type, canonical string) string {
	for name := range c.Fields {
		if canonicalField(t, name) == canonical {
			return name
		}
	}
	return ""
}

// canonicalField is the field or relation that a name sets; the singular name
// of a relation counts as the relation.
func canonicalField(t *schema.Type, name string) string {
	canonical := t.Canonical(name)
	if relation, _ := t.Settable(canonical); relation != nil {
		return relation.Name
	}
	return canonical
}
