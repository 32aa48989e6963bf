package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// A long change is written in pieces, so that others get in between. Each
// piece is a transaction with a change set of its own, because a later change
// may stand between two of them and the history is read in the order of change
// sets; the first one is the head, under whose number people see the whole.

// pieceTable says of which change a change set is a piece. The head is a piece
// of itself, and is marked for as long as the change is not complete.
const pieceTable = `CREATE TABLE piece (change_id INTEGER PRIMARY KEY, head INTEGER NOT NULL, incomplete INTEGER)`

// pieceIndex finds the pieces of a change.
const pieceIndex = `CREATE INDEX piece_of_head ON piece (head, change_id)`

// noPieceSQL leaves out the pieces of the changes c but the first.
const noPieceSQL = `NOT EXISTS (SELECT 1 FROM piece p WHERE p.change_id = c.id AND p.head <> c.id)`

// othersTurn is how long the write lock is left to others between two pieces:
// longer than another process pauses before it tries again.
const othersTurn = 4 * time.Millisecond

// Pieces is a change that is written in several transactions. Until it is
// complete the history shows it as incomplete; it can be undone at any time.
type Pieces struct {
	ctx    context.Context
	db     *DB
	caller Caller
	head   int64
	begun  bool
	// next is the number that the next change set gets where nobody else has
	// written since the piece before; alone is set where that is so.
	next  int64
	alone bool
	// words are those that stand among the words of all texts, stand the records
	// that were found by their id.
	words map[string]bool
	stand map[Key]bool
	// emptied is closed when the log of the piece before was written back.
	emptied chan struct{}
}

// Pieces runs fn, which writes a long change piece by piece. When fn returns
// nil the change is complete; else what was written stands as incomplete.
func (db *DB) Pieces(ctx context.Context, caller Caller, fn func(*Pieces) error) error {
	p := &Pieces{ctx: ctx, db: db, caller: caller}
	err := fn(p)
	if p.emptied != nil {
		<-p.emptied
	}
	if err != nil || p.head == 0 {
		usual := db.Update(context.WithoutCancel(ctx), caller, func(tx *Tx) error { return tx.room(usualRoomSQL) })
		return cmp.Or(err, usual)
	}
	return db.Update(ctx, caller, func(tx *Tx) error {
		if err := errors.Join(tx.room(usualRoomSQL), p.check(tx)); err != nil {
			return err
		}
		if err := tx.exec(`UPDATE piece SET incomplete = NULL WHERE change_id = ?`, p.head); err != nil {
			return err
		}
		return tx.reseal(p.head)
	})
}

// Change is the number of the change; 0 where nothing was written yet.
func (p *Pieces) Change() int64 { return p.head }

// Write runs fn as the next piece: all of it is written or nothing. Whatever
// was read in the piece before may have been changed by others meanwhile. A
// change that somebody has undone is not gone on with: that is a conflict.
func (p *Pieces) Write(fn func(*Tx) error) error {
	if p.begun {
		time.Sleep(othersTurn)
	}
	p.begun = true
	var piece *Tx
	err := p.db.Update(p.ctx, p.caller, func(tx *Tx) error {
		piece = tx
		if err := p.enter(tx); err != nil {
			return err
		}
		return fn(tx)
	})
	if err != nil {
		p.words, p.stand = nil, nil
		return err
	}
	if p.head == 0 && piece.Changed() {
		p.head = piece.change.id
	}
	p.words, p.stand = piece.remembered, piece.stand
	p.next = piece.ids[changeCode]
	p.emptyLog()
	return nil
}

// emptyLog writes the log back to the file beside the next piece, which then
// begins it anew and need not do so itself with the write lock in its hands.
func (p *Pieces) emptyLog() {
	if p.emptied != nil {
		<-p.emptied
	}
	p.emptied = make(chan struct{})
	go func() {
		defer close(p.emptied)
		p.db.checkpoint(p.ctx)
	}()
}

// enter makes a transaction a piece of the change.
func (p *Pieces) enter(tx *Tx) error {
	if err := p.check(tx); err != nil {
		return err
	}
	tx.pieces = p
	if err := tx.room(moreRoomSQL); err != nil {
		return err
	}
	var next int64
	if _, err := tx.one(`SELECT next FROM sequence WHERE type = ?`, []any{changeCode}, &next); err != nil {
		return err
	}
	p.alone = p.next != 0 && p.next == next
	if p.alone && p.words != nil {
		tx.remembered, tx.stand = p.words, p.stand
	}
	return nil
}

// room sets what the connection may use.
func (tx *Tx) room(statement string) error {
	_, err := tx.session.conn.ExecContext(tx.ctx, statement)
	return tx.fail(err)
}

// Undisturbed says that nobody else has changed a record since the piece
// before: what was looked up there still holds.
func (tx *Tx) Undisturbed() bool { return tx.pieces != nil && tx.pieces.alone }

// check refuses to add to a change that is not as it was left.
func (p *Pieces) check(tx *Tx) error {
	if p.head == 0 {
		return nil
	}
	var undone bool
	_, err := tx.one(`SELECT undone_by IS NOT NULL FROM change_set WHERE id = ?`, []any{p.head}, &undone)
	if err == nil && undone {
		err = schema.Errorf(schema.Conflict, "%s was undone while it was being written: nothing more of it is written", ChangeString(p.head))
	}
	return err
}

// note writes of which change this change set is a piece.
func (p *Pieces) note(tx *Tx, id int64) (piece, error) {
	if p == nil {
		return piece{}, nil
	}
	one := piece{head: p.head}
	var mark any
	if one.head == 0 {
		one.head, one.incomplete = id, true
		mark = int64(1)
	}
	return one, tx.exec(`INSERT INTO piece (change_id, head, incomplete) VALUES (?, ?, ?)`, id, one.head, mark)
}

// piece is what a change set says of the change that it is a piece of; its
// head is 0 where it stands for itself.
type piece struct {
	head       int64
	incomplete bool
}

// headOf is the number under which people see the change that a change set is
// a piece of: its own, unless it was written in pieces.
func (tx *Tx) headOf(id int64) (int64, error) {
	head := id
	_, err := tx.one(`SELECT head FROM piece WHERE change_id = ?`, []any{id}, &head)
	return head, err
}

// piecesOf are the change sets of a change, the oldest first: it alone, unless
// it was written in pieces.
func (tx *Tx) piecesOf(head int64) ([]int64, error) {
	ids, err := tx.ids64(sqlText(`SELECT change_id FROM piece WHERE head = ? ORDER BY change_id`, head))
	if len(ids) == 0 {
		ids = []int64{head}
	}
	return ids, err
}

// strayPieces looks whether every piece belongs to a change set that is there.
func (c *checker) strayPieces() error {
	return c.tx.scan(`SELECT p.change_id FROM piece p WHERE NOT EXISTS (SELECT 1 FROM change_set c WHERE c.id = p.change_id)
 OR NOT EXISTS (SELECT 1 FROM piece h WHERE h.change_id = p.head AND h.head = p.head)`, nil, func(rows *sql.Rows) error {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
		return c.add(Finding{Record: ChangeString(id), Message: "is a piece of a change that is not there"})
	})
}
