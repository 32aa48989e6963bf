package exchange

import (
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// to is the column of notes and activities for the records that they are about.
const to = "to"

// about are the types whose records are about others, none of which comes first.
var about = []string{"note", "activity"}

func isAbout(t *schema.Type) bool { return slices.Contains(about, t.Name) }

// attaches says whether a relation leads to what a note or activity is about, so
// that a column may name one of them. Tags are made on use and only listed.
func attaches(t *schema.Type, r *schema.Relation) bool {
	return isAbout(t) && r.Settable && r.Via == schema.ViaLink && !commaLists[r.Name]
}

// readTo reads references to records of any type that a note or activity can
// be about, beside those of other columns.
func (im *importer) readTo(r *row, c *Column, cell string) {
	var types []*schema.Type
	for _, relation := range im.plan.Type.Relations {
		if attaches(im.plan.Type, relation) {
			types = append(types, relation.To)
		}
	}
	list, _ := listCell(cell, ";\n").([]any)
	for _, one := range list {
		reference, _ := one.(string)
		key, ok := im.tx.Resolve(headerOf(*c), reference, types, store.Scope{}, &r.problems)
		if !ok {
			continue
		}
		at := slices.IndexFunc(im.plan.Type.Relations, func(relation *schema.Relation) bool {
			return attaches(im.plan.Type, relation) && relation.To == key.Type
		})
		name := im.plan.Type.Relations[at].Name
		if !slices.Contains(r.in.Links[name], key.String()) {
			r.in.Links[name] = append(r.in.Links[name], key.String())
		}
	}
}

// isAttached says whether a row names anything that its note is about.
func (r *row) isAttached() bool {
	return slices.ContainsFunc(r.in.Type.Relations, func(relation *schema.Relation) bool {
		return attaches(r.in.Type, relation) && len(r.in.Links[relation.Name]) > 0
	})
}

// checkAttached refuses a new note that is about nothing: nobody would find it.
func (r *row) checkAttached() {
	if r.in.Type.Attached && !r.isAttached() {
		r.problems.Add(to, "to is needed: name the record that the %s is about in a column such as organization, contact, deal or to", r.in.Type.Name)
	}
}

// attached says whether a column or constant names what a note is about.
func (p *Plan) attached() bool {
	names := []string{}
	for _, relation := range p.Type.Relations {
		if attaches(p.Type, relation) {
			names = append(names, relation.Name, relation.To.Name)
		}
	}
	return p.fills(names...) || slices.ContainsFunc(slices.Concat(p.Columns, p.Constants), func(c Column) bool { return c.aim.kind == anyRelated })
}
