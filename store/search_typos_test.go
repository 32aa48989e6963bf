package store

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/text"
)

// The parts of made-up names.
var (
	syllables = strings.Fields("ba bel bra cal dor el fen gal hel in ka lan mor na pel qua ren sol ten ul vi wen xan yo zen")
	trades    = strings.Fields("Bakery Software Consulting Logistics Energy Foods Works Media Partners Trading")
	forenames = strings.Fields("Anna Björn Chloé Dimitris Elżbieta François Иван Μαρία Jürgen Olivia Søren Zoë محمد Ольга")
)

func coin(r *rand.Rand, length int) string {
	var word strings.Builder
	for range length {
		word.WriteString(syllables[r.IntN(len(syllables))])
	}
	name := word.String()
	return strings.ToUpper(name[:1]) + name[1:]
}

// mistyped makes one mistake in the longest word of a name: a letter left out,
// swapped with the next, written twice, or another in its place.
func mistyped(r *rand.Rand, name string) string {
	words := strings.Fields(name)
	at := 0
	for i, word := range words {
		if len(word) > len(words[at]) {
			at = i
		}
	}
	letters := []rune(words[at])
	i := r.IntN(len(letters) - 1)
	switch r.IntN(4) {
	case 0:
		letters = append(letters[:i:i], letters[i+1:]...)
	case 1:
		letters[i], letters[i+1] = letters[i+1], letters[i]
	case 2:
		letters = append(letters[:i+1:i+1], letters[i:]...)
	case 3:
		letters[i] = letters[r.IntN(len(letters))]
	}
	words[at] = string(letters)
	return strings.Join(words, " ")
}

func TestSearchForgivesMistakes(t *testing.T) {
	f := newFixture(t)
	r := rand.New(rand.NewPCG(1, 2))
	var names []string
	for range 300 {
		company := coin(r, 3) + " " + trades[r.IntN(len(trades))]
		first, last := forenames[r.IntN(len(forenames))], coin(r, 2+r.IntN(2))
		f.create("organization", map[string]any{"name": company})
		f.create("contact", map[string]any{"first_name": first, "last_name": last})
		names = append(names, company, first+" "+last)
	}
	const asked = 400
	right := 0
	for range asked {
		name := names[r.IntN(len(names))]
		query := mistyped(r, name)
		hits := f.hits(query)
		if len(hits) > 0 && text.Fold(hits[0].Name) == text.Fold(name) {
			right++
		} else {
			t.Logf("%s (for %s) finds %v", query, name, hits)
		}
	}
	if right*100 < 95*asked {
		t.Errorf("the right name came first in %d of %d", right, asked)
	}
}
