package server

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"
)

// deepest is how many objects and lists may stand in each other.
const deepest = 64

// checkEnvelope refuses what two readers of one message could read as two
// messages: a name twice in one object, and names of the envelope in other
// letters, which mcp-go takes for the name itself and others do not.
func checkEnvelope(body []byte) *refusal {
	switch {
	case !utf8.Valid(body):
		return &refusal{code: mcp.PARSE_ERROR, text: "Parse error: the body is not valid UTF-8"}
	case !json.Valid(body):
		return &refusal{code: mcp.PARSE_ERROR, text: "Parse error: the body is not valid JSON; send one JSON-RPC message"}
	}
	scanner := &strictScanner{text: body}
	if wrong := scanner.value(0, envelopeNames); wrong != "" {
		return invalidRequest(nil, wrong)
	}
	return nil
}

// namesIn are the names that count in an object, and in the objects under them.
type namesIn struct {
	known []string
	below map[string]*namesIn
}

var envelopeNames = &namesIn{
	known: []string{"jsonrpc", "id", "method", "params", "result", "error"},
	below: map[string]*namesIn{"params": {
		known: []string{"name", "arguments", "_meta", "task", "uri", "cursor", "ref", "argument", "context", "level", "requestId", "protocolVersion",
			"capabilities", "clientInfo", "notifications", "inputResponses", "requestState"},
		below: map[string]*namesIn{"_meta": {known: []string{"progressToken"}}},
	}},
}

// strictScanner walks over JSON that is known to be valid.
type strictScanner struct {
	text []byte
	at   int
}

// value passes over one value and says what is wrong with it; empty: nothing.
func (s *strictScanner) value(depth int, names *namesIn) string {
	s.space()
	switch s.text[s.at] {
	case '{':
		return s.object(depth+1, names)
	case '[':
		return s.list(depth + 1)
	case '"':
		s.word()
		return ""
	}
	for s.at < len(s.text) && !strings.ContainsRune(",]} \t\r\n", rune(s.text[s.at])) {
		s.at++
	}
	return ""
}

func (s *strictScanner) object(depth int, names *namesIn) string {
	if depth > deepest {
		return tooDeep()
	}
	seen := map[string]bool{}
	for s.at++; s.more('}'); {
		name := s.word()
		if seen[name] {
			return fmt.Sprintf("the name %q stands twice in one object", shortName(name))
		}
		seen[name] = true
		var below *namesIn
		if names != nil {
			if right := names.otherwise(name); right != "" {
				return fmt.Sprintf("the name %q must be written %q", shortName(name), right)
			}
			below = names.below[name]
		}
		s.space()
		s.at++
		if wrong := s.value(depth, below); wrong != "" {
			return wrong
		}
	}
	return ""
}

// otherwise is the name that is written here in other letters; empty: none.
func (n *namesIn) otherwise(name string) string {
	at := slices.IndexFunc(n.known, func(known string) bool { return known != name && strings.EqualFold(known, name) })
	if at < 0 {
		return ""
	}
	return n.known[at]
}

func (s *strictScanner) list(depth int) string {
	if depth > deepest {
		return tooDeep()
	}
	for s.at++; s.more(']'); {
		if wrong := s.value(depth, nil); wrong != "" {
			return wrong
		}
	}
	return ""
}

// more steps to the next member of an object or list, or over its end, and
// says whether there was one.
func (s *strictScanner) more(end byte) bool {
	s.space()
	if s.text[s.at] == ',' {
		s.at++
		s.space()
	}
	if s.text[s.at] != end {
		return true
	}
	s.at++
	return false
}

// word passes over a string and gives it.
func (s *strictScanner) word() string {
	begin, escaped := s.at, false
	for s.at++; s.text[s.at] != '"'; s.at++ {
		if s.text[s.at] == '\\' {
			escaped = true
			s.at++
		}
	}
	s.at++
	if !escaped {
		return string(s.text[begin+1 : s.at-1])
	}
	var word string
	if json.Unmarshal(s.text[begin:s.at], &word) != nil {
		return string(s.text[begin:s.at])
	}
	return word
}

func (s *strictScanner) space() {
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.at]) >= 0 {
		s.at++
	}
}

func tooDeep() string {
	return fmt.Sprintf("more than %d objects and lists stand in each other", deepest)
}

func shortName(name string) string {
	if characters := []rune(name); len(characters) > maxShownName {
		return string(characters[:maxShownName]) + "…"
	}
	return name
}
