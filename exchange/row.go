package exchange

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// row is one line on its way to becoming a record.
type row struct {
	number   int
	in       *schema.Input
	options  store.WriteOptions
	problems schema.Problems
	metadata map[string]any
	// details by the name of their list: what labelled columns gave, and what a
	// column for the whole list gave.
	labelled map[string][]any
	listed   map[string]any
	// single are the relations of which the row names one record.
	single []*schema.Relation
	// amounts are those that say their currency.
	amounts []amount
	// early is set where the row names a record of its own type that is not there.
	early bool
	// merged is set where the row has the key of a record that was merged into
	// the one that it means.
	merged bool
	// note is the text of a note on the record; empty where there is none.
	note string
}

// read turns a line into an input. All its problems are collected under the
// headers of their columns.
func (im *importer) read(l line) *row {
	r := &row{number: l.number, metadata: map[string]any{}, labelled: map[string][]any{}, listed: map[string]any{},
		in:      &schema.Input{Type: im.plan.Type, Values: map[string]any{}, Links: map[string][]string{}},
		options: store.WriteOptions{Importing: true}}
	im.reader.Warn = func(message string) { r.in.Warnings = append(r.in.Warnings, message) }
	if l.fault != "" {
		r.problems.Add("", "%s", l.fault)
		return r
	}
	for _, c := range im.columns {
		cell := c.value
		if c.value == "" {
			cell = l.cells[c.index]
		}
		if strings.TrimSpace(cell) != "" {
			im.readCell(r, c, cell)
		}
	}
	im.finishRow(r)
	return r
}

func (im *importer) readCell(r *row, c *Column, cell string) {
	if c.aim.kind != ownNote && (c.aim.kind != ownField || c.aim.field.Kind != schema.LongText) {
		cell = strings.TrimSpace(cell)
	}
	switch c.aim.kind {
	case ownField:
		im.readField(r, c, cell)
	case oneReference, externalID:
		im.readReference(r, c, cell)
	case manyRelated:
		im.readRelated(r, c.aim.relation, cell)
	case ownNote:
		im.readNote(r, c, cell)
	case anyRelated:
		im.readTo(r, c, cell)
	case oneDetail:
		name := c.aim.field.Name
		r.labelled[name] = append(r.labelled[name], map[string]any{"label": c.aim.key, "value": cell})
	case metadataKey:
		r.metadata[c.aim.key] = plainValue(cell)
	case membershipPart:
		im.readMembership(r, c, cell)
	case fullName:
		first, last := splitName(cell)
		for i, name := range []string{first, last} {
			im.parse(r, c, im.plan.Type.Field(im.plan.Type.OneOf[i]), name)
		}
	}
}

// readRelated reads a list of references, or of a deal's services.
func (im *importer) readRelated(r *row, relation *schema.Relation, cell string) {
	related := im.reader.Read(im.plan.Type, map[string]any{relation.Name: listOfReferences(relation, cell)}, &r.problems)
	maps.Copy(r.in.Links, related.Links)
	r.in.Warnings = append(r.in.Warnings, related.Warnings...)
	if related.Lines != nil {
		r.in.Lines = related.Lines
	}
}

func (im *importer) readField(r *row, c *Column, cell string) {
	if c.aim.field.Kind == schema.Money {
		number, currency := splitAmount(cell, im.tx.Company().Text("currency"))
		if cell = number; currency != "" {
			r.amounts = append(r.amounts, amount{c, currency})
		}
	}
	value, err := c.plain(cell)
	if err != nil {
		r.problems.Add(headerOf(*c), "%s %v", c.Target, err)
		return
	}
	if c.aim.field.Kind == schema.DetailList {
		r.listed[c.aim.field.Name] = value
		return
	}
	im.parse(r, c, c.aim.field, value)
}

// parse reads a value and keeps it in the row.
func (im *importer) parse(r *row, c *Column, f *schema.Field, raw any) {
	value, err := im.reader.Parse(f, raw)
	if err != nil {
		r.problems = append(r.problems, schema.Problem{Path: headerOf(*c), Message: f.Name + " " + err.Error(), Allowed: f.Options})
		return
	}
	if value != nil {
		r.in.Values[f.Name] = value
	}
}

// readReference takes the first column that names the record; those with an
// external id come before those with a name.
func (im *importer) readReference(r *row, c *Column, cell string) {
	name := c.aim.base()
	if c.aim.relation != nil {
		name = c.aim.relation.Name
	}
	if r.in.Has(name) {
		return
	}
	reference := im.references.id(r, c, cell)
	if c.aim.relation != nil {
		r.in.Links[name] = []string{reference}
		r.single = append(r.single, c.aim.relation)
	} else {
		r.in.Values[name] = reference
	}
}

func (im *importer) readMembership(r *row, c *Column, cell string) {
	f := c.aim.relation.Middle.Field(c.aim.key)
	value, err := im.reader.Parse(f, cell)
	if err != nil {
		r.problems = append(r.problems, schema.Problem{Path: headerOf(*c), Message: f.Name + " " + err.Error(), Allowed: f.Options})
	}
	given, _ := value.(string)
	switch c.aim.key {
	case "role":
		r.options.Role = given
	case "title":
		r.options.Title = given
	}
}

// finishRow puts together what several columns gave.
func (im *importer) finishRow(r *row) {
	if len(r.metadata) > 0 {
		if whole, ok := r.in.Values["metadata"].(map[string]any); ok {
			maps.Copy(r.metadata, whole)
		}
		im.parse(r, &Column{Header: "metadata"}, im.plan.Type.Field("metadata"), r.metadata)
	}
	for _, f := range im.plan.Type.Fields {
		if f.Kind == schema.DetailList && (len(r.labelled[f.Name]) > 0 || r.listed[f.Name] != nil) {
			im.finishDetails(r, f)
		}
	}
	im.finishAmounts(r)
	if r.in.Has("external_id") && !r.in.Has("external_source") && im.options.Source != "" {
		r.in.Values["external_source"] = im.options.Source
	}
	membership := slices.ContainsFunc(im.plan.Type.Relations, func(relation *schema.Relation) bool {
		return relation.Middle != nil && relation.One != "" && len(r.in.Links[relation.Name]) > 0
	})
	if (r.options.Role != "" || r.options.Title != "") && !membership {
		r.problems.Add("role", "role and title are of a membership: give its organization too")
	}
}

// finishDetails reads the details of a kind, fax numbers last, for the first
// of them is the primary one where no column gives that.
func (im *importer) finishDetails(r *row, f *schema.Field) {
	given := slices.Clone(r.labelled[f.Name])
	slices.SortStableFunc(given, func(a, b any) int { return cmp.Compare(faxLast(a), faxLast(b)) })
	details, err := im.reader.Parse(f, given)
	list, _ := details.([]schema.Detail)
	if whole := r.listed[f.Name]; whole != nil && err == nil {
		details, err = im.reader.Parse(f, whole)
		first, _ := details.([]schema.Detail)
		list = append(first, list...)
	}
	if err != nil {
		r.problems.Add(f.Name, "%s %v", f.Name, err)
		return
	}
	r.in.Values[f.Name] = list
}

func faxLast(detail any) int {
	labelled, _ := detail.(map[string]any)
	if strings.HasSuffix(fmt.Sprint(labelled["label"]), "fax") {
		return 1
	}
	return 0
}
