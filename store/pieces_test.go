package store

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/crmcp/crmcp/schema"
)

// longChange writes n pieces of one organization each; stop fails the piece of
// that number.
func (f *fixture) longChange(n, stop int, between func(piece int)) (change int64, err error) {
	f.Helper()
	err = f.db.Pieces(context.Background(), Caller{Client: "test", Tool: "long"}, func(p *Pieces) error {
		for i := range n {
			err := p.Write(func(tx *Tx) error {
				in := &schema.Input{Type: tx.Schema().Type("organization"), Values: map[string]any{"name": fmt.Sprintf("Piece %d", i)}}
				if _, err := tx.Create(in, WriteOptions{}); err != nil {
					return err
				}
				if i == stop {
					return errors.New("stopped")
				}
				return nil
			})
			change = p.Change()
			if err != nil {
				return err
			}
			if between != nil {
				between(i)
			}
		}
		return nil
	})
	return change, err
}

func (f *fixture) newest(q HistoryQuery) (changes []Change) {
	f.Helper()
	f.view(func(tx *Tx) (err error) {
		changes, _, err = tx.History(q)
		return err
	})
	return changes
}

func TestPiecesAreOneChange(t *testing.T) {
	f := newFixture(t)
	before := f.content()
	other := int64(0)
	change, err := f.longChange(3, -1, func(piece int) {
		if piece == 0 {
			f.create("organization", map[string]any{"name": "Other"})
			other = f.newest(HistoryQuery{})[0].ID
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	shown := f.newest(HistoryQuery{})
	if len(shown) < 2 || shown[0].ID != other || shown[1].ID != change || shown[1].Rows != 3 || len(shown[1].Entries) != 3 || shown[1].Incomplete {
		t.Fatalf("the history shows %+v", shown)
	}
	piece := f.newest(HistoryQuery{Change: change + 3})
	of := f.newest(HistoryQuery{Of: &Key{f.db.Schema().Type("organization"), shown[1].Entries[2].Record.ID}})
	if len(piece) != 1 || piece[0].ID != change || len(of) != 1 || of[0].ID != change || len(of[0].Entries) != 1 {
		t.Errorf("a piece is shown as %+v, its record's history as %+v", piece, of)
	}
	f.sound()
	if done, err := f.undo(); err != nil || len(done.Changes) != 1 || done.Changes[0] != change || len(done.Records) != 3 {
		t.Fatalf("undone: %+v, %v", done, err)
	}
	f.sound()
	if _, err := f.undo(); err != nil {
		t.Fatal(err)
	}
	if after := f.content(); after != before {
		t.Errorf("after the undo there is\n%s\nand not\n%s", after, before)
	}
}

func TestPiecesThatWereCutShort(t *testing.T) {
	f := newFixture(t)
	before := f.content()
	change, err := f.longChange(4, 2, nil)
	if err == nil || change == 0 {
		t.Fatalf("%d, %v", change, err)
	}
	shown := f.newest(HistoryQuery{})[0]
	if shown.ID != change || !shown.Incomplete || shown.Rows != 2 {
		t.Errorf("the history shows %+v", shown)
	}
	f.sound()
	done, err := f.undo()
	if err != nil || done.Changes[0] != change {
		t.Fatalf("undone: %+v, %v", done, err)
	}
	if after := f.content(); after != before {
		t.Errorf("after the undo there is\n%s\nand not\n%s", after, before)
	}
	f.sound()
	undoOfUndo := f.newest(HistoryQuery{})[0].ID
	f.update(func(tx *Tx) error {
		_, err := tx.Undo([]int64{undoOfUndo}, false)
		return err
	})
	if _, err := f.undo(); err != nil {
		t.Errorf("what an undo gave back cannot be undone: %v", err)
	}
}

func TestPiecesThatAreUndoneMeanwhile(t *testing.T) {
	f := newFixture(t)
	before := f.content()
	_, err := f.longChange(3, -1, func(piece int) {
		if piece == 1 {
			if _, err := f.undo(); err != nil {
				t.Error(err)
			}
		}
	})
	wantCode(t, err, schema.Conflict)
	if after := f.content(); after != before {
		t.Errorf("there is\n%s\nand not\n%s", after, before)
	}
}

// TestPiecesAreChecked changes what the file says of the pieces.
func TestPiecesAreChecked(t *testing.T) {
	for _, statement := range []string{
		`UPDATE piece SET incomplete = 1 WHERE change_id = head`,
		`UPDATE piece SET head = change_id`,
		`DELETE FROM piece WHERE change_id <> head`,
		`INSERT INTO piece (change_id, head) VALUES (900, 900)`,
	} {
		f := newFixture(t)
		if _, err := f.longChange(2, -1, nil); err != nil {
			t.Fatal(err)
		}
		f.update(func(tx *Tx) error { return tx.exec(statement) })
		found, err := f.db.Check(t.Context(), true)
		if err != nil || len(found) == 0 {
			t.Errorf("%s: nothing is found (%v)", statement, err)
		}
	}
}

// sound checks the whole database against its history.
func (f *fixture) sound() {
	f.Helper()
	found, err := f.db.Check(f.Context(), true)
	if err != nil || len(found) > 0 {
		f.Errorf("check finds %v, %v", found, err)
	}
}
