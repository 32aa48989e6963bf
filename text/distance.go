package text

import (
	"strings"
	"unicode/utf8"
)

// usualWord is how many letters most words have at most.
const usualWord = 32

// Distance returns how many insertions, deletions, replacements and swaps of
// neighbours lead from a to b, counted in runes (optimal string alignment). Once it
// is sure to pass limit it stops and returns limit + 1.
func Distance(a, b string, limit int) int {
	from, to := []rune(a), []rune(b)
	if max(len(from), len(to))-min(len(from), len(to)) > limit {
		return limit + 1
	}
	var space [3 * (usualWord + 1)]int // spares an allocation, since thousands of words are compared
	rows := space[:]
	if len(to) > usualWord {
		rows = make([]int, 3*(len(to)+1))
	}
	before, above, row := rows[:len(to)+1], rows[len(to)+1:2*len(to)+2], rows[2*len(to)+2:3*len(to)+3]
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(from); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(to); j++ {
			cost := 1
			if from[i-1] == to[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > limit && i < len(from) {
			return limit + 1
		}
		before, above, row = above, row, before
	}
	return min(above[len(to)], limit+1)
}

// longestMeant is how many bytes a word may have that somebody means as a name.
const longestMeant = 1_000

// Nearest returns the one of names that word was most likely meant to be, for "did
// you mean": the closest within a third of its length by Distance on folded text,
// else the only one that begins with word, contains it, or is contained in it. It
// returns "" if none is near, as to a word that is longer than any name.
func Nearest(word string, names []string) string {
	if len(word) > longestMeant {
		return ""
	}
	wanted := Fold(strings.TrimSpace(word))
	length := utf8.RuneCountInString(wanted)
	if length == 0 {
		return ""
	}
	best, nearest := min(max(1, length/3), length-1)+1, ""
	for _, name := range names {
		if distance := Distance(wanted, Fold(name), best-1); distance < best {
			best, nearest = distance, name
		}
		if best == 0 {
			break
		}
	}
	if nearest != "" {
		return nearest
	}
	return onlyRelated(wanted, length, names)
}

func onlyRelated(wanted string, length int, names []string) string {
	if only := onlyMatch(names, func(name string) bool { return strings.HasPrefix(name, wanted) }); only != "" {
		return only
	}
	if length < 3 {
		return ""
	}
	if only := onlyMatch(names, func(name string) bool { return strings.Contains(name, wanted) }); only != "" {
		return only
	}
	return onlyMatch(names, func(name string) bool {
		return utf8.RuneCountInString(name) >= 3 && strings.Contains(wanted, name)
	})
}

func onlyMatch(names []string, matches func(folded string) bool) string {
	only := ""
	for _, name := range names {
		if !matches(Fold(name)) || name == only {
			continue
		}
		if only != "" {
			return ""
		}
		only = name
	}
	return only
}
