package filter

import (
	"strings"
	"unicode/utf8"

	"github.com/crmcp/crmcp/schema"
)

// maxSortKeys bounds what a cursor has to carry.
const maxSortKeys = 5

// SortKey is one key of an order: a field, behind relations to one. Desc
// turns the order round; missing values come last either way.
type SortKey struct {
	Path  []*schema.Relation
	Field *schema.Field
	Desc  bool
}

// ParseSort reads an order such as "-value, name" or "owner.last_name desc"
// for records of type t. A reference sorts as the records it points to sort
// first: an owner by name, a stage by position. The error is a
// *schema.Error with every problem.
func ParseSort(s string, t *schema.Type, env *Env) ([]SortKey, error) {
	if err := tooLong("sort", s); err != nil {
		return nil, err
	}
	c := &checker{faults: faults{text: []rune(s)}, env: env}
	var keys []SortKey
	at := 1
	for part := range strings.SplitSeq(s, ",") {
		if !blank(part) {
			if key, ok := c.sortKey(part, at, t); ok {
				keys = append(keys, key)
			}
		}
		at += len([]rune(part)) + 1
	}
	if len(keys) > maxSortKeys {
		c.add(1, "%d sort keys: at most %d are taken", len(keys), maxSortKeys)
	}
	if err := c.failure(); err != nil {
		return nil, err
	}
	return keys, nil
}

// tooLong refuses what no reader of its faults would get to the end of.
func tooLong(what, s string) error {
	if n := utf8.RuneCountInString(s); n > MaxCharacters {
		return schema.Errorf(schema.InvalidArgument, "%s has %d characters: at most %d are allowed", what, n, MaxCharacters)
	}
	return nil
}

// sortKey reads one key, which starts at a position of the whole text.
func (c *checker) sortKey(part string, at int, t *schema.Type) (SortKey, bool) {
	spelled := strings.TrimLeft(part, " \t\n")
	at += len(part) - len(spelled)
	spelled = strings.TrimSpace(spelled)
	desc := strings.HasPrefix(spelled, "-")
	if desc || strings.HasPrefix(spelled, "+") {
		bare := strings.TrimLeft(spelled[1:], " ")
		at += len(spelled) - len(bare)
		spelled = bare
	}
	if words := strings.Fields(spelled); len(words) == 2 {
		switch strings.ToLower(words[1]) {
		case "desc", "descending":
			desc, spelled = !desc, words[0]
		case "asc", "ascending":
			spelled = words[0]
		}
	}
	found, ok := c.spelledPath(spelled, at, t)
	if !ok {
		return SortKey{}, false
	}
	return c.sortable(found, spelled, at, desc)
}

// sortable checks that what a key leads to has one value that can be ordered.
func (c *checker) sortable(found target, spelled string, at int, desc bool) (SortKey, bool) {
	many := found.many
	for _, r := range found.relations {
		if r.Many {
			many = r
		}
	}
	if many != nil {
		c.add(at, "cannot sort by %s at %d: there may be several %s; sort by a field, or through a relation to one such as owner.last_name",
			quote(spelled), at, many.Name)
		return SortKey{}, false
	}
	key := SortKey{Path: found.relations, Field: found.field, Desc: desc}
	if found.field.Kind == schema.Reference {
		relation := found.of.Relation(found.field.Name)
		if len(relation.To.Sorts) > 0 {
			key.Path, key.Field = append(key.Path, relation), relation.To.Field(relation.To.Sorts[0])
		}
	}
	if !key.Field.Kind.Info().Sortable {
		c.add(at, "cannot sort by %s at %d: it is a %s; sort by a text, number, date or choice", quote(spelled), at, key.Field.Kind)
		return SortKey{}, false
	}
	return key, true
}

// Path is a field or, with a nil Field, the records themselves, behind
// relations. Key is the key of the metadata where the field is that.
type Path struct {
	Relations []*schema.Relation
	Field     *schema.Field
	Key       string
}

// ParseField reads the name of a field, or a path such as
// "organization.industry", for records of type t. A relation to many at the
// end is the last of the path's Relations. The error is a *schema.Error.
func ParseField(spelled string, t *schema.Type, env *Env) (Path, error) {
	if err := tooLong("the name of a field", spelled); err != nil {
		return Path{}, err
	}
	c := &checker{faults: faults{text: []rune(spelled)}, env: env}
	found, ok := c.spelledPath(strings.TrimSpace(spelled), 1, t)
	if !ok {
		return Path{}, c.failure()
	}
	p := Path{Relations: found.relations, Field: found.field, Key: found.key}
	if found.many != nil {
		p.Relations = append(p.Relations, found.many)
	}
	return p, nil
}

// spelledPath resolves a path that stands alone.
func (c *checker) spelledPath(spelled string, at int, t *schema.Type) (target, bool) {
	var names path
	start := at
	for part := range strings.SplitSeq(spelled, ".") {
		if blank(part) {
			c.add(at, "%s at %d is no path: write names with single dots between them", quote(spelled), at)
			return target{}, false
		}
		names = append(names, name{text: part, at: start})
		start += len([]rune(part)) + 1
	}
	return c.target(names, t)
}
