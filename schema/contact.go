package schema

func contact() *Type {
	return &Type{
		Name: "contact", Plural: "contacts", Code: 2, Prefix: "con", Title: "name",
		Names: []string{"name"}, OneOf: []string{"first_name", "last_name"},
		Keys:       []string{"customer_number", "linkedin_id", "linkedin_public_identifier"},
		Short:      []string{"name", "job_title", "organization", "email", "phone", "city", "country", "owner", "tags", "last_activity_at"},
		Sorts:      []string{"name", "last_name", "created_at", "updated_at", "last_activity_at", "open_deal_value"},
		Lookups:    [][]string{{"owner", "updated_at"}, {"organization", "name"}, {"country"}, {"city"}},
		Searchable: true, Aliases: []string{"person", "people"},
		Merges: true,
		Fields: append([]*Field{
			{Name: "name", Kind: Text, Max: 520, Computed: true, By: "first_name and last_name", Aliases: []string{"full_name", "contact_name"}, Doc: "first and last name"},
			{Name: "first_name", Kind: Text, Aliases: []string{"given_name", "firstname"}},
			{Name: "last_name", Kind: Text, Aliases: []string{"family_name", "surname", "lastname"}},
			{Name: "additional_name", Kind: Text, Aliases: []string{"middle_name"}},
			{Name: "initials", Kind: Text},
			{Name: "honorific_prefix", Kind: Text, Aliases: []string{"salutation", "prefix"}},
			{Name: "job_title", Kind: Text, Aliases: []string{"title", "position", "function", "job"}},
			{Name: "birthday", Kind: PartialDate, Aliases: []string{"birth_date", "date_of_birth"}},
			{Name: "language", Kind: Language},
			{Name: "is_tracked", Kind: Boolean},
			{Name: "description", Kind: LongText, Aliases: []string{"about"}},
		}, append(partyFields(), dealRollups()...)...),
		Relations: append([]*Relation{
			Back("memberships", "membership", "contact", "members"),
			Middle("organizations", "organization", "organization", "membership", "contact", "organization", "companies"),
		}, partyRelations("contact")...),
		Doc: "a person",
	}
}

func membership() *Type {
	return &Type{
		Name: "membership", Plural: "memberships", Code: 3, Prefix: "mem", Class: Part, Events: true, Title: "title",
		Short:   []string{"organization", "contact", "role", "title", "is_primary", "started_on", "ended_on"},
		Lookups: [][]string{{"organization", "contact"}, {"contact", "organization"}},
		Uniques: [][]string{{"organization", "contact"}}, Aliases: []string{"member"},
		Fields: []*Field{
			{Name: "organization", Kind: Reference, To: "organization", Required: true},
			{Name: "contact", Kind: Reference, To: "contact", Required: true},
			{Name: "role", Kind: Enum, Options: []string{"decision_maker", "billing", "technical", "employee", "advisor", "other"}, Default: "employee"},
			{Name: "title", Kind: Text},
			{Name: "is_primary", Kind: Boolean},
			{Name: "started_on", Kind: DateOnly, Aliases: []string{"start_date"}},
			{Name: "ended_on", Kind: DateOnly, Aliases: []string{"end_date"}},
		},
		Doc: "a contact's place in an organization",
	}
}

// DetailKinds are the kinds of contact detail.
var DetailKinds = []string{"email", "phone", "website"}

func contactDetail() *Type {
	return &Type{
		Name: "contact_detail", Plural: "contact_details", Code: 4, Prefix: "det", Class: Part, Events: true, Title: "value",
		Short:   []string{"organization", "contact", "kind", "label", "value", "is_primary", "integration"},
		Lookups: [][]string{{"organization", "kind"}, {"contact", "kind"}, {"value"}}, Aliases: []string{"detail"},
		Fields: []*Field{
			{Name: "organization", Kind: Reference, To: "organization"},
			{Name: "contact", Kind: Reference, To: "contact"},
			{Name: "kind", Kind: Enum, Options: DetailKinds, Required: true},
			{Name: "label", Kind: Enum, Options: DetailLabels("phone"), Default: "general", Doc: "fax labels for phones only"},
			{Name: "value", Kind: Text, Max: 2_048, Required: true, Doc: "at most 255 characters; a website 2,048"},
			{Name: "normal", Kind: Code, Computed: true, Doc: "a phone as E.164 where its country is known"},
			{Name: "is_primary", Kind: Boolean},
			{Name: "integration", Kind: Boolean, Doc: "kept by another system"},
			{Name: "position", Kind: Integer, ReadOnly: true, Hidden: true, Internal: true},
		},
		Doc: "one labelled e-mail, phone or website of an organization or a contact",
	}
}
