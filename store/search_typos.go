package store

import (
	"cmp"
	"database/sql"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/crmcp/crmcp/text"
)

// What completion and correction look at: how many words of the index that
// begin alike are read, and how many are then searched for.
const (
	maxBeginning = 3_000
	maxLonger    = 24
	maxAlike     = 40_000
	maxVariants  = 8
	maxNearest   = 64
)

// forgive searches for likely corrections where little was found and nothing
// by exactly what was asked, and for any of the words where nothing was. Words
// that occur nowhere are the likeliest mistakes and are corrected alone first.
func (s *search) forgive() error {
	for _, unknown := range []bool{true, false} {
		if s.exact() || len(s.found) >= min(littleFound, s.want) || len(s.words) == 0 {
			return nil
		}
		changed, err := s.correct(unknown)
		if err == nil && changed {
			err = s.byAllWords()
		}
		if err != nil {
			return err
		}
		if unknown && changed && len(s.found) > 0 {
			return nil
		}
	}
	if len(s.found) > 0 || len(s.words) < 2 {
		return nil
	}
	return s.byAnyWord()
}

// exact says whether something was found by exactly what was asked.
func (s *search) exact() bool {
	return slices.ContainsFunc(s.found, func(c candidate) bool { return c.tier < byWords })
}

// byAnyWord finds the titles that hold at least one of the words.
func (s *search) byAnyWord() error {
	words := s.words
	defer func() { s.words = words }()
	var keys []Key
	for i := range words {
		s.words = words[i : i+1]
		more, err := s.titles()
		if err != nil {
			return err
		}
		keys = append(keys, more...)
	}
	s.words = words
	return s.add(byWords, keys)
}

// correct sets what is looked up for each word (with unknown: each that occurs
// nowhere) to the nearest words that occur anywhere, and drops words that
// nothing is like, if others remain. It says whether the search now differs.
func (s *search) correct(unknown bool) (changed bool, err error) {
	var kept []queryWord
	for _, word := range s.words {
		known := false
		if unknown {
			if known, err = s.tx.occurs(word.text); err != nil {
				return false, err
			}
		}
		if !known && word.distance == nil {
			if err := s.tx.correctWord(&word); err != nil {
				return false, err
			}
			meaningless := len(word.distance) == 0 && correctable(word.text) && len(s.words) > 1
			changed = changed || meaningless || len(word.lookUp) > 1
			if meaningless {
				continue
			}
		}
		kept = append(kept, word)
	}
	if len(kept) == 0 {
		return false, nil
	}
	s.words = kept
	return changed, nil
}

// correctWord sets what is looked up for a word to itself and the words like it.
func (tx *Tx) correctWord(word *queryWord) error {
	near, err := tx.wordsAlike(word.text)
	word.distance, word.lookUp = map[string]int{}, []string{word.text}
	for _, variant := range near {
		word.distance[variant.word] = variant.distance
		if variant.distance > 0 {
			word.lookUp = append(word.lookUp, variant.word)
		}
	}
	return err
}

// occurs says whether a word occurs in any text.
func (tx *Tx) occurs(word string) (bool, error) {
	return tx.one(`SELECT 1 FROM identifier WHERE value = ? LIMIT 1`, []any{keptWord(word)}, new(int64))
}

// wordsBeginning gives the shortest words of the index that begin with another.
func (tx *Tx) wordsBeginning(word string) ([]string, error) {
	const beginning = `SELECT * FROM (SELECT value FROM identifier WHERE value > ? AND value < ? ORDER BY value LIMIT ?)`
	return tx.words(`SELECT value FROM (`+beginning+` UNION ALL `+beginning+`) ORDER BY length(value), substr(value, 3) LIMIT ?`,
		wordKey+word, wordKey+word+lastRune, maxBeginning, numberedKey+word, numberedKey+word+lastRune, maxBeginning, maxLonger)
}

func (tx *Tx) words(query string, args ...any) (words []string, err error) {
	err = tx.scan(query, args, func(rows *sql.Rows) error {
		var value string
		err := rows.Scan(&value)
		words = append(words, value[len(wordKey):])
		return err
	})
	return words, err
}

// alike is a word of the index and how many mistakes lead to it.
type alike struct {
	word     string
	distance int
}

// correctable says whether mistakes in a word can be told from other words: it
// has three letters or more and no digits, and is not a pair of characters of
// a script without spaces.
func correctable(word string) bool {
	return tolerance(word) > 0 && !strings.ContainsFunc(word, unicode.IsNumber)
}

// tolerance is how many mistakes in a word are forgiven.
func tolerance(word string) int {
	switch length := utf8.RuneCountInString(word); {
	case length < 3:
		return 0
	case length < 6:
		return 1
	}
	return 2
}

// wordsAlike gives the words of the index nearest to a word, itself included.
func (tx *Tx) wordsAlike(word string) ([]alike, error) {
	if !correctable(word) {
		return nil, nil
	}
	first, size := utf8.DecodeRuneInString(word)
	length := utf8.RuneCountInString(word) + len(wordKey)
	limit := tolerance(word)
	words, err := tx.words(`SELECT value FROM identifier WHERE value >= ? AND value < ? AND length(value) BETWEEN ? AND ? LIMIT ?`,
		wordKey+string(first), wordKey+string(first)+lastRune, length-limit, length+limit, maxAlike)
	if err != nil {
		return nil, err
	}
	others := otherBeginnings(first, word[size:])
	args := make([]any, len(others))
	for i, other := range others {
		args[i] = wordKey + other
	}
	more, err := tx.words(`SELECT value FROM identifier WHERE value IN (`+placeholders(len(args))+`)`, args...)
	if err != nil {
		return nil, err
	}
	return nearestWords(word, append(words, more...), limit), nil
}

// nearestWords keeps the words within a distance, nearest first. Of those that
// one mistake leads to many are kept, since the other words of a query tell
// which was meant; those farther off fill up what is left of a few.
func nearestWords(word string, words []string, limit int) []alike {
	var near []alike
	for _, other := range words {
		if distance := text.Distance(word, other, limit); distance <= limit {
			near = append(near, alike{other, distance})
		}
	}
	slices.SortFunc(near, func(a, b alike) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.word, b.word))
	})
	near = slices.Compact(near)
	nearest := 0
	for nearest < min(len(near), maxNearest) && near[nearest].distance <= 1 {
		nearest++
	}
	return near[:min(len(near), max(nearest, maxVariants))]
}

// alphabets are the letters with which words of a script begin.
var alphabets = []string{"abcdefghijklmnopqrstuvwxyz", "αβγδεζηθικλμνξοπρστυφχψω", "абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґў",
	"ابتثجحخدذرزسشصضطظعغفقكلمنهوي", "אבגדהוזחטיכלמנסעפצקרשת"}

// otherBeginnings gives the words that differ by one mistake in their first
// letter: swapped with the next, left out, put before, or another.
func otherBeginnings(first rune, rest string) []string {
	second, size := utf8.DecodeRuneInString(rest)
	list := []string{rest, string(second) + string(first) + rest[size:]}
	for _, alphabet := range alphabets {
		if !strings.ContainsRune(alphabet, first) && !strings.ContainsRune(alphabet, second) {
			continue
		}
		for _, letter := range alphabet {
			list = append(list, string(letter)+rest, string(letter)+string(first)+rest)
		}
	}
	return list
}
