package filter

import (
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// maxRelations is how many relations a path may lead through.
const maxRelations = 3

// target is what the path of a condition leads to: a field, or a relation to
// many, of the records behind the relations.
type target struct {
	relations []*schema.Relation
	of        *schema.Type // which has the field or the relation to many
	field     *schema.Field
	key       string // of the metadata
	many      *schema.Relation
}

// target resolves the path of a condition.
func (c *checker) target(p path, t *schema.Type) (target, bool) {
	found := target{of: t}
	for i, n := range p {
		canonical := t.Canonical(n.text)
		field, relation := t.Field(canonical), t.Relation(canonical)
		switch {
		case field == nil && relation == nil:
			return found, c.unknown(p[:i], n, p[i+1:], t)
		case field != nil && field.Internal:
			c.add(n.at, "%s at %d is for the system alone: what is in the trash is never listed, history shows it", quote(n.text), n.at)
			return found, false
		case field != nil && field.WriteOnly:
			c.add(n.at, "%s at %d is only written, never read: filters cannot use it", quote(n.text), n.at)
			return found, false
		case field != nil && field.Kind == schema.JSONObject:
			found.field, found.key = field, dotted(p[i+1:])
			return found, true
		case i == len(p)-1:
			found.field = field
			if field == nil {
				found.many = relation
			}
			return found, true
		case relation == nil:
			c.add(n.at, "%s at %d is a field of %s, so nothing can follow it: only relations and metadata go on with a dot",
				quote(n.text), n.at, t.Name)
			return found, false
		case i == maxRelations:
			c.add(n.at, "too deep at %d: a path leads through at most %d relations", n.at, maxRelations)
			return found, false
		}
		found.relations = append(found.relations, relation)
		t = relation.To
		found.of = t
	}
	return found, false
}

// relations resolves the path of exists(…) or count(…); nil after a problem.
func (c *checker) relations(p path, t *schema.Type) []*schema.Relation {
	var found []*schema.Relation
	for i, n := range p {
		canonical := t.Canonical(n.text)
		relation := t.Relation(canonical)
		switch {
		case relation == nil && t.Field(canonical) == nil:
			c.unknown(p[:i], n, p[i+1:], t)
			return nil
		case relation == nil:
			c.add(n.at, "%s at %d is a field: exists and count take a relation such as %s", quote(n.text), n.at,
				listed(relationNames(t), shownNames))
			return nil
		case i == maxRelations:
			c.add(n.at, "too deep at %d: a path leads through at most %d relations", n.at, maxRelations)
			return nil
		}
		found = append(found, relation)
		t = relation.To
	}
	return found
}

func dotted(rest path) string {
	parts := make([]string, len(rest))
	for i, n := range rest {
		parts[i] = n.text
	}
	return strings.Join(parts, ".")
}

// unknown reports a name that the type does not have, with the nearest one.
// Before and after it stand the other names of the path.
func (c *checker) unknown(before path, n name, after path, t *schema.Type) bool {
	near := otherPath(before, n, after, t)
	meant := choose(near != "", quote(near), "")
	if option := optionNamed(n.text, t); near == "" && option != nil {
		near, meant = option.Name, option.Name+" = "+strings.TrimPrefix(text.FieldName(n.text), "is_")
	}
	if near == "" {
		near = nearestName(n.text, t)
		meant = quote(near)
	}
	guess := choose(near != "", ": did you mean "+meant+"?", "")
	names := fieldNames(t)
	p := c.add(n.at, "unknown field %s at %d%s  (fields of %s: %s)", quote(n.text), n.at, guess, t.Name, listed(names, shownNames))
	p.DidYouMean, p.Allowed = near, names
	return false
}

func nearestName(spelling string, t *schema.Type) string {
	near := text.Nearest(text.FieldName(spelling), slices.DeleteFunc(slices.Clone(t.Words()), func(word string) bool {
		f := t.Field(word)
		return f != nil && (f.Hidden || f.WriteOnly)
	}))
	if near == "" {
		return elsewhere(spelling, t)
	}
	return near
}

// otherPath is the path that is meant by contacts.count, by company.industry
// and, of deals, by deals.amount; empty: none.
func otherPath(before path, n name, after path, t *schema.Type) string {
	spelled := text.FieldName(n.text)
	if relations := counted(before, spelled, after, t); relations != "" {
		return "count(" + relations + ")"
	}
	if len(after) == 0 {
		return ""
	}
	rest := "." + dotted(after)
	if isCalled(t, spelled) && t.Canonical(after[0].text) != "" {
		return rest[1:]
	}
	for _, many := range []bool{false, true} {
		for _, word := range t.Words() {
			if r := t.Relation(word); r != nil && r.Many == many && !systemic(r) && isCalled(r.To, spelled) && r.To.Canonical(after[0].text) != "" {
				return word + rest
			}
		}
	}
	return ""
}

// counted is the relation whose records contacts.count or contact_count
// stand for; empty: none.
func counted(before path, spelled string, after path, t *schema.Type) string {
	switch spelled {
	case "count", "length", "size", "total":
		return dotted(before)
	}
	what, isCount := strings.CutSuffix(spelled, "_count")
	for _, prefix := range []string{"count_", "num_", "number_of_"} {
		if bare, ok := strings.CutPrefix(spelled, prefix); ok {
			what, isCount = bare, true
		}
	}
	if !isCount || len(after) > 0 {
		return ""
	}
	for _, r := range t.Relations {
		if r.Many && (r.Name == what || isCalled(r.To, what)) {
			return strings.TrimPrefix(dotted(before)+"."+r.Name, ".")
		}
	}
	return ""
}

// isCalled tells whether a name means the type.
func isCalled(t *schema.Type, spelled string) bool {
	return spelled == t.Name || spelled == t.Plural || slices.Contains(t.Aliases, spelled) || slices.Contains(t.Aliases, strings.TrimSuffix(spelled, "s"))
}

// optionNamed is the choice of which an unknown name is an option: status, for
// is_won.
func optionNamed(spelling string, t *schema.Type) *schema.Field {
	option := strings.TrimPrefix(text.FieldName(spelling), "is_")
	for _, f := range t.Fields {
		if f.Kind == schema.Enum && slices.Contains(f.Options, option) {
			return f
		}
	}
	return nil
}

func systemic(r *schema.Relation) bool { return r.Field != nil && r.Field.System }

// elsewhere looks for the name among the fields of related records, those
// that a relation to one leads to first.
func elsewhere(spelling string, t *schema.Type) string {
	for _, many := range []bool{false, true} {
		for _, name := range t.Words() {
			r := t.Relation(name)
			if r == nil || r.Many != many || systemic(r) {
				continue
			}
			if canonical := r.To.Canonical(spelling); canonical != "" {
				return name + "." + canonical
			}
		}
	}
	return ""
}

// fieldNames gives the names that filters of a type may use, in declared order.
func fieldNames(t *schema.Type) []string {
	var names []string
	for _, f := range t.Fields {
		if !f.Hidden && !f.WriteOnly {
			names = append(names, f.Name)
		}
	}
	return append(names, relationNames(t)...)
}

func relationNames(t *schema.Type) []string {
	var names []string
	for _, r := range t.Relations {
		names = append(names, r.Name)
	}
	return names
}
