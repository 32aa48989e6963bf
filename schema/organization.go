package schema

func organization() *Type {
	return &Type{
		Name: "organization", Plural: "organizations", Code: 1, Prefix: "org", Title: "name",
		Rights: Rights{Create: Consultant},
		Names:  []string{"name"}, Keys: []string{"customer_number", "registration_number", "vat_number", "linkedin_id", "linkedin_public_identifier"},
		Short:      []string{"name", "type", "status", "industry", "city", "country", "email", "phone", "website", "owner", "tags", "open_deal_value", "last_activity_at"},
		Sorts:      []string{"name", "created_at", "updated_at", "open_deal_value", "last_activity_at", "annual_revenue"},
		Lookups:    [][]string{{"owner", "updated_at"}, {"type", "updated_at"}, {"status", "updated_at"}, {"country"}, {"city"}, {"industry"}, {"parent"}},
		Searchable: true, Aliases: []string{"company", "account", "client", "organisation"},
		Merges: true,
		Fields: append([]*Field{
			{Name: "name", Kind: Text, Required: true, Aliases: []string{"title", "company_name", "organization_name", "organisation", "account_name", "company"}},
			{Name: "type", Kind: Enum, Options: []string{"customer", "prospect", "partner", "supplier", "competitor", "other"}, Default: "prospect"},
			{Name: "status", Kind: Enum, Options: []string{"active", "on_hold", "inactive", "closed"}, Default: "active"},
			{Name: "industry", Kind: Text, Aliases: []string{"sector", "branch"}},
			{Name: "description", Kind: LongText, Aliases: []string{"about"}},
			{Name: "registration_number", Kind: Code, Aliases: []string{"chamber_of_commerce_number", "kvk_number", "company_number"}},
			{Name: "vat_number", Kind: Code, Aliases: []string{"vat", "vat_id", "tax_number"}},
			{Name: "is_enriched", Kind: Boolean, ImportOnly: true},
			{Name: "linkedin_internal_id", Kind: Code, ImportOnly: true},
			{Name: "parent", Kind: Reference, To: "organization", Aliases: []string{"parent_organization", "parent_company"}},
			{Name: "employee_count", Kind: Integer, NotNegative: true, Aliases: []string{"employees", "number_of_employees", "size"}},
			{Name: "annual_revenue", Kind: Money, Currency: "currency", NotNegative: true, Aliases: []string{"revenue", "turnover"}},
			{Name: "currency", Kind: CurrencyCode},
		}, append(partyFields(), append([]*Field{
			{Name: "contact_count", Kind: Integer, Computed: true},
		}, dealRollups()...)...)...),
		Relations: append([]*Relation{
			Back("members", "membership", "organization", "memberships"),
			Middle("contacts", "contact", "", "membership", "organization", "contact", "people"),
			Back("children", "organization", "parent", "subsidiaries"),
		}, partyRelations("organization")...),
		Doc: "a company, public body or other group of people",
	}
}

// partyFields are those that organizations and contacts share.
func partyFields() []*Field {
	return []*Field{
		{Name: "email", Kind: Email, Kept: "email", Aliases: []string{"e_mail", "email_address", "mail"}, Doc: "the primary one"},
		{Name: "phone", Kind: Phone, Kept: "phone", Aliases: []string{"telephone", "phone_number", "tel"}, Doc: "the primary one"},
		{Name: "website", Kind: URL, Kept: "website", Aliases: []string{"url", "web", "homepage", "domain"}, Doc: "the primary one"},
		{Name: "emails", Kind: DetailList, Kept: "email", Aliases: []string{"email_addresses"}, Doc: `all of them, as "value" or "label: value"`},
		{Name: "phones", Kind: DetailList, Kept: "phone", Aliases: []string{"phone_numbers"}},
		{Name: "websites", Kind: DetailList, Kept: "website", Aliases: []string{"urls"}},
		{Name: "customer_number", Kind: Code, Aliases: []string{"customer_id", "customer_no", "client_number"}},
		{Name: "linkedin_url", Kind: URL, Aliases: []string{"linkedin", "linkedin_profile"}},
		{Name: "linkedin_id", Kind: Code},
		{Name: "linkedin_public_identifier", Kind: Code, Computed: true, Doc: "read off linkedin_url"},
		{Name: "street", Kind: Text, Aliases: []string{"address", "street_address", "address_line_1", "address1"}},
		{Name: "postal_code", Kind: Code, Aliases: []string{"zip", "zip_code", "postcode", "postalcode"}},
		{Name: "city", Kind: Text, Aliases: []string{"town", "locality"}},
		{Name: "region", Kind: Text, Aliases: []string{"state", "province"}},
		{Name: "country", Kind: Country, Aliases: []string{"country_code"}, Doc: "kept as ISO alpha-2, read as a code or a name"},
		{Name: "participants", Kind: Participants, Doc: "identities in other systems"},
		{Name: "avatar", Kind: Text, Max: 2_048, WriteOnly: true, Doc: "a document's id or a URL"},
		{Name: "avatar_url", Kind: URL, Computed: true},
		{Name: "identifiers", Kind: Identifiers, ReadOnly: true, Hidden: true, Doc: "every e-mail, phone, domain and number, for filters"},
	}
}

// dealRollups are the computed fields of organizations and contacts. Money
// counts the deals in the company's currency; other_currencies the rest.
func dealRollups() []*Field {
	return []*Field{
		{Name: "deal_count", Kind: Integer, Computed: true},
		{Name: "open_deal_count", Kind: Integer, Computed: true},
		{Name: "won_deal_count", Kind: Integer, Computed: true},
		{Name: "lost_deal_count", Kind: Integer, Computed: true},
		{Name: "open_deal_value", Kind: Money, Computed: true, Doc: "in the company's currency"},
		{Name: "won_deal_value", Kind: Money, Computed: true, Doc: "in the company's currency"},
		{Name: "other_currencies", Kind: JSONObject, Computed: true, Doc: "open and won value of deals in other currencies"},
		{Name: "last_activity_at", Kind: DateTime, Computed: true, Doc: "latest activity or completed task, its members' too"},
		{Name: "next_task_due_at", Kind: DateTime, Computed: true},
	}
}

// partyRelations are those that organizations and contacts share.
func partyRelations(back string) []*Relation {
	return []*Relation{
		Link("deals", "deal", "", "opportunities"),
		Link("tasks", "task", ""),
		Link("projects", "project", ""),
		Link("documents", "document", "", "files"),
		Link("notes", "note", ""),
		Link("activities", "activity", ""),
		Link("users", "user", "", "team"),
		Link("segments", "segment", "", "lists"),
		Back("contact_details", "contact_detail", back, "details"),
	}
}
