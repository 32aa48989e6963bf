package store

import (
	"cmp"
	"database/sql"
	"hash/fnv"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/crmcp/crmcp/text"
)

// How far names are compared. All of them stand in one order, in which most
// that differ by a letter are near each other; words in another order and
// words that begin otherwise are found by keys.
const (
	namesBefore  = 12        // names of the same beginning that each is compared with
	sameStart    = 3         // letters
	maxDistances = 300_000   // comparisons letter by letter
	maxKeys      = 2_000_000 // names by their words in any order
	maxKept      = 100_000   // names by all of their words but one
	maxOfKey     = 40        // names that share such a key
)

// alikeNames is one walk over the names of a type.
type alikeNames struct {
	f         *pairFinder
	near      []spelled
	kept      []spelled
	keys      []nameKey
	names     int
	distances int
}

// spelled is a folded name. Its letters stand for those that it has an odd
// number of times: names that are alike differ in few.
type spelled struct {
	id      int64
	name    string
	letters uint64
}

// nameKey is a hash of words and the place or id of a name that has them.
type nameKey struct {
	hash uint64
	of   int64
}

// byAlikeNames pairs records whose names are spelled alike or have the same
// words.
func (f *pairFinder) byAlikeNames() error {
	a := &alikeNames{f: f}
	column := f.t.Names[0] + "_fold"
	query := "SELECT " + column + ", id FROM " + f.t.Name + " WHERE deleted_at IS NULL AND " + column + " IS NOT NULL ORDER BY " + column + ", id"
	err := f.tx.scan(query, nil, func(rows *sql.Rows) error {
		var one spelled
		if err := rows.Scan(&one.name, &one.id); err != nil {
			return err
		}
		a.take(one)
		return nil
	})
	if err != nil {
		return err
	}
	f.block = 0
	a.sameWords()
	f.block = 0
	a.allButOneWord()
	return nil
}

// take compares a name with those before it. Only the first of equal names is
// looked at.
func (a *alikeNames) take(one spelled) {
	if len(a.near) > 0 && a.near[len(a.near)-1].name == one.name {
		return
	}
	one.letters = lettersOf(one.name)
	if len(a.near) > 0 && start(a.near[0].name) != start(one.name) {
		a.near = a.near[:0]
	}
	for _, other := range a.near {
		a.compare(one, other)
	}
	if len(a.near) == namesBefore {
		a.near = append(a.near[:0], a.near[1:]...)
	}
	a.near = append(a.near, one)
	a.keep(one)
}

// keep notes a name under its words.
func (a *alikeNames) keep(one spelled) {
	if len(a.keys) >= maxKeys {
		a.f.cut = true
		return
	}
	words := strings.Fields(coreName(one.name))
	slices.Sort(words)
	a.keys = append(a.keys, nameKey{hashOf(words, -1), one.id})
	if a.names++; a.names <= maxKept {
		a.kept = append(a.kept, one)
	} else {
		a.kept = nil
	}
}

func start(name string) string {
	end := 0
	for range sameStart {
		_, size := utf8.DecodeRuneInString(name[end:])
		end += size
	}
	return name[:end]
}

func lettersOf(name string) (letters uint64) {
	for _, r := range name {
		letters ^= 1 << (uint32(r) % 64) //nolint:gosec // a rune is no negative number
	}
	return letters
}

func (a *alikeNames) compare(one, other spelled) {
	limit := mistakes(one.name, other.name)
	if limit == 0 || bits.OnesCount64(one.letters^other.letters) > 2*limit {
		return
	}
	if a.distances++; a.distances > maxDistances {
		a.f.cut = true
		return
	}
	if text.Distance(one.name, other.name, limit) <= limit {
		a.f.add(one.id, other.id)
	}
}

// mistakes is how many letters may differ between two names that may be the
// same. Digits never do: Store 12 is not Store 13.
func mistakes(a, b string) int {
	if text.PhoneDigits(a) != text.PhoneDigits(b) {
		return 0
	}
	switch n := min(utf8.RuneCountInString(a), utf8.RuneCountInString(b)); {
	case n < 5:
		return 0
	case n < 10:
		return 1
	}
	return 2
}

// hashOf is the hash of words without one of them; -1: of all.
func hashOf(words []string, without int) uint64 {
	sum := fnv.New64a()
	for i, word := range words {
		if i != without {
			_, _ = sum.Write([]byte(word + " "))
		}
	}
	return sum.Sum64()
}

// sameWords pairs the names that have the same words in any order, legal forms
// of companies aside.
func (a *alikeNames) sameWords() {
	eachKey(a.keys, maxShared, a.f.addAll)
}

// allButOneWord compares the names that have all words in common but one.
func (a *alikeNames) allButOneWord() {
	a.keys = a.keys[:0]
	if a.names > maxKept {
		a.f.cut = true
		return
	}
	for at, one := range a.kept {
		words := strings.Fields(one.name)
		slices.Sort(words)
		for i := range words {
			if len(words) > 1 {
				a.keys = append(a.keys, nameKey{hashOf(words, i), int64(at)})
			}
		}
	}
	eachKey(a.keys, maxOfKey, func(places []int64) bool {
		for i, at := range places {
			for _, other := range places[i+1:] {
				if abbreviated(a.kept[at].name, a.kept[other].name) {
					a.f.add(a.kept[at].id, a.kept[other].id)
				} else {
					a.compare(a.kept[at], a.kept[other])
				}
			}
		}
		return a.distances <= maxDistances
	})
}

// abbreviated says that two names have the same words but for those of which
// one has only the initial: J. Doe, Jane Doe.
func abbreviated(a, b string) bool {
	one, other := strings.Fields(coreName(a)), strings.Fields(coreName(b))
	if len(one) != len(other) || len(one) < 2 {
		return false
	}
	for i := range one {
		short, long := one[i], other[i]
		if len(short) > len(long) {
			short, long = long, short
		}
		if short != long && (utf8.RuneCountInString(short) != 1 || !strings.HasPrefix(long, short)) {
			return false
		}
	}
	return true
}

// eachKey gives what shares a key, where it is several but not too many, until
// fn returns false.
func eachKey(keys []nameKey, most int, fn func(of []int64) bool) {
	slices.SortFunc(keys, func(a, b nameKey) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.of, b.of)) })
	for len(keys) > 0 {
		end := 1
		for end < len(keys) && keys[end].hash == keys[0].hash {
			end++
		}
		if end > 1 && end <= most {
			of := make([]int64, end)
			for i := range of {
				of[i] = keys[i].of
			}
			if !fn(of) {
				return
			}
		}
		keys = keys[end:]
	}
}

// legalForms are words that say what kind of company one is.
const legalForms = " bv nv gmbh ag kg ohg ug ltd limited inc incorporated llc llp corp corporation co company plc sa sas sarl srl spa " +
	"sl ab as asa aps oy oyj doo kft sro zrt the "

// Umlauts are written with or without their dots: the core of a name has
// neither them nor the e that stands for them.
var (
	withoutDots = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")
	withE       = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue")
)

// coreName is the words of a folded name without legal forms, and without what
// stands for umlauts; the words of a name that has nothing else stay. "B.V."
// counts as one word.
func coreName(folded string) string {
	var words, core []string
	for _, word := range text.Words(withoutDots.Replace(strings.ReplaceAll(folded, ".", ""))) {
		words = append(words, word)
		if !strings.Contains(legalForms, " "+word+" ") {
			core = append(core, word)
		}
	}
	if len(core) == 0 {
		core = words
	}
	return strings.Join(core, " ")
}
