package tools

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

// Reference finds the record that a String argument means, among the types;
// none: every type. ok is false where the argument was not given or there is
// a problem, which then is noted.
func (c *Call) Reference(name string, types ...*schema.Type) (key store.Key, ok bool) {
	reference := c.Text(name)
	if reference == "" {
		return store.Key{}, false
	}
	return c.resolve(c.Path(name), reference, types)
}

// References finds the records that a Strings argument means, each once.
// Problems are noted under their place in the list.
func (c *Call) References(name string, types ...*schema.Type) []store.Key {
	var keys []store.Key
	seen := map[store.Key]bool{}
	for i, reference := range c.List(name) {
		if key, ok := c.resolve(c.pathIn(name, i), reference, types); ok && !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	return keys
}

// pathIn is the place of an entry of a Strings argument, for problems.
func (c *Call) pathIn(name string, i int) string {
	if len(c.List(name)) > 1 {
		return fmt.Sprintf("%s[%d]", c.Path(name), i)
	}
	return c.Path(name)
}

func (c *Call) resolve(path, reference string, types []*schema.Type) (store.Key, bool) {
	if len(types) == 0 {
		types = append(c.Tx.Schema().OfClass(schema.Record), c.Tx.Schema().OfClass(schema.Part)...)
	}
	key, ok := c.Tx.Resolve(path, reference, types, store.Scope{}, &c.Problems)
	if !ok && c.namesByID(reference) {
		c.missing++
	}
	return key, ok
}

// namesByID says that a reference is an id or a uid: where it leads nowhere,
// the record is not found, rather than the argument wrong.
func (c *Call) namesByID(reference string) bool {
	_, _, isID := c.Tx.Schema().ParseID(reference)
	_, err := uuid.Parse(reference)
	return isID || err == nil
}

// TypeNamed finds the record type that a String argument names; nil where it
// was not given or is none, which then is a problem. Where a word may mean
// several, one of these classes is meant, and a problem offers them alone;
// none: every type.
func (c *Call) TypeNamed(name string, classes ...schema.Class) *schema.Type {
	if !c.Has(name) {
		return nil
	}
	return c.findType(c.Path(name), c.Text(name), classes...)
}

func (c *Call) findType(path, spelling string, classes ...schema.Class) *schema.Type {
	offered := c.Tx.Schema().Types
	if len(classes) > 0 {
		offered = c.Tx.Schema().OfClass(classes...)
	}
	if t := cmp.Or(schema.FindAmong(offered, spelling), c.Tx.Schema().Find(spelling)); t != nil {
		return t
	}
	var names, spellings []string
	for _, t := range offered {
		names = append(names, t.Name)
		spellings = append(append(spellings, t.Name, t.Plural), t.Aliases...)
	}
	p := schema.Problem{Path: path, Message: quote(text.Truncate(spelling, 60)) + " is no record type", Allowed: names}
	if near := schema.FindAmong(offered, text.Nearest(text.FieldName(spelling), spellings)); near != nil {
		p.DidYouMean = near.Name
		p.Message += ": did you mean " + quote(near.Name) + "?"
	}
	c.Problems = append(c.Problems, p)
	return nil
}

// RelatedTo is the condition that a record of type t is linked with, or
// belongs to, one of the records. ok is false where no relation of t leads to
// a record's type.
func RelatedTo(t *schema.Type, keys []store.Key) (condition filter.Expr, ok bool) {
	var alternatives filter.Or
	for _, key := range keys {
		r := relationTo(t, key.Type)
		if r == nil {
			return nil, false
		}
		id := filter.Compare{Field: r.To.Field("id"), Op: filter.Eq, Values: []any{key.ID}}
		alternatives = append(alternatives, filter.Related{Relation: r, Where: id})
	}
	return alternatives, true
}

// relationTo is the relation of one type that says which records of another it
// belongs to: links before references; computed and system references never.
func relationTo(t, other *schema.Type) *schema.Relation {
	for _, r := range t.Relations {
		if r.To.Name == other.Name {
			return r
		}
	}
	for _, f := range t.Fields {
		if f.Kind == schema.Reference && f.To == other.Name && !f.Computed && !f.System {
			return t.Relation(f.Name)
		}
	}
	return nil
}

func asKnown(err error) (*schema.Error, bool) {
	var known *schema.Error
	ok := errors.As(err, &known)
	return known, ok
}

func idsOf(records []*store.Record) []int64 {
	ids := make([]int64, len(records))
	for i, r := range records {
		ids[i] = r.ID
	}
	return ids
}

func unique(ids []int64) []int64 {
	seen := make(map[int64]bool, len(ids))
	list := ids[:0:0]
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			list = append(list, id)
		}
	}
	return list
}
