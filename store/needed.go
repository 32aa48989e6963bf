package store

import (
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// defaults fills in what a new record gets unless it is given.
func (tx *Tx) defaults(d *draft) {
	reader := tx.Reader(true)
	for _, f := range d.typ.Fields {
		if _, given := d.values[f.Name]; given && d.values[f.Name] != nil || f.Default == "" {
			continue
		}
		tx.fillDefault(d, f, reader)
		if f.Custom && d.values[f.Name] != nil {
			d.defaulted = append(d.defaulted, f.Name)
		}
	}
	for _, name := range []string{"owner", "author"} {
		if d.typ.Field(name) != nil && !d.given(name) && (!d.options.Importing || name != "owner") {
			d.values[name] = tx.caller.User
		}
	}
}

func (tx *Tx) fillDefault(d *draft, f *schema.Field, reader *schema.Reader) {
	if f.Default == schema.CompanyDefault {
		d.values[f.Name] = tx.company.Values[f.Name]
		return
	}
	if types := tx.referable(f); types != nil {
		if key, ok := tx.Resolve(f.Name, f.Default, types, Scope{}, &schema.Problems{}); ok {
			d.values[f.Name] = referenceTo(f, key)
		}
		return
	}
	if value, err := reader.Parse(f, f.Default); err == nil {
		d.values[f.Name] = value
	}
}

// checkRequired adds a problem for each field that would stand empty.
func (tx *Tx) checkRequired(d *draft) {
	failed := map[string]bool{}
	for _, p := range *d.problems {
		failed[d.typ.Canonical(strings.SplitN(p.Path, "[", 2)[0])] = true
	}
	for _, f := range d.typ.Fields {
		if f.Required && d.get(f.Name) == nil && !failed[f.Name] && !d.lackedBefore(f) {
			*d.problems = append(*d.problems, Needed(f))
		}
	}
	if len(d.typ.OneOf) > 0 && !slices.ContainsFunc(d.typ.OneOf, func(name string) bool { return d.get(name) != nil || failed[name] }) {
		d.problems.Add(d.typ.OneOf[0], "%s is needed", strings.Join(d.typ.OneOf, " or "))
	}
}

// Needed is the problem that a field would stand empty, with what fits it
// where that is more than some text.
func Needed(f *schema.Field) schema.Problem {
	p := schema.Problem{Path: f.Name, Message: f.Name + " is needed", Allowed: f.Options}
	switch {
	case len(f.Options) > 0:
		p.Message += ": one of " + text.Truncate(strings.Join(f.Options, ", "), longestChoice)
	case f.Kind != schema.Text && f.Kind != schema.Code && f.Kind != schema.LongText:
		p.Message += ": " + f.Kind.Info().Form
	}
	return p
}

// longestChoice is how much of a list of options a problem repeats in words.
const longestChoice = 200

// lackedBefore: records that were there before a custom field became required
// can be changed without it.
func (d *draft) lackedBefore(f *schema.Field) bool {
	return f.Custom && d.before != nil && !d.before.Has(f.Name)
}

// droppedOptions names the options that a record had in a field of several and
// has no more.
func droppedOptions(before, after *Record) (dropped []string) {
	for _, f := range before.Type.Fields {
		if f.Kind != schema.MultiEnum {
			continue
		}
		had, _ := before.Values[f.Name].([]string)
		has, _ := after.Values[f.Name].([]string)
		for _, option := range had {
			if !slices.Contains(has, option) {
				dropped = append(dropped, f.Name+" "+option)
			}
		}
	}
	return dropped
}
