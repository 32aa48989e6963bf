package schema

// Via is how a relation is stored.
type Via int

// The ways. Both sides of a relation are read from the same rows, so that
// they can never disagree.
const (
	// ViaColumn: a reference field of this type points at the other.
	ViaColumn Via = iota
	// ViaBack: a reference field of the other type points here.
	ViaBack
	// ViaLink: rows of the link table.
	ViaLink
	// ViaMiddle: records of a third type (memberships, deal lines) point at both.
	ViaMiddle
)

// Relation leads from records of one type to records of another.
type Relation struct {
	Name string
	// One is the singular name under which the first related record is read
	// and a single one is written ("organization" of "organizations").
	One     string
	Aliases []string
	From    *Type
	To      *Type
	Many    bool
	Via     Via
	// Field is the reference: of this type (ViaColumn) or of the other (ViaBack).
	Field *Field
	// Middle, Near and Far: the third type, its reference to this and to the other type.
	Middle    *Type
	Near, Far *Field
	// Settable relations are taken by creates and updates.
	Settable bool
	Doc      string

	to, middle, near, far, back string
}

// Link declares a relation to many through the link table.
func Link(name, to, one string, aliases ...string) *Relation {
	return &Relation{Name: name, One: one, to: to, Many: true, Via: ViaLink, Settable: true, Aliases: aliases}
}

// Back declares the records of another type whose reference field points here.
func Back(name, to, field string, aliases ...string) *Relation {
	return &Relation{Name: name, to: to, Many: true, Via: ViaBack, back: field, Aliases: aliases}
}

// Middle declares a relation to many through records of a third type.
func Middle(name, to, one, middle, near, far string, aliases ...string) *Relation {
	return &Relation{Name: name, One: one, to: to, Many: true, Via: ViaMiddle, Settable: true,
		middle: middle, near: near, far: far, Aliases: aliases}
}
