package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold returns the form of s in which two texts are compared, everywhere: names,
// references, duplicates and search. It is compatibility-decomposed and
// case-folded; combining marks are dropped after Latin and Greek letters only,
// because in Hindi, Thai or Cyrillic they tell words apart; letters that do not
// decompose (ł ø đ ð þ æ œ ı) are spelled in ASCII. Spaces stay as they are.
// Invalid UTF-8 becomes U+FFFD. Fold(Fold(s)) == Fold(s).
func Fold(s string) string {
	ascii, upper := scanASCII(s)
	if ascii {
		if upper {
			return strings.ToLower(s)
		}
		return s
	}
	valid := strings.ToValidUTF8(s, "\ufffd")
	decomposed := dropMarks(norm.NFKD.AppendString(make([]byte, 0, len(s)+8), valid))
	caser := cases.Fold()
	folded := spellLetters(dropMarks(caser.Bytes(decomposed)))
	return string(norm.NFC.Bytes(folded))
}

func scanASCII(s string) (ascii, upper bool) {
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return false, false
		}
		if 'A' <= c && c <= 'Z' {
			upper = true
		}
	}
	return true, upper
}

// dropMarks removes, in place, the marks that follow a Latin or Greek letter.
func dropMarks(b []byte) []byte {
	kept := b[:0]
	bare := false
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			bare = isASCIILetter(b[i])
			kept = append(kept, b[i])
			i++
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		mark := unicode.IsMark(r)
		if !mark {
			bare = unicode.In(r, unicode.Latin, unicode.Greek)
		}
		if !mark || !bare {
			kept = append(kept, b[i:i+size]...)
		}
		i += size
	}
	return kept
}

func isASCIILetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func spellLetters(b []byte) []byte {
	if !containsSpelled(b) {
		return b
	}
	spelled := make([]byte, 0, len(b)+8)
	for _, r := range string(b) {
		if letters := spelling(r); letters != "" {
			spelled = append(spelled, letters...)
		} else {
			spelled = utf8.AppendRune(spelled, r)
		}
	}
	return spelled
}

func containsSpelled(b []byte) bool {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if spelling(r) != "" {
			return true
		}
		i += size
	}
	return false
}

// spelling is what stands for r in folded text, "" if r itself does. Cherokee folds
// to its capitals; the caser in use swaps the two cases instead.
func spelling(r rune) string {
	switch r {
	case 'ł':
		return "l"
	case 'ø':
		return "o"
	case 'đ', 'ð':
		return "d"
	case 'þ':
		return "th"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'ı':
		return "i"
	}
	if unicode.Is(unicode.Cherokee, r) && unicode.IsLower(r) {
		return string(unicode.ToUpper(r))
	}
	return ""
}
