package store

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// rowsPerID leaves room in the full-text rowid for the type beside the number.
const rowsPerID = 64

// firstMark is the first of the private-use characters that mark words of the
// index; no word of a text holds one.
const firstMark = 0xe000

// titleWord is the form in which a word of a title is indexed: marked by the
// type, so that it has postings of its own. However common a word is in texts,
// the newest titles of a type that hold it are found without reading those.
func titleWord(t *schema.Type, word string) string { return typeWord(t) + word }

// typeWord stands in the index for the type of a record.
func typeWord(t *schema.Type) string { return string(rune(firstMark + t.Code)) }

// wordRow is a row that the full-text index is to have; without words it is
// to have none.
type wordRow struct {
	rowid       int64
	fresh       bool
	title, body string
	words       rowWords
}

// rowWords are the words of a row. Those of short fields, in which filters look
// for parts of words, stand in near once more.
type rowWords struct{ near, all []string }

// manyWaiting is how many rows wait before they are written.
const manyWaiting = 5_000

// reindexWords notes what the full-text row of a record is to hold. Records in
// the trash and archived ones have none. Rows are written together, in the
// order of their numbers, because the index is written out whenever the
// numbers fall and at every savepoint.
func (tx *Tx) reindexWords(r *Record, details []detailRow, fresh bool) error {
	if !r.Type.Searchable {
		return nil
	}
	row := wordRow{rowid: r.ID*rowsPerID + r.Type.Code, fresh: fresh}
	if !r.Has("deleted_at") && !r.Has("archived_at") {
		content, err := tx.contentText(r)
		if err != nil {
			return err
		}
		row.title, row.body, row.words = fullTextRow(r, details, content)
	}
	tx.waiting = append(tx.waiting, row)
	if len(tx.waiting) < manyWaiting {
		return nil
	}
	return tx.writeWords()
}

// writeWords writes the rows of the full-text index that wait.
func (tx *Tx) writeWords() error {
	rows := slices.Clone(tx.waiting)
	tx.waiting = nil
	slices.SortStableFunc(rows, func(a, b wordRow) int { return cmp.Compare(a.rowid, b.rowid) })
	var words []string
	for _, row := range rows {
		if !row.fresh {
			if err := tx.exec(`DELETE FROM fulltext WHERE rowid = ?`, row.rowid); err != nil {
				return err
			}
		}
		if row.body == "" {
			continue
		}
		if err := tx.exec(insertWords, row.rowid, row.title, row.body); err != nil {
			return err
		}
		words = append(words, row.words.unknown(tx.remembered)...)
	}
	slices.Sort(words)
	for _, word := range words {
		if err := tx.exec(insertWord, word); err != nil {
			return err
		}
	}
	return nil
}

const insertWords = `INSERT INTO fulltext (rowid, title, body) VALUES (?, ?, ?)`

// fullTextRow is what the index holds of a record, and its words, which are
// kept beside it.
func fullTextRow(r *Record, details []detailRow, content string) (title, body string, words rowWords) {
	titles, bodies := indexedTexts(r, details)
	first := words.of(titles)
	rest := words.of(append(bodies, indexedText{value: content}))
	marked := make([]string, len(first))
	for i, word := range first {
		marked[i] = titleWord(r.Type, word)
	}
	words.all = append(append([]string{typeWord(r.Type)}, first...), rest...)
	body = strings.Join(words.all, " ")
	if words.all = words.all[1:]; isPrivate(r) {
		words = rowWords{}
	}
	return strings.Join(marked, " "), body, words
}

// of gives the words of texts and notes those of short fields.
func (w *rowWords) of(texts []indexedText) (words []string) {
	var alike []string
	for i, t := range texts {
		alike = append(alike, t.value)
		if i+1 < len(texts) && texts[i+1].short == t.short {
			continue
		}
		found := strings.Fields(text.IndexText(strings.Join(alike, "\n")))
		words = append(words, found...)
		if t.short {
			w.near = append(w.near, found...)
		}
		alike = alike[:0]
	}
	return words
}

// indexedText is a text by which a record is found; short: of a field whose
// texts are short.
type indexedText struct {
	value string
	short bool
}

// indexedTexts gives the texts of a record by which it is found: its title and
// keys, and the rest. Contact details stand for the fields that repeat one.
func indexedTexts(r *Record, details []detailRow) (titles, bodies []indexedText) {
	for _, f := range r.Type.Fields {
		one := indexedText{r.Text(f.Name), isShort(r.Type, f)}
		switch {
		case one.value == "":
		case f.Name == r.Type.Title || slices.Contains(r.Type.Keys, f.Name):
			titles = append(titles, one)
		case searchedField(f):
			bodies = append(bodies, one)
		}
	}
	for _, d := range details {
		bodies = append(bodies, indexedText{value: d.Value})
	}
	return titles, bodies
}

// isShort tells the fields of a line of words, other than codes and addresses,
// that the full-text index holds: all of their words with a letter are kept.
func isShort(t *schema.Type, f *schema.Field) bool {
	return t.Searchable && f.Kind == schema.Text && !f.Custom && (f.Name == t.Title || searchedField(f))
}

// searchedField says whether the words of a field are indexed.
func searchedField(f *schema.Field) bool {
	if f.System || f.ReadOnly || f.Computed || f.WriteOnly || f.Kept != "" {
		return false
	}
	return f.Kind.IsText()
}

// maxIndexed is how much of a document's text is indexed, in bytes.
const maxIndexed = 1 << 20

// contentText is the text of a document; empty for other records and for
// documents that hold none.
func (tx *Tx) contentText(r *Record) (string, error) {
	hash := r.Text("sha256")
	if r.Type.Field("content") == nil || hash == "" {
		return "", nil
	}
	var content []byte
	if _, err := tx.one(`SELECT bytes FROM content WHERE sha256 = ?`, []any{hash}, &content); err != nil {
		return "", err
	}
	content = content[:min(len(content), maxIndexed)]
	for range utf8.UTFMax {
		if len(content) > 0 && !utf8.Valid(content) {
			content = content[:len(content)-1]
		}
	}
	if !utf8.Valid(content) || slices.Contains(content, 0) {
		return "", nil
	}
	return string(content), nil
}

// The words of all texts are kept beside the identifiers, where finding those
// that begin like another or look like it costs no reading of the postings of
// each, as it would in the full-text index.
const (
	wordKey      = "w:"
	numberedKey  = "x:"
	unusualKey   = "v:"
	shortestWord = 2
	longestWord  = 32
	maxRemember  = 2_000
)

const insertWord = `INSERT INTO identifier (value, type, record_id) VALUES (?, 0, 0) ON CONFLICT DO NOTHING`

// keptWord is the form in which a word is kept. Those with digits, mostly of
// addresses, stand apart: no mistake in a word is corrected to one of them, and
// reading past them would cost more than all the others.
func keptWord(word string) string {
	if strings.ContainsFunc(word, unicode.IsNumber) {
		return numberedKey + word
	}
	return wordKey + word
}

// isUnusual tells the words with a letter that are not kept as others are,
// because they hold digits or are long. Those of short fields are kept apart
// from the multitude of others, for filters that look for parts of words.
func isUnusual(word string) bool {
	length := utf8.RuneCountInString(word)
	return length >= shortestWord && strings.ContainsFunc(word, unicode.IsLetter) &&
		(length > longestWord || strings.ContainsFunc(word, unicode.IsNumber))
}

// separateNumbered moves the words with digits of a file that kept all words
// together.
func (tx *Tx) separateNumbered() error {
	words, err := tx.words(`SELECT value FROM identifier WHERE value >= ? AND value < ?`, wordKey, wordKey+lastRune)
	for _, word := range words {
		if kept := keptWord(word); err == nil && kept != wordKey+word {
			if err = tx.exec(`DELETE FROM identifier WHERE value = ? AND type = 0 AND record_id = 0`, wordKey+word); err == nil {
				err = tx.exec(insertWord, kept)
			}
		}
	}
	return err
}

// isRemembered says whether completion and correction can offer a word.
func isRemembered(word string) bool {
	length := utf8.RuneCountInString(word)
	return length >= shortestWord && length <= longestWord && strings.ContainsFunc(word, unicode.IsLetter)
}

// unknown gives the forms in which words are kept that are not known yet, and
// notes them. Of the words of a short field none is left out, however many the
// record has.
func (w rowWords) unknown(known map[string]bool) (values []string) {
	add := func(word, value string) {
		if !known[word] {
			known[word] = true
			values = append(values, value)
		}
	}
	for _, word := range w.near {
		if isUnusual(word) {
			add(unusualKey+word, unusualKey+word)
		} else if isRemembered(word) {
			add(word, keptWord(word))
		}
	}
	distinct := slices.Compact(slices.Sorted(slices.Values(w.all)))
	for _, word := range distinct[:min(len(distinct), maxRemember)] {
		if isRemembered(word) {
			add(word, keptWord(word))
		}
	}
	return values
}
