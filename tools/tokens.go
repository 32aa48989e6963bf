package tools

import "github.com/crmcp/crmcp/tools/tokens"

// Tokens is what a tool costs every user in every request: the o200k tokens of
// its name, its description and its input schema.
func Tokens(t *Tool) (int, error) {
	schema, err := t.InputSchema()
	if err != nil {
		return 0, err
	}
	return tokens.Count(t.Name + t.Description + string(schema)), nil
}
