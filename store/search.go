package store

import (
	"cmp"
	"database/sql"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// Hit is a record that a search found. Snippet is the piece of the field that
// matched; it is empty where the name says all.
type Hit struct {
	Key     Key
	Name    string
	Snippet string
	Field   string
	// Of names what the record belongs to or is about; empty: nothing.
	Of string
	// Fuzzy: a word was found in spite of a typing mistake in it. Partial: a
	// word of the query is in none of the record's texts.
	Fuzzy, Partial bool
}

// What a search reads at most: words of the query, newest matches by the words
// of titles and of texts. A common word has a million matches, which cannot be
// ranked in the time of a call; the newest are the likeliest.
const (
	maxQueryWords = 12
	newestTitles  = 300
	newestTexts   = 300
	littleFound   = 3
	commonTitles  = 1_000
)

// search is one search on its way: what was asked, and what was found so far.
type search struct {
	tx     *Tx
	query  string
	folded string
	keys   []string
	types  []*schema.Type
	// narrowed: the caller asked for some types only.
	narrowed bool
	// asked are the words of the query, words those that are looked for.
	asked []string
	words []queryWord
	want  int
	seen  map[Key]bool
	found []candidate
}

// queryWord is one word of a query with the words of the index that are
// looked up for it: itself, longer ones that it begins, likely corrections
// with their distance.
type queryWord struct {
	text     string
	lookUp   []string
	distance map[string]int
}

// candidate is a shown record that a search found, with how well it fits:
// first by tier, then by score.
type candidate struct {
	key   Key
	name  string
	tier  int
	score float64
	// forgiven: found only by forgiving mistakes.
	forgiven bool
}

// The tiers of candidates.
const (
	byIdentifier = iota
	byName
	byWords
)

// Search finds shown records of these types (none: all that have texts) by
// what a person would type: an identifier in any spelling, a name, words. Exact
// identifiers and names come first, then titles that hold the words, then
// texts; typing mistakes are forgiven where little is found.
func (tx *Tx) Search(query string, types []*schema.Type, limit int) (hits []Hit, more bool, err error) {
	if err := tx.settle(); err != nil {
		return nil, false, err
	}
	s := tx.newSearch(query, types, limit+1)
	for _, step := range []func() error{s.exactly, s.byIdentifiers, s.byNames, s.byAllWords, s.byBeginnings} {
		if err := step(); err != nil {
			return nil, false, err
		}
		if len(s.found) >= s.want || s.addressed() {
			break
		}
	}
	exact := len(s.found)
	if err := s.forgive(); err != nil {
		return nil, false, err
	}
	for i := range s.found[exact:] {
		s.found[exact+i].forgiven = true
	}
	s.sort()
	hits, err = s.hits(limit)
	return hits, len(s.found) > limit, err
}

// hits describes the best of what was found.
func (s *search) hits(limit int) ([]Hit, error) {
	var hits []Hit
	var records []*Record
	for _, c := range s.found[:min(len(s.found), limit)] {
		r, err := s.tx.Get(c.key.Type, c.key.ID)
		if err != nil {
			return nil, err
		}
		hit, err := s.hit(c, r)
		if err != nil {
			return nil, err
		}
		hits, records = append(hits, hit), append(records, r)
	}
	return hits, s.tx.nameOwners(hits, records)
}

// searchNames gives the records whose names are like a text, best first.
func (tx *Tx) searchNames(name string, types []*schema.Type, limit int) ([]Key, error) {
	if err := tx.writeWords(); err != nil {
		return nil, err
	}
	s := tx.newSearch(name, types, limit)
	for _, step := range []func() error{s.byNames, s.byAllWords, s.forgive} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	s.sort()
	var keys []Key
	for _, c := range s.found[:min(len(s.found), limit)] {
		if c.score > 0 {
			keys = append(keys, c.key)
		}
	}
	return keys, nil
}

func (tx *Tx) newSearch(query string, types []*schema.Type, want int) *search {
	query = cleanReference(query)
	s := &search{tx: tx, query: query, folded: text.Fold(query), types: types, narrowed: len(types) > 0, want: want, seen: map[Key]bool{}}
	s.keys = text.QueryKeys(query, tx.company.Text("country"))
	if !s.narrowed {
		for _, t := range tx.Schema().Types {
			if t.Searchable {
				s.types = append(s.types, t)
			}
		}
	}
	for _, word := range text.Words(query) {
		if !slices.Contains(s.asked, word) && len(s.asked) < maxQueryWords {
			s.asked = append(s.asked, word)
			s.words = append(s.words, queryWord{text: word, lookUp: []string{word}})
		}
	}
	return s
}

// byNames finds the names that begin with the query.
func (s *search) byNames() error {
	for _, t := range s.types {
		keys, err := s.tx.namesBeginning(t, s.folded, s.perType())
		if err == nil {
			err = s.add(byWords, keys)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// perType is how many records of each type are looked at by their titles.
func (s *search) perType() int { return max(s.want, newestTitles/len(s.types)) }

// byTitles finds the newest titles of each type that hold all words.
func (s *search) byTitles() error {
	keys, err := s.titles()
	if err != nil {
		return err
	}
	return s.add(byWords, keys)
}

// titles gives the newest records of each type whose titles hold all words.
func (s *search) titles() (keys []Key, err error) {
	for _, t := range s.types {
		if !t.Searchable {
			continue
		}
		form := func(word string) string { return titleWord(t, word) }
		find := s.titled
		if common, err := s.common(form); err != nil {
			return nil, err
		} else if common {
			find = s.recentlyTitled
		}
		titled, err := find(form)
		if err != nil {
			return nil, err
		}
		keys = append(keys, titled...)
	}
	return keys, nil
}

func (s *search) titled(form func(string) string) ([]Key, error) {
	return s.tx.newest(s.expression(form), s.perType())
}

// common says whether each of several words is in many titles. Where all are
// and none go together, the engine would read every one of those titles.
func (s *search) common(form func(string) string) (bool, error) {
	if len(s.words) < 2 {
		return false, nil
	}
	for _, word := range s.words {
		var found int
		_, err := s.tx.one(`SELECT count(*) FROM (`+newestWithSQL+`)`, []any{anyForm(word, form), commonTitles}, &found)
		if err != nil || found < commonTitles {
			return false, err
		}
	}
	return true, nil
}

// recentlyTitled finds titles that are among the newest with each of the words.
func (s *search) recentlyTitled(form func(string) string) ([]Key, error) {
	var each []string
	var args []any
	for _, word := range s.words {
		each = append(each, "SELECT rowid FROM ("+newestWithSQL+")")
		args = append(args, anyForm(word, form), commonTitles)
	}
	return s.tx.indexed(strings.Join(each, " INTERSECT ")+" ORDER BY rowid DESC LIMIT ?", append(args, s.perType()))
}

const newestWithSQL = `SELECT rowid FROM fulltext WHERE fulltext MATCH ? ORDER BY rowid DESC LIMIT ?`

// byAllWords finds the newest records that hold all words anywhere. Where there
// are more of them the titles are searched by themselves, so that a word that
// is common in texts does not keep away the older records that it names.
func (s *search) byAllWords() error {
	if len(s.words) == 0 {
		return nil
	}
	expression := s.expression(func(word string) string { return word })
	if s.narrowed {
		var marks []string
		for _, t := range s.types {
			marks = append(marks, quoteWord(typeWord(t)))
		}
		expression = "(" + strings.Join(marks, " OR ") + ") AND " + expression
	}
	limit := max(s.want, newestTexts)
	keys, err := s.tx.newest(expression, limit)
	if err != nil {
		return err
	}
	if len(keys) == limit {
		if err := s.byTitles(); err != nil {
			return err
		}
	}
	return s.add(byWords, keys)
}

// byBeginnings takes the last word for the beginning of longer ones.
func (s *search) byBeginnings() error {
	if len(s.words) == 0 {
		return nil
	}
	last := &s.words[len(s.words)-1]
	longer, err := s.tx.wordsBeginning(last.text)
	if err != nil || len(longer) == 0 {
		return err
	}
	last.lookUp = slices.Concat(longer, []string{last.text})
	return s.byAllWords()
}

// expression is the full-text condition that every word occurs in some form.
func (s *search) expression(form func(word string) string) string {
	all := make([]string, len(s.words))
	for i, word := range s.words {
		all[i] = anyForm(word, form)
	}
	return strings.Join(all, " AND ")
}

// anyForm is the full-text condition that a word occurs in some form.
func anyForm(word queryWord, form func(string) string) string {
	some := make([]string, len(word.lookUp))
	for j, variant := range word.lookUp {
		some[j] = quoteWord(form(variant))
	}
	return "(" + strings.Join(some, " OR ") + ")"
}

func quoteWord(word string) string { return `"` + word + `"` }

// newest gives the newest records that meet a full-text condition.
func (tx *Tx) newest(expression string, limit int) ([]Key, error) {
	shown, args := tx.hidePrivate()
	args = append(append([]any{expression}, args...), limit)
	return tx.indexed(`SELECT rowid FROM fulltext WHERE fulltext MATCH ?`+shown+` ORDER BY rowid DESC LIMIT ?`, args)
}

// indexed gives the records of rows of the full-text index.
func (tx *Tx) indexed(query string, args []any) (keys []Key, err error) {
	err = tx.scan(query, args, func(rows *sql.Rows) error {
		var rowid int64
		err := rows.Scan(&rowid)
		if t := tx.typeOf(rowid % rowsPerID); t != nil {
			keys = append(keys, Key{t, rowid / rowsPerID})
		}
		return err
	})
	return keys, err
}

// namesBeginning gives records of a type whose names begin with a folded text.
func (tx *Tx) namesBeginning(t *schema.Type, folded string, limit int) (keys []Key, err error) {
	if len([]rune(folded)) < 2 {
		return nil, nil
	}
	for _, name := range t.Names {
		query := "SELECT t.id, " + archivedColumn(t) + " FROM " + t.Name + " t WHERE t." + name + "_fold >= ? AND t." + name + "_fold < ? AND t.deleted_at IS NULL ORDER BY t." + name + "_fold LIMIT ?"
		found, err := tx.matches(t, query, []any{folded, folded + lastRune, limit})
		if err != nil {
			return nil, err
		}
		keys = append(keys, found.current...)
	}
	return keys, nil
}

// lastRune ends the range of the texts that begin with another.
const lastRune = "\U0010ffff"

// sort puts what was found in order: by tier, then score, then the newest.
func (s *search) sort() {
	slices.SortFunc(s.found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.tier, b.tier), cmp.Compare(b.score, a.score),
			cmp.Compare(b.key.ID, a.key.ID), cmp.Compare(a.key.Type.Code, b.key.Type.Code))
	})
}
