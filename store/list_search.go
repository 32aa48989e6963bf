package store

import (
	"fmt"
	"strings"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// wordSearch is the condition that a record has words: as an expression of
// the full-text index, and together with the mark of the type.
type wordSearch struct {
	t          *schema.Type
	expression string
	match      string
	// begins: the last word may be the beginning of a longer one.
	begins bool
	// found is how many records have the words, counted up to manyFound.
	found int
}

const (
	// fewFound is how many records still drive a statement well.
	fewFound = 2_000
	// manyFound is from where on the records of a list are asked one by one
	// whether they have the words: enough of the first ones will.
	manyFound = 50_000
)

// readSearch reads the words to search. Types that the index does not hold
// are searched by their titles.
func (l *listing) readSearch() error {
	if l.Search == "" {
		return nil
	}
	words := text.QueryWords(l.Search)
	title := l.Type.TitleField()
	switch {
	case len(words) == 0:
		return schema.Errorf(schema.InvalidArgument, "search holds no word or number: send words, or leave search out")
	case !l.Type.Searchable && title == nil:
		return schema.Errorf(schema.InvalidArgument, "%s cannot be searched: send a filter instead of search", l.Type.Plural)
	case !l.Type.Searchable:
		parts := filter.And(conjuncts(l.Where))
		for _, word := range words {
			parts = append(parts, filter.Compare{Field: title, Op: filter.Contains, Values: []any{word}})
		}
		l.Where = parts
		return nil
	}
	return l.countWords(words)
}

// countWords finds out how common the words are. The last word is taken for
// the beginning of longer ones unless it is a common word itself.
func (l *listing) countWords(words []string) error {
	exact := strings.Join(quoteWords(words), " ")
	mark := quoteWord(typeWord(l.Type)) + " "
	w := &wordSearch{t: l.Type, expression: exact, match: mark + exact}
	l.words = w
	for {
		_, err := l.tx.one(`SELECT count(*) FROM (SELECT 1 FROM fulltext WHERE fulltext MATCH ? LIMIT ?) counted`,
			[]any{w.match, manyFound}, &w.found)
		if err != nil || w.found >= manyFound || w.begins {
			return err
		}
		w.begins, w.expression, w.match = true, exact+"*", w.match+"*"
	}
}

func quoteWords(words []string) []string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = quoteWord(word)
	}
	return quoted
}

func (w *wordSearch) breadth() int {
	if w.found < fewFound {
		return narrow
	}
	return broader
}

// rows are the matches, joined to the table "t".
func (w *wordSearch) rows() *semijoin {
	s := &semijoin{}
	s.table("fulltext", "found")
	s.on("found.fulltext MATCH ?", w.match)
	s.on(fmt.Sprintf("t.id = found.rowid / %d", rowsPerID))
	return s
}

// condition asks each record for the words where they are so common that this
// is quicker than reading all records that have them. The records of words
// that begin alike are put together anew by each question, so they are read
// once.
func (w *wordSearch) condition() clause {
	if w.begins || w.found < manyFound {
		return sqlText(fmt.Sprintf("t.id IN (SELECT found.rowid / %d FROM fulltext found WHERE found.fulltext MATCH ?)", rowsPerID), w.match)
	}
	s := &semijoin{}
	s.table("fulltext", "found")
	s.on("found.fulltext MATCH ?", w.expression)
	s.on(fmt.Sprintf("found.rowid = t.id * %d + %d", rowsPerID, w.t.Code))
	return s.exists()
}
