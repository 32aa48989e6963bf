package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const ellipsis = "…"

// Longer chains of marks are cut through, so that no text escapes a limit.
const longestCluster = 32

// Truncate returns s if it has at most the given number of runes, else its beginning,
// of at most that many runes, with "…" appended. It never parts a character from its
// marks or from what a joiner ties to it.
func Truncate(s string, runes int) string {
	if len(s) <= runes {
		return s
	}
	end := forward(s, 0, max(runes, 0))
	if end == len(s) {
		return s
	}
	return strings.TrimRightFunc(s[:clusterStart(s, end)], unicode.IsSpace) + ellipsis
}

// Snippet returns a piece of body, of about width runes, around the first place where
// a word of query stands, compared folded and as a prefix; earlier words of the query
// go before later ones. White space becomes single spaces, and "…" stands where body
// goes on. Where no word is found the piece is the beginning.
func Snippet(body, query string, width int) string {
	match := firstMatch(body, Words(query))
	start := backward(body, match.start, width/3)
	if start > 0 {
		start = wordStart(body, clusterStart(body, start), match.start)
	}
	end := forward(body, start, max(width, 0))
	if end < len(body) {
		end = max(clusterStart(body, end), start)
		end = max(wordEnd(body, end), min(match.end, end))
	}
	piece := strings.Join(strings.Fields(body[start:end]), " ")
	if start > 0 && piece != "" {
		piece = ellipsis + piece
	}
	if strings.TrimSpace(body[end:]) != "" {
		piece += ellipsis
	}
	return piece
}

// firstMatch finds the first place of the first of words that stands in body at all.
func firstMatch(body string, words []string) token {
	best, place := len(words), token{}
	eachToken(body, func(t token) bool {
		folded := Fold(body[t.start:t.end])
		for i := range best {
			if strings.HasPrefix(folded, words[i]) {
				best, place = i, t
				break
			}
		}
		return best > 0
	})
	return place
}

// forward is the place that many runes after start.
func forward(s string, start, runes int) int {
	for range runes {
		if start >= len(s) {
			break
		}
		_, size := decodeRune(s[start:])
		start += size
	}
	return start
}

// backward is the place that many runes before end.
func backward(s string, end, runes int) int {
	for range runes {
		if end <= 0 {
			break
		}
		_, size := utf8.DecodeLastRuneInString(s[:end])
		end -= size
	}
	return end
}

// clusterStart moves a cut at i back to where the character begins that it would
// part.
func clusterStart(s string, i int) int {
	for place, steps := i, 0; steps < longestCluster; steps++ {
		if place <= 0 || place >= len(s) || !partsCluster(s, place) {
			return place
		}
		_, size := utf8.DecodeLastRuneInString(s[:place])
		place -= size
	}
	return i
}

func partsCluster(s string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := decodeRune(s[i:])
	return before == zeroWidthJoiner || isJoiner(after) || unicode.IsMark(after) || isSkinTone(after) ||
		before == '\r' && after == '\n'
}

func isSkinTone(r rune) bool { return 0x1f3fb <= r && r <= 0x1f3ff }

// wordStart moves a cut inside a word forward to the next word, but never past limit.
func wordStart(s string, start, limit int) int {
	if before, _ := utf8.DecodeLastRuneInString(s[:start]); unicode.IsSpace(before) {
		return start
	}
	space := strings.IndexFunc(s[start:limit], unicode.IsSpace)
	if space < 0 {
		return start
	}
	return forward(s, start+space, 1)
}

// wordEnd moves a cut back to the last space, if that is near.
func wordEnd(s string, end int) int {
	near := backward(s, end, longestCluster/2)
	if space := strings.LastIndexFunc(s[near:end], unicode.IsSpace); space >= 0 {
		return near + space
	}
	return end
}
