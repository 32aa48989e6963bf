package filter

import "github.com/crmcp/crmcp/schema"

// Expr is a checked condition on one record: And, Or, Not, Compare, Related or Count.
type Expr interface{ expr() }

// And matches what each of its parts matches; an empty And matches everything.
type And []Expr

// Or matches what one of its parts matches; an empty Or matches nothing.
type Or []Expr

// Not matches exactly the records that X does not match.
type Not struct{ X Expr }

// Compare is a condition on one field of the record at hand. It is false
// where the field has no value.
//
// Values are canonical (schema.Field.Parse), one of them unless Op is In,
// HasAny or HasAll. What they are and how they compare:
//
//   - text: string, by folded text; with Exact byte for byte; with Like a
//     pattern, to be folded by FoldPattern
//   - schema.DetailList: as text, met when one of the details meets it
//   - schema.Identifiers: string, as written, to be brought into each normal form
//   - schema.PartialDate: schema.Date; month and day alone are compared where
//     the value or the field has the year 0
//   - a date range: schema.Date or schema.Millis, compared with the Part
//   - metadata.key: schema.Decimal, compared with numbers alone; bool, with
//     booleans; string, with strings
//   - a reference or a record's id: int64
type Compare struct {
	Field *schema.Field
	// Key is the key of the metadata; empty for every other field.
	Key string
	// Part is "start" or "end" of a date range; empty for every other field
	// and for NotNull.
	Part   string
	Op     Op
	Values []any
}

// Related matches records of which at least one related record over Relation
// meets Where; a nil Where is met by every record.
type Related struct {
	Relation *schema.Relation
	Where    Expr
}

// Count compares N with the number of different records at the end of Path
// that meet Where; a nil Where is met by every record.
type Count struct {
	Path  []*schema.Relation
	Where Expr
	Op    Op
	N     int64
}

func (And) expr()     {}
func (Or) expr()      {}
func (Not) expr()     {}
func (Compare) expr() {}
func (Related) expr() {}
func (Count) expr()   {}

// Op is what a Compare or a Count does.
type Op int

// The operators of the checked tree. A Count knows Eq and the four that order.
const (
	Eq    Op = iota // the same value; text: the same when folded
	Exact           // the same text, byte for byte
	Lt
	Lte
	Gt
	Gte
	Contains
	StartsWith
	EndsWith
	Like    // % stands for any text, _ for one character, \ takes their meaning away
	In      // one of the values
	HasAny  // a list that holds one of the values
	HasAll  // a list that holds each of the values
	NotNull // there is a value; an empty text or list is none
)

// Uses tells whether a checked filter compares the field of that name on the
// record at hand itself, not on a related one. Lists leave archived records
// out unless their filter uses archived_at.
func Uses(e Expr, field string) bool {
	switch e := e.(type) {
	case And:
		return anyUses(e, field)
	case Or:
		return anyUses(e, field)
	case Not:
		return Uses(e.X, field)
	case Compare:
		return e.Field.Name == field
	}
	return false
}

func anyUses(list []Expr, field string) bool {
	for _, e := range list {
		if Uses(e, field) {
			return true
		}
	}
	return false
}
