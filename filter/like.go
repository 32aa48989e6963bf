package filter

import (
	"strings"

	"github.com/crmcp/crmcp/text"
)

// FoldPattern folds the pattern of a Like so that it fits folded text: % and
// _ keep their meaning, everything between them is folded as text, and what
// stood behind a backslash, or folds to %, _ or \, is escaped with a backslash.
func FoldPattern(pattern string) string {
	var folded, literal strings.Builder
	flush := func() {
		folded.WriteString(escapePattern(text.Fold(literal.String())))
		literal.Reset()
	}
	escaped := false
	for _, r := range pattern {
		switch {
		case escaped:
			literal.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == '%' || r == '_':
			flush()
			folded.WriteRune(r)
		default:
			literal.WriteRune(r)
		}
	}
	if escaped {
		literal.WriteRune('\\')
	}
	flush()
	return folded.String()
}

func escapePattern(literal string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(literal)
}
