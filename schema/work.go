package schema

func task() *Type {
	return &Type{
		Name: "task", Plural: "tasks", Code: 8, Prefix: "task", Title: "name", Names: []string{"name"},
		Rights:     Rights{Own: "created_by"},
		Short:      []string{"name", "type", "status", "priority", "due_at", "completed_at", "organization", "contact", "deal", "owner", "tags"},
		Sorts:      []string{"name", "created_at", "updated_at", "due_at"},
		Lookups:    [][]string{{"owner", "due_at"}, {"status", "due_at"}},
		Searchable: true, Aliases: []string{"todo"},
		Merges: true,
		Fields: []*Field{
			{Name: "name", Kind: Text, Required: true, Aliases: []string{"title", "subject"}},
			{Name: "type", Kind: Enum, Options: []string{"todo", "call", "email", "meeting", "follow_up"}, Default: "todo"},
			{Name: "status", Kind: Enum, Options: []string{"not_started", "in_progress", "blocked", "completed", "cancelled"}, Default: "not_started"},
			{Name: "priority", Kind: Enum, Options: []string{"low", "medium", "high", "urgent"}, Default: "medium"},
			{Name: "due_at", Kind: DateTime, EndOfDay: true, Aliases: []string{"due", "due_date", "due_on", "deadline"}, Doc: "a date alone means its end"},
			{Name: "completed_at", Kind: DateTime, ImportOnly: true, By: "status", Aliases: []string{"done_at", "completed_on", "date_completed", "completed_date"}},
			{Name: "description", Kind: LongText},
			{Name: "recurrence", Kind: Enum, Options: []string{"daily", "weekly", "monthly", "yearly"}, Doc: "completing the task creates the next one"},
		},
		Relations: append([]*Relation{
			Link("organizations", "organization", "organization", "companies"),
			Link("contacts", "contact", "contact", "people"),
			Link("deals", "deal", "deal"),
			Link("services", "service", "service", "products"),
			Link("projects", "project", "project"),
		}, workRelations()...),
		Doc: "something to do",
	}
}

func project() *Type {
	return &Type{
		Name: "project", Plural: "projects", Code: 9, Prefix: "proj", Title: "name", Names: []string{"name"},
		Short:      []string{"name", "status", "start_on", "due_on", "organization", "owner", "tags"},
		Sorts:      []string{"name", "created_at", "updated_at", "due_on", "start_on"},
		Lookups:    [][]string{{"owner", "updated_at"}, {"status", "due_on"}},
		Searchable: true,
		Merges:     true,
		Fields: []*Field{
			{Name: "name", Kind: Text, Required: true, Aliases: []string{"title"}},
			{Name: "status", Kind: Enum, Options: []string{"planned", "active", "on_hold", "completed", "cancelled"}, Default: "planned"},
			{Name: "start_on", Kind: DateOnly, Aliases: []string{"start_date", "started_on"}},
			{Name: "due_on", Kind: DateOnly, Aliases: []string{"due_date", "end_date", "deadline"}},
			{Name: "description", Kind: LongText},
		},
		Relations: append([]*Relation{
			Link("organizations", "organization", "organization", "companies"),
			Link("contacts", "contact", "contact", "people"),
			Link("deals", "deal", "deal"),
		}, workRelations("tasks", "activities")...),
		Doc: "work for a customer",
	}
}

func document() *Type {
	return &Type{
		Name: "document", Plural: "documents", Code: 10, Prefix: "doc", Title: "name", Names: []string{"name"},
		Short:      []string{"name", "category", "mime_type", "size", "url", "organization", "owner", "tags"},
		Sorts:      []string{"name", "created_at", "updated_at", "size"},
		Lookups:    [][]string{{"owner", "updated_at"}},
		Searchable: true, Aliases: []string{"file", "attachment"},
		Fields: []*Field{
			{Name: "name", Kind: Text, Required: true, Aliases: []string{"title", "filename"}},
			{Name: "category", Kind: Text},
			{Name: "mime_type", Kind: Code, Aliases: []string{"content_type"}},
			{Name: "size", Kind: Integer, ReadOnly: true, Doc: "in bytes"},
			{Name: "sha256", Kind: Code, ReadOnly: true},
			{Name: "content", Kind: Content, WriteOnly: true, Doc: "text, or base64; at most 2 MiB"},
			{Name: "url", Kind: URL, Doc: "instead of content"},
		},
		Relations: []*Relation{
			Link("organizations", "organization", "organization", "companies"),
			Link("contacts", "contact", "contact", "people"),
			Link("deals", "deal", "deal"),
			Link("services", "service", "service", "products"),
			Link("tasks", "task", "task"),
			Link("projects", "project", "project"),
		},
		Doc: "a file or a link",
	}
}

func note() *Type {
	return &Type{
		Name: "note", Plural: "notes", Code: 11, Prefix: "note", Title: "title",
		Rights:     Rights{Own: "author"},
		Short:      []string{"title", "body", "category", "flagged", "is_private", "author", "created_at", "organizations", "contacts", "deals", "services", "tasks", "projects"},
		Sorts:      []string{"created_at", "updated_at"},
		Lookups:    [][]string{{"author", "created_at"}, {"category", "created_at"}},
		Searchable: true, Private: true, Attached: true,
		Fields: []*Field{
			{Name: "title", Kind: Text, Aliases: []string{"subject"}},
			{Name: "body", Kind: LongText, Required: true, Aliases: []string{"text", "content", "note"}, Doc: "Markdown"},
			{Name: "category", Kind: Reference, To: "category", Default: "general"},
			{Name: "flagged", Kind: Boolean, Aliases: []string{"is_flagged", "pinned"}},
			{Name: "is_private", Kind: Boolean, Aliases: []string{"private"}, Doc: "only its author sees it"},
			{Name: "author", Kind: Reference, To: "user", Always: true, Doc: "default the caller"},
			{Name: "created_at", Kind: DateTime, System: true, Doc: "default now"},
			{Name: "is_detached", Kind: Boolean, Computed: true, Hidden: true, Internal: true, Doc: "everything it is attached to is in the trash"},
		},
		Relations: attachedTo("organizations", "contacts", "deals", "services", "tasks", "projects"),
		Doc:       "a text attached to records",
	}
}

func activity() *Type {
	return &Type{
		Name: "activity", Plural: "activities", Code: 12, Prefix: "act", Title: "subject",
		Rights:     Rights{Own: "created_by"},
		Short:      []string{"type", "direction", "subject", "body", "occurred_at", "duration_minutes", "contacts", "organizations", "deals", "projects", "owner"},
		Sorts:      []string{"occurred_at", "created_at", "updated_at"},
		Lookups:    [][]string{{"type", "occurred_at"}, {"owner", "occurred_at"}},
		Searchable: true,
		Fields: []*Field{
			{Name: "type", Kind: Enum, Options: []string{"call", "email", "meeting", "message", "visit", "other"}, Required: true},
			{Name: "direction", Kind: Enum, Options: []string{"inbound", "outbound"}},
			{Name: "subject", Kind: Text, Aliases: []string{"title", "name"}},
			{Name: "body", Kind: LongText, Aliases: []string{"text", "description", "summary"}},
			{Name: "occurred_at", Kind: DateTime, Always: true, Aliases: []string{"date", "happened_at"}, Doc: "default now"},
			{Name: "duration_minutes", Kind: Integer, NotNegative: true, Aliases: []string{"duration"}},
		},
		Relations: append(attachedTo("contacts", "organizations", "deals", "projects"), Link("users", "user", "", "team")),
		Doc:       "something that happened",
	}
}

// attachedTo are links to the named kinds of record, none of them first.
func attachedTo(names ...string) []*Relation {
	to := map[string]string{"organizations": "organization", "contacts": "contact", "deals": "deal",
		"services": "service", "tasks": "task", "projects": "project"}
	var relations []*Relation
	for _, name := range names {
		relations = append(relations, Link(name, to[name], ""))
	}
	return relations
}
