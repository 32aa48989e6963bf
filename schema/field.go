package schema

// Field is one field of a record type: built-in, or a custom one loaded from
// the database; nothing downstream knows the difference.
type Field struct {
	Name    string
	Kind    Kind
	Aliases []string
	// Doc is one line for describe and the reference; empty where the name says all.
	Doc string
	// Options are the values of an Enum or MultiEnum, in the order they sort.
	Options []string
	// Default is what a new record gets, written as a caller would write it.
	Default string
	// To is the type that a Reference points to.
	To string
	// Currency names the field that holds a Money's currency; empty: the company's.
	Currency string
	// Kept is the kind (email, phone, website) of contact detail that a field stands for.
	Kept string
	// Max is the limit of a text's length in characters; 0: that of the kind.
	Max int
	// Low and High bound a number, in units; both 0: unbounded.
	Low, High int64
	// EndOfDay: of a DateTime, a day alone means its last moment, not its first.
	EndOfDay bool
	// UUID: the text is a UUID and kept in its usual form.
	UUID bool
	// NotNegative refuses numbers below zero.
	NotNegative bool
	Required    bool
	// Always fields get a value by rule where none is given, and are never emptied by a replace.
	Always bool
	Unique bool
	// ReadOnly fields are set by the system alone.
	ReadOnly bool
	// Computed fields follow from other data: they are kept up to date with
	// every write, are no part of the history, and can be rebuilt.
	Computed bool
	// By names what to set instead of a field that is computed from it.
	By string
	// WriteOnly fields are taken but never shown.
	WriteOnly bool
	// ImportOnly fields are set by imports and by nothing else.
	ImportOnly bool
	// System fields are kept for every record by the store (times, version …).
	System bool
	// Hidden fields are shown only when they are asked for by name.
	Hidden bool
	// Internal fields are for the program alone: no filter, sort or list knows them.
	Internal bool
	// Custom marks a field that was defined in this database; ID is its number
	// there, Label what people call it.
	Custom bool
	ID     int64
	Label  string
	// Choices are all options of a custom select, in order; Options are the
	// labels of those that can be chosen.
	Choices []Choice
}

// CompanyDefault stands, as a Default, for the company's own value of the field.
const CompanyDefault = "{company}"

// Column is the name of the column that holds the field.
func (f *Field) Column() string {
	if f.Kind == Reference {
		return f.Name + "_id"
	}
	return f.Name
}

// Stored says whether the field has a column of its own.
func (f *Field) Stored() bool { return f.Kind.Info().Storage != Virtual && !f.Custom }

// Held says whether records hold values of the field themselves, in a column
// or among their custom values.
func (f *Field) Held() bool { return f.Stored() || f.Custom }

// Settable says whether a caller may set the field.
func (f *Field) Settable(importing bool) bool {
	return !f.ReadOnly && !f.Computed && (importing || !f.ImportOnly)
}

// Limit is the longest text in characters.
func (f *Field) Limit() int {
	if f.Max > 0 {
		return f.Max
	}
	return f.Kind.Info().Max
}
