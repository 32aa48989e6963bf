package schema

import (
	"fmt"
	"strings"

	"github.com/crmcp/crmcp/text"
)

func parseOption(f *Field, s string) (any, error) {
	name := ""
	if text.IsPlainName(s) {
		name = text.FieldName(s)
	}
	for _, option := range f.Options {
		if option == s || option == name || text.Fold(option) == text.Fold(s) {
			return option, nil
		}
	}
	problem := fmt.Sprintf("must be %s, not %q", optionsText(f), text.Truncate(s, 40))
	if near := text.Nearest(s, f.Options); near != "" {
		problem += fmt.Sprintf("; did you mean %q?", near)
	}
	return nil, fmt.Errorf("%s", problem)
}

// fewOptions is how many options an error repeats; of longer lists it says
// what they look like.
const fewOptions = 60

func optionsText(f *Field) string {
	if len(f.Options) > fewOptions && f.Doc != "" {
		return f.Doc
	}
	return "one of " + strings.Join(f.Options, ", ")
}
