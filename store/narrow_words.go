package store

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// A filter on a text that no index of its own answers is followed from the
// words: what stands in a text stands, word by word, in words of the full-text
// index. Where few records have such words, those that meet the filter are
// found among them, and their ids take the place of the filter.

const (
	// mostHolding is in how many words of all texts a part of a word may stand.
	mostHolding = 1_000
	// mostHeld is how many records that have the words are looked at, and
	// mostMet up to how many of them take the place of the filter.
	mostHeld = 20_000
	mostMet  = 5_000
	// mostPlaces is how many places of words in texts are read.
	mostPlaces = 200_000
	// mostParts is how many words of what is looked for are used.
	mostParts = 3
	// wordsShare is of how many records of a type one word may be read, a third of
	// the work of reading a record.
	wordsShare = 2
)

// narrowedIn narrows a filter on records of a type that lists show: its
// conditions on related records, and then the whole of it by the words.
func (c *compiler) narrowedIn(t *schema.Type, where filter.Expr) filter.Expr {
	where = c.narrowed(where)
	if ids, ok := c.byWords(t, where); ok {
		return filter.Compare{Field: t.Field("id"), Op: filter.In, Values: numbers(ids)}
	}
	return where
}

// fewByWords is narrowedIn for a condition on related records, which may be
// archived: those have no words.
func (c *compiler) fewByWords(t *schema.Type, where filter.Expr) filter.Expr {
	ids, ok := c.byWords(t, where)
	if !ok {
		return where
	}
	if t.Field("archived_at") != nil {
		if c.manyArchived(t) {
			return where
		}
		archived := c.archived(t, where).selectFrom("t.id", clause{})
		if c.err != nil {
			return where
		}
		more, err := c.tx.ids64(archived)
		if err != nil {
			c.fail(err)
			return where
		}
		ids = append(ids, more...)
	}
	return filter.Compare{Field: t.Field("id"), Op: filter.In, Values: numbers(ids)}
}

// byWords gives the current records that meet a filter where the words lead to
// them; ok is false where they do not, or not to few.
func (c *compiler) byWords(t *schema.Type, where filter.Expr) (ids []int64, ok bool) {
	if c.err != nil || c.tx.unnarrowed || t.Private || filter.Uses(where, "archived_at") || !wordable(where, t) {
		return nil, false
	}
	size, err := c.size(t)
	if err != nil {
		c.fail(err)
	}
	if size < smallTable || c.answered(conjuncts(where), t) {
		return nil, false
	}
	f := &wordFinder{compiler: c, t: t, limit: size / wordsShare}
	ids, ok = f.find(where)
	return ids, ok && c.err == nil && len(ids) <= mostMet
}

// size is how many records of a type lists show; 0 where they are not counted.
func (c *compiler) size(t *schema.Type) (int64, error) {
	switch {
	case c.tx.eager:
		return 1 << 40, nil
	case !tallied(t):
		return 0, nil
	}
	sum, err := c.tx.tally(t)
	return sum.shown, err
}

// wordable tells the filters of which words may tell who meets them.
func wordable(where filter.Expr, t *schema.Type) bool {
	switch e := where.(type) {
	case filter.And:
		return slices.ContainsFunc(e, func(part filter.Expr) bool { return wordable(part, t) })
	case filter.Or:
		return !slices.ContainsFunc(e, func(part filter.Expr) bool { return !wordable(part, t) })
	case filter.Compare:
		return isShort(t, e.Field) && len(e.Values) > 0 && len(e.Values) <= mostAlternatives && !sought(e, t) &&
			(sign(e.Op) == "=" || partly(e.Op) || e.Op == filter.StartsWith)
	}
	return false
}

// answered tells filters of which a part leads to few records without words.
func (c *compiler) answered(parts []filter.Expr, t *schema.Type) bool {
	return slices.ContainsFunc(parts, func(e filter.Expr) bool {
		return c.err == nil && (wantedIDs(e) != nil || !c.tx.eager && c.ledTo(e, t) && c.fewer(e, t, mostSought))
	})
}

// wordFinder finds the records of a type that meet filters by their words.
type wordFinder struct {
	*compiler
	t *schema.Type
	// limit is how many words are read.
	limit int64
}

// find gives the records that meet a filter: of alternatives each leads to
// some, of conditions that all must hold one leads to all.
func (f *wordFinder) find(where filter.Expr) (ids []int64, ok bool) {
	if either, isOr := where.(filter.Or); isOr {
		for _, e := range either {
			more, found := f.find(e)
			if !found {
				return nil, false
			}
			ids = append(ids, more...)
		}
		slices.Sort(ids)
		return slices.Compact(ids), true
	}
	for _, e := range conjuncts(where) {
		if !wordable(e, f.t) {
			continue
		}
		if ids, ok = f.led(e, where); ok {
			return ids, true
		}
	}
	return nil, false
}

// led gives the records that meet a filter by one of its conditions.
func (f *wordFinder) led(e, where filter.Expr) (ids []int64, ok bool) {
	if compare, isCompare := e.(filter.Compare); isCompare {
		expression, found := f.expression(compare)
		if !found {
			return nil, false
		}
		return f.holding(expression, where)
	}
	among, found := f.find(e)
	if !found || len(among) > mostMet {
		return nil, false
	}
	held := filter.Compare{Field: f.t.Field("id"), Op: filter.In, Values: numbers(among)}
	return f.meeting(f.shownRows(f.t, where), filter.And{held, where})
}

// nothing is the expression of words that no text holds.
const nothing = ""

// holding gives the records that meet a filter of those that have words.
func (f *wordFinder) holding(expression string, where filter.Expr) (ids []int64, ok bool) {
	if expression == nothing {
		return nil, true
	}
	if f.err != nil {
		return nil, false
	}
	limit := min(f.limit, mostPlaces)
	places := "SELECT count(*), coalesce(sum(" + typeFound + " = ?), 0), json_group_array(" + numberFound + ") FILTER (WHERE " + typeFound + " = ?)" +
		" FROM (SELECT found.rowid FROM fulltext found WHERE " + haveWords + " LIMIT ?) found"
	var all, held int64
	var list string
	if _, err := f.tx.one(places, []any{f.t.Code, f.t.Code, expression, limit}, &all, &held, &list); err != nil {
		f.fail(err)
	}
	if f.err != nil || all >= limit || held >= mostHeld {
		return nil, false
	}
	rows := f.shownRows(f.t, where)
	rows.tables = []clause{sqlText("json_each(?) held", list)}
	rows.fixed = true
	rows.on("t.id = held.value")
	return f.meeting(rows, where)
}

// meeting gives those of some records that meet a filter.
func (f *wordFinder) meeting(rows *selection, where filter.Expr) (ids []int64, ok bool) {
	rows.where = append(rows.where, f.condition(where, f.t, "t"))
	statement := rows.selectFrom("t.id", clause{}).then(" LIMIT ?", mostMet+1)
	if f.err != nil {
		return nil, false
	}
	ids, err := f.tx.ids64(statement)
	if err != nil {
		f.fail(err)
	}
	return ids, err == nil
}

func (f *wordFinder) count(statement clause) (n int64) {
	if f.err == nil {
		if _, err := f.tx.one(statement.sql, statement.args, &n); err != nil {
			f.fail(err)
		}
	}
	return n
}

// expression is the full-text condition that all records meet whose field
// meets a condition; ok is false where words do not tell, or the records are
// known to be many.
func (f *wordFinder) expression(e filter.Compare) (expression string, ok bool) {
	if f.common(e) {
		return nothing, false
	}
	var each []string
	for _, value := range e.Values {
		s, isText := value.(string)
		if !isText {
			return nothing, false
		}
		some, found := f.textExpression(e, s)
		if !found {
			return nothing, false
		}
		if some != nothing {
			each = append(each, some)
		}
	}
	return strings.Join(each, " OR "), true
}

func (f *wordFinder) textExpression(e filter.Compare, s string) (expression string, ok bool) {
	var all []string
	if sign(e.Op) == "=" {
		for _, word := range text.Words(s) {
			if indexable(word) && len(all) < mostParts {
				all = append(all, f.indexed(e.Field, word))
			}
		}
		return bracketed(all, " AND "), len(all) > 0
	}
	parts := partsOf(e.Op, s)
	if len(parts) == 0 {
		return nothing, false
	}
	for _, part := range parts[:min(len(parts), mostParts)] {
		words, few := f.wordsHolding(part)
		if few && len(words) == 0 {
			return nothing, true
		}
		if few {
			for i, word := range words {
				words[i] = f.indexed(e.Field, word)
			}
			all = append(all, bracketed(words, " OR "))
		}
	}
	return bracketed(all, " AND "), len(all) > 0
}

func bracketed(words []string, operator string) string {
	return "(" + strings.Join(words, operator) + ")"
}

// indexed is the form in which a word of a field is sought: those of titles
// have postings of their own.
func (f *wordFinder) indexed(field *schema.Field, word string) string {
	if field.Name == f.t.Title {
		word = titleWord(f.t, word)
	}
	return quoteWord(word)
}

// partsOf gives the parts of words that a text must hold to meet a condition,
// longest first. A text that is split as the index splits begins and ends
// within words, so that its first and last may be parts of longer ones.
func partsOf(op filter.Op, s string) (parts []string) {
	pieces := []string{s}
	switch op {
	case filter.Contains, filter.StartsWith, filter.EndsWith:
	case filter.Like:
		pieces = literals(filter.FoldPattern(s))
	default:
		return nil
	}
	for _, piece := range pieces {
		for _, part := range text.Words(piece) {
			if utf8.RuneCountInString(part) >= shortestWord && strings.ContainsFunc(part, unicode.IsLetter) && indexable(part) {
				parts = append(parts, part)
			}
		}
	}
	slices.SortStableFunc(parts, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(parts)
}

// literals gives what stands between the wildcards of a folded pattern.
func literals(pattern string) (list []string) {
	var one strings.Builder
	escaped := false
	for _, r := range pattern {
		switch {
		case escaped, r != '\\' && r != '%' && r != '_':
			one.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		default:
			list = append(list, one.String())
			one.Reset()
		}
	}
	return append(list, one.String())
}

// indexable tells the words of which the full-text index surely sees a letter
// or digit: the engine knows fewer than we do.
func indexable(word string) bool { return strings.ContainsFunc(word, longKnown) }

// longKnown tells letters and digits of the scripts that are written most,
// which the engine has always known.
func longKnown(r rune) bool {
	return slices.ContainsFunc(longKnownRanges, func(known [2]rune) bool { return r >= known[0] && r <= known[1] })
}

// longKnownRanges are those of Latin, Greek, Cyrillic, Hebrew, Arabic,
// Devanagari, Thai, Hiragana, Katakana, Han and Hangul.
var longKnownRanges = [][2]rune{{'0', '9'}, {'a', 'z'}, {0x3b1, 0x3c9}, {0x430, 0x45f}, {0x5d0, 0x5ea}, {0x627, 0x63a}, {0x641, 0x64a},
	{0x905, 0x939}, {0xe01, 0xe30}, {0x3041, 0x3096}, {0x30a1, 0x30fa}, {0x4e00, 0x9fa5}, {0xac00, 0xd7a3}}

// wordsHolding gives the words of all texts that a part of a word stands in;
// few is false where they, or all words, are many.
func (f *wordFinder) wordsHolding(part string) (words []string, few bool) {
	if f.err != nil {
		return nil, false
	}
	const all = `FROM identifier WHERE value >= ? AND value < ?`
	words, err := f.tx.words(`SELECT value FROM (SELECT value `+all+` ORDER BY value LIMIT ?) WHERE instr(value, ?) > 0 LIMIT ?`,
		unusualKey, wordKey+lastRune, f.limit, part, mostHolding+1)
	more := false
	if err == nil && len(words) <= mostHolding {
		more, err = f.tx.one(`SELECT 1 `+all+` LIMIT 1 OFFSET ?`, []any{unusualKey, wordKey + lastRune, f.limit}, new(int64))
	}
	if err != nil {
		f.fail(err)
	}
	return slices.Compact(words), err == nil && !more && len(words) <= mostHolding
}

// What tells a common condition: so many of so many records, evenly spread
// over all.
const (
	sampled = 200
	hits    = 2
)

// common tells conditions that so many records meet that a list of them is
// read more quickly in its order.
func (f *wordFinder) common(e filter.Compare) bool {
	if f.tx.eager || f.err != nil {
		return false
	}
	last := f.count(sqlText("SELECT coalesce(max(id), 0) FROM " + f.t.Name))
	var ids []any
	for i := range int64(sampled) {
		ids = append(ids, 1+last*i/sampled)
	}
	statement := sqlText("SELECT count(*) FROM " + f.t.Name + " t WHERE ").plus(isOneOf(sqlText("t.id"), ids)).then(" AND ").
		plus(f.compare(e, f.t, "t"))
	return f.count(statement) >= hits
}
