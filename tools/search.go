package tools

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

func search() *Tool {
	return &Tool{Name: "search", Title: "Search", Set: "records", Core: true, Mode: Read,
		Description: "Find records of any type by words: names, e-mails, phones, domains, text of notes. Ranked, forgives typos. Conditions on fields: list_ tools.",
		In: []Arg{
			{Name: "query", Required: true, Aliases: []string{"q", "search", "text", "words"}},
			{Name: "types", Kind: Strings, Commas: true, Aliases: []string{"type"}},
			{Name: "limit", Kind: Integer, Min: 1, Max: 50},
		},
		Out: searchOut(), Run: runSearch}
}

func searchOut() []Member {
	hit := objectOf(append(optional(ofType("string"), "id", "name", "of", "field", "snippet"),
		Member{Name: "fuzzy", Schema: described("boolean", "true: found in spite of a typo")},
		Member{Name: "partial", Schema: described("boolean", "true: lacks a word of the query")})...)
	return append(limited("records", hit), Member{Name: "more", Schema: ofType("boolean")})
}

const searchLimit = 10

func runSearch(c *Call) (*Object, error) {
	var types []*schema.Type
	for i, name := range c.List("types") {
		if t := c.findType(fmt.Sprintf("%s[%d]", c.Path("types"), i), name, schema.Record); t != nil {
			types = append(types, t)
		}
	}
	if !strings.ContainsFunc(c.Text("query"), isSearched) {
		c.Problems.Add(c.Path("query"), "query holds no word: send a name, an e-mail, a phone, a number or words of a text; the list_ tools list all records of a type")
		return nil, c.Problems.Err()
	}
	hits, more, err := c.Tx.Search(c.Text("query"), types, int(c.Int("limit", searchLimit)))
	if err != nil {
		return nil, err
	}
	rows := make([]*Object, len(hits))
	for i, hit := range hits {
		rows[i] = hitObject(hit)
	}
	o := (&Object{}).Set("returned", len(rows))
	if more {
		o.Set("more", true)
	}
	return c.Fit(o, "records", rows, nil)
}

// isSearched tells the characters that something can be found by.
func isSearched(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsSymbol(r)
}

// hitObject shows a hit. What only repeats the id or the name is left out.
func hitObject(hit store.Hit) *Object {
	o := (&Object{}).Set("id", hit.Key.String())
	if hit.Name != hit.Key.String() {
		o.Put("name", hit.Name)
	}
	o.Put("of", text.Truncate(hit.Of, shownOf))
	if hit.Snippet != "" && hit.Snippet != hit.Name {
		o.Put("field", hit.Field).Put("snippet", hit.Snippet)
	}
	if hit.Fuzzy {
		o.Set("fuzzy", true)
	}
	if hit.Partial {
		o.Set("partial", true)
	}
	return o
}

// shownOf is how much a hit shows of the name of what it is of.
const shownOf = 80
