package text

import (
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// A number of fifteen digits with an international prefix and an extension fits.
const mostPhoneDigits = 25

// Phone returns the E.164 form of a phone number (+49301234567) and whether it could
// be derived: the number has + or 00 in front, or country is the ISO 3166 alpha-2
// code it is written for, and it has a possible length there. An extension is left
// out.
func Phone(s, country string) (e164 string, ok bool) {
	number := parsePhone(s, country)
	if number == nil {
		return "", false
	}
	return e164Form(number), true
}

func e164Form(number *phonenumbers.PhoneNumber) string {
	return phonenumbers.Format(number, phonenumbers.E164)
}

func parsePhone(s, country string) *phonenumbers.PhoneNumber {
	written := trimPhone(s)
	if !PhonePlausible(written) {
		return nil
	}
	region := strings.ToUpper(strings.TrimSpace(country))
	digits := PhoneDigits(written)
	if region == "" && strings.HasPrefix(digits, "00") {
		main, _ := splitExtension(written)
		written = "+" + PhoneDigits(main)[2:]
	}
	number, err := phonenumbers.Parse(written, region)
	if err != nil || phonenumbers.IsPossibleNumberWithReason(number) != phonenumbers.IS_POSSIBLE {
		return nil
	}
	return number
}

// PhoneDigits returns the digits of s, of any script, as ASCII digits.
func PhoneDigits(s string) string {
	var digits strings.Builder
	for _, r := range s {
		if value := digitValue(r); value >= 0 {
			digits.WriteByte(byte('0' + value))
		}
	}
	return digits.String()
}

// digitValue relies on decimal digits standing in Unicode in runs of ten that begin
// at zero.
func digitValue(r rune) int {
	if r < unicode.MaxASCII {
		if '0' <= r && r <= '9' {
			return int(r - '0')
		}
		return -1
	}
	if !unicode.IsDigit(r) {
		return -1
	}
	for _, span := range unicode.Nd.R16 {
		if rune(span.Lo) <= r && r <= rune(span.Hi) {
			return int(r-rune(span.Lo)) % 10
		}
	}
	for _, span := range unicode.Nd.R32 {
		if rune(span.Lo) <= r && r <= rune(span.Hi) {
			return int(r-rune(span.Lo)) % 10
		}
	}
	return -1
}

// PhonePlausible reports whether s can be a phone number at all: 3 to 25 digits and,
// besides them, only spaces, + - ( ) . / # and an extension marked x or ext.
func PhonePlausible(s string) bool {
	number, extension := splitExtension(trimPhone(s))
	digits := len(PhoneDigits(number))
	return digits >= 3 && digits+len(PhoneDigits(extension)) <= mostPhoneDigits &&
		onlyPhoneMarks(number, "+-()./") && onlyPhoneMarks(extension, "-().")
}

func onlyPhoneMarks(s, marks string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsDigit(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.Pd, r) && !strings.ContainsRune(marks, r)
	})
}

func trimPhone(s string) string {
	rest, _ := cutPrefixFold(strings.TrimSpace(s), "tel:")
	return strings.Replace(rest, ";ext=", " ext ", 1)
}

func splitExtension(s string) (number, extension string) {
	lower := strings.ToLower(s)
	if len(lower) != len(s) {
		return s, ""
	}
	for _, mark := range []string{"extension", "ext.", "ext", "x", "#"} {
		if at := strings.Index(lower, mark); at >= 0 {
			return s[:at], s[at+len(mark):]
		}
	}
	return s, ""
}

// nationalForms are the ways a number is written inside its own country, as digits:
// without and with the prefix for calls within the country.
func nationalForms(number *phonenumbers.PhoneNumber) []string {
	national := phonenumbers.GetNationalSignificantNumber(number)
	region := phonenumbers.GetRegionCodeForCountryCode(int(number.GetCountryCode()))
	trunk := phonenumbers.GetNddPrefixForRegion(region, true)
	return []string{national, trunk + national}
}
