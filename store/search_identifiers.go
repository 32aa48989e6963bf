package store

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/crmcp/crmcp/text"
)

// What is taken for an identifier among the words of a query: numbers alone
// with as many digits, and letters that belong to the number after them (HRB
// 12345). Shorter numbers are years and amounts.
const (
	fewestDigits  = 5
	longestPrefix = 5
)

// exactly finds the records that the query identifies or names.
func (s *search) exactly() error {
	if s.isID() {
		keys, err := s.tx.lookup(s.types, s.query)
		if err == nil {
			err = s.add(byIdentifier, keys)
		}
		if err != nil {
			return err
		}
	}
	for _, t := range s.types {
		found, err := s.tx.identified(t, s.keys, s.want)
		if err != nil {
			return err
		}
		if err := s.add(byIdentifier, found.current); err != nil {
			return err
		}
	}
	for _, t := range s.types {
		found, err := s.tx.namedOf(t, s.query, s.want)
		if err != nil {
			return err
		}
		if err := s.add(byName, found.current); err != nil {
			return err
		}
	}
	return nil
}

// addressed tells whether the query is an address that was found: nobody who
// asks for one means the words in it.
func (s *search) addressed() bool {
	if len(s.found) == 0 || s.found[0].tier != byIdentifier {
		return false
	}
	if s.isID() {
		return true
	}
	_, isEmail := text.Email(s.query)
	return isEmail || text.PhonePlausible(s.query) && len(text.PhoneDigits(s.query)) >= sureDigits
}

// sureDigits is from how many digits on a number that was found is the phone
// number that was meant, and no year or amount.
const sureDigits = 7

// isID tells whether the query is the id or uid of a record.
func (s *search) isID() bool {
	_, isUID := parseUID(s.query)
	_, _, isID := s.tx.Schema().ParseID(s.query)
	return isUID || isID
}

// byIdentifiers finds the records that a part of the query identifies, where
// nothing was found by the whole: "call +49 30 1234567", or K000123 for the
// customer number K-000123, or an id beside words.
func (s *search) byIdentifiers() error {
	if len(s.found) > 0 {
		return nil
	}
	if err := s.byIDsWithin(); err != nil {
		return err
	}
	keys := s.keysWithin()
	if len(keys) == 0 {
		return nil
	}
	slices.Sort(keys)
	s.keys = slices.Concat(s.keys, slices.Compact(keys))
	for _, t := range s.types {
		found, err := s.tx.identified(t, paddedKeys(keys), s.want)
		if err == nil {
			err = s.add(byIdentifier, found.current)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// byIDsWithin finds the records whose ids stand among the words.
func (s *search) byIDsWithin() error {
	words := strings.Fields(s.query)
	for _, word := range words[:min(len(words), maxQueryWords)] {
		if _, _, isID := s.tx.Schema().ParseID(word); !isID {
			continue
		}
		found, err := s.tx.lookup(s.types, word)
		if err == nil {
			err = s.add(byIdentifier, found)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// paddedKeys repeats the last key up to a multiple of sixteen, so that the
// prepared statements stay few.
func paddedKeys(keys []string) []string {
	for len(keys)%16 != 0 {
		keys = append(keys, keys[len(keys)-1])
	}
	return keys
}

// keysWithin are the keys of what may be an identifier among the words.
func (s *search) keysWithin() []string {
	words := strings.Fields(s.query)
	words = words[:min(len(words), maxQueryWords)]
	for i, word := range words {
		words[i] = strings.TrimRight(strings.Trim(word, `,;:!?"'<>[]{}`), ".")
	}
	keys := spellings(strings.Join(words, ""))
	for i, word := range words {
		keys = append(keys, wordKeys(word)...)
		if i > 0 && isPrefix(words[i-1]) && text.PhoneDigits(word) != "" {
			keys = append(keys, wordKeys(words[i-1]+word)...)
		}
	}
	for _, number := range numbersWithin(words) {
		keys = append(keys, text.QueryKeys(number, s.tx.company.Text("country"))...)
	}
	return keys
}

// wordKeys are the keys of a word that looks like an e-mail, a domain or a number.
func wordKeys(word string) []string {
	switch digits := len(text.PhoneDigits(word)); {
	case len(word) > longestIdentifier:
		return nil
	case strings.Contains(word, "@"):
		return text.StoredKeys(text.KindEmail, word, "")
	case isNumeral(word) && digits < fewestDigits:
		return nil
	case digits > 0:
		return slices.Concat(text.StoredKeys(text.KindID, word, ""), text.StoredKeys(text.KindDomain, word, ""), spellings(word))
	case strings.Contains(word, "."):
		return text.StoredKeys(text.KindDomain, word, "")
	}
	return nil
}

// isPrefix tells the letters that belong to the number after them.
func isPrefix(word string) bool {
	length := utf8.RuneCountInString(word)
	return length > 0 && length <= longestPrefix && !strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) })
}

// isNumeral tells the words that are a number or a part of one.
func isNumeral(word string) bool {
	return text.PhoneDigits(word) != "" && !strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsDigit(r) && !strings.ContainsRune("+-()./", r) })
}

// numbersWithin are the phone numbers that words which follow each other make.
func numbersWithin(words []string) (numbers []string) {
	var parts []string
	end := func() {
		if number := strings.Join(parts, " "); len(text.PhoneDigits(number)) >= sureDigits {
			numbers = append(numbers, number)
		}
		parts = nil
	}
	for _, word := range words {
		if !isNumeral(word) || strings.HasPrefix(word, "+") {
			end()
		}
		if isNumeral(word) {
			parts = append(parts, word)
		}
	}
	end()
	return numbers
}
