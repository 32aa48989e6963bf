package schema

import "slices"

// webhook is an address of another program that hears of changes. Its secret
// is no field: it stands in a table of its own, which no list, history or
// export reads.
func webhook() *Type {
	return &Type{
		Name: "webhook", Plural: "webhooks", Code: 22, Prefix: "hook", Class: Setup, Title: "url", Names: []string{"url"},
		Rights: onlyAdmins(),
		Short:  []string{"url", "events", "description", "is_enabled", "disabled_reason"}, Sorts: []string{"url"}, Sends: true,
		Fields: []*Field{
			{Name: "url", Kind: URL, Required: true, Doc: "https address that takes the events"},
			{Name: "events", Kind: MultiEnum, Required: true, Doc: "event names such as deal.won, contact.* or *"},
			{Name: "description", Kind: Text},
			{Name: "is_enabled", Kind: Boolean, Default: "true", Aliases: []string{"enabled"}},
			{Name: "disabled_reason", Kind: LongText, Max: 1_000, ReadOnly: true, Doc: "why the program has disabled it"},
		},
		Doc: "an address that is told of changes: create_webhook",
	}
}

// Actions are what can happen to a record, as the second half of the name of
// an event.
func Actions() []string { return []string{"created", "updated", "deleted", "restored", "merged"} }

// moments are events beside those that every type has: a step that a record
// of the type has taken.
var moments = map[string][]string{
	"deal": {"stage_changed", "won", "lost"},
	"task": {"completed"},
}

// HasEvents says whether changes of the type's records are told to webhooks.
func (t *Type) HasEvents() bool { return t.Class == Record || t.Events }

// EventNames are the names of all events of the built-in types, in declared order.
func (s *Schema) EventNames() []string {
	var names []string
	for _, t := range s.Types {
		if !t.HasEvents() {
			continue
		}
		for _, action := range Actions() {
			if action != "merged" || t.Merges {
				names = append(names, t.Name+"."+action)
			}
		}
		for _, moment := range moments[t.Name] {
			names = append(names, t.Name+"."+moment)
		}
	}
	return names
}

// AllEvents is the pattern of every event.
const AllEvents = "*"

// EventsOf is the pattern of all events of a type.
func EventsOf(typeName string) string { return typeName + ".*" }

// eventPatterns are all that a webhook can ask for: events, all of a type, all.
func (s *Schema) eventPatterns() []string {
	patterns := s.EventNames()
	for _, t := range s.Types {
		if t.HasEvents() {
			patterns = append(patterns, EventsOf(t.Name))
		}
	}
	return append(patterns, AllEvents)
}

// WantsEvent says whether patterns ask for an event of a type.
func WantsEvent(patterns []string, typeName, event string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return p == AllEvents || p == event || p == EventsOf(typeName) })
}
