package exchange

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// Plan is how the columns of a file become fields.
type Plan struct {
	Type *schema.Type
	// Columns are those of the file in its order.
	Columns []Column
	// Constants are given to every row.
	Constants []Column
	// Unmapped are the headers of columns that nobody asked to leave out and
	// that have no field.
	Unmapped []string

	warnings []string
}

// Column is one column of a file and where its cells go.
type Column struct {
	Header string
	// Target is the field ("closed_on"), the relation ("organization",
	// "organization_external_id"), the labelled detail ("phones.fax") or the key
	// of the metadata ("metadata.freight"); empty for a column that is left out.
	Target string
	// How says by what the column was matched ("exact", "alias", "map",
	// "external id of organization", "detail label"), or why it is left out.
	How string

	aim   aim
	index int
	value string // of a constant
	marks marks
	order order
}

const (
	howMapped  = "map"
	howLeftOut = "left out"
	howSet     = "set for every row"
)

// PlanCSV matches headers with the fields of a type, in any spelling that the
// schema knows. mapping ("Order Date=closed_on") wins; "Column=" leaves a
// column out. A mapping of a column or to a field that does not exist is an
// error that names the nearest; a column without a field is no error.
func PlanCSV(s *schema.Schema, t *schema.Type, headers []string, mapping []string) (*Plan, error) {
	p := &Plan{Type: t, Columns: make([]Column, len(headers))}
	for i, header := range headers {
		p.Columns[i] = Column{Header: header, index: i}
	}
	var problems schema.Problems
	for _, one := range mapping {
		p.mapOne(s, one, &problems)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	p.match(s, func(a aim) bool { return a.exact })
	p.match(s, func(a aim) bool { return a.kind != fullName })
	p.match(s, func(aim) bool { return true })
	p.listUnmapped()
	return p, nil
}

// mapOne does what a mapping says.
func (p *Plan) mapOne(s *schema.Schema, mapping string, problems *schema.Problems) {
	at := strings.LastIndexByte(mapping, '=')
	if at < 0 {
		problems.Add("mapping", `%q must be "Column=field", or "Column=" to leave the column out`, mapping)
		return
	}
	column := p.column(mapping[:at])
	if column == nil {
		headers := make([]string, len(p.Columns))
		for i, c := range p.Columns {
			headers[i] = c.Header
		}
		near := text.Nearest(mapping[:at], headers)
		*problems = append(*problems, schema.Problem{Path: "mapping", DidYouMean: near,
			Message: fmt.Sprintf("the file has no column %q; its columns are %s", mapping[:at], strings.Join(headers, ", "))})
		return
	}
	target := strings.TrimSpace(mapping[at+1:])
	if target == "" {
		column.How = howLeftOut
		return
	}
	found, problem := settableAim(s, p.Type, target)
	if problem != nil {
		problem.Path = "mapping"
		*problems = append(*problems, *problem)
		return
	}
	column.take(found, howMapped)
}

func settableAim(s *schema.Schema, t *schema.Type, target string) (aim, *schema.Problem) {
	found, known := aimAt(s, t, target)
	if found.kind != nothing {
		return found, nil
	}
	if known {
		return aim{}, &schema.Problem{Message: fmt.Sprintf("%s of %s is kept by the system and cannot be set", target, t.Name)}
	}
	near := text.Nearest(text.FieldName(target), append(t.SettableNames(), "external_id", "external_source", "metadata"))
	problem := &schema.Problem{Message: fmt.Sprintf("%s has no field %q", t.Name, target), DidYouMean: near}
	if near != "" {
		problem.Message += fmt.Sprintf(": did you mean %q?", near)
	}
	return aim{}, problem
}

// column finds a column by its header: exactly, else in another spelling.
func (p *Plan) column(header string) *Column {
	same := []func(string) bool{
		func(s string) bool { return s == header },
		func(s string) bool { return s == strings.TrimSpace(header) },
		func(s string) bool { return text.FieldName(s) == text.FieldName(header) },
	}
	for _, equal := range same {
		if i := slices.IndexFunc(p.Columns, func(c Column) bool { return equal(c.Header) }); i >= 0 {
			return &p.Columns[i]
		}
	}
	return nil
}

func (c *Column) take(a aim, how string) { c.aim, c.Target, c.How = a, a.target(), how }

// match gives the columns that are still free to the fields that are.
func (p *Plan) match(s *schema.Schema, wanted func(aim) bool) {
	for i := range p.Columns {
		c := &p.Columns[i]
		if c.How != "" {
			continue
		}
		found, known := aimAt(s, p.Type, c.Header)
		taker := p.taker(found)
		switch {
		case found.kind != nothing && !wanted(found):
		case known && (found.kind == nothing || found.kind == fullName && p.fills(p.Type.OneOf...)):
			c.How = "set by the system"
		case found.kind == nothing:
			c.How = "no such field"
		case taker != "":
			c.How = fmt.Sprintf("%s is read from %s", found.target(), taker)
		default:
			c.take(found, found.how())
		}
	}
}

// taker is the column or constant that fills a target already; a list of
// details takes any number of columns.
func (p *Plan) taker(a aim) string {
	if a.kind == nothing || a.kind == oneDetail {
		return ""
	}
	for _, c := range slices.Concat(p.Constants, p.Columns) {
		if c.Target == a.target() {
			return c.Header
		}
	}
	return ""
}

func (p *Plan) listUnmapped() {
	p.Unmapped = nil
	for _, c := range p.Columns {
		if c.isFree() {
			p.Unmapped = append(p.Unmapped, headerOf(c))
		}
	}
}

// isFree says whether a column has no field and nobody gave it up.
func (c Column) isFree() bool { return c.Target == "" && c.How != howLeftOut && c.How != howSet }

// headerOf names a column to people, also one without a header.
func headerOf(c Column) string {
	if c.Header == "" {
		return fmt.Sprintf("column %d", c.index+1)
	}
	return c.Header
}

// set gives every row a value: "stage=Won". A column for the same target is
// then not read.
func (p *Plan) set(s *schema.Schema, constants []string) error {
	var problems schema.Problems
	for _, one := range constants {
		name, value, ok := strings.Cut(one, "=")
		if !ok || strings.TrimSpace(value) == "" {
			problems.Add("set", `%q must be "field=value"`, one)
			continue
		}
		found, problem := settableAim(s, p.Type, name)
		if problem != nil {
			problem.Path = "set"
			problems = append(problems, *problem)
			continue
		}
		c := Column{Header: "set", value: value}
		c.take(found, "constant")
		for i := range p.Columns {
			if p.Columns[i].Target == c.Target {
				p.Columns[i] = Column{Header: p.Columns[i].Header, index: i, How: howSet}
			}
		}
		p.Constants = append(p.Constants, c)
	}
	p.listUnmapped()
	return problems.Err()
}

// keepUnmapped sends what has no field to the metadata, where the type has it.
func (p *Plan) keepUnmapped() {
	metadata := p.Type.Field("metadata")
	if metadata == nil {
		p.warnings = append(p.warnings, fmt.Sprintf("a %s has no metadata to keep other columns in: %s left out", p.Type.Name, strings.Join(p.Unmapped, ", ")))
		return
	}
	for i := range p.Columns {
		c := &p.Columns[i]
		if !c.isFree() {
			continue
		}
		key := text.FieldName(headerOf(*c))
		a := aim{kind: metadataKey, field: metadata, key: key}
		for n := 2; p.taker(a) != "" || a.key == ""; n++ {
			a.key = fmt.Sprintf("%s_%d", key, n)
		}
		c.take(a, "kept")
	}
	p.listUnmapped()
}

// fills says whether a column or constant gives one of these fields.
func (p *Plan) fills(names ...string) bool {
	return slices.ContainsFunc(slices.Concat(p.Columns, p.Constants), func(c Column) bool {
		return c.aim.kind != metadataKey && slices.Contains(names, c.aim.base())
	})
}

// check refuses a plan that no row could be written by.
func (p *Plan) check() error {
	if p.fills("uid", "external_id") {
		return nil
	}
	for _, f := range p.Type.Fields {
		if f.Required && f.Default == "" && !p.fills(f.Name) {
			return p.missing(f.Name)
		}
	}
	if p.Type.Attached && !p.attached() {
		return schema.Errorf(schema.InvalidArgument, "to is needed: no column names what each %s is about: map one of %s to organization, contact, deal or to, or set one for every row",
			p.Type.Name, strings.Join(p.headers(), ", "))
	}
	if len(p.Type.OneOf) > 0 && !p.fills(append(p.Type.OneOf, p.Type.Title)...) {
		return p.missing(p.Type.OneOf[0])
	}
	return nil
}

func (p *Plan) headers() []string {
	headers := make([]string, len(p.Columns))
	for i, c := range p.Columns {
		headers[i] = headerOf(c)
	}
	return headers
}

func (p *Plan) missing(field string) error {
	headers := p.headers()
	return schema.Errorf(schema.InvalidArgument, "no column gives %s, which every %s needs: map one of %s, as in %q",
		field, p.Type.Name, strings.Join(headers, ", "), headers[0]+"="+field)
}
