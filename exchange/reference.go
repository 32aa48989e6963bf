package exchange

import (
	"fmt"
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// references finds the records that cells name and remembers them, for a file
// names the same few owners and organizations over and over.
type references struct {
	tx     *store.Tx
	of     *schema.Type
	source string
	known  map[reference]referred
	// missing are the types of records that rows name and that are not there.
	missing []*schema.Type
}

type reference struct {
	to            *schema.Type
	external      bool
	source, value string
}

// referred is what a reference turned out to mean.
type referred struct {
	id       string
	problems schema.Problems
}

// id gives the id of the record that a cell names, or adds the problem. A name
// whose meaning depends on the rest of the row, as a stage's does on the
// pipeline, is left to the store.
func (f *references) id(r *row, c *Column, cell string) string {
	ref := reference{to: c.aim.to, external: c.aim.kind == externalID, value: cell}
	if !ref.external && ref.to.Field("pipeline") != nil {
		return cell
	}
	if ref.external {
		ref.source = f.source
		if own, given := r.in.Values["external_source"].(string); given {
			ref.source = own
		}
	}
	found, known := f.known[ref]
	if !known {
		found = f.find(ref)
	}
	if !known && ref.to != f.of {
		f.known[ref] = found
	}
	for _, p := range found.problems {
		p.Path = headerOf(*c)
		r.problems = append(r.problems, p)
	}
	r.early = r.early || len(found.problems) > 0 && ref.to == f.of
	return found.id
}

func (f *references) find(ref reference) referred {
	var problems schema.Problems
	var key store.Key
	var ok bool
	if ref.external {
		key, ok = f.external(ref, &problems)
	} else {
		key, ok = f.tx.Resolve("", ref.value, []*schema.Type{ref.to}, store.Scope{}, &problems)
	}
	if !ok {
		unknown := !slices.ContainsFunc(problems, func(p schema.Problem) bool { return len(p.Candidates) > 0 })
		if unknown && ref.to != f.of && !slices.Contains(f.missing, ref.to) {
			f.missing = append(f.missing, ref.to)
		}
		return referred{problems: problems}
	}
	return referred{id: key.String()}
}

// external finds a record by its external id: with the row's source, else
// without one.
func (f *references) external(ref reference, problems *schema.Problems) (store.Key, bool) {
	sources := []string{ref.source, ""}
	if ref.source == "" {
		sources = sources[:1]
	}
	for _, source := range sources {
		in := &schema.Input{Type: ref.to, Values: map[string]any{"external_id": ref.value}}
		if source != "" {
			in.Values["external_source"] = source
		}
		if key, ok := f.tx.Existing(in, problems); ok || len(*problems) > 0 {
			return key, ok
		}
	}
	message := fmt.Sprintf("no %s has the external id %q", ref.to.Name, ref.value)
	if ref.source != "" {
		message += fmt.Sprintf(" of the source %q", ref.source)
	}
	problems.Add("", "%s: import the %s first, with the same source", message, ref.to.Plural)
	return store.Key{}, false
}
