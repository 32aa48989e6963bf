package store

import (
	"context"
	"slices"

	"github.com/crmcp/crmcp/schema"
)

// Bulk makes the rows that keep records, without running them and without a
// history: for made-up data, where writing each record as a user's would take
// hours. Fields that follow from other records must stand in the values;
// Stale tells whether they do.
type Bulk struct {
	tx    *Tx
	words map[string]bool
}

// BulkRow is one statement that writes one row.
type BulkRow struct {
	Statement string
	Args      []any
}

// Bulk reads what making rows needs to know of the database once.
func (db *DB) Bulk(ctx context.Context, caller Caller) (*Bulk, error) {
	b := &Bulk{words: map[string]bool{}}
	err := db.View(ctx, caller, func(tx *Tx) error {
		b.tx = tx
		for _, t := range tx.Schema().OfClass(schema.Setup) {
			ids, err := tx.IDs(t, nil, 0)
			if err != nil {
				return err
			}
			for _, id := range ids {
				if _, err := tx.cached(Key{t, id}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return b, err
}

// Schema is the database's record types.
func (b *Bulk) Schema() *schema.Schema { return b.tx.Schema() }

// Record gives the rows of a record that has its number, uid and times: its
// own, those of its words and of its identifiers. Details are its contact
// details, whose rows are records of their own.
func (b *Bulk) Record(r *Record, details []Detail) ([]BulkRow, error) {
	b.tx.compute(r)
	custom := customFields(r)
	query, args, err := insertion(r, custom)
	if err != nil {
		return nil, err
	}
	rows := []BulkRow{{query, args}}
	for _, f := range custom {
		values, err := customRows(f, r.Values[f.Name])
		if err != nil {
			return nil, err
		}
		for _, row := range values {
			rows = append(rows, customInsertion(r, f, row))
		}
	}
	kept := make([]detailRow, len(details))
	for i, d := range details {
		kept[i] = detailRow(d)
	}
	for _, value := range b.tx.identifiersOf(r, kept) {
		rows = append(rows, BulkRow{insertIdentifier, []any{value, r.Type.Code, r.ID}})
	}
	if !r.Type.Searchable {
		return rows, nil
	}
	title, body, words := fullTextRow(r, kept, "")
	rows = append(rows, BulkRow{insertWords, []any{r.ID*rowsPerID + r.Type.Code, title, body}})
	for _, word := range words.unknown(b.words) {
		rows = append(rows, BulkRow{insertWord, []any{word}})
	}
	return rows, nil
}

// Link gives the row of a link between two records.
func (b *Bulk) Link(one, other Key, position int64) BulkRow {
	left, right := ends(one, other)
	return BulkRow{insertLinkRow, []any{left.Type.Code, left.ID, right.Type.Code, right.ID, position}}
}

// Numbered gives the row that makes new records of a type count on from next.
func (b *Bulk) Numbered(t *schema.Type, next int64) BulkRow {
	return BulkRow{`INSERT INTO sequence (type, next) VALUES (?, ?) ON CONFLICT (type) DO UPDATE SET next = excluded.next`, []any{t.Code, next}}
}

// Counted gives the row that tells how many records of a type lists show.
func (b *Bulk) Counted(t *schema.Type, shown int64) BulkRow {
	return BulkRow{addTally, []any{t.Code, shown, int64(0)}}
}

// Stale names what of a record does not follow from the other rows as it
// should: computed fields, and "identifiers". It needs a transaction that
// writes, and brings them up to date there.
func (tx *Tx) Stale(key Key) ([]string, error) {
	before, err := tx.get(key)
	if err != nil {
		return nil, err
	}
	identified, err := tx.identifiersStale(before)
	if err != nil {
		return nil, err
	}
	tx.touchKey(key, words|firsts|details|deals|work|members|lines|attached)
	if err := tx.settle(); err != nil {
		return nil, err
	}
	after, err := tx.get(key)
	if err != nil {
		return nil, err
	}
	var stale []string
	for _, f := range changedFields(before, after) {
		stale = append(stale, f.Name)
	}
	if identified {
		stale = append(stale, "identifiers")
	}
	return stale, nil
}

func (tx *Tx) identifiersStale(r *Record) (bool, error) {
	var details []detailRow
	var err error
	if r.Type.Field("emails") != nil {
		if details, err = tx.detailRows(r.Key()); err != nil {
			return false, err
		}
	}
	have, err := tx.writtenIdentifiers(r.Key())
	if err != nil {
		return false, err
	}
	wanted, err := tx.wantedIdentifiers(r, details)
	return !slices.Equal(have, wanted), err
}
