package store

import (
	"database/sql"
	"fmt"

	"github.com/crmcp/crmcp/schema"
)

// tally is how many records of a type lists show, and how many lie in the
// trash or are archived.
type tally struct{ shown, hidden int64 }

// tallied tells the types whose records are counted as they are written:
// those that show the same records to everybody, so that one number tells how
// long the whole list is.
func tallied(t *schema.Type) bool {
	return len(t.Sorts) > 0 && t.Class != schema.Part && !t.Private && !t.Attached
}

// recount notes that a record was made (before is nil), erased (after is nil)
// or changed.
func (tx *Tx) recount(before, after *Record) {
	for r, n := range map[*Record]int64{before: -1, after: 1} {
		if r == nil || !tallied(r.Type) {
			continue
		}
		if tx.tallies == nil {
			tx.tallies = map[int64]tally{}
		}
		sum := tx.tallies[r.Type.Code]
		if r.Values["deleted_at"] == nil && r.Values["archived_at"] == nil {
			sum.shown += n
		} else {
			sum.hidden += n
		}
		tx.tallies[r.Type.Code] = sum
	}
}

// tally reads how many records of a type there are, those of this transaction
// included.
func (tx *Tx) tally(t *schema.Type) (sum tally, err error) {
	_, err = tx.one(`SELECT shown, hidden FROM record_count WHERE type = ?`, []any{t.Code}, &sum.shown, &sum.hidden)
	noted := tx.tallies[t.Code]
	return tally{sum.shown + noted.shown, sum.hidden + noted.hidden}, err
}

const addTally = `INSERT INTO record_count (type, shown, hidden) VALUES (?, ?, ?)
 ON CONFLICT (type) DO UPDATE SET shown = shown + excluded.shown, hidden = hidden + excluded.hidden`

// saveTallies writes what was counted at the end of the transaction.
func (tx *Tx) saveTallies() error {
	for code, sum := range tx.tallies {
		if sum == (tally{}) {
			continue
		}
		if err := tx.exec(addTally, code, sum.shown, sum.hidden); err != nil {
			return err
		}
	}
	return nil
}

// countTally counts the records of a type one by one.
func (tx *Tx) countTally(t *schema.Type) (sum tally, err error) {
	shown := "deleted_at IS NULL"
	if t.Field("archived_at") != nil {
		shown += " AND archived_at IS NULL"
	}
	var all int64
	if _, err = tx.one("SELECT count(*) FROM "+t.Name, nil, &all); err == nil {
		_, err = tx.one("SELECT count(*) FROM "+t.Name+" WHERE "+shown, nil, &sum.shown)
	}
	sum.hidden = all - sum.shown
	return sum, err
}

// tallyAnew counts all records, for files that have no counts yet or wrong ones.
func (tx *Tx) tallyAnew() error {
	clear(tx.tallies)
	if err := tx.exec(`DELETE FROM record_count`); err != nil {
		return err
	}
	for _, t := range tx.Schema().Types {
		if !tallied(t) {
			continue
		}
		sum, err := tx.countTally(t)
		if err == nil && sum != (tally{}) {
			err = tx.exec(addTally, t.Code, sum.shown, sum.hidden)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tallies compares the numbers of records with those that were kept.
func (c *checker) tallies() error {
	kept := map[int64]tally{}
	err := c.tx.scan(`SELECT type, shown, hidden FROM record_count`, nil, func(rows *sql.Rows) error {
		var code int64
		var sum tally
		err := rows.Scan(&code, &sum.shown, &sum.hidden)
		kept[code] = sum
		return err
	})
	if err != nil {
		return err
	}
	for _, t := range c.tx.Schema().Types {
		if !tallied(t) {
			continue
		}
		sum, err := c.tx.countTally(t)
		if err == nil && sum != kept[t.Code] {
			err = c.add(Finding{Derived: true, Message: fmt.Sprintf("%d %s and %d archived or deleted ones are counted, where there are %d and %d",
				kept[t.Code].shown, t.Plural, kept[t.Code].hidden, sum.shown, sum.hidden)})
		}
		if err != nil {
			return err
		}
	}
	return nil
}
