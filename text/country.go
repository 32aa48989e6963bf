package text

import (
	"strings"
	"sync"
)

// Country returns the ISO 3166 alpha-2 code of the country that s names: by alpha-2
// or alpha-3 code, English name, a usual other name (USA, Holland, England), or its
// own name where many people write it (Deutschland). Case, accents, spaces and
// punctuation do not matter.
func Country(s string) (alpha2 string, ok bool) {
	if key := strings.ToUpper(strings.TrimSpace(s)); len(key) == 2 && countries().names[key] != "" {
		return key, true
	}
	alpha2, ok = countries().codes[countryKey(s)]
	return alpha2, ok
}

// CountryName returns the English name of a country by its alpha-2 code, "" if there
// is none.
func CountryName(alpha2 string) string {
	return countries().names[strings.ToUpper(strings.TrimSpace(alpha2))]
}

type countryIndex struct {
	names map[string]string
	codes map[string]string
}

var countries = sync.OnceValue(func() countryIndex {
	index := countryIndex{names: map[string]string{}, codes: map[string]string{}}
	for line := range strings.Lines(strings.TrimSpace(countryTable)) {
		alpha2, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		alpha3, name, _ := strings.Cut(rest, " ")
		index.names[alpha2] = name
		index.codes[countryKey(alpha2)] = alpha2
		index.codes[countryKey(alpha3)] = alpha2
		index.codes[countryKey(name)] = alpha2
	}
	for line := range strings.Lines(strings.TrimSpace(countryAliases)) {
		alpha2, aliases, _ := strings.Cut(strings.TrimSpace(line), " ")
		for alias := range strings.SplitSeq(aliases, "|") {
			index.codes[countryKey(alias)] = alpha2
		}
	}
	return index
})

// countryKey keeps the letters alone, so that "U.S.A.", "the Netherlands" and "St
// Lucia" agree with their plain names.
func countryKey(s string) string {
	words := Words(strings.ReplaceAll(s, "&", " and "))
	var key strings.Builder
	for i, word := range words {
		switch {
		case word == "the" && i == 0 && len(words) > 1:
		case word == "st":
			if len(words) > 1 {
				word = "saint"
			}
			key.WriteString(word)
		default:
			key.WriteString(word)
		}
	}
	return key.String()
}
