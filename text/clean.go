package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
)

// Clean returns s as a record keeps one-line text: Unicode NFC, trimmed, tabs and
// line breaks turned into single spaces, unseen characters taken out (see
// CleanLong), invalid UTF-8 replaced by U+FFFD. removed is true if more than white
// space changed in that way, so that the answer can say so.
func Clean(s string) (clean string, removed bool) {
	if isPlainLine(s) {
		return strings.Trim(s, " "), false
	}
	visible, removed := removeUnseen(s, false)
	line := strings.TrimSpace(norm.NFC.String(joinLines(visible)))
	return line, removed
}

// CleanLong returns s as a record keeps Markdown: byte for byte, without control
// characters (tab, line feed and carriage return stay), zero-width characters,
// bidirectional controls and Unicode tag characters, which a person does not see
// and an assistant reads. ZWJ and ZWNJ stay inside words and emoji, as does one
// variation selector after a character. Invalid UTF-8 becomes U+FFFD. removed is
// true if anything changed.
func CleanLong(s string) (clean string, removed bool) {
	return removeUnseen(s, true)
}

func isPlainLine(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func removeUnseen(s string, long bool) (clean string, removed bool) {
	if !needsRemoval(s, long) {
		return s, false
	}
	var out strings.Builder
	out.Grow(len(s))
	previous, following := rune(-1), lookahead{long: long}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		removed = removed || r == utf8.RuneError && size == 1
		if keepsRune(r, previous, following.after(s, i), long) {
			out.WriteRune(r)
			previous = r
		} else {
			removed = true
		}
		i += size
	}
	return out.String(), removed
}

func needsRemoval(s string, long bool) bool {
	for i := 0; i < len(s); {
		if ' ' <= s[i] && s[i] <= '~' {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		broken := r == utf8.RuneError && size == 1
		if broken || isUnseen(r, long) || isJoiner(r) || isSelector(r) {
			return true
		}
		i += size
	}
	return false
}

func keepsRune(r, previous, next rune, long bool) bool {
	switch {
	case isUnseen(r, long):
		return false
	case isJoiner(r):
		return isJoinable(previous) && isJoinable(next)
	case isSelector(r):
		return previous >= 0 && !unicode.IsSpace(previous) && !isSelector(previous) && !isJoiner(previous)
	}
	return true
}

// lookahead knows the next rune that a person sees, and where it stands, so that a
// long run of unseen runes is gone through once.
type lookahead struct {
	long bool
	rune rune
	at   int
}

func (l *lookahead) after(s string, i int) rune {
	if l.at <= i {
		l.advance(s, i)
	}
	return l.rune
}

// advance moves to the first seen rune behind i.
func (l *lookahead) advance(s string, i int) {
	_, size := utf8.DecodeRuneInString(s[i:])
	l.at, l.rune = i+size, -1
	for l.at < len(s) {
		r, size := utf8.DecodeRuneInString(s[l.at:])
		if !isUnseen(r, l.long) && !isJoiner(r) && !isSelector(r) {
			l.rune = r
			return
		}
		l.at += size
	}
}

func isJoinable(r rune) bool {
	return r >= 0 && unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.IsPunct(r)
}

func isJoiner(r rune) bool {
	return r == zeroWidthJoiner || r == zeroWidthNonJoiner
}

func isSelector(r rune) bool {
	return r >= 0x180b && unicode.Is(unicode.Variation_Selector, r)
}

// isUnseen reports whether r is never kept. Line breaks and tabs are white space in
// both kinds of text; NEL is one as well, but only a single line can do without it.
func isUnseen(r rune, long bool) bool {
	switch {
	case r == '\t', r == '\n', r == '\r':
		return false
	case r == '\v', r == '\f', r == 0x85:
		return long
	case r < 0xa0:
		return unicode.IsControl(r)
	}
	return isInvisibleFormat(r)
}

func isInvisibleFormat(r rune) bool {
	switch {
	case r == 0xad, r == 0x61c, r == 0x180e, r == 0xfeff:
		return true
	case isJoiner(r):
		return false
	case 0x200b <= r && r <= 0x200f, 0x202a <= r && r <= 0x202e, 0x2060 <= r && r <= 0x206f:
		return true
	case 0xfff9 <= r && r <= 0xfffb, 0x1bca0 <= r && r <= 0x1bca3, 0x1d173 <= r && r <= 0x1d17a:
		return true
	}
	return 0xe0000 <= r && r <= 0xe007f
}

// joinLines turns each run of tabs and line breaks, with the spaces around it, into
// one space; other spaces stay as they were written.
func joinLines(s string) string {
	if !strings.ContainsFunc(s, isBreak) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !unicode.IsSpace(r) {
			out.WriteString(s[i : i+size])
			i += size
			continue
		}
		run := s[i:]
		if end := strings.IndexFunc(run, isNotSpace); end >= 0 {
			run = run[:end]
		}
		if strings.ContainsFunc(run, isBreak) {
			out.WriteByte(' ')
		} else {
			out.WriteString(run)
		}
		i += len(run)
	}
	return out.String()
}

func isNotSpace(r rune) bool { return !unicode.IsSpace(r) }

func isBreak(r rune) bool {
	return '\t' <= r && r <= '\r' || r == 0x85 || r == 0x2028 || r == 0x2029
}
