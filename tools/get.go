package tools

import (
	"bytes"
	"unicode/utf8"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

const (
	maxGot = 50
	// includedEach is how many records of a kind come with a record.
	includedEach = 10
)

// Includes are what get_records brings with a record when asked.
func Includes() []string {
	return []string{"members", "contact_details", "notes", "activities", "tasks", "deals", "documents", "history"}
}

func getRecords() *Tool {
	return &Tool{Name: "get_records", Title: "Get records", Set: "records", Core: true, Mode: Read, Large: true,
		Description: "Read 1-50 records of any types in full, by id or name, with what belongs to them.",
		In: []Arg{
			{Name: "ids", Kind: Strings, Required: true, Aliases: []string{"id", "records", "record", "uid"}},
			{Name: "include", Kind: Strings, Enum: Includes(), Commas: true, Aliases: []string{"with", "expand"}},
		},
		Out: []Member{{Name: "records", Schema: listSchema(anyRecord()), Always: true}, {Name: "truncated", Schema: ofType("boolean")},
			{Name: "left_out", Schema: listSchema(described("string", "ids that did not fit"))}},
		Run: runGet}
}

func runGet(c *Call) (*Object, error) {
	if err := c.atMost("ids", len(c.List("ids")), maxGot); err != nil {
		return nil, err
	}
	records, err := c.anyRecords("ids")
	if err == nil {
		err = c.Problems.Err()
	}
	if err != nil {
		return nil, err
	}
	rows, err := c.RenderMixed(records, Whole)
	if err != nil {
		return nil, err
	}
	for i, r := range records {
		if err := c.include(rows[i], r); err != nil {
			return nil, err
		}
		if err := c.includeText(rows[i], r); err != nil {
			return nil, err
		}
		shrink(rows[i], c.maxText())
	}
	o, err := c.Fit(&Object{}, "records", rows, nil)
	if err != nil {
		return nil, err
	}
	return o.Put("left_out", leftOut(o, rows)), nil
}

// anyRecords reads the records that a Strings argument means, each once: names
// mean records and their parts, ids also what sets the CRM up. Problems are
// noted under their place in the list.
func (c *Call) anyRecords(name string) ([]*store.Record, error) {
	var records []*store.Record
	seen := map[store.Key]bool{}
	for i, reference := range c.List(name) {
		r, err := c.anyRecord(c.pathIn(name, i), reference)
		if err != nil {
			return nil, err
		}
		if r != nil && !seen[r.Key()] {
			seen[r.Key()] = true
			records = append(records, r)
		}
	}
	return records, nil
}

func (c *Call) anyRecord(path, reference string) (*store.Record, error) {
	if r, err := c.Tx.ReadNamed(reference); r != nil || err != nil {
		return r, err
	}
	var types []*schema.Type
	if c.namesByID(reference) {
		types = c.Tx.Schema().Types
	}
	key, ok := c.resolve(path, reference, types)
	if !ok {
		return nil, nil
	}
	return c.Tx.Live(key.Type, key.ID)
}

// leftOut names the records that did not fit into the answer.
func leftOut(o *Object, rows []*Object) []string {
	shown, _ := o.Get("records").([]*Object)
	var ids []string
	for _, row := range rows[len(shown):] {
		ids = append(ids, row.ID())
	}
	return ids
}

// include adds what was asked for and the record's type has.
func (c *Call) include(row *Object, r *store.Record) error {
	for _, name := range c.List("include") {
		if name == "history" {
			if err := c.includeHistory(row, r); err != nil {
				return err
			}
			continue
		}
		relation := included(r.Type, name)
		if relation == nil {
			continue
		}
		page, err := c.relatedPage(relation.To, r.Key(), includedEach)
		if err != nil {
			return err
		}
		objects, err := c.Render(relation.To, page.Records, Short(relation.To))
		if err != nil {
			return err
		}
		row.Put(name, objects)
		if page.Next != "" {
			row.Set(name+"_total", page.Total)
		}
	}
	return nil
}

// includeText adds the content of a text document; other bytes are not for a
// model to read.
func (c *Call) includeText(row *Object, r *store.Record) error {
	if f := r.Type.Field("content"); f == nil || f.Kind != schema.Content || r.Text("sha256") == "" {
		return nil
	}
	data, err := c.Tx.Content(r.Text("sha256"))
	if utf8.Valid(data) && !bytes.ContainsRune(data, 0) {
		clean, _ := text.CleanLong(string(data))
		row.Put("content", clean)
	}
	return err
}

// included is the relation of a type that an include means; nil: none. Both
// ends of a membership call the others members.
func included(t *schema.Type, name string) *schema.Relation {
	r := t.Relation(t.Canonical(name))
	if r == nil && name == "members" {
		r = t.Relation("memberships")
	}
	if r == nil || !r.Many || relationTo(r.To, t) == nil {
		return nil
	}
	return r
}

// shrink cuts the long texts of a record that alone would pass the limit of
// an answer, the longest first.
func shrink(row *Object, limit int) {
	for limit > 0 {
		longest := longestText(row)
		if longest < 0 {
			return
		}
		lines, err := row.Lines()
		excess := len(lines) + reserved - limit
		if err != nil || excess <= 0 {
			return
		}
		s, _ := row.members[longest].value.(string)
		keep := max(listedText, utf8.RuneCountInString(s)*max(len(s)-excess, 0)/len(s)-listedText)
		row.members[longest].value = text.Truncate(s, keep)
		row.Set("truncated", true)
	}
}

// longestText is the place of the longest text that can still be cut; -1: none.
func longestText(row *Object) int {
	longest, length := -1, 2*listedText
	for i, m := range row.members {
		if s, ok := m.value.(string); ok && utf8.RuneCountInString(s) > length {
			longest, length = i, utf8.RuneCountInString(s)
		}
	}
	return longest
}
