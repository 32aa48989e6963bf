package text

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestWords(t *testing.T) {
	for given, want := range map[string][]string{
		"":                         nil,
		"Alfreds Futterkiste":      {"alfreds", "futterkiste"},
		"jane.doe@acme.com":        {"jane", "doe", "acme", "com"},
		"+49 (0)30-123":            {"49", "0", "30", "123"},
		"Müller & Söhne, O'Brien!": {"muller", "sohne", "o", "brien"},
		"हिन्दी भाषा":              {"हिन्दी", "भाषा"},
		"東京都":                      {"東京", "京都"},
		"山":                        {"山"},
		"iPhone手机 15":              {"iphone", "手机", "15"},
		"東京タワー":                    {"東京", "京タ", "タワ", "ワー"},
		"김민수":                      {"김민", "민수"},
		"ที่ดี":                    {"ที่ดี"},
		"❤\ufe0f love":             {"love"},
		"क्\u200dष":                {"क्ष"},
		"می\u200cخواهم":            {"می", "خواهم"},
		"2024年":                    {"2024", "年"},
	} {
		if diff := cmp.Diff(want, Words(given)); diff != "" {
			t.Errorf("Words(%q): %s", given, diff)
		}
	}
}

func TestIndexTextHoldsEverySingleCharacterAsPrefix(t *testing.T) {
	indexed := strings.Fields(IndexText("東京都 Ltd"))
	if diff := cmp.Diff([]string{"東京", "京都", "都", "ltd"}, indexed); diff != "" {
		t.Error(diff)
	}
	for _, query := range []string{"東", "京", "都", "LTD"} {
		word := Words(query)[0]
		if !slices.ContainsFunc(indexed, func(held string) bool { return strings.HasPrefix(held, word) }) {
			t.Errorf("%q is not found in %q", query, indexed)
		}
	}
}

func TestWordsAreIndexed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		given := anyText().Draw(t, "text")
		indexed := strings.Split(IndexText(given), " ")
		for _, word := range Words(given) {
			if word == "" || !slices.Contains(indexed, word) {
				t.Fatalf("word %q of %q is not in %q", word, given, indexed)
			}
		}
	})
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b        string
		limit, want int
	}{
		{"", "", 0, 0}, {"abc", "abc", 0, 0}, {"abc", "abd", 3, 1}, {"abc", "acb", 3, 1}, {"abc", "ab", 3, 1},
		{"kitten", "sitting", 5, 3}, {"kitten", "sitting", 1, 2}, {"", "abcdef", 3, 4}, {"größe", "grösse", 3, 2},
		{"ca", "abc", 5, 3},
	} {
		if got := Distance(c.a, c.b, c.limit); got != c.want {
			t.Errorf("Distance(%q, %q, %d) = %d, want %d", c.a, c.b, c.limit, got, c.want)
		}
	}
}

func TestDistanceLimitOnlyCuts(t *testing.T) {
	word := rapid.StringOfN(rapid.RuneFrom([]rune("abc")), 0, 8, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		limit := rapid.IntRange(0, 8).Draw(t, "limit")
		whole := Distance(a, b, 100)
		if got := Distance(a, b, limit); got != min(whole, limit+1) {
			t.Fatalf("Distance(%q, %q, %d) = %d, whole %d", a, b, limit, got, whole)
		}
		if Distance(b, a, 100) != whole {
			t.Fatalf("Distance of %q and %q is not symmetric", a, b)
		}
	})
}

func TestNearest(t *testing.T) {
	names := []string{"status", "stage", "name", "value", "expected_close_on", "phone", "owner", "Größe"}
	for given, want := range map[string]string{
		"stauts": "status", "Status": "status", "stat": "status", "nmae": "name", "close": "expected_close_on",
		"phone_number": "phone", "grosse": "Größe", "sta": "", "zzz": "", "": "", "x": "", "ownr": "owner",
	} {
		if got := Nearest(given, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestTruncate(t *testing.T) {
	for _, c := range []struct {
		given string
		runes int
		want  string
	}{
		{"short", 5, "short"}, {"longer", 5, "longe…"}, {"größe", 5, "größe"}, {"größer", 5, "größe…"},
		{"ab cd", 3, "ab…"}, {"cafe\u0301s", 4, "caf…"}, {"x" + family + "y", 3, "x…"}, {"👍🏽👍🏽", 3, "👍🏽…"}, {"abc", 0, "…"},
		{"a" + strings.Repeat("\u0301", 300), 200, "a" + strings.Repeat("\u0301", 199) + "…"},
	} {
		if got := Truncate(c.given, c.runes); got != c.want {
			t.Errorf("Truncate(%q, %d) = %q, want %q", c.given, c.runes, got, c.want)
		}
	}
}

func TestSnippet(t *testing.T) {
	body := "We met at the fair in Hanover.\nHe asked for a quote on the new Crème brûlée torches before the end of May."
	for _, c := range []struct {
		body, query string
		width       int
		want        string
	}{
		{body, "creme", 30, "…the new Crème brûlée torches…"},
		{body, "brulee", 1000, strings.ReplaceAll(body, "\n", " ")},
		{body, "nothing here", 20, "We met at the fair…"},
		{body, "zebra hanover", 24, "…fair in Hanover. He…"},
		{"short", "short", 40, "short"},
		{"", "x", 40, ""},
		{"私は東京都に住んでいます", "東京", 6, "私は東京都に…"},
	} {
		if got := Snippet(c.body, c.query, c.width); got != c.want {
			t.Errorf("Snippet(%q, %d) = %q, want %q", c.query, c.width, got, c.want)
		}
	}
}

func TestSnippetStaysValidAndShort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body, _ := CleanLong(anyText().Draw(t, "body"))
		query := anyText().Draw(t, "query")
		width := rapid.IntRange(0, 60).Draw(t, "width")
		got := Snippet(body, query, width)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > width+2 {
			t.Fatalf("Snippet(%q, %q, %d) = %q", body, query, width, got)
		}
		cut := Truncate(body, width)
		if !utf8.ValidString(cut) || utf8.RuneCountInString(cut) > width+1 {
			t.Fatalf("Truncate(%q, %d) = %q", body, width, cut)
		}
	})
}
