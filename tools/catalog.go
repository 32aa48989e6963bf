package tools

import (
	"slices"

	"github.com/crmcp/crmcp/schema"
)

// Catalog is every tool there is, in the order of the reference. The schema is
// the built-in one: what is published never changes with the data.
func Catalog(s *schema.Schema) []*Tool {
	return slices.Concat(
		[]*Tool{describe(), search(), getRecords()},
		listTools(s),
		createTools(s),
		updateTools(s),
		[]*Tool{updateRecords(), duplicateRecord(), linkRecords(), unlinkRecords(), deleteRecords(), restoreRecords()},
		notesTools(s),
		peopleTools(s),
		insightTools(),
		[]*Tool{historyTool(), undo(), mergeRecords(), batch()},
		setupTools(),
		webhookTools(s),
		userTools(s),
	)
}

func listTools(s *schema.Schema) []*Tool {
	specs := []listSpec{
		{Type: "organization", Core: true, Limits: true, Example: `type in (customer, partner) and not tags has "VIP" and not last_activity_at > -30d`, Sort: "-open_deal_value, name",
			Description: "List organizations by any field of create_organization, computed ones (open_deal_count, open_deal_value, won_deal_value, last_activity_at, next_task_due_at) and related records."},
		{Type: "contact", Core: true, Example: `organizations.city = Paris and job_title contains CEO and emails is empty`,
			Description: "List people by any field of create_contact, those computed as in list_organizations, and related records."},
		{Type: "deal", Core: true, Example: `status = open and owner = me and (amount >= 10000 or organization.industry = IT) and expected_close_on = this_quarter`,
			Description: "List deals by any field of create_deal, computed ones (status: open, won, lost; amount, weighted_value, stage_changed_at) and related records."},
		{Type: "task", Core: true, Example: `owner = me and status not in (completed, cancelled) and due_at <= today`, Sort: "due_at",
			Description: "List tasks by any field of create_task, completed_at and related records."},
		{Type: "service", Example: `is_active = true and amount between 10 and 100`,
			Description: "List the products and services that are sold."},
		{Type: "project", Example: `exists(deals where status = won) and due_on < +2w`,
			Description: "List projects."},
		{Type: "document", Example: `organizations has "Acme" and created_at = last_week`,
			Description: "List documents."},
	}
	var tools []*Tool
	for _, spec := range specs {
		spec.Set = "records"
		tools = append(tools, listTool(s, spec))
	}
	return tools
}

func createTools(s *schema.Schema) []*Tool {
	duplicates := Arg{Name: "if_exists", Enum: ifExists()}
	specs := []recordTool{
		{Type: "organization", Core: true, Explain: true,
			Description: "Add a company. Takes any field that describe lists, custom ones too; warns of likely duplicates.",
			Args: []Arg{{Name: "name"}, {Name: "type"}, {Name: "status"}, {Name: "industry"}, {Name: "website"}, {Name: "emails"}, {Name: "phones"},
				{Name: "street"}, {Name: "postal_code"}, {Name: "city"}, {Name: "country"}, {Name: "parent", Doc: "id, name or domain"},
				{Name: "description"}, {Name: "owner", Doc: `user or "me"`}, {Name: "tags"}, {Name: "note"}, duplicates}},
		{Type: "contact", Core: true,
			Description: "Add a person: first_name or last_name, and as create_organization.",
			Args: []Arg{{Name: "first_name"}, {Name: "last_name"}, {Name: "job_title"}, {Name: "organization", Aliases: []string{"company"}}, {Name: "role", Doc: "in it: decision_maker, billing, …"},
				{Name: "title", Hidden: true}, {Name: "emails", Doc: `"ada@x.org", "work: ada@y.org"`}, {Name: "phones"}, {Name: "linkedin_url"},
				{Name: "birthday", Doc: "YYYY-MM-DD or --MM-DD"}, {Name: "city"}, {Name: "country"}, {Name: "description"}, {Name: "owner"}, {Name: "tags"}, {Name: "note"},
				{Name: "if_exists", Enum: ifExists(), Unlisted: true}}},
		{Type: "deal", Core: true,
			Description: "Add a deal (opportunity). An unknown or ambiguous reference writes nothing.",
			Args: []Arg{{Name: "name"}, {Name: "value"}, {Name: "currency"}, {Name: "stage", Doc: "default the first"}, {Name: "organization", Aliases: []string{"company"}}, {Name: "contacts"},
				{Name: "expected_close_on", Doc: "YYYY-MM-DD or +30d"}, {Name: "probability"}, {Name: "source"}, {Name: "description"}, lines(), {Name: "owner"}, {Name: "tags"}, {Name: "note"}}},
		{Type: "task", Core: true,
			Description: "Add a task: something to do. What has happened: log_activity.",
			Args: []Arg{{Name: "name"}, {Name: "type"}, {Name: "status"}, {Name: "priority"}, {Name: "due_at", Doc: "date or RFC 3339 time"}, {Name: "description"}, {Name: "recurrence"},
				{Name: "organization"}, {Name: "contacts"}, {Name: "deals"}, {Name: "owner"}, {Name: "tags"}}},
		{Type: "service", Description: "Add a product or service that deals contain as lines.",
			Args: []Arg{{Name: "name"}, {Name: "sku"}, {Name: "category"}, {Name: "amount", Doc: "price of one unit"}, {Name: "currency"}, {Name: "unit"}, {Name: "billing"}, {Name: "description"}}},
		{Type: "project", Description: "Add a project: work for a customer.",
			Args: []Arg{{Name: "name"}, {Name: "status"}, {Name: "start_on"}, {Name: "due_on"}, {Name: "organization"}, {Name: "deals"}, {Name: "description"}, {Name: "owner"}}},
		{Type: "document", Description: "Store a file or a link with the records it belongs to.",
			Args: []Arg{{Name: "name"}, {Name: "category"}, {Name: "content", Doc: "text, or base64"}, {Name: "mime_type"}, {Name: "url", Doc: "instead of content"},
				{Name: "organization"}, {Name: "deals"}}},
	}
	var tools []*Tool
	for _, spec := range specs {
		spec.Choices = true
		tools = append(tools, createTool(s, spec))
	}
	return tools
}

func updateTools(s *schema.Schema) []*Tool {
	specs := []recordTool{
		{Type: "organization", Core: true, Explain: true,
			Description: "Change an organization: any field of create_organization; what is not given stays. Lists replace the old ones; single entries: link_records, unlink_records.",
			Args:        []Arg{{Name: "name"}, {Name: "type"}, {Name: "status"}, {Name: "industry"}, {Name: "website"}, {Name: "city"}, {Name: "country"}, {Name: "description"}, {Name: "owner"}}},
		{Type: "contact", Core: true, Description: "Change a contact: any field of create_contact; lists as in update_organization. Employers: link_records.",
			Args: []Arg{{Name: "first_name"}, {Name: "last_name"}, {Name: "job_title"}, {Name: "emails"}, {Name: "phones"}, {Name: "description"}, {Name: "owner"}}},
		{Type: "deal", Core: true, Description: "Change a deal: any field of create_deal; lists as in update_organization. Its stage wins or loses it.",
			Args: []Arg{{Name: "name"}, {Name: "value"}, {Name: "stage", Doc: "Won and Lost too"}, {Name: "probability"}, {Name: "expected_close_on"}, {Name: "lost_reason"},
				{Name: "description"}, {Name: "owner"}}},
		{Type: "task", Core: true, Description: "Change or complete a task: any field of create_task.",
			Args: []Arg{{Name: "name"}, {Name: "status"}, {Name: "priority"}, {Name: "due_at"}, {Name: "description"}, {Name: "owner"}}},
		{Type: "service", Description: "Change a service: any field of create_service; deals keep the price they have.",
			Args: []Arg{{Name: "name"}, {Name: "amount"}, {Name: "is_active"}, {Name: "description"}}},
		{Type: "project", Description: "Change a project: any field of create_project.",
			Args: []Arg{{Name: "name"}, {Name: "status"}, {Name: "start_on"}, {Name: "due_on"}, {Name: "description"}, {Name: "owner"}}},
		{Type: "document", Description: "Change a document or replace its content.",
			Args: []Arg{{Name: "name"}, {Name: "category"}, {Name: "content"}, {Name: "url"}}},
	}
	var tools []*Tool
	for _, spec := range specs {
		tools = append(tools, updateTool(s, spec))
	}
	return tools
}

// lines is the services of a deal.
func lines() Arg {
	return Arg{Name: "services", Fields: []Arg{{Name: "service", Required: true}, {Name: "quantity", Kind: Number}, {Name: "unit_price", Kind: Number}, {Name: "discount_percent", Kind: Number}}}
}
