package store

import (
	"cmp"
	"database/sql"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// PairQuery asks for pairs of records that may be the same.
type PairQuery struct {
	// Type is that of organizations or contacts.
	Type *schema.Type
	// Of is the one record whose likenesses are asked for; nil: all.
	Of *Key
	// Where: at least one of the two meets it; nil: whichever.
	Where filter.Expr
	// MinScore is the least score, in hundredths; 0: 50.
	MinScore int
	// Limit is how many pairs are given; 0: 20.
	Limit int
}

// Pair is two records that may be the same.
type Pair struct {
	// First is the older one.
	First, Second Ref
	// Score is how likely they are the same, in hundredths.
	Score   int
	Reasons []string
}

// What a look for pairs takes in at most, so that it stays quick however many
// records there are.
const (
	maxShared   = 8     // records of one e-mail, phone, number or name; more of them tell nothing
	maxPairs    = 3_000 // pairs that are compared whole
	maxPerBlock = 1_200 // pairs that one kind of key may give
	fewMeeting  = 500   // records of a filter that are each looked up for themselves
	leastScore  = 50
	usualPairs  = 20
	firstDetail = "d:"
)

// Duplicates gives the pairs of shown records that may be the same, the surest
// first, and whether there may be more than were looked at.
func (tx *Tx) Duplicates(q PairQuery) (pairs []Pair, more bool, err error) {
	if err := tx.settle(); err != nil {
		return nil, false, err
	}
	f := &pairFinder{tx: tx, t: q.Type, seen: map[[2]int64]bool{}, common: map[string]bool{}}
	if err := f.gather(q); err != nil {
		return nil, false, err
	}
	if err := f.judge(cmp.Or(q.MinScore, leastScore)); err != nil {
		return nil, false, err
	}
	slices.SortStableFunc(f.pairs, func(a, b Pair) int {
		return cmp.Or(b.Score-a.Score, cmp.Compare(a.First.ID, b.First.ID), cmp.Compare(a.Second.ID, b.Second.ID))
	})
	limit := cmp.Or(q.Limit, usualPairs)
	more = f.cut || len(f.pairs) > limit
	return f.pairs[:min(len(f.pairs), limit)], more, nil
}

// pairFinder is one look for pairs.
type pairFinder struct {
	tx         *Tx
	t          *schema.Type
	candidates [][2]int64
	seen       map[[2]int64]bool
	// common are identifiers by whether too many records have them.
	common map[string]bool
	block  int
	cut    bool
	pairs  []Pair
}

// add takes a pair of ids as worth comparing; false where enough were found.
func (f *pairFinder) add(a, b int64) bool {
	pair := [2]int64{min(a, b), max(a, b)}
	if a == b || f.seen[pair] {
		return true
	}
	if len(f.candidates) >= maxPairs || f.block >= maxPerBlock {
		f.cut = true
		return false
	}
	f.block++
	f.seen[pair] = true
	f.candidates = append(f.candidates, pair)
	return true
}

// addAll takes every pair of a few ids.
func (f *pairFinder) addAll(ids []int64) bool {
	for i, a := range ids {
		for _, b := range ids[i+1:] {
			if !f.add(a, b) {
				return false
			}
		}
	}
	return true
}

// gather finds the pairs that are worth comparing.
func (f *pairFinder) gather(q PairQuery) error {
	if q.Of != nil {
		return f.around(q.Of.ID)
	}
	if q.Where == nil {
		return f.everywhere()
	}
	ids, err := f.tx.IDs(f.t, q.Where, fewMeeting+1)
	if err != nil {
		return err
	}
	if len(ids) <= fewMeeting {
		for _, id := range ids {
			f.block = 0
			if err := f.around(id); err != nil {
				return err
			}
		}
		return nil
	}
	if err := f.everywhere(); err != nil {
		return err
	}
	return f.keepMeeting(q.Where)
}

// keepMeeting drops the pairs of which neither record meets a filter.
func (f *pairFinder) keepMeeting(where filter.Expr) error {
	var ids []any
	for _, pair := range f.candidates {
		ids = append(ids, pair[0], pair[1])
	}
	meeting := map[int64]bool{}
	for some := range slices.Chunk(ids, chunk) {
		found, err := f.tx.IDs(f.t, filter.And{where, filter.Compare{Field: f.t.Field("id"), Op: filter.In, Values: some}}, 0)
		if err != nil {
			return err
		}
		for _, id := range found {
			meeting[id] = true
		}
	}
	f.candidates = slices.DeleteFunc(f.candidates, func(pair [2]int64) bool { return !meeting[pair[0]] && !meeting[pair[1]] })
	return nil
}

// everywhere looks through all records by one kind of key after the other, the
// surest first.
func (f *pairFinder) everywhere() error {
	prefixes := []string{"e:", "i:", "p:", "u:"}
	if referenceKeys[f.t.Name] == keyKinds["website"] {
		prefixes = append(prefixes, firstDetail)
	}
	for _, prefix := range prefixes {
		f.block = 0
		if err := f.bySharedKey(prefix); err != nil {
			return err
		}
	}
	f.block = 0
	if err := f.bySharedName(); err != nil {
		return err
	}
	f.block = 0
	return f.byAlikeNames()
}

// bySharedKey pairs the records that share an identifier of a kind.
func (f *pairFinder) bySharedKey(prefix string) error {
	condition, args := f.listed()
	query := "SELECT i.value, i.record_id FROM identifier i JOIN " + f.t.Name + " t ON t.id = i.record_id WHERE i.type = ? AND i.value IN (" +
		"SELECT value FROM identifier WHERE value >= ? AND value < ? AND type = ? GROUP BY value HAVING count(*) BETWEEN 2 AND ?) AND " +
		condition + " ORDER BY i.value LIMIT ?"
	end := prefix[:1] + string(prefix[1]+1)
	args = append(append([]any{f.t.Code, prefix, end, f.t.Code, maxShared}, args...), 2*maxPerBlock)
	return f.grouped(query, args)
}

// listed is the condition under which records are paired: those in lists.
func (f *pairFinder) listed() (string, []any) {
	condition, args := f.tx.shown(f.t, "t")
	return condition + " AND t.archived_at IS NULL", args
}

// grouped pairs the records of which a query gives the same value in a row.
func (f *pairFinder) grouped(query string, args []any) error {
	var last string
	var ids []int64
	rows := 0
	err := f.tx.scan(query, args, func(row *sql.Rows) error {
		var value string
		var id int64
		if err := row.Scan(&value, &id); err != nil {
			return err
		}
		if rows++; value != last {
			f.addAll(ids)
			last, ids = value, ids[:0]
		}
		ids = append(ids, id)
		return nil
	})
	f.addAll(ids)
	f.cut = f.cut || rows == 2*maxPerBlock
	return err
}

// bySharedName pairs the records of exactly the same name.
func (f *pairFinder) bySharedName() error {
	condition, args := f.listed()
	column := f.t.Names[0] + "_fold"
	query := "SELECT t." + column + ", t.id FROM " + f.t.Name + " t WHERE t." + column + " IN (SELECT " + column + " FROM " + f.t.Name +
		" WHERE deleted_at IS NULL AND " + column + " IS NOT NULL GROUP BY " + column + " HAVING count(*) BETWEEN 2 AND ?) AND " + condition +
		" ORDER BY t." + column + ", t.id LIMIT ?"
	return f.grouped(query, append(append([]any{maxShared}, args...), 2*maxPerBlock))
}

// around pairs one record with those that share an identifier or a name with
// it, or are called alike.
func (f *pairFinder) around(id int64) error {
	r, err := f.tx.Live(f.t, id)
	if err != nil {
		return err
	}
	details, err := f.tx.detailRows(r.Key())
	if err != nil {
		return err
	}
	keys := slices.DeleteFunc(f.tx.identifiersOf(r, details), func(key string) bool {
		return strings.HasPrefix(key, "n:") || strings.HasPrefix(key, firstDetail) && referenceKeys[f.t.Name] != keyKinds["website"]
	})
	for some := range slices.Chunk(keys, chunk) {
		found, err := f.tx.identified(f.t, some, maxNamesakes)
		if err != nil {
			return err
		}
		f.addKeys(id, found.current)
	}
	found, err := f.tx.namedOf(f.t, r.Text(f.t.Title), maxNamesakes)
	if err != nil {
		return err
	}
	f.addKeys(id, found.current)
	name := text.Fold(r.Text(f.t.Title))
	for _, spelling := range slices.Compact([]string{name, coreName(name), withE.Replace(r.Text(f.t.Title)), r.Text("last_name")}) {
		alike, err := f.tx.searchNames(spelling, []*schema.Type{f.t}, maxNamesakes)
		if err != nil {
			return err
		}
		f.addKeys(id, alike)
	}
	return nil
}

func (f *pairFinder) addKeys(id int64, keys []Key) {
	for _, key := range keys {
		f.add(id, key.ID)
	}
}
