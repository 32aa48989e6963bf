package text

import "strings"

// MayGroupThousands says whether the only mark of a number, between these
// digits, may group thousands as well as begin the decimal places: that of
// 12.500, but not those of 0.125, 12.50 and 1234.500.
func MayGroupThousands(whole, fraction string) bool {
	digits := strings.Trim(whole+fraction, "0123456789") == ""
	return digits && len(fraction) == 3 && len(whole) >= 1 && len(whole) <= 3 && whole[0] != '0'
}
