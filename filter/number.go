package filter

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// numeral is a number as the language writes it, with the currency that stood
// beside it. Where a dot may group thousands as well as begin the decimal
// places, other is the second reading.
type numeral struct{ number, other, currency string }

// advice is what to write, with the field of the currency, if there is one;
// empty where there is no number.
func (n numeral) advice(currencyField string) string {
	beside := choose(n.currency != "" && currencyField != "", ", and "+currencyField+" = "+n.currency+" beside it", "")
	return choose(n.number != "", n.number+choose(n.other != "", " or "+n.other, "")+beside, "")
}

var (
	grouped      = regexp.MustCompile("^\\d{1,3}([,_' \u00a0\u202f]\\d{3})+(\\.\\d+)?$")
	groupedOther = regexp.MustCompile(`^\d{1,3}(\.\d{3})+,\d+$|^\d{1,3}(\.\d{3}){2,}$|^\d+,\d{1,2}$`)
	multiplied   = regexp.MustCompile(`^([\d.]+)([kKmM])$`)
)

// rightNumber is rightForm of numbers: 1000 for "€1,000" with the currency EUR.
func rightNumber(s string) numeral {
	s = strings.TrimSpace(s)
	core := strings.TrimFunc(s, func(r rune) bool { return !unicode.IsDigit(r) && r != '-' })
	if core == "" {
		return numeral{}
	}
	before, after, _ := strings.Cut(s, core)
	mark := strings.TrimSpace(before + after)
	if m := multiplied.FindStringSubmatch(core + after); m != nil && before == "" {
		n, err := strconv.ParseFloat(m[1], 64)
		return numeral{number: choose(err == nil, strconv.FormatFloat(n*map[string]float64{"k": 1e3, "m": 1e6}[strings.ToLower(m[2])], 'f', -1, 64), "")}
	}
	currency, known := text.Currency(mark)
	if (!known || mark != strings.ToUpper(mark)) && mark != "" && mark != "%" {
		return numeral{}
	}
	sign := choose(strings.HasPrefix(core, "-"), "-", "")
	bare := strings.TrimPrefix(core, "-")
	switch {
	case grouped.MatchString(bare):
		bare = strings.NewReplacer(",", "", "_", "", "'", "", " ", "", "\u00a0", "", "\u202f", "").Replace(bare)
	case groupedOther.MatchString(bare):
		bare = strings.NewReplacer(".", "", ",", ".").Replace(bare)
	}
	if _, err := schema.ParseDecimal(bare); err != nil || !isNumeral(bare) {
		return numeral{}
	}
	if whole, fraction, _ := strings.Cut(bare, "."); text.MayGroupThousands(whole, fraction) {
		places := strings.TrimRight(strings.TrimRight(bare, "0"), ".")
		return numeral{number: sign + strings.Replace(bare, ".", "", 1), other: sign + places, currency: currency}
	}
	return numeral{number: sign + bare, currency: currency}
}

// isNumeral tells 1250.50 from other forms that read as numbers, such as 1e3.
func isNumeral(s string) bool {
	return strings.Trim(s, "0123456789.") == ""
}
