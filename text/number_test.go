package text

import (
	"strings"
	"testing"
)

func TestMayGroupThousands(t *testing.T) {
	for number, want := range map[string]bool{
		"12.500": true, "1.000": true, "999.999": true, "0.125": false, "12.50": false, "1234.500": false, "12.5000": false,
		"12500": false, ".500": false, "12.": false, "1x.500": false, "12.5e3": false, "": false,
	} {
		whole, fraction, _ := strings.Cut(number, ".")
		if got := MayGroupThousands(whole, fraction); got != want {
			t.Errorf("%q: %v", number, got)
		}
	}
}
