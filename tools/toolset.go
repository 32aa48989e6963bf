package tools

import (
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// Sets are the toolsets in the order of the reference.
func Sets() []string {
	return []string{"records", "notes", "people", "insight", "safety", "bulk", "admin"}
}

// groups are names that stand for tools of several sets.
func groups() []string { return []string{"core", "default", "all"} }

// selectTools gives the tools that a comma-separated choice of toolsets
// switches on; empty means default. Without writing, only those that read.
func selectTools(all []*Tool, choice string, readOnly bool) ([]*Tool, error) {
	names, err := parseSets(choice)
	if err != nil {
		return nil, err
	}
	var enabled []*Tool
	for _, t := range all {
		on := func(name string) bool { return t.isIn(name) }
		if slices.ContainsFunc(names, on) && (!readOnly || !t.IsWriting()) {
			enabled = append(enabled, t)
		}
	}
	if len(enabled) == 0 {
		return nil, noTools(all, names, readOnly)
	}
	return enabled, nil
}

// noTools says which sets have tools where a choice of others has none.
func noTools(all []*Tool, names []string, readOnly bool) error {
	have := slices.DeleteFunc(append(groups(), Sets()...), func(name string) bool {
		return !slices.ContainsFunc(all, func(t *Tool) bool { return t.isIn(name) && (!readOnly || !t.IsWriting()) })
	})
	none := "no tools"
	if readOnly {
		none = "no tools that only read"
	}
	message := strings.Join(names, ", ") + " has " + none + "; there are some in " + strings.Join(have, ", ")
	return &schema.Error{Code: schema.InvalidArgument, Message: message, Problems: schema.Problems{{Path: "toolsets", Message: message, Allowed: have}}}
}

func parseSets(choice string) ([]string, error) {
	known := append(groups(), Sets()...)
	var names []string
	var problems schema.Problems
	for part := range strings.SplitSeq(choice, ",") {
		name := text.FieldName(part)
		switch {
		case strings.TrimSpace(part) == "":
		case slices.Contains(known, name):
			names = append(names, name)
		default:
			problems = append(problems, schema.Problem{Path: "toolsets", Allowed: known, DidYouMean: text.Nearest(name, known),
				Message: "there is no toolset " + quote(strings.TrimSpace(part)) + "; there are " + strings.Join(known, ", ")})
		}
	}
	if len(names) == 0 {
		names = []string{"default"}
	}
	return names, problems.Err()
}

func (t *Tool) isIn(name string) bool {
	switch name {
	case "all":
		return true
	case "core":
		return t.Core
	case "default":
		return t.Set != "admin" || t.Default
	}
	return t.Set == name
}
