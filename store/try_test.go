package store

import (
	"errors"
	"testing"

	"github.com/crmcp/crmcp/schema"
)

// add creates a record within a transaction.
func (f *fixture) add(tx *Tx, typ string, args map[string]any) *Record {
	f.Helper()
	var problems schema.Problems
	in := tx.Reader(false).Read(tx.Schema().Type(typ), args, &problems)
	written, err := tx.Create(in, WriteOptions{Problems: problems})
	if err != nil {
		f.Fatal(err)
	}
	return written.Record
}

var errTry = errors.New("changed my mind")

func TestTryTakesBackWhatFailed(t *testing.T) {
	f := newFixture(t)
	acme := f.create("organization", map[string]any{"name": "Acme"})
	bolt := f.create("organization", map[string]any{"name": "Bolt"})
	var change int64
	f.update(func(tx *Tx) error {
		f.add(tx, "contact", map[string]any{"first_name": "Ann", "organization": "Acme"})
		err := tx.Try(func() error {
			f.add(tx, "contact", map[string]any{"first_name": "Bob", "organizations": []any{"Acme", "Bolt"}, "tags": []any{"fresh"}, "phone": "+31 20 123 4567"})
			return errTry
		})
		if !errors.Is(err, errTry) {
			t.Errorf("Try gave %v", err)
		}
		if err := tx.Try(func() error {
			f.add(tx, "contact", map[string]any{"first_name": "Cid", "organization": "Bolt", "tags": []any{"old"}})
			return nil
		}); err != nil {
			t.Error(err)
		}
		var err2 error
		change, err2 = tx.ChangeID()
		return err2
	})
	f.wantNames("contact", "", "created_at", "", "Ann Cid")
	f.wantNames("tag", "", "name", "", "old")
	for _, before := range []*Record{acme, bolt} {
		f.view(func(tx *Tx) error {
			r, err := tx.Get(before.Type, before.ID)
			if err == nil && (r.Int("contact_count") != 1 || r.Int("version") != 2) {
				t.Errorf("%s has %d contacts and version %d", r.Title(), r.Int("contact_count"), r.Int("version"))
			}
			return err
		})
	}
	f.view(func(tx *Tx) error {
		var rows, noted int
		if _, err := tx.one(`SELECT count(*) FROM change_row WHERE change_id = ?`, []any{change}, &rows); err != nil {
			return err
		}
		if _, err := tx.one(`SELECT row_count FROM change_set WHERE id = ?`, []any{change}, &noted); err != nil {
			return err
		}
		// Ann and a membership; the tag, Cid, a membership and the link with the tag.
		if rows != 6 || noted != 6 {
			t.Errorf("%d rows of history, %d noted", rows, noted)
		}
		return nil
	})
}

func TestTryGoesOnAfterAUniqueValueIsTaken(t *testing.T) {
	f := newFixture(t)
	f.create("organization", map[string]any{"name": "Acme", "external_id": "A1"})
	f.update(func(tx *Tx) error {
		err := tx.Try(func() error {
			var problems schema.Problems
			in := tx.Reader(false).Read(tx.Schema().Type("organization"), map[string]any{"name": "Other", "external_id": "a1"}, &problems)
			_, err := tx.Create(in, WriteOptions{Problems: problems})
			return err
		})
		var known *schema.Error
		if !errors.As(err, &known) || known.Code != schema.Conflict {
			t.Errorf("Try gave %v", err)
		}
		f.add(tx, "organization", map[string]any{"name": "Bolt"})
		return nil
	})
	f.wantNames("organization", "", "name", "", "Acme Bolt")
}

func TestTryAloneLeavesNoChange(t *testing.T) {
	f := newFixture(t)
	next := func() (id int64) {
		f.update(func(tx *Tx) error {
			id = f.add(tx, "organization", map[string]any{"name": "Acme"}).ID
			return nil
		})
		return id
	}
	first := next()
	f.update(func(tx *Tx) error {
		err := tx.Try(func() error {
			f.add(tx, "organization", map[string]any{"name": "Never"})
			_, err := tx.ChangeID()
			return errors.Join(err, errTry)
		})
		if !errors.Is(err, errTry) || tx.Changed() {
			t.Errorf("Try gave %v, changed %v", err, tx.Changed())
		}
		return nil
	})
	if second := next(); second != first+1 {
		t.Errorf("the number after %d is %d", first, second)
	}
}

func TestTryFailsTheTransactionOnOtherErrorsOfTheEngine(t *testing.T) {
	f := newFixture(t)
	err := f.db.Update(t.Context(), Caller{}, func(tx *Tx) error {
		f.add(tx, "organization", map[string]any{"name": "Acme"})
		_ = tx.Try(func() error { return tx.exec(`INSERT INTO no_table VALUES (1)`) })
		return nil
	})
	if err == nil {
		t.Error("the transaction was committed")
	}
	f.wantNames("organization", "", "name", "", "")
}
