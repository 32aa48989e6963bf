package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/crmcp/crmcp/text"
)

// mistakenName searches for names of organizations or contacts with one typing
// mistake, and notes how often the first hit is the one that was meant.
func (b *bench) mistakenName(of string, reach reach) readCase {
	asked, right, ambiguous := 0, 0, 0
	call := func(ctx context.Context, n int64) error {
		r := rand.New(rand.NewPCG(11, uint64(n))) //nolint:gosec // the mistakes must be the same every time
		name := nameIn(newCluster(b.db.Schema(), b.some(n)), of)
		query := mistyped(r, name)
		answer, err := b.call(ctx, "search", map[string]any{"query": query})
		if err != nil {
			return err
		}
		var found struct {
			Records []struct{ Name string } `json:"records"`
		}
		if err := json.Unmarshal(answer.JSON, &found); err != nil {
			return err
		}
		asked++
		if len(found.Records) == 0 {
			return nil
		}
		first, wanted, typed := text.Fold(found.Records[0].Name), text.Fold(name), text.Fold(query)
		switch limit := len(wanted); {
		case first == wanted:
			right++
		case text.Distance(typed, first, limit) <= text.Distance(typed, wanted, limit):
			ambiguous++
		}
		return nil
	}
	return readCase{name: "search: the name of one " + of + " with a typing mistake", reach: reach, call: call, note: func() string {
		return fmt.Sprintf("first hit right in %d of %d (another name as near in %d)", right, asked, ambiguous)
	}}
}

func nameIn(c *cluster, of string) string {
	if of == "organization" {
		return c.org.record.Text("name")
	}
	contact := c.contacts[c.number%contactsEach].record
	return contact.Text("first_name") + " " + contact.Text("last_name")
}

// shortestMistaken is how many letters a word has in which a mistake is made:
// in shorter ones nobody could tell what was meant.
const shortestMistaken = 4

// mistyped makes one mistake in a word of a name: a letter left out, swapped
// with the next, written twice, or another one of the word in its place. A name
// without a long enough word stays as it is.
func mistyped(r *rand.Rand, name string) string {
	words := strings.Fields(name)
	for _, at := range r.Perm(len(words)) {
		letters := []rune(words[at])
		if len(letters) < shortestMistaken {
			continue
		}
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
		break
	}
	return strings.Join(words, " ")
}
