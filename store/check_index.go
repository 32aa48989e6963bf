package store

import (
	"database/sql"
	"fmt"
	"hash/maphash"
	"slices"
)

// scratchStatements make, on a connection that checks, a second full-text
// index on a temporary file, and tables that list the words of both.
func scratchStatements() []string {
	return []string{"PRAGMA temp_store=FILE", scratchSQL, scratchIndexSQL, fmt.Sprintf(instancesSQL, "kept_words", "main"), fmt.Sprintf(instancesSQL, "made_words", "scratch")}
}

// index compares the identifiers of a record with what it holds, and notes the
// words under which it should be found.
func (c *checker) index(r *Record) error {
	var details []detailRow
	var err error
	if r.Type.Field("emails") != nil {
		if details, err = c.tx.detailRows(r.Key()); err != nil {
			return err
		}
	}
	if err := c.identified(r, details); err != nil {
		return err
	}
	if !r.Type.Searchable || r.Has("deleted_at") || r.Has("archived_at") {
		return nil
	}
	content, err := c.tx.contentText(r)
	if err != nil {
		return err
	}
	title, body, words := fullTextRow(r, details, content)
	for _, word := range words.unknown(map[string]bool{}) {
		c.words[word] = true
	}
	_, err = c.tx.session.conn.ExecContext(c.tx.ctx, scratchWordSQL, r.ID*rowsPerID+r.Type.Code, title, body)
	return err
}

func (c *checker) identified(r *Record, details []detailRow) error {
	wanted, err := c.tx.wantedIdentifiers(r, details)
	if err != nil {
		return err
	}
	var have []string
	err = c.tx.scan(`SELECT value FROM identifier WHERE type = ? AND record_id = ? ORDER BY value`, []any{r.Type.Code, r.ID}, func(rows *sql.Rows) error {
		var value string
		err := rows.Scan(&value)
		have = append(have, value)
		return err
	})
	if err != nil {
		return err
	}
	c.identifiers += int64(len(have))
	if slices.Equal(have, wanted) {
		return nil
	}
	return c.stale(r, "identifiers", "it is found under %d identifiers that are not those it has", len(have))
}

// searchWords compares the full-text index with one made anew, and the words
// that completion offers with those of the records.
func (c *checker) searchWords() error {
	var kept int64
	if _, err := c.tx.one(`SELECT count(*) FROM identifier WHERE type <> 0`, nil, &kept); err != nil {
		return err
	}
	if kept != c.identifiers {
		if err := c.add(Finding{Message: fmt.Sprintf("%d identifiers belong to no record", kept-c.identifiers), Derived: true}); err != nil {
			return err
		}
	}
	if err := c.completion(); err != nil {
		return err
	}
	return c.fullText()
}

func (c *checker) completion() error {
	err := c.tx.scan(`SELECT value FROM identifier WHERE type = 0`, nil, func(rows *sql.Rows) error {
		var value string
		err := rows.Scan(&value)
		delete(c.words, value)
		return err
	})
	if err == nil && len(c.words) > 0 {
		err = c.add(Finding{Message: fmt.Sprintf("completion does not know %d words of the records", len(c.words)), Derived: true})
	}
	return err
}

// fullText compares, record by record, a hash over the words of the index with
// their fields and places; their order does not count.
func (c *checker) fullText() error {
	seed := maphash.MakeSeed()
	sums := [2]map[int64]uint64{}
	for i, table := range []string{"kept_words", "made_words"} {
		sums[i] = map[int64]uint64{}
		err := c.tx.scan(`SELECT doc, term, col, "offset" FROM temp.`+table, nil, func(rows *sql.Rows) error {
			var doc, place int64
			var term, column string
			err := rows.Scan(&doc, &term, &column, &place)
			sums[i][doc] += maphash.String(seed, fmt.Sprint(term, "\n", column, "\n", place))
			return err
		})
		if err != nil {
			return err
		}
	}
	for doc, sum := range sums[1] {
		if sums[0][doc] != sum {
			sums[0][doc] = 0
			if err := c.misfiled(doc, "is not found by the words it has"); err != nil {
				return err
			}
		}
		delete(sums[0], doc)
	}
	for doc := range sums[0] {
		if err := c.misfiled(doc, "is found by words, though it should not be"); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) misfiled(doc int64, message string) error {
	f := Finding{Field: "search", Message: message, Derived: true}
	if t := c.tx.typeOf(doc % rowsPerID); t != nil {
		f.Record = t.IDString(doc / rowsPerID)
	}
	return c.add(f)
}
