package schema

func user() *Type {
	return &Type{
		Name: "user", Plural: "users", Code: 13, Prefix: "usr", Class: Setup, Events: true, Title: "name", Names: []string{"name", "email"},
		Rights: onlyAdmins(),
		OneOf:  []string{"first_name", "last_name"},
		Short:  []string{"name", "email", "role", "status", "timezone"},
		Sorts:  []string{"name", "updated_at"}, Uniques: [][]string{{"email"}},
		Aliases: []string{"member", "colleague", "employee"},
		Fields: []*Field{
			{Name: "name", Kind: Text, Max: 520, Computed: true, By: "first_name and last_name", Aliases: []string{"full_name"}},
			{Name: "first_name", Kind: Text, Aliases: []string{"given_name", "firstname"}},
			{Name: "last_name", Kind: Text, Aliases: []string{"family_name", "surname", "lastname"}},
			{Name: "email", Kind: Email, Aliases: []string{"e_mail", "email_address", "mail"}},
			{Name: "role", Kind: Enum, Options: rolesDownward(), Default: Member},
			{Name: "status", Kind: Enum, Options: []string{"active", "inactive"}, Default: "active"},
			{Name: "timezone", Kind: TimeZone, Aliases: []string{"time_zone"}},
			{Name: "avatar", Kind: Text, Max: 2_048, WriteOnly: true, Doc: "a document's id or a URL"},
			{Name: "avatar_url", Kind: URL, Computed: true},
		},
		Doc: "a colleague who uses the CRM",
	}
}

func tag() *Type {
	return &Type{
		Name: "tag", Plural: "tags", Code: 14, Prefix: "tag", Class: Setup, Events: true, Title: "name", Names: []string{"name"},
		Short: []string{"name", "color"}, Sorts: []string{"name"}, Uniques: [][]string{{"name"}}, Aliases: []string{"label"},
		Merges: true,
		Fields: []*Field{{Name: "name", Kind: Text, Required: true}, {Name: "color", Kind: Code}},
		Doc:    "a word put on records",
	}
}

func segment() *Type {
	return &Type{
		Name: "segment", Plural: "segments", Code: 15, Prefix: "seg", Class: Setup, Events: true, Title: "title", Names: []string{"title"},
		Short: []string{"title", "icon", "sequence", "filter"}, Sorts: []string{"title"}, Uniques: [][]string{{"title"}}, Aliases: []string{"list"},
		Fields: []*Field{
			{Name: "title", Kind: Text, Required: true, Aliases: []string{"name"}},
			{Name: "icon", Kind: Code},
			{Name: "sequence", Kind: Integer},
			{Name: "filter", Kind: LongText, Max: 8_192, Doc: "decides the members; without it they are put in by hand"},
		},
		Relations: []*Relation{Link("organizations", "organization", ""), Link("contacts", "contact", "")},
		Doc:       "a list of organizations and contacts",
	}
}

func pipeline() *Type {
	return &Type{
		Name: "pipeline", Plural: "pipelines", Code: 16, Prefix: "pipe", Class: Setup, Title: "name", Names: []string{"name"},
		Rights: onlyAdmins(),
		Short:  []string{"name", "position"}, Sorts: []string{"position"}, Uniques: [][]string{{"name"}},
		Fields:    []*Field{{Name: "name", Kind: Text, Required: true}, {Name: "position", Kind: Integer}},
		Relations: []*Relation{Back("stages", "stage", "pipeline"), Back("deals", "deal", "pipeline")},
		Doc:       "the stages that deals go through",
	}
}

func stage() *Type {
	return &Type{
		Name: "stage", Plural: "stages", Code: 17, Prefix: "stage", Class: Setup, Title: "name", Names: []string{"name"},
		Rights: onlyAdmins(),
		Short:  []string{"name", "pipeline", "position", "kind", "probability"}, Sorts: []string{"position"},
		Lookups: [][]string{{"pipeline", "position"}}, Uniques: [][]string{{"pipeline", "name"}},
		Fields: []*Field{
			{Name: "name", Kind: Text, Required: true},
			{Name: "pipeline", Kind: Reference, To: "pipeline", Required: true},
			{Name: "position", Kind: Integer},
			{Name: "kind", Kind: Enum, Options: []string{"open", "won", "lost"}, Default: "open"},
			{Name: "probability", Kind: Integer, Low: 0, High: 100},
		},
		Relations: []*Relation{Back("deals", "deal", "stage")},
		Doc:       "a step of a pipeline",
	}
}

func category() *Type {
	return &Type{
		Name: "category", Plural: "categories", Code: 18, Prefix: "cat", Class: Setup, Title: "name", Names: []string{"name"},
		Short: []string{"name", "color"}, Sorts: []string{"name"}, Uniques: [][]string{{"name"}}, Aliases: []string{"note_category"},
		Fields:    []*Field{{Name: "name", Kind: Text, Required: true}, {Name: "color", Kind: Code}},
		Relations: []*Relation{Back("notes", "note", "category")},
		Doc:       "a kind of note",
	}
}

func company() *Type {
	return &Type{
		Name: "company", Plural: "companies", Code: 24, Prefix: "company", Class: Setup, Title: "name",
		Rights: onlyAdmins(),
		Short:  []string{"name", "currency", "country", "timezone", "week_start"},
		Fields: []*Field{
			{Name: "name", Kind: Text},
			{Name: "currency", Kind: CurrencyCode, Required: true},
			{Name: "country", Kind: Country},
			{Name: "timezone", Kind: TimeZone, Required: true, Aliases: []string{"time_zone"}},
			{Name: "week_start", Kind: Enum, Options: []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}, Default: "monday"},
			{Name: "street", Kind: Text}, {Name: "postal_code", Kind: Code}, {Name: "city", Kind: Text}, {Name: "region", Kind: Text},
			{Name: "vat_number", Kind: Code}, {Name: "website", Kind: URL},
		},
		Doc: "your own company",
	}
}
