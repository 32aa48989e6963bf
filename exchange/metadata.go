package exchange

import (
	"encoding/json"
	"regexp"
)

// plainNumber is a number that loses nothing as one: leading zeros, a plus and
// very many digits are those of codes and phone numbers.
var plainNumber = regexp.MustCompile(`^(0|-?[1-9][0-9]*|-?(0|[1-9][0-9]*)\.[0-9]+)$`)

// maxDigits is how many digits every reader of JSON keeps.
const maxDigits = 15

// plainValue is what a cell is in the metadata: a number or a truth value
// where it is written as JSON writes them, else text.
func plainValue(cell string) any {
	digits := 0
	for _, c := range cell {
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	switch {
	case cell == "true" || cell == "false":
		return cell == "true"
	case digits <= maxDigits && plainNumber.MatchString(cell):
		return json.Number(cell)
	}
	return cell
}
