package filter

import (
	"strings"
	"unicode"
)

// tokenKind tells what a token is.
type tokenKind int

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenText
	tokenSymbol
	tokenBad
)

// token is one piece of a filter. Positions count characters from 1; end is
// the position behind the last character.
type token struct {
	kind    tokenKind
	text    string
	at, end int
}

// is reports whether the token is the word, in any case, or the symbol.
func (t token) is(text string) bool {
	switch t.kind {
	case tokenWord:
		return strings.EqualFold(t.text, text)
	case tokenSymbol:
		return t.text == text
	}
	return false
}

// shown is the token as an error message names it.
func (t token) shown() string {
	if t.kind == tokenEnd {
		return "the end"
	}
	return quote(t.text)
}

// symbols lists the signs of the language, longer ones before their beginnings.
var symbols = []string{"&&", "||", "==", "!=", "!~", "<>", "<=", ">=", "=", "<", ">", "!", "~", "(", ")", ","}

// lex cuts a filter into tokens; the last one is always tokenEnd. What fits
// nowhere becomes tokenBad, about which the parser complains when it gets there.
func lex(text []rune) []token {
	l := lexer{text: text}
	var tokens []token
	for {
		t := l.next()
		tokens = append(tokens, t)
		if t.kind == tokenEnd {
			return tokens
		}
	}
}

type lexer struct {
	text []rune
	at   int
}

func (l *lexer) next() token {
	for l.at < len(l.text) && unicode.IsSpace(l.text[l.at]) {
		l.at++
	}
	start := l.at
	if start == len(l.text) {
		return token{kind: tokenEnd, at: start + 1, end: start + 1}
	}
	kind, text := l.scan()
	return token{kind: kind, text: text, at: start + 1, end: l.at + 1}
}

func (l *lexer) scan() (tokenKind, string) {
	start := l.at
	first := l.text[start]
	if first == '"' || first == '\'' {
		return l.quoted(first)
	}
	if isWordRune(first) {
		for l.at < len(l.text) && isWordRune(l.text[l.at]) {
			l.at++
		}
		return tokenWord, string(l.text[start:l.at])
	}
	rest := string(l.text[start:min(start+2, len(l.text))])
	for _, symbol := range symbols {
		if strings.HasPrefix(rest, symbol) {
			l.at += len(symbol)
			return tokenSymbol, symbol
		}
	}
	l.at++
	return tokenBad, string(first)
}

// quoted reads a string. A backslash stands for the quote, itself, a line
// break or a tab; before anything else it stays, since LIKE has a use for it.
func (l *lexer) quoted(mark rune) (tokenKind, string) {
	var text strings.Builder
	for l.at++; l.at < len(l.text); l.at++ {
		r := l.text[l.at]
		switch {
		case r == '\\' && l.at+1 < len(l.text):
			l.at++
			text.WriteString(unescape(l.text[l.at]))
		case r != mark:
			text.WriteRune(r)
		case l.at+1 < len(l.text) && l.text[l.at+1] == mark:
			l.at++
			text.WriteRune(r)
		default:
			l.at++
			return tokenText, text.String()
		}
	}
	return tokenBad, string(mark)
}

func unescape(r rune) string {
	switch r {
	case '"', '\'', '\\':
		return string(r)
	case 'n':
		return "\n"
	case 'r':
		return "\r"
	case 't':
		return "\t"
	}
	return `\` + string(r)
}

func isWordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune("_-.@+/:", r)
}

// isWord reports whether the text may stand without quotes.
func isWord(text string) bool {
	for _, r := range text {
		if !isWordRune(r) {
			return false
		}
	}
	return text != ""
}

// quote writes a text as the language reads it back.
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(text) + `"`
}
