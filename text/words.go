package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Words returns the folded words of s in order: runs of letters, digits and their
// marks. Scripts that write no spaces between words (Chinese, Japanese, Thai, Lao,
// Khmer, Burmese) and Korean, which hangs particles on them, give the overlapping
// pairs of characters of each run instead; a character alone stays alone. A query's
// words are found in the IndexText of what holds them.
func Words(s string) []string {
	var words []string
	folded := Fold(s)
	eachToken(folded, func(t token) bool {
		if !t.last {
			words = append(words, withoutJoiners(folded[t.start:t.end]))
		}
		return true
	})
	return words
}

// IndexText returns what a full-text index holds of s: its Words divided by spaces,
// and after the pairs of a run its last character, so that every single character of
// the run begins some word and is found as a prefix.
func IndexText(s string) string {
	folded := Fold(s)
	var out strings.Builder
	out.Grow(len(folded) + 8)
	eachToken(folded, func(t token) bool {
		if out.Len() > 0 {
			out.WriteByte(' ')
		}
		out.WriteString(withoutJoiners(folded[t.start:t.end]))
		return true
	})
	return out.String()
}

// withoutJoiners drops the zero-width joiners that a word may hold.
func withoutJoiners(word string) string {
	if !strings.ContainsRune(word, zeroWidthJoiner) {
		return word
	}
	return strings.ReplaceAll(word, string(zeroWidthJoiner), "")
}

// token is one word or pair by its place in the text. last marks the final character
// of a run of pairs, given again by itself.
type token struct {
	start, end int
	last       bool
}

// eachToken calls yield for each token of s in order until yield returns false.
func eachToken(s string, yield func(token) bool) {
	for i := 0; i < len(s); {
		r, size := decodeRune(s[i:])
		if !startsToken(r) {
			i += size
			continue
		}
		end := endOfRun(s, i, isUnspaced(r))
		if !isUnspaced(r) {
			if !yield(token{start: i, end: end}) {
				return
			}
		} else if !eachPair(s, i, end, yield) {
			return
		}
		i = end
	}
}

func eachPair(s string, start, end int, yield func(token) bool) bool {
	middle := endOfCharacter(s, start)
	if middle >= end {
		return yield(token{start: start, end: end})
	}
	for middle < end {
		next := endOfCharacter(s, middle)
		if !yield(token{start: start, end: next}) {
			return false
		}
		start, middle = middle, next
	}
	return yield(token{start: start, end: end, last: true})
}

// endOfRun is where the run of one kind that begins at start ends.
func endOfRun(s string, start int, unspaced bool) int {
	for i := start; i < len(s); {
		r, size := decodeRune(s[i:])
		if !continuesToken(r) || startsToken(r) && isUnspaced(r) != unspaced {
			return i
		}
		i += size
	}
	return len(s)
}

// endOfCharacter is where the character at start ends, its marks included.
func endOfCharacter(s string, start int) int {
	_, size := decodeRune(s[start:])
	for i := start + size; i < len(s); i += size {
		var r rune
		r, size = decodeRune(s[i:])
		if startsToken(r) || !continuesToken(r) {
			return i
		}
	}
	return len(s)
}

func decodeRune(s string) (rune, int) {
	if s[0] < utf8.RuneSelf {
		return rune(s[0]), 1
	}
	return utf8.DecodeRuneInString(s)
}

func startsToken(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}

func continuesToken(r rune) bool {
	return startsToken(r) || unicode.IsMark(r) || r == zeroWidthJoiner
}

const kanaLengthMark = 'ー'

func isUnspaced(r rune) bool {
	return r >= 0xe00 && (r == kanaLengthMark || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana,
		unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Bopomofo))
}
