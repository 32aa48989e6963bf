package schema

import (
	"fmt"
	"math/big"
	"strings"
	"time"
)

// Decimal is an exact number: an integer of 1/10,000 of the unit. Money and
// quantities are kept so, never as floats.
type Decimal int64

// DecimalOne is the number 1.
const DecimalOne Decimal = 10_000

// maxDecimal keeps sums of many values within 64 bits.
const maxDecimal = 900_000_000_000_000_000

// ParseDecimal reads "1234.5", "-3" or "1e3"; at most four places.
func ParseDecimal(s string) (Decimal, error) {
	s = strings.TrimSpace(s)
	noNumber := fmt.Errorf("is no number: send digits such as 1250 or 1250.50")
	if s == "" || len(s) > 40 || strings.Trim(s, "0123456789.eE+-") != "" {
		return 0, noNumber
	}
	if at := strings.IndexAny(s, "eE"); at >= 0 && len(s)-at > 4 {
		return 0, fmt.Errorf("is too large: at most 90,000,000,000,000")
	}
	rat, ok := new(big.Rat).SetString(s)
	if !ok {
		return 0, noNumber
	}
	rat.Mul(rat, new(big.Rat).SetInt64(int64(DecimalOne)))
	if !rat.IsInt() {
		return 0, fmt.Errorf("has more than 4 decimal places")
	}
	if !rat.Num().IsInt64() || rat.Num().Int64() > maxDecimal || rat.Num().Int64() < -maxDecimal {
		return 0, fmt.Errorf("is too large: at most 90,000,000,000,000")
	}
	return Decimal(rat.Num().Int64()), nil
}

// String gives the shortest exact form: "1250", "1250.5".
func (d Decimal) String() string {
	sign, n := "", uint64(d) //nolint:gosec // the sign is handled below
	if d < 0 {
		sign, n = "-", uint64(-d)
	}
	whole, rest := n/uint64(DecimalOne), n%uint64(DecimalOne)
	if rest == 0 {
		return fmt.Sprintf("%s%d", sign, whole)
	}
	return strings.TrimRight(fmt.Sprintf("%s%d.%04d", sign, whole, rest), "0")
}

// MarshalJSON writes a plain JSON number.
func (d Decimal) MarshalJSON() ([]byte, error) { return []byte(d.String()), nil }

// Times multiplies exactly and rounds once, half away from zero, to four
// places. It fails where the product is too large to keep.
func (d Decimal) Times(factors ...Decimal) (Decimal, error) {
	product, divisor := big.NewInt(int64(d)), big.NewInt(1)
	for _, factor := range factors {
		product.Mul(product, big.NewInt(int64(factor)))
		divisor.Mul(divisor, big.NewInt(int64(DecimalOne)))
	}
	half := new(big.Int).Quo(divisor, big.NewInt(2))
	if product.Sign() < 0 {
		half.Neg(half)
	}
	product.Add(product, half).Quo(product, divisor)
	if !product.IsInt64() || product.Int64() > maxDecimal || product.Int64() < -maxDecimal {
		return 0, fmt.Errorf("is too large: at most 90,000,000,000,000")
	}
	return Decimal(product.Int64()), nil
}

// Date is a day without a time, kept as the number YYYYMMDD so that years and
// months are divisions in every SQL engine. A year of 0 is a birthday whose
// year is not known.
type Date int32

// NewDate makes a date of its parts.
func NewDate(year int, month time.Month, day int) Date {
	return Date(year*10_000 + int(month)*100 + day) //nolint:gosec // dates have eight digits
}

// DateOf is the day of a moment in its own time zone.
func DateOf(t time.Time) Date { return NewDate(t.Date()) }

// Time is the first moment of the day in a time zone. Where a change of the
// clocks skips midnight, that is the hour after it.
func (d Date) Time(loc *time.Location) time.Time {
	t := time.Date(int(d)/10_000, time.Month(int(d)/100%100), int(d)%100, 0, 0, 0, 0, loc)
	if t.Day() != int(d)%100 {
		t = t.Add(time.Hour)
	}
	return t
}

// AddDays counts days forward, or back where n is negative.
func (d Date) AddDays(n int) Date { return DateOf(d.Time(time.UTC).AddDate(0, 0, n)) }

// String gives YYYY-MM-DD, or --MM-DD without a year.
func (d Date) String() string {
	if d < 10_000 {
		return fmt.Sprintf("--%02d-%02d", int(d)/100, int(d)%100)
	}
	return fmt.Sprintf("%04d-%02d-%02d", int(d)/10_000, int(d)/100%100, int(d)%100)
}

// MarshalJSON writes the date as a string.
func (d Date) MarshalJSON() ([]byte, error) { return []byte(`"` + d.String() + `"`), nil }

// Millis is a moment: milliseconds since 1970 in UTC.
type Millis int64

// MillisOf drops what is finer than a millisecond.
func MillisOf(t time.Time) Millis { return Millis(t.UnixMilli()) }

// Time is the moment in UTC.
func (m Millis) Time() time.Time { return time.UnixMilli(int64(m)).UTC() }

// String gives RFC 3339 in UTC with milliseconds.
func (m Millis) String() string { return m.Time().Format("2006-01-02T15:04:05.000Z") }

// MarshalJSON writes the moment as a string.
func (m Millis) MarshalJSON() ([]byte, error) { return []byte(`"` + m.String() + `"`), nil }

// Range is a span of dates (Start, End hold Date) or moments (Millis), both
// ends included.
type Range struct{ Start, End int64 }

// Participant is the identity of a record in another system.
type Participant struct {
	System string `json:"system"`
	ID     string `json:"id"`
}

// Detail is one labelled e-mail, phone or website as a caller writes it.
type Detail struct {
	Label string
	Value string
}

// String gives "label: value", without the general label.
func (d Detail) String() string {
	if d.Label == "" || d.Label == "general" {
		return d.Value
	}
	return d.Label + ": " + d.Value
}
