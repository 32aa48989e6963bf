package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/crmcp/crmcp/text"
)

// readable is everything that tools read, as one text; an error where it
// cannot be read.
func readable(path string) (all string, err error) {
	ctx := context.Background()
	db, err := Open(ctx, path, Options{})
	if err != nil {
		return "", err
	}
	defer db.Close()
	err = db.View(ctx, Caller{}, func(tx *Tx) error {
		for _, t := range tx.Schema().Types {
			err := tx.eachRecord(t.Name, func(r *Record) error {
				all += fmt.Sprintln(r.Key(), r.Values)
				return nil
			})
			if err != nil {
				return err
			}
			for _, f := range t.Fields {
				if f.Kind.Info().Folded && f.Stored() {
					ids := []int64{}
					err := tx.scan("SELECT id FROM "+t.Name+" WHERE deleted_at IS NULL ORDER BY "+sortColumn(f)+", id", nil, func(rows *sql.Rows) error {
						ids = append(ids, 0)
						return rows.Scan(&ids[len(ids)-1])
					})
					if err != nil {
						return err
					}
					all += fmt.Sprintln(t.Name, f.Name, ids)
				}
			}
		}
		for _, query := range []string{`SELECT * FROM link ORDER BY 1, 2, 3, 4`, `SELECT * FROM change_set ORDER BY id`, `SELECT * FROM change_row ORDER BY 1, 2`,
			`SELECT * FROM identifier WHERE type > 0 ORDER BY 1, 2, 3`, `SELECT * FROM custom_value ORDER BY 1, 2, 3, 4`, `SELECT * FROM content`, `SELECT * FROM idempotency`} {
			more, err := rowsAsText(tx, query)
			if err != nil {
				return err
			}
			all += more
		}
		for _, word := range []string{"acme", "ada", "offer", "tea", "hosting", "renewal", "łodz", "countess"} {
			more, err := rowsAsText(tx, `SELECT rowid FROM fulltext WHERE fulltext MATCH '`+text.Fold(word)+`' ORDER BY rowid`)
			if err != nil {
				return err
			}
			all += more
		}
		return nil
	})
	return all, err
}

func rowsAsText(tx *Tx, query string) (all string, err error) {
	err = tx.scan(query, nil, func(rows *sql.Rows) error {
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		values := make([]any, len(columns))
		err = rows.Scan(pointers(values)...)
		all += fmt.Sprintf("%q\n", values)
		return err
	})
	return all, err
}

// Random bits of a file are flipped, one at a time. Whatever changes something
// that a tool reads must be found, or the file be refused.
func TestFlippedBitsAreFound(t *testing.T) {
	f := filled(t)
	copied := filepath.Join(t.TempDir(), "crm.db")
	if err := f.db.copyInto(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	before, err := readable(copied)
	if err != nil {
		t.Fatal(err)
	}
	// Most of a small file is empty room, where a bit means nothing.
	var used []int
	for at, value := range good {
		if value != 0 {
			used = append(used, at)
		}
	}
	dice := rand.New(rand.NewPCG(5, 8))
	refused, found, harmless, engine := 0, 0, 0, 0
	for range flips {
		at, bit := used[dice.IntN(len(used))], byte(1)<<dice.IntN(8)
		bad := slices.Clone(good)
		bad[at] ^= bit
		path := filepath.Join(t.TempDir(), "bad.db")
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		findings, alone, err := checkFile(path)
		after, unreadable := readable(path)
		switch {
		case err != nil:
			refused++
		case len(findings) > 0:
			found++
		case unreadable != nil:
			t.Errorf("byte %d, bit %d: the file cannot be read (%v), but the check finds nothing", at, bit, unreadable)
		case after != before:
			t.Errorf("byte %d, bit %d changes what is read, but the check finds nothing", at, bit)
		default:
			harmless++
		}
		if alone {
			engine++
		}
	}
	t.Logf("of %d flipped bits %d were found, %d refused, %d change nothing that is read; the engine's own check knows of %d", flips, found, refused, harmless, engine)
}

// checkFile checks a file deeply; alone tells whether the engine's own check
// would have been enough.
func checkFile(path string) (found []Finding, alone bool, err error) {
	ctx := context.Background()
	db, err := Open(ctx, path, Options{})
	if err != nil {
		return nil, true, err
	}
	defer db.Close()
	list, err := damages(ctx, db.reader.handle, indexesSQL)
	if err != nil || len(list) > 0 {
		return []Finding{{}}, true, err
	}
	found, err = db.Check(ctx, true)
	return found, false, err
}
