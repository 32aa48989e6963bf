package store

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// keepShortWords keeps the words of short fields that a file of a program
// before does not: those with digits, long ones, and those of records with
// more words than were kept.
func (tx *Tx) keepShortWords() error {
	var words rowWords
	for _, t := range tx.Schema().Types {
		if !t.Searchable || t.Private {
			continue
		}
		if err := tx.unusualTexts(t, func(value string) {
			words.near = append(words.near, slices.DeleteFunc(text.Words(value), func(word string) bool { return !isUnusual(word) })...)
		}); err != nil {
			return err
		}
		words.near = slices.Compact(slices.Sorted(slices.Values(words.near)))
	}
	keys, err := tx.wordy()
	if err != nil {
		return err
	}
	for _, key := range keys {
		r, err := tx.get(key)
		if err != nil {
			return err
		}
		titles, bodies := indexedTexts(r, nil)
		words.of(titles)
		words.of(bodies)
	}
	values := words.unknown(tx.remembered)
	slices.Sort(values)
	for _, value := range values {
		if err := tx.exec(insertWord, value); err != nil {
			return err
		}
	}
	return nil
}

// unusualTexts gives the short texts of the records of which one may hold an
// unusual word: is no short one of plain letters.
func (tx *Tx) unusualTexts(t *schema.Type, each func(string)) error {
	var columns, conditions []string
	var args []any
	for _, f := range t.Fields {
		if isShort(t, f) {
			column := filterColumn(f)
			columns = append(columns, "coalesce("+column+", '')")
			conditions = append(conditions, "length("+column+") > ? OR "+column+" GLOB ?")
			args = append(args, longestWord, "*[^ a-z.,&()'/-]*")
		}
	}
	query := fmt.Sprintf("SELECT %s FROM %s WHERE %s", strings.Join(columns, " || char(10) || "), t.Name, strings.Join(conditions, " OR "))
	return tx.scan(query, args, func(rows *sql.Rows) error {
		var texts string
		err := rows.Scan(&texts)
		each(texts)
		return err
	})
}

// wordy gives the records with more words than are kept of one.
func (tx *Tx) wordy() (keys []Key, err error) {
	err = tx.scan(manyWordsSQL, nil, func(rows *sql.Rows) error {
		var rowid int64
		var sizes []byte
		err := rows.Scan(&rowid, &sizes)
		if t := tx.typeOf(rowid % rowsPerID); t != nil && !t.Private && lastNumber(sizes) > maxRemember {
			keys = append(keys, Key{t, rowid / rowsPerID})
		}
		return err
	})
	return keys, err
}

// lastNumber reads the last of some numbers, each seven bits a byte, the bytes
// but its last marked: how many words a row of the full-text index has.
func lastNumber(data []byte) (last int) {
	n := 0
	for _, b := range data {
		n = n<<7 | int(b&0x7f)
		if b < 0x80 {
			last, n = n, 0
		}
	}
	return last
}
