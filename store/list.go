package store

import (
	"slices"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

// Query asks for a list of records of one type.
type Query struct {
	Type *schema.Type
	// Where is the filter; nil: all. Archived records are left out unless it
	// names archived_at.
	Where filter.Expr
	// Wording is the filter as the caller wrote it. Cursors are bound to it;
	// without it they are bound to Where but for its dates.
	Wording string
	// Search are words that a record must have, all of them; the last one may
	// be the beginning of a word.
	Search string
	// Sort is the order; empty: the newest change first.
	Sort []filter.SortKey
	// Limit is the length of a page; 0: 20.
	Limit int
	// Cursor is the Next of the page before; empty: the first page.
	Cursor string
}

// Page is one page of a list.
type Page struct {
	Records []*Record
	// Total is how many records the whole list has; at least so many unless
	// TotalExact. It is 0 where CountedTotal is false: after a cursor.
	Total        int64
	TotalExact   bool
	CountedTotal bool
	// Next is the cursor of the next page; empty on the last one.
	Next string
}

const (
	defaultLimit = 20
	// exactTotal is up to which number matches are counted.
	exactTotal = 1_000
)

// List gives one page of a list. A cursor of another query is an
// invalid_argument, and so is a search without a word.
func (tx *Tx) List(q Query) (*Page, error) {
	if len(q.Sort) == 0 {
		q.Sort = newestFirst(q.Type)
	}
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	l := &listing{Query: q, tx: tx, compiler: tx.compiler(), print: q.fingerprint()}
	l.order = l.compiler.ordering(q.Type, q.Sort)
	l.Where = l.compiler.narrowedIn(q.Type, q.Where)
	if q.Cursor != "" {
		var err error
		if l.after, err = readCursor(q.Cursor, l.print, len(l.order.keys)); err != nil {
			return nil, err
		}
	}
	if err := l.readSearch(); err != nil {
		return nil, err
	}
	return l.page()
}

// listing is the work on one page.
type listing struct {
	Query
	tx       *Tx
	compiler *compiler
	order    ordering
	after    *position
	words    *wordSearch
	// ranks are the places of an order by what sets the CRM up; mostly nil.
	ranks []rank
	print string
}

// listed is a row of a list; its record is read last where only few of the
// rows that were looked at are shown.
type listed struct {
	position
	record *Record
}

// page reads the page. A list of at most a thousand records is gathered by
// the engine's best plan and put in order here; a longer one is read in order
// until the page is full, which is quick because there are many.
func (l *listing) page() (*Page, error) {
	alternatives := l.indexed()
	wide := alternatives != nil || l.after != nil && l.after.wide
	if !wide {
		var err error
		if wide, err = l.surelyWide(); err != nil {
			return nil, err
		}
	}
	page := &Page{CountedTotal: l.after == nil, Total: exactTotal}
	var rows []*listed
	var err error
	if !wide {
		if rows, err = l.gather(exactTotal + 1); err != nil {
			return nil, err
		}
		wide = len(rows) > exactTotal
		page.Total, page.TotalExact = int64(min(len(rows), exactTotal)), !wide
		if !wide {
			rows = l.following(rows)
		}
	}
	if wide {
		if l.ranks, err = l.ranked(); err != nil {
			return nil, err
		}
		if rows, err = l.inOrder(alternatives); err != nil {
			return nil, err
		}
		if err = l.count(page, len(rows), alternatives); err != nil {
			return nil, err
		}
	}
	if l.after != nil {
		page.Total, page.TotalExact = 0, false
	}
	return page, l.fill(page, rows, wide)
}

// surelyWide tells a long list without gathering it: one of everything, of a
// common word, of a common value of a custom field, or of what many links lead
// to.
func (l *listing) surelyWide() (bool, error) {
	if l.unfiltered() || l.onlyWords() && l.words.found > exactTotal {
		return true, nil
	}
	many, err := l.manyCustom()
	if err != nil || many {
		return many, err
	}
	return l.manyLinked()
}

// onlyWords: all records that have the words are in the list, and were
// counted, because the full-text index holds the shown records alone. Private
// ones are shown to some.
func (l *listing) onlyWords() bool {
	return l.Where == nil && l.words != nil && !l.Type.Private
}

func (l *listing) unfiltered() bool { return l.Where == nil && l.words == nil }

// count finds the total of a list that was read in order.
func (l *listing) count(page *Page, rows int, alternatives []clause) (err error) {
	switch {
	case l.after != nil:
	case rows <= l.Limit:
		page.Total, page.TotalExact = int64(rows), true
	case l.unfiltered() && tallied(l.Type):
		page.Total, err = l.compiler.countShown(l.Type)
		page.TotalExact = true
	case l.onlyWords() && l.words.found < manyFound:
		page.Total, page.TotalExact = int64(l.words.found), true
	case alternatives != nil, l.unfiltered():
		page.Total, err = l.countEach(alternatives)
		page.TotalExact = page.Total <= exactTotal
		page.Total = min(page.Total, exactTotal)
	}
	return err
}

// countEach counts the rows that meet one of the alternatives, up to one more
// than totals are exact to.
func (l *listing) countEach(alternatives []clause) (total int64, err error) {
	if alternatives == nil {
		alternatives = []clause{always}
	}
	for _, where := range alternatives {
		s := l.compiler.shownRows(l.Type, l.Where)
		s.where = append(s.where, where)
		counted := sqlText("SELECT count(*) FROM (").plus(s.selectFrom("1", clause{})).then(" LIMIT ?) counted", exactTotal+1-total)
		if l.compiler.err != nil {
			return 0, l.compiler.err
		}
		found := int64(0)
		if _, err = l.tx.one(counted.sql, counted.args, &found); err != nil {
			return 0, err
		}
		if total += found; total > exactTotal {
			break
		}
	}
	return total, nil
}

// following puts the rows of a whole list in order and leaves out those
// before the cursor and behind the page.
func (l *listing) following(rows []*listed) []*listed {
	slices.SortFunc(rows, func(a, b *listed) int { return l.order.compare(&a.position, &b.position) })
	if l.after != nil {
		rows = slices.DeleteFunc(rows, func(r *listed) bool { return l.order.compare(&r.position, l.after) <= 0 })
	}
	return rows[:min(len(rows), l.Limit+1)]
}

// fill reads the records of a page and writes the cursor of the next.
func (l *listing) fill(page *Page, rows []*listed, wide bool) (err error) {
	if len(rows) > l.Limit {
		rows = rows[:l.Limit]
		last := rows[len(rows)-1].position
		last.wide = wide
		if page.Next, err = last.cursor(l.print); err != nil {
			return err
		}
	}
	if err := l.readRecords(rows); err != nil {
		return err
	}
	page.Records = make([]*Record, len(rows))
	for i, row := range rows {
		page.Records[i] = row.record
	}
	return nil
}

// Count gives the exact number of records that meet a filter; a nil filter is
// met by all. Archived ones are counted only if the filter names archived_at.
func (tx *Tx) Count(t *schema.Type, where filter.Expr) (int64, error) {
	c := tx.compiler()
	if where == nil && tallied(t) {
		return c.countShown(t)
	}
	return c.countUpTo(t, c.narrowedIn(t, where), 0)
}

// IDs gives the ids of the records that meet a filter, in their order; limit 0
// gives all of them.
func (tx *Tx) IDs(t *schema.Type, where filter.Expr, limit int) ([]int64, error) {
	c := tx.compiler()
	statement := c.matching(t, c.narrowedIn(t, where), nil).selectFrom("DISTINCT t.id", clause{}).then(" ORDER BY t.id")
	if limit > 0 {
		statement = statement.then(" LIMIT ?", limit)
	}
	if c.err != nil {
		return nil, c.err
	}
	return tx.ids64(statement)
}
