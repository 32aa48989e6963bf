package schema

func deal() *Type {
	return &Type{
		Name: "deal", Plural: "deals", Code: 5, Prefix: "deal", Title: "name", Names: []string{"name"},
		Short:      []string{"name", "amount", "currency", "stage", "status", "probability", "expected_close_on", "closed_on", "organization", "contact", "owner", "tags"},
		Sorts:      []string{"name", "created_at", "updated_at", "amount", "expected_close_on", "closed_on", "stage_changed_at"},
		Lookups:    [][]string{{"owner", "updated_at"}, {"stage", "updated_at"}, {"status", "amount"}, {"organization", "updated_at"}},
		Reports:    [][]string{{"stage", "created_at", "currency", "amount"}, {"status", "closed_on", "currency", "amount"}},
		Searchable: true, Aliases: []string{"opportunity"},
		Merges: true,
		Fields: []*Field{
			{Name: "name", Kind: Text, Required: true, Aliases: []string{"title", "deal_name", "subject"}},
			{Name: "value", Kind: Money, Currency: "currency", NotNegative: true},
			{Name: "currency", Kind: CurrencyCode, Default: CompanyDefault, Doc: "default the company's"},
			{Name: "amount", Kind: Money, Currency: "currency", Computed: true, By: "value or services", Doc: "value, or total_value where no value is set"},
			{Name: "pipeline", Kind: Reference, To: "pipeline", Always: true},
			{Name: "stage", Kind: Reference, To: "stage", Always: true, Doc: "default the pipeline's first"},
			{Name: "status", Kind: Enum, Options: []string{"open", "won", "lost"}, Computed: true, By: "stage", Doc: "the stage's kind"},
			{Name: "probability", Kind: Integer, Low: 0, High: 100, Always: true, Doc: "percent; the stage's until set"},
			{Name: "expected_close_on", Kind: DateOnly, Aliases: []string{"close_date", "expected_close_date", "closing_date"}},
			{Name: "closed_on", Kind: DateOnly, Aliases: []string{"closed_at", "closed_date"}, Doc: "set when a stage closes the deal"},
			{Name: "stage_changed_at", Kind: DateTime, ReadOnly: true},
			{Name: "lost_reason", Kind: Text},
			{Name: "source", Kind: Text, Aliases: []string{"lead_source"}},
			{Name: "description", Kind: LongText},
			{Name: "total_value", Kind: Money, Currency: "currency", Computed: true, By: "services", Doc: "the sum of the service lines"},
			{Name: "total_quantity", Kind: Number, Computed: true, By: "services"},
			{Name: "weighted_value", Kind: Money, Currency: "currency", Computed: true, By: "value and probability", Doc: "amount times probability"},
		},
		Relations: append([]*Relation{
			Link("organizations", "organization", "organization", "companies"),
			Link("contacts", "contact", "contact", "people"),
			Back("lines", "line", "deal"),
			Middle("services", "service", "", "line", "deal", "service", "products"),
		}, workRelations("tasks", "projects", "activities")...),
		Doc: "a sale in progress, won or lost",
	}
}

func line() *Type {
	return &Type{
		Name: "line", Plural: "lines", Code: 6, Prefix: "line", Class: Part, Title: "",
		Short:   []string{"deal", "service", "quantity", "unit_price", "discount_percent", "total"},
		Lookups: [][]string{{"deal", "service"}, {"service", "deal"}},
		Uniques: [][]string{{"deal", "service"}},
		Fields: []*Field{
			{Name: "deal", Kind: Reference, To: "deal", Required: true},
			{Name: "service", Kind: Reference, To: "service", Required: true},
			{Name: "quantity", Kind: Number, NotNegative: true, Default: "1"},
			{Name: "unit_price", Kind: Money, NotNegative: true, Doc: "default the service's amount"},
			{Name: "discount_percent", Kind: Number, Low: 0, High: 100},
			{Name: "total", Kind: Money, Computed: true},
			{Name: "position", Kind: Integer, ReadOnly: true, Hidden: true, Internal: true},
		},
		Doc: "a service that a deal contains",
	}
}

func service() *Type {
	return &Type{
		Name: "service", Plural: "services", Code: 7, Prefix: "svc", Title: "name", Names: []string{"name", "sku"},
		Keys: []string{"sku"}, Searchable: true, Aliases: []string{"product"},
		Short:   []string{"name", "sku", "category", "amount", "currency", "unit", "billing", "is_active"},
		Sorts:   []string{"name", "created_at", "updated_at", "amount"},
		Lookups: [][]string{{"category"}, {"sku"}},
		Merges:  true,
		Fields: []*Field{
			{Name: "name", Kind: Text, Required: true, Aliases: []string{"title", "product_name"}},
			{Name: "sku", Kind: Code, Aliases: []string{"article_number", "product_code"}},
			{Name: "category", Kind: Text},
			{Name: "amount", Kind: Money, Currency: "currency", NotNegative: true, Aliases: []string{"price", "unit_price", "list_price"}, Doc: "price of one unit"},
			{Name: "currency", Kind: CurrencyCode, Default: CompanyDefault, Doc: "default the company's"},
			{Name: "unit", Kind: Text},
			{Name: "billing", Kind: Enum, Options: []string{"one_time", "monthly", "quarterly", "yearly"}, Default: "one_time"},
			{Name: "is_active", Kind: Boolean, Default: "true"},
			{Name: "description", Kind: LongText},
		},
		Relations: []*Relation{
			Back("lines", "line", "service"),
			Middle("deals", "deal", "", "line", "service", "deal"),
			Link("tasks", "task", ""),
			Link("users", "user", "", "team"),
			Link("documents", "document", "", "files"),
			Link("notes", "note", ""),
		},
		Doc: "a product or service that is sold",
	}
}

// workRelations are those that deals, tasks and projects share: other work
// records (as named), users, documents and notes.
func workRelations(others ...string) []*Relation {
	one := map[string]string{"tasks": "task", "projects": "project", "activities": "activity"}
	var relations []*Relation
	for _, name := range others {
		relations = append(relations, Link(name, one[name], ""))
	}
	relations = append(relations, Link("users", "user", "", "team"), Link("documents", "document", "", "files"), Link("notes", "note", ""))
	return relations
}
