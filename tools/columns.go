package tools

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// Column is one thing that an answer shows of a record: a field, the records
// at the end of a relation, or either of them behind further relations.
type Column struct {
	// Label is the key in the answer.
	Label string
	// Path leads to the record that is shown or has the field.
	Path []*schema.Relation
	// Field is nil where the column shows the records at the end of Path.
	Field *schema.Field
	// Key is one key of the metadata.
	Key string
}

// ShortColumns are what lists and answers to writes show of a type.
func ShortColumns(t *schema.Type) []Column { return namedColumns(t, t.Short) }

func namedColumns(t *schema.Type, names []string) []Column {
	var columns []Column
	for _, name := range names {
		if f := t.Field(name); f != nil {
			columns = append(columns, Column{Label: name, Field: f})
		} else if r := t.Relation(name); r != nil {
			columns = append(columns, Column{Label: name, Path: []*schema.Relation{r}})
		}
	}
	return columns
}

// WholeColumns are all that a record shows of itself: every field that is
// neither hidden nor write-only, and its links, except for those that
// get_records brings when asked.
func WholeColumns(t *schema.Type) []Column {
	columns := make([]Column, 0, len(t.Fields)+len(t.Relations))
	for _, f := range t.Fields {
		if !f.Hidden && !f.WriteOnly && f.Kind != schema.RecordID && t.Field(f.Name) == f && !isFirstOf(t, f) {
			columns = append(columns, Column{Label: f.Name, Field: f})
		}
	}
	for _, r := range t.Relations {
		onRequest := slices.Contains(Includes(), r.Name) && r.One == "" && !slices.Contains(t.Short, r.Name)
		if r.To.Class != schema.Part && !onRequest {
			columns = append(columns, Column{Label: r.Name, Path: []*schema.Relation{r}})
		}
	}
	slices.SortStableFunc(columns, func(a, b Column) int { return boolInt(isKept(a)) - boolInt(isKept(b)) })
	return columns
}

// isFirstOf says that a field repeats the first of a relation, which is shown
// whole.
func isFirstOf(t *schema.Type, f *schema.Field) bool {
	return f.Computed && slices.ContainsFunc(t.Relations, func(r *schema.Relation) bool { return r.One == f.Name })
}

// isKept says that a column is what the system keeps, which goes last.
func isKept(c Column) bool { return c.Field != nil && c.Field.System }

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Columns reads the argument "fields": names and paths of a type. Problems go
// to the call. Without the argument it gives the short form.
func (c *Call) Columns(t *schema.Type, names []string) []Column {
	if len(names) == 0 {
		return ShortColumns(t)
	}
	var columns []Column
	env := c.Tx.FilterEnv()
	for i, name := range names {
		if name == "id" {
			continue
		}
		if countsRelated.MatchString(name) {
			c.Problems.Add(fmt.Sprintf("%s[%d]", c.Path("fields"), i), "%s is a condition for a filter, such as count(notes) > 2, and cannot be shown; a name of a relation shows its records", quote(text.Truncate(name, 60)))
			continue
		}
		found, err := filter.ParseField(name, t, env)
		if err != nil {
			c.problemOf(fmt.Sprintf("%s[%d]", c.Path("fields"), i), err)
			continue
		}
		column := Column{Label: name, Path: found.Relations, Field: found.Field, Key: found.Key}
		if len(column.Path) == 0 && column.Key == "" {
			column.Label = found.Field.Name
		}
		if f := found.Field; f != nil && (f.WriteOnly || f.Kind == schema.Identifiers) {
			c.Problems.Add(fmt.Sprintf("%s[%d]", c.Path("fields"), i), "%s cannot be shown", f.Name)
			continue
		}
		columns = append(columns, column)
	}
	return columns
}

// countsRelated is how a filter begins to ask for the number of related records.
var countsRelated = regexp.MustCompile(`(?i)^\s*(count|exists)\s*\(`)

// problemOf notes an error of the caller's at an argument. Other errors come
// again when the tool goes on.
func (c *Call) problemOf(path string, err error) {
	known, ok := asKnown(err)
	if !ok {
		return
	}
	if len(known.Problems) == 0 {
		c.Problems.Add(path, "%s", known.Message)
	}
	for _, p := range known.Problems {
		if p.Path == "" {
			p.Path = path
		}
		c.Problems = append(c.Problems, p)
	}
}
