package tokens_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/tools/tokens"
)

func TestCountEqualsReference(t *testing.T) {
	data, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Text   string `json:"text"`
		Tokens int    `json:"tokens"`
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatal("no reference counts")
	}
	for _, c := range cases {
		if got := tokens.Count(c.Text); got != c.Tokens {
			t.Errorf("Count(%q) = %d, want %d", c.Text, got, c.Tokens)
		}
	}
}

func TestCountEdges(t *testing.T) {
	cases := []struct {
		name string
		text string
		want int
	}{
		{"empty", "", 0},
		{"no-break spaces are white space", "a\u00a0\u00a0b", 4},
		{"a long piece", strings.Repeat("q", 3000), 1500},
		{"bytes that are not UTF-8", "\xff\xfe", 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := tokens.Count(c.text); got != c.want {
				t.Errorf("Count = %d, want %d", got, c.want)
			}
		})
	}
}
