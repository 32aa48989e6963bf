package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// FieldName returns the snake_case spelling of a field's name, however an importer or
// a model wrote it: createdAt, "Created At", created-at and CREATED_AT all become
// created_at, linkedinURL becomes linkedin_url, "Address 2" becomes address_2.
func FieldName(s string) string {
	spelled := strings.ReplaceAll(norm.NFKD.String(s), "LinkedIn", "Linkedin")
	runes := []rune(strings.NewReplacer("'", "", "’", "").Replace(spelled))
	var name strings.Builder
	gap := false
	for i, r := range runes {
		if !isWordRune(r) {
			gap = true
			continue
		}
		if name.Len() > 0 && (gap || startsWord(runes, i)) {
			name.WriteByte('_')
		}
		gap = false
		name.WriteRune(r)
	}
	return Fold(name.String())
}

// IsPlainName reports whether a spelling holds nothing but what names are made of:
// letters, digits, spaces, _, - and ., with no - or . at an end. What FieldName leaves
// out of any other spelling may be an operator that the caller meant, as in "value>".
func IsPlainName(s string) bool {
	s = strings.TrimSpace(s)
	for _, r := range s {
		if !isWordRune(r) && !unicode.IsSpace(r) && !strings.ContainsRune("_-.", r) {
			return false
		}
	}
	return s != "" && !strings.ContainsAny(s[:1]+s[len(s)-1:], "-.")
}

func isWordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)
}

// startsWord reports whether the capital at i begins a word of a camelCase name. The
// last capital of an acronym belongs to the word after it, except before a plural s:
// HTMLBody, contactIDs.
func startsWord(runes []rune, i int) bool {
	if i == 0 || !isCapital(runes[i]) {
		return false
	}
	previous := runes[i-1]
	followed := i+1 < len(runes) && unicode.IsLower(runes[i+1])
	if unicode.IsLower(previous) {
		return true
	}
	if !isCapital(previous) && !unicode.IsDigit(previous) {
		return false
	}
	plural := followed && runes[i+1] == 's' && (i+2 == len(runes) || !isWordRune(runes[i+2]))
	return followed && !plural
}

// isCapital leaves out Cherokee, whose small letters fold to capitals.
func isCapital(r rune) bool {
	return unicode.IsUpper(r) && !unicode.Is(unicode.Cherokee, r)
}
