package text

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
)

// Language returns the BCP 47 tag of a language: s is a tag in any spelling (de_at,
// DEU) or the English or own name of one of the languages most in use.
func Language(s string) (tag string, ok bool) {
	if tag, ok = languages()[strings.Join(Words(s), " ")]; ok {
		return tag, true
	}
	parsed, err := language.Parse(strings.TrimSpace(s))
	if err != nil || parsed == language.Und || parsed.IsRoot() {
		return "", false
	}
	return parsed.String(), true
}

var languages = sync.OnceValue(func() map[string]string {
	tags := map[string]string{}
	for line := range strings.Lines(languageNames) {
		code, names, _ := strings.Cut(strings.TrimSpace(line), "|")
		for name := range strings.SplitSeq(names, "|") {
			tags[strings.Join(Words(name), " ")] = code
		}
	}
	return tags
})

const languageNames = `ar|Arabic|العربية
bg|Bulgarian|Български
bn|Bengali|Bangla
ca|Catalan|Català
cs|Czech|Čeština
da|Danish|Dansk
de|German|Deutsch
el|Greek|Ελληνικά
en|English
es|Spanish|Español|Castilian
et|Estonian|Eesti
fa|Persian|Farsi|فارسی
fi|Finnish|Suomi
fr|French|Français
he|Hebrew|עברית
hi|Hindi
hr|Croatian|Hrvatski
hu|Hungarian|Magyar
id|Indonesian|Bahasa Indonesia
it|Italian|Italiano
ja|Japanese|Nihongo
ko|Korean
lt|Lithuanian|Lietuvių
lv|Latvian|Latviešu
ms|Malay|Bahasa Melayu
nb|Norwegian Bokmal
nl|Dutch|Nederlands|Flemish|Vlaams
no|Norwegian|Norsk
pl|Polish|Polski
pt|Portuguese|Português
pt-BR|Brazilian Portuguese
ro|Romanian|Română
ru|Russian|Русский
sk|Slovak|Slovenčina
sl|Slovenian|Slovene|Slovenščina
sr|Serbian|Srpski|Српски
sv|Swedish|Svenska
sw|Swahili|Kiswahili
ta|Tamil
th|Thai
tl|Tagalog|Filipino
tr|Turkish|Türkçe
uk|Ukrainian|Українська
ur|Urdu
vi|Vietnamese|Tiếng Việt
zh|Chinese|Mandarin
zh-Hans|Simplified Chinese
zh-Hant|Traditional Chinese`
