package store

import (
	"database/sql"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// add takes those of the records that the caller may see and that are not
// archived, each once, in the tier where it was found first.
func (s *search) add(tier int, keys []Key) error {
	byType := map[*schema.Type][]int64{}
	for _, key := range keys {
		if !s.seen[key] {
			s.seen[key] = true
			byType[key.Type] = append(byType[key.Type], key.ID)
		}
	}
	for _, t := range s.types {
		if err := s.addOf(tier, t, byType[t]); err != nil {
			return err
		}
	}
	return nil
}

func (s *search) addOf(tier int, t *schema.Type, ids []int64) error {
	title := "''"
	if t.Title != "" {
		title = "coalesce(t." + t.TitleField().Column() + ", '')"
	}
	return chunks(ids, func(ids []int64) error {
		ids = padded(ids)
		condition, args := s.tx.shown(t, "t")
		if t.Field("archived_at") != nil {
			condition += " AND t.archived_at IS NULL"
		}
		query := "SELECT t.id, " + title + " FROM " + t.Name + " t WHERE t.id IN (" + placeholders(len(ids)) + ") AND " + condition
		return s.tx.scan(query, append(numbers(ids), args...), func(rows *sql.Rows) error {
			c := candidate{key: Key{Type: t}, tier: tier}
			if err := rows.Scan(&c.key.ID, &c.name); err != nil {
				return err
			}
			c.score = s.score(c.name)
			s.found = append(s.found, c)
			return nil
		})
	})
}

// padded repeats the last id up to one of a few lengths, so that the prepared
// statements stay few.
func padded(ids []int64) []int64 {
	for _, size := range []int{1, 8, 40, chunk} {
		if len(ids) > size {
			continue
		}
		for len(ids) < size {
			ids = append(ids, ids[len(ids)-1])
		}
		return ids
	}
	return ids
}

// What the parts of a score weigh: how many of the query's words the title
// holds, how much of the title they are, and whether it begins with them.
const (
	weightCovered = 10.0
	weightPrecise = 2.0
	weightBegins  = 1.0
)

// score says how well a title fits the query; 0 where none of its words is in it.
func (s *search) score(title string) float64 {
	words := text.Words(title)
	if len(words) == 0 || len(s.words) == 0 {
		return 0
	}
	sum := 0.0
	for i, wanted := range s.words {
		best := 0.0
		for _, word := range words {
			best = max(best, wanted.likeness(word, i == len(s.words)-1))
		}
		sum += best
	}
	score := weightCovered*sum/float64(len(s.words)) + weightPrecise*sum/float64(max(len(words), len(s.words)))
	if strings.HasPrefix(text.Fold(title), s.folded) {
		score += weightBegins
	}
	return score
}

// likeness says how far a word is what was asked for, from 0 to 1.
func (w queryWord) likeness(word string, last bool) float64 {
	if word == w.text {
		return 1
	}
	if last && strings.HasPrefix(word, w.text) {
		return 0.7 + 0.2*float64(len(w.text))/float64(len(word))
	}
	distance, corrected := w.distance[word]
	if !corrected {
		return 0
	}
	likeness := 0.8 - 0.15*float64(distance)
	if word[0] != w.text[0] {
		likeness -= 0.05
	}
	return likeness
}

// matchedIn gives the words of a text that the query's words stand for.
func (s *search) matchedIn(value string) []string {
	var matched []string
	words := text.Words(value)
	for i, wanted := range s.words {
		for _, word := range words {
			if wanted.likeness(word, i == len(s.words)-1) > 0 {
				matched = append(matched, word)
				break
			}
		}
	}
	return matched
}
