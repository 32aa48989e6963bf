package filter

import "github.com/crmcp/crmcp/schema"

// Env is what a filter is checked against, beside the record type. The clock
// makes relative dates absolute; its Date and Moment read dates in arguments
// with the same relative forms.
type Env struct {
	Schema *schema.Schema
	schema.Clock
	// Resolve gives the ids of every record of these types that a reference
	// (id, uid, name, "me") may mean, none where there is none.
	Resolve func(types []*schema.Type, reference string) ([]int64, error)
	// Names gives up to n names of a small type (stages, tags, users …) for
	// error messages; none where the type has too many.
	Names func(t *schema.Type, n int) []string
}
