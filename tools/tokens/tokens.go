// Package tokens counts text in o200k_base tokens, offline.
//
// It exists to hold the tool definitions to their budget: every user pays for
// them in every request. Nothing is read or built until the first Count, so
// linking the package costs other commands no start-up time.
//
// The tokenizer libraries measured add 7 to 12 MB to the binary, most of
// it vocabulary; here the vocabulary is 0.7 MB, kept as merges. README.md
// describes the file and how to rebuild it.
package tokens

import (
	"regexp"
	"sync"
	"unicode/utf8"
)

// piecePattern is the published o200k_base split pattern with two changes for
// RE2: \s is spelled out, since there it means ASCII only, and the last two
// alternatives, `\s+(?!\S)|\s+`, are one captured group, whose lookahead
// firstPiece applies.
const piecePattern = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?` +
	`|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?` +
	`|\p{N}{1,3}` +
	`| ?[^\t-\r\x{85}\p{Z}\p{L}\p{N}]+[\r\n/]*` +
	`|[\t-\r\x{85}\p{Z}]*[\r\n]+` +
	`|([\t-\r\x{85}\p{Z}]+)`

var pieceExpression = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(piecePattern)
})

// Count returns how many o200k_base tokens text is. Names of special tokens,
// such as <|endoftext|>, count as the plain text they are. The first call
// unpacks the vocabulary, some tens of milliseconds; Count is safe for
// concurrent use.
func Count(text string) int {
	ranks := vocabulary()
	total := 0
	for rest := text; rest != ""; {
		piece := firstPiece(rest)
		total += countPiece(ranks, piece)
		rest = rest[len(piece):]
	}
	return total
}

// firstPiece returns the first piece of text, which must not be empty. Merges
// never cross the border between two pieces.
func firstPiece(text string) string {
	match := pieceExpression().FindStringSubmatchIndex(text)
	end := match[1]
	isSpace := match[2] >= 0
	if isSpace && end < len(text) {
		_, width := utf8.DecodeLastRuneInString(text[:end])
		if width < end {
			end -= width
		}
	}
	return text[:end]
}
