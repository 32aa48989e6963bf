package schema

// Kind is what a field holds.
type Kind int

// The kinds. Each is one row of the table below.
const (
	Text          Kind = iota // one line of words; string
	Code                      // one line that identifies (a number, a sku); string
	LongText                  // Markdown, kept byte for byte; string
	Email                     // string
	Phone                     // string, as written
	URL                       // string
	Enum                      // one of Options; string
	Country                   // ISO 3166 alpha-2; string
	CurrencyCode              // ISO 4217; string
	Language                  // BCP 47; string
	TimeZone                  // IANA name; string
	Boolean                   // bool
	Integer                   // int64
	Number                    // Decimal
	Money                     // Decimal, in the currency of the field that Currency names
	DateOnly                  // Date
	PartialDate               // Date, whose year may be 0
	DateTime                  // Millis
	DateRange                 // Range of Date
	DateTimeRange             // Range of Millis
	Reference                 // the id of a record of type To: int64 (a string until it is resolved)
	MultiEnum                 // several of Options: []string
	JSONObject                // map[string]any
	Participants              // []Participant
	DetailList                // []Detail: all contact details of a kind
	Content                   // a document's bytes: string, text or base64
	RecordID                  // the short typed id; int64
	Identifiers               // every identifier of a record, for filters only
	AnyRecord                 // a record of any type: its short typed id, a string
)

// Storage is how the column of a kind is declared.
type Storage int

// Storages. Virtual fields have no column.
const (
	Virtual Storage = iota
	StoreInteger
	StoreText
)

// KindInfo is everything that follows from a field's kind alone.
type KindInfo struct {
	Name    string
	Storage Storage
	// Folded kinds have a second column with the folded text, for comparing and searching.
	Folded bool
	// Collated kinds have a third column with the collation key, for sorting.
	Collated bool
	Sortable bool
	// JSON is the type in a tool's input schema.
	JSON string
	// Max is the default limit of length in characters; 0 for none.
	Max int
	// Form says in a few words what a value looks like.
	Form string
}

var kinds = map[Kind]KindInfo{
	Text:          {"text", StoreText, true, true, true, "string", 255, "a line of text"},
	Code:          {"code", StoreText, true, false, true, "string", 255, "a line of text"},
	LongText:      {"long_text", StoreText, true, false, false, "string", 100_000, "text"},
	Email:         {"email", StoreText, true, false, true, "string", 255, "an e-mail address such as ada@acme.example"},
	Phone:         {"phone", StoreText, true, false, true, "string", 255, "a phone number such as +31 20 123 4567"},
	URL:           {"url", StoreText, true, false, true, "string", 2_048, "a web address such as https://acme.example"},
	Enum:          {"enum", StoreText, false, false, true, "string", 255, "one of its options"},
	Country:       {"country", StoreText, false, false, true, "string", 255, "a country's ISO code or name, such as NL"},
	CurrencyCode:  {"currency", StoreText, false, false, true, "string", 255, "an ISO 4217 currency such as EUR"},
	Language:      {"language", StoreText, false, false, true, "string", 255, "a language tag such as en or pt-BR"},
	TimeZone:      {"timezone", StoreText, false, false, true, "string", 255, "a time zone such as Europe/Amsterdam"},
	Boolean:       {"boolean", StoreInteger, false, false, true, "boolean", 0, "true or false"},
	Integer:       {"integer", StoreInteger, false, false, true, "integer", 0, "a whole number"},
	Number:        {"number", StoreInteger, false, false, true, "number", 0, "a number with at most 4 decimal places"},
	Money:         {"money", StoreInteger, false, false, true, "number", 0, "an amount with at most 4 decimal places"},
	DateOnly:      {"date", StoreInteger, false, false, true, "string", 0, "a date such as 2026-05-01, today or +3d"},
	PartialDate:   {"birthday", StoreInteger, false, false, true, "string", 0, "a date such as 1990-05-01, or --05-01 without a year"},
	DateTime:      {"datetime", StoreInteger, false, false, true, "string", 0, "a time such as 2026-05-01T10:00:00Z, a date, or +3d"},
	DateRange:     {"date_range", StoreText, false, false, false, "string", 0, "two dates such as 2026-05-01/2026-05-31"},
	DateTimeRange: {"datetime_range", StoreText, false, false, false, "string", 0, "two times such as 2026-05-01T10:00:00Z/2026-05-01T12:00:00Z"},
	Reference:     {"reference", StoreInteger, false, false, true, "string", 0, "an id or a name"},
	MultiEnum:     {"multi_enum", StoreText, false, false, false, "array", 0, "a list of its options"},
	JSONObject:    {"json", StoreText, false, false, false, "object", 65_536, "a JSON object"},
	Participants:  {"participants", StoreText, false, false, false, "array", 0, `a list of {"system","id"}`},
	DetailList:    {"detail_list", Virtual, false, false, false, "array", 0, `a list of "value" or "label: value"`},
	Content:       {"content", Virtual, false, false, false, "string", 0, "text, or base64"},
	RecordID:      {"id", StoreInteger, false, false, true, "string", 0, "an id such as org_42"},
	Identifiers:   {"identifiers", Virtual, false, false, false, "string", 0, "an e-mail, phone, domain or number"},
	AnyRecord:     {"record", StoreText, false, false, true, "string", 255, "an id or a name of any record"},
}

// Info gives the row of a kind.
func (k Kind) Info() KindInfo { return kinds[k] }

// String is the kind's name.
func (k Kind) String() string { return kinds[k].Name }

// IsText says whether values compare as folded text.
func (k Kind) IsText() bool { return kinds[k].Folded }
