package store

import (
	"database/sql"
	"errors"
	"fmt"
)

// linkState is a link with its place, as the table or the history has it.
type linkState struct {
	leftType, left, rightType, right int64
	position                         int64
	there                            bool
}

func (l linkState) same(o linkState) bool {
	return l.leftType == o.leftType && l.left == o.left && l.rightType == o.rightType && l.right == o.right
}

func (l linkState) before(o linkState) bool {
	for _, pair := range [][2]int64{{l.leftType, o.leftType}, {l.left, o.left}, {l.rightType, o.rightType}, {l.right, o.right}} {
		if pair[0] != pair[1] {
			return pair[0] < pair[1]
		}
	}
	return false
}

const (
	keptLinksSQL = `SELECT left_type, left_id, right_type, right_id, position FROM link ORDER BY left_type, left_id, right_type, right_id`
	toldLinksSQL = `SELECT subject_type, subject_id, object_type, object_id, action, coalesce(after, '') FROM change_row WHERE type = 0
 ORDER BY subject_type, subject_id, object_type, object_id, change_id, seq`
)

// links makes all links anew from the history and compares them with the table.
func (c *checker) links() (err error) {
	rows, err := c.tx.query(toldLinksSQL) //nolint:rowserrcheck // toldLinks.next looks
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	told := &toldLinks{rows: rows}
	next, err := told.next()
	if err != nil {
		return err
	}
	missing := func(until *linkState) error {
		for next != nil && (until == nil || next.before(*until)) {
			if err := c.link(*next, "was linked, but is not"); err != nil {
				return err
			}
			if next, err = told.next(); err != nil {
				return err
			}
		}
		return nil
	}
	err = c.tx.scan(keptLinksSQL, nil, func(rows *sql.Rows) error {
		var kept linkState
		if err := rows.Scan(&kept.leftType, &kept.left, &kept.rightType, &kept.right, &kept.position); err != nil {
			return err
		}
		if err := missing(&kept); err != nil {
			return err
		}
		if next == nil || !next.same(kept) {
			return c.link(kept, "is linked, but the history does not tell of it")
		}
		if next.position != kept.position {
			if err := c.link(kept, fmt.Sprintf("is linked at place %d, at %d was written", kept.position, next.position)); err != nil {
				return err
			}
		}
		next, err = told.next()
		return err
	})
	if err == nil {
		err = missing(nil)
	}
	return err
}

func (c *checker) link(l linkState, message string) error {
	ends := [2]string{}
	for i, end := range [][2]int64{{l.leftType, l.left}, {l.rightType, l.right}} {
		ends[i] = fmt.Sprintf("%d/%d", end[0], end[1])
		if t := c.tx.typeOf(end[0]); t != nil {
			ends[i] = t.IDString(end[1])
		}
	}
	return c.add(Finding{Record: ends[0], Field: ends[1], Message: message})
}

// toldLinks folds the rows about each link into what they leave of it.
type toldLinks struct {
	rows    *sql.Rows
	pending *linkState
}

// next gives the next link that stands by the history; nil at the end.
func (t *toldLinks) next() (*linkState, error) {
	for {
		one, err := t.step()
		if err != nil || one == nil {
			return nil, err
		}
		for {
			more, err := t.step()
			if err != nil {
				return nil, err
			}
			if more == nil || !more.same(*one) {
				t.pending = more
				break
			}
			one = more
		}
		if one.there {
			return one, nil
		}
	}
}

func (t *toldLinks) step() (*linkState, error) {
	if one := t.pending; one != nil {
		t.pending = nil
		return one, nil
	}
	if !t.rows.Next() {
		return nil, t.rows.Err()
	}
	var one linkState
	var action, after string
	if err := t.rows.Scan(&one.leftType, &one.left, &one.rightType, &one.right, &action, &after); err != nil {
		return nil, err
	}
	one.there = action != "delete"
	if after == "" {
		return &one, nil
	}
	values, err := decodeAs[map[string]int64]([]byte(after))
	one.position = values["position"]
	return &one, err
}
