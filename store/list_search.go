package store

import (
	"fmt"
	"strings"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// wordSearch is the condition that a record has words, as an expression of
// the full-text index.
type wordSearch struct {
	t          *schema.Type
	expression string
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
	// mostWords is how many words a list can be searched for: each costs a
	// look-up of its own.
	mostWords = 100
)

// readSearch reads the words to search. Records that the index does not hold,
// archived ones and those of types that are not searched, are sought by their
// titles.
func (l *listing) readSearch() error {
	if l.Search == "" {
		return nil
	}
	words := text.Words(l.Search)
	title := l.Type.TitleField()
	switch {
	case len(words) == 0:
		return schema.Errorf(schema.InvalidArgument, "search holds no word or number: send words, or leave search out")
	case len(words) > mostWords:
		return schema.Errorf(schema.InvalidArgument, "search has %d words; at most %d fit: send those that say most", len(words), mostWords)
	case !l.Type.Searchable && title == nil:
		return schema.Errorf(schema.InvalidArgument, "%s cannot be searched: send a filter instead of search", l.Type.Plural)
	case !l.Type.Searchable, filter.Uses(l.Where, "archived_at") && title != nil:
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
	w := &wordSearch{t: l.Type, expression: strings.Join(quoteWords(words), " ")}
	l.words = w
	for {
		rows := w.rows()
		statement := sqlText("SELECT count(*) FROM (SELECT 1 ").plus(rows.bodyOf(rows.where)).then(" LIMIT ?) counted", manyFound)
		_, err := l.tx.one(statement.sql, statement.args, &w.found)
		if err != nil || w.found >= manyFound || w.begins {
			return err
		}
		w.begins, w.expression = true, w.expression+"*"
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

// rows are the records of the type that have the words.
func (w *wordSearch) rows() *semijoin {
	s := &semijoin{column: numberFound, of: "t"}
	s.table("fulltext", "found")
	s.on(haveWords, w.expression)
	s.on(fmt.Sprintf("%s = %d", typeFound, w.t.Code))
	return s
}

// condition asks each record for the words where they are so common that this
// is quicker than reading all records that have them. The records of words
// that begin alike are put together anew by each question, so they are read
// once. The sign keeps the engine from beginning with them: the list is read
// in its order.
func (w *wordSearch) condition() clause {
	rows := w.rows()
	if w.begins || w.found < manyFound {
		return sqlText("+t.id IN (SELECT " + numberFound + " ").plus(rows.bodyOf(rows.where)).then(")")
	}
	s := &semijoin{tables: rows.tables}
	s.on(haveWords, w.expression)
	s.on(fmt.Sprintf("found.rowid = t.id * %d + %d", rowsPerID, w.t.Code))
	return s.exists()
}
