package store

import (
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// snippetWidth is how many characters of a text a hit shows.
const snippetWidth = 160

// passage is one text of a record and the field that it stands in.
type passage struct{ field, kind, value string }

// hit describes what was found with the text that matched.
func (s *search) hit(c candidate, r *Record) (Hit, error) {
	hit := Hit{Key: c.key, Name: c.name}
	if hit.Name == "" {
		hit.Name = r.Title()
	}
	if c.tier == byIdentifier && s.isID() {
		return hit, nil
	}
	passages, err := s.tx.passages(r)
	if err != nil {
		return hit, err
	}
	if c.tier == byIdentifier {
		if p, ok := s.identifying(passages, s.tx.phoneCountry(r)); ok {
			hit.Field, hit.Snippet = p.field, text.Truncate(p.value, snippetWidth)
			return hit, nil
		}
	}
	if c.forgiven {
		hit.Fuzzy, hit.Partial = s.forgiven(passages)
	}
	best := 0
	for _, p := range passages {
		matched := s.matchedIn(p.value)
		if len(matched) <= best {
			continue
		}
		best = len(matched)
		hit.Field, hit.Snippet = p.field, ""
		if p.field != c.key.Type.Title {
			hit.Snippet = text.Snippet(p.value, strings.Join(matched, " "), snippetWidth)
		}
		if best == len(s.words) {
			break
		}
	}
	return hit, nil
}

// forgiven says whether a word of the query stands in the passages with a typing
// mistake alone, and whether one stands in none of them.
func (s *search) forgiven(passages []passage) (fuzzy, partial bool) {
	within := map[string]bool{}
	for _, p := range passages {
		for _, word := range text.Words(p.value) {
			within[word] = true
		}
	}
	for _, asked := range s.asked {
		if within[asked] {
			continue
		}
		if s.misspelt(asked, within) {
			fuzzy = true
		} else {
			partial = true
		}
	}
	return fuzzy, partial
}

// misspelt says whether one of some words is a correction of a word of the query.
func (s *search) misspelt(asked string, within map[string]bool) bool {
	at := slices.IndexFunc(s.words, func(w queryWord) bool { return w.text == asked })
	if at < 0 {
		return false
	}
	for variant := range s.words[at].distance {
		if within[variant] {
			return true
		}
	}
	return false
}

// identifying finds the passage by which the query identifies a record.
func (s *search) identifying(passages []passage, country string) (passage, bool) {
	for _, p := range passages {
		if p.kind == "" {
			continue
		}
		for _, key := range text.StoredKeys(p.kind, p.value, country) {
			if slices.Contains(s.keys, key) {
				return p, true
			}
		}
	}
	return passage{}, false
}

// passages are the texts of a record in the order in which a match in them
// tells most: title, other fields, contact details, content.
func (tx *Tx) passages(r *Record) ([]passage, error) {
	var list, details []passage
	for _, f := range r.Type.Fields {
		kind, value := identifierKind(r.Type, f), r.Text(f.Name)
		switch {
		case f.Kind == schema.Participants:
			participants, _ := r.Values[f.Name].([]schema.Participant)
			for _, p := range participants {
				details = append(details, passage{f.Name, text.KindID, p.ID})
			}
		case value == "" || f.Kept != "":
		case f.Name == r.Type.Title:
			list = slices.Insert(list, 0, passage{f.Name, kind, value})
		case kind != "" || searchedField(f):
			list = append(list, passage{f.Name, kind, value})
		}
	}
	if r.Type.Field("emails") != nil {
		rows, err := tx.detailRows(r.Key())
		if err != nil {
			return nil, err
		}
		for _, d := range rows {
			details = append(details, passage{d.Kind, keyKinds[d.Kind], d.Value})
		}
	}
	content, err := tx.contentText(r)
	if content != "" {
		details = append(details, passage{"content", "", content})
	}
	return append(list, details...), err
}
