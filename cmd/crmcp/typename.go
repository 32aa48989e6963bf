package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// findType finds the type that a spelling means among those that are allowed:
// by its name, its plural or the prefix of its ids, then by its aliases, each
// in the singular and the plural; nil: none.
func findType(allowed []*schema.Type, spelling string) *schema.Type {
	name := text.FieldName(spelling)
	forms := []string{name, strings.TrimSuffix(name, "s")}
	if stem, ok := strings.CutSuffix(name, "ies"); ok {
		forms = append(forms, stem+"y")
	}
	for _, t := range allowed {
		if slices.Contains(forms, t.Name) || slices.Contains(forms, t.Prefix) || t.Plural == name {
			return t
		}
	}
	for _, t := range allowed {
		if slices.ContainsFunc(t.Aliases, func(alias string) bool { return slices.Contains(forms, alias) }) {
			return t
		}
	}
	return nil
}

// unknownType names a spelling that means no type, the nearest that would, and
// all of them.
func unknownType(allowed []*schema.Type, spelling string) string {
	names := make([]string, len(allowed))
	for i, t := range allowed {
		names[i] = t.Plural
	}
	near := ""
	if nearest := text.Nearest(text.FieldName(spelling), names); nearest != "" {
		near = fmt.Sprintf(": did you mean %q?", nearest)
	}
	return fmt.Sprintf("%q%s; there are %s", spelling, near, strings.Join(names, ", "))
}
