package exchange

import (
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// learn looks through the cells of numbers and dates for the forms in which
// each column writes them. A column that shows none is written as the others.
func (p *Plan) learn(read *sheet) {
	var file Column
	for i := range p.Columns {
		c := &p.Columns[i]
		see := c.learner()
		for _, l := range read.lines {
			if see != nil && l.fault == "" {
				see(strings.TrimSpace(l.cells[c.index]))
			}
		}
		file.marks.comma, file.marks.dot = file.marks.comma || c.marks.comma, file.marks.dot || c.marks.dot
		file.order.dayFirst, file.order.monthFirst = file.order.dayFirst || c.order.dayFirst, file.order.monthFirst || c.order.monthFirst
	}
	for i := range p.Columns {
		c := &p.Columns[i]
		c.marks, c.order = c.marks.or(file.marks), c.order.or(file.order)
		c.marks.strict = read.semicolons || c.isMoney()
	}
	for i := range p.Constants {
		p.Constants[i].marks.strict = p.Constants[i].isMoney()
	}
}

func (c *Column) isMoney() bool { return c.aim.kind == ownField && c.aim.field.Kind == schema.Money }

// learner takes evidence of a column's form; nil where there is none to take.
func (c *Column) learner() func(string) {
	if c.aim.kind != ownField {
		return nil
	}
	switch c.aim.field.Kind {
	case schema.Integer, schema.Number:
		return c.marks.learn
	case schema.Money:
		return func(cell string) {
			number, _ := splitAmount(cell, "")
			c.marks.learn(number)
		}
	case schema.DateOnly, schema.PartialDate, schema.DateTime:
		return c.order.learn
	}
	return nil
}

// plain writes the cell of a field as the schema reads it.
func (c *Column) plain(cell string) (any, error) {
	f := c.aim.field
	switch f.Kind {
	case schema.Integer:
		return c.marks.whole(cell)
	case schema.Number, schema.Money:
		return c.marks.number(cell)
	case schema.DateOnly, schema.PartialDate:
		return c.order.date(cell, false)
	case schema.DateTime:
		return c.order.date(cell, true)
	case schema.MultiEnum, schema.Participants, schema.DetailList:
		return listCell(cell, ";\n"), nil
	}
	return cell, nil
}

// commaLists are the relations whose names hold no commas.
var commaLists = map[string]bool{"tags": true}

// listOfReferences takes a cell with several references apart.
func listOfReferences(r *schema.Relation, cell string) any {
	if commaLists[r.Name] {
		return listCell(cell, ",;\n")
	}
	return listCell(cell, ";\n")
}

// listCell takes a cell with several values apart; a JSON list is left to the
// schema.
func listCell(cell, separators string) any {
	if strings.HasPrefix(cell, "[") {
		return cell
	}
	list := []any{}
	for part := range strings.FieldsFuncSeq(cell, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// splitName takes "Jane Doe" or "Doe, Jane" apart. One word is a first name.
func splitName(name string) (first, last string) {
	if last, first, ok := strings.Cut(name, ","); ok {
		return strings.TrimSpace(first), strings.TrimSpace(last)
	}
	first, last, _ = strings.Cut(name, " ")
	return first, strings.TrimSpace(last)
}
