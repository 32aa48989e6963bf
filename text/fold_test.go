package text

import (
	"bytes"
	"slices"
	"sync"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// anyText draws text with more of the runes that folding and cleaning care for than
// chance gives, broken UTF-8 among it.
func anyText() *rapid.Generator[string] {
	awkward := rapid.SampledFrom([]string{
		"a", "Z", "ß", "ẞ", "é", "e\u0301", "İ", "ı", "ŉ", "ǽ", "Ǿ", "ﬁ", "ς", "ᾳ", "\u0345", "\u0301", "\u0327",
		"й", "Ё", "ก", "ำ", "कि", "が", "ｶﾞ", "한", "ᄒ", "株", "㈱", "½", "²", "ﷺ", "Ꭰ", "ꭰ", "¨", "\u00a0", "\u3000",
		" ", "\t", "\r\n", "\n", "\u2028", "\u200b", "\u200c", "\u200d", "\ufe0f", "\ufeff", "\u202e", "\U000e0041",
		"\x00", "\u0085", "\xff", "\xe2\x80", "👩", "❤", "🏽", "1", "_", "-", "'", ".", "@", "/",
	})
	return rapid.Custom(func(t *rapid.T) string {
		var joined bytes.Buffer
		for _, part := range rapid.SliceOf(rapid.OneOf(awkward, awkward, rapid.StringN(0, 3, -1))).Draw(t, "parts") {
			joined.WriteString(part)
		}
		return joined.String()
	})
}

func TestFold(t *testing.T) {
	for given, want := range map[string]string{
		"":                    "",
		"acme corp":           "acme corp",
		"ACME  Corp ":         "acme  corp ",
		"Müller":              "muller",
		"Mu\u0308ller":        "muller",
		"Straße":              "strasse",
		"GROẞ":                "gross",
		"Łódź":                "lodz",
		"Søren Ðorđe Þór":     "soren dorde thor",
		"Æsir Œuvre":          "aesir oeuvre",
		"Ǽ":                   "ae",
		"İstanbul Diyarbakır": "istanbul diyarbakir",
		"Ὀδυσσεύς":            "οδυσσευσ",
		"ᾳ":                   "α",
		"Чайковский":          "чайковский",
		"Чаи\u0306":           "чай",
		"ЁЛКА":                "ёлка",
		"हिन्दी":              "हिन्दी",
		"ภาษาไทย":             "ภาษาไทย",
		"ガ":                   "ガ",
		"ｶﾞ":                  "ガ",
		"한국":                  "한국",
		"ﬁve ＡＢＣ ²":           "five abc 2",
		"Việt Nam":            "viet nam",
		"O\u00a0K":            "o k",
	} {
		if got := Fold(given); got != want {
			t.Errorf("Fold(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestFoldIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := Fold(anyText().Draw(t, "text"))
		if twice := Fold(once); twice != once {
			t.Fatalf("folded once %q, twice %q", once, twice)
		}
	})
}

func TestFoldIsStableForEveryRune(t *testing.T) {
	for r := rune(0x80); r < 0x20000; r++ {
		once := Fold(string(r))
		if twice := Fold(once); twice != once {
			t.Errorf("%U folds to %q, then to %q", r, once, twice)
		}
		if lower := Fold(string(unicode.ToLower(r))); lower != once && unicode.SimpleFold(unicode.ToLower(r)) != unicode.ToLower(r) {
			t.Errorf("%U folds to %q, its lower case to %q", r, once, lower)
		}
	}
}

func TestSortKeyOrders(t *testing.T) {
	want := []string{"", " b", "1", "2", "abel", "Ábel b", "abel C", "Öl", "Om", "Zoë", "Ωmega", "Яна", "山田"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortStableFunc(got, func(a, b string) int { return bytes.Compare(SortKey(a), SortKey(b)) })
	if !slices.Equal(got, want) {
		t.Errorf("sorted %q, want %q", got, want)
	}
}

func TestSortKeyIgnoresCaseAccentsAndWidth(t *testing.T) {
	for _, same := range [][2]string{{"Zoë", "zoe"}, {"ACME", "acme"}, {"ＡＢＣ", "abc"}, {"e\u0301", "é"}} {
		if !bytes.Equal(SortKey(same[0]), SortKey(same[1])) {
			t.Errorf("keys of %q and %q differ", same[0], same[1])
		}
	}
}

func TestSortKeyIsSafeTogether(t *testing.T) {
	names := []string{"Alfreds Futterkiste", "Über GmbH", "山田商事", "Яндекс"}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 400 {
				name := names[i%len(names)]
				if !bytes.Equal(SortKey(name), SortKey(name)) {
					t.Errorf("key of %q changed", name)
				}
			}
		})
	}
	group.Wait()
}

func TestSortKeysAreTheCallersOwn(t *testing.T) {
	key := SortKey("first")
	kept := bytes.Clone(key)
	SortKey("something else entirely")
	if !bytes.Equal(key, kept) {
		t.Error("a later call changed an earlier key")
	}
}

func BenchmarkFold(b *testing.B) {
	for name, text := range map[string]string{
		"lower": "alfreds futterkiste", "ascii": "Alfreds Futterkiste", "latin": "Comércio Mineiro Łódź", "cyrillic": "Чайковский Пётр",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Fold(text)
			}
		})
	}
}

func BenchmarkSortKey(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		SortKey("Alfreds Futterkiste")
	}
}
