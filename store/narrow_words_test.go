package store

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// textParts are what random texts are put together from: letters of many scripts,
// with and without spaces between words, marks, joiners, digits, signs, letters
// that the engine does not know, and a word that is longer than those kept.
var textParts = []string{
	"a", "b", "An", "zen", "É", "e\u0301", "ß", "ŁO", "æ", "Σ", "ς", "ά", "ЯК", "й", "日", "本", "商事", "ー", "カ", "ﾞ", "ก", "ไท", "ย์", "한국", "नि", "क्\u200dष",
	"\u200d", "\u0301", "\u0e48", "ع", "١", "1", "42", "٣", "²", "½", " ", " ", " ", "-", ".", "'", "/", "%", "_", `\`, "&", "👩", "𞤀", "ꭰ", "ﷺ",
	"donaudampfschifffahrtsgesellschaftskapitän", "2nd", "x9y",
}

func madeUpText(r *rand.Rand, length int) string {
	var b strings.Builder
	for range 1 + r.IntN(length) {
		b.WriteString(textParts[r.IntN(len(textParts))])
	}
	return b.String()
}

// partOf takes a part of a text, or puts wildcards into it.
func partOf(r *rand.Rand, s string, op filter.Op) string {
	runes := []rune(s)
	from := r.IntN(len(runes))
	to := from + 1 + r.IntN(len(runes)-from)
	switch op {
	case filter.Eq, filter.Exact:
		return s
	case filter.StartsWith:
		from = 0
	case filter.EndsWith:
		to = len(runes)
	case filter.Like:
		runes[r.IntN(len(runes))] = []rune{'%', '_', '\\'}[r.IntN(3)]
		return "%" + string(runes[from:]) + "%"
	}
	return string(runes[from:to])
}

// Filters that are followed from words give the records that they give without.
func TestNarrowedByWords(t *testing.T) {
	f := newFixture(t)
	r := rand.New(rand.NewPCG(11, 3))
	typ := f.db.Schema().Type("contact")
	var texts, wordy []string
	f.update(func(tx *Tx) error {
		for i := range 200 {
			p := &Record{Type: typ, Values: map[string]any{"first_name": madeUpText(r, 4), "job_title": madeUpText(r, 6), "street": madeUpText(r, 5)}}
			own := []string{p.Text("first_name"), p.Text("job_title"), p.Text("street")}
			if texts = append(texts, own...); i%20 == 0 {
				p.put("description", manyWords(2_500))
				wordy = append(wordy, own...)
			}
			if err := tx.insertRecord(p); err != nil {
				return err
			}
		}
		return nil
	})
	f.comparesByWords(r, typ, texts)

	// A file of before lacks the words that were not kept then.
	f.update(func(tx *Tx) error {
		for _, word := range text.Words(strings.Join(wordy, "\n")) {
			if err := tx.exec(`DELETE FROM identifier WHERE value IN (?, ?)`, wordKey+word, unusualKey+word); err != nil {
				return err
			}
		}
		if err := tx.exec(`DELETE FROM identifier WHERE value >= ? AND value < ?`, unusualKey, wordKey); err != nil {
			return err
		}
		return tx.keepShortWords()
	})
	f.comparesByWords(r, typ, texts)
}

// comparesByWords asks with random filters by words and as they stand.
func (f *fixture) comparesByWords(r *rand.Rand, typ *schema.Type, texts []string) {
	narrowed, some := 0, 0
	one := func() filter.Expr {
		op := []filter.Op{filter.Contains, filter.Contains, filter.EndsWith, filter.StartsWith, filter.Like, filter.Eq, filter.Exact}[r.IntN(7)]
		field := typ.Field([]string{"name", "first_name", "job_title", "street"}[r.IntN(4)])
		return filter.Compare{Field: field, Op: op, Values: []any{partOf(r, texts[r.IntN(len(texts))], op)}}
	}
	for range 600 {
		e := one()
		switch r.IntN(6) {
		case 0:
			e = filter.And{one(), e}
		case 1:
			e = filter.Or{one(), e}
		case 2:
			e = filter.And{filter.Compare{Field: typ.Field("street"), Op: filter.NotNull}, filter.Or{one(), filter.And{one(), e}}}
		}
		f.view(func(tx *Tx) error {
			tx.eager = true
			if wantedIDs(tx.compiler().narrowedIn(typ, e)) != nil {
				narrowed++
			}
			got, err := tx.IDs(typ, e, 0)
			if err != nil {
				return err
			}
			tx.unnarrowed = true
			want, err := tx.IDs(typ, e, 0)
			if !slices.Equal(got, want) {
				var b strings.Builder
				outline(&b, e)
				f.Fatalf("%s: by words %v, as it stands %v", b.String(), got, want)
			}
			some += min(len(want), 1)
			return err
		})
	}
	if narrowed < 250 || some < 250 {
		f.Errorf("%d filters were followed from words, %d found something", narrowed, some)
	}
}

// manyWords is a text with so many words that not all of them are kept; they
// come before those of the other fields.
func manyWords(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("aa")
		for ; i > 0; i /= 26 {
			b.WriteByte(byte('a' + i%26))
		}
		b.WriteByte(' ')
	}
	return b.String()
}

// In a large table a part that few records hold is followed from its words;
// one that many hold is left to the order of the list.
func TestRarePartsAreNarrowed(t *testing.T) {
	f := newFixture(t)
	var rare *Record
	for i := range 12 {
		rare = f.create("contact", map[string]any{"first_name": "Ann", "last_name": "Lee" + strings.Repeat("e", i), "job_title": "Office Manager"})
	}
	f.change(rare, map[string]any{"job_title": "Beekeeper"})
	f.update(func(tx *Tx) error {
		return tx.exec(`UPDATE record_count SET shown = 40000 WHERE type = ?`, rare.Type.Code)
	})
	for condition, want := range map[string][]any{
		`job_title contains "ekeep"`: {rare.ID},
		`job_title = "Beekeeper"`:    {rare.ID},
		`job_title contains "ekeep" and name contains "lee" or job_title starts with "beek"`: {rare.ID},
		`job_title contains "keepers"`:                        {},
		`job_title contains "manage"`:                         nil,
		`not job_title contains "ekeep"`:                      nil,
		`archived_at is empty and job_title contains "ekeep"`: nil,
		`job_title contains "42"`:                             nil,
		`email contains "ekeep"`:                              nil,
	} {
		f.view(func(tx *Tx) error {
			e, err := tx.ParseFilter(rare.Type, condition)
			if err != nil {
				return err
			}
			if got := wantedIDs(tx.compiler().narrowedIn(rare.Type, e)); !slices.Equal(got, want) || (got == nil) != (want == nil) {
				t.Errorf("%s is narrowed to %v, want %v", condition, got, want)
			}
			return nil
		})
	}
}
