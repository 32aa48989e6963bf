package schema

import (
	"testing"
	"time"
)

func TestDecimalIsExact(t *testing.T) {
	for _, c := range []struct{ in, out string }{
		{"0", "0"}, {"1250", "1250"}, {"1250.50", "1250.5"}, {"-0.0001", "-0.0001"}, {"1e3", "1000"}, {"+7", "7"},
		{"017", "17"}, {".5", "0.5"}, {"1E-2", "0.01"}, {" 5. ", "5"},
	} {
		d, err := ParseDecimal(c.in)
		if err != nil || d.String() != c.out {
			t.Errorf("%s: %s, %v; want %s", c.in, d, err, c.out)
		}
	}
	for _, bad := range []string{"", "x", "1.00001", "1/3", "0x10", "1e99", "NaN", "1_000", "99999999999999999",
		"0b101", "0B1", "0o17", "0O17", "0X1F", "0b1e2", "1p2", "Inf", "-", ".", "e5", "1e", "1 000", "٣", "1e0b1"} {
		if d, err := ParseDecimal(bad); err == nil {
			t.Errorf("%q was read as %s", bad, d)
		}
	}
}

func TestTimesRoundsOnce(t *testing.T) {
	for _, c := range []struct {
		factors []string
		want    string
	}{
		{[]string{"3", "19.99"}, "59.97"},
		{[]string{"0.3333", "0.5"}, "0.1667"},
		{[]string{"-0.3333", "0.5"}, "-0.1667"},
		{[]string{"3", "33.33", "85", "0.01"}, "84.9915"},
	} {
		var numbers []Decimal
		for _, s := range c.factors {
			n, err := ParseDecimal(s)
			if err != nil {
				t.Fatal(err)
			}
			numbers = append(numbers, n)
		}
		got, err := numbers[0].Times(numbers[1:]...)
		if err != nil || got.String() != c.want {
			t.Errorf("%v: %s, %v; want %s", c.factors, got, err, c.want)
		}
	}
	if _, err := Decimal(maxDecimal).Times(2 * DecimalOne); err == nil {
		t.Error("a product too large to keep was kept")
	}
}

// In São Paulo the clocks skipped midnight of 4 November 2018.
func TestDayWithoutMidnight(t *testing.T) {
	loc, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		t.Skip("no time zone data: ", err)
	}
	day := NewDate(2018, time.November, 4)
	if got := DateOf(day.Time(loc)); got != day {
		t.Errorf("the first moment of %s lies on %s", day, got)
	}
}

func TestClockReadsRelativeForms(t *testing.T) {
	c := Clock{Now: time.Date(2026, 1, 31, 23, 30, 0, 0, time.UTC), Location: time.FixedZone("east", 3600)}
	for _, x := range []struct{ in, want string }{
		{"today", "2026-02-01"}, {"tomorrow", "2026-02-02"}, {"-1d", "2026-01-31"}, {"+2w", "2026-02-15"},
		{"+1mo", "2026-03-01"}, {"-1y", "2025-02-01"}, {"2024-02-29", "2024-02-29"},
	} {
		d, ok := c.Date(x.in)
		if !ok || d.String() != x.want {
			t.Errorf("%s: %s, %v; want %s", x.in, d, ok, x.want)
		}
	}
	if d := AddMonths(NewDate(2026, 1, 31), 1); d.String() != "2026-02-28" {
		t.Errorf("a month after 31 January is %s", d)
	}
	for _, bad := range []string{"2026-02-30", "soon", "+3", "0000-01-01"} {
		if d, ok := c.Date(bad); ok {
			t.Errorf("%q was read as %s", bad, d)
		}
	}
	if m, dayOnly, ok := c.Moment("-6h"); !ok || dayOnly || m.String() != "2026-01-31T17:30:00.000Z" {
		t.Errorf("-6h: %s %v %v", m, dayOnly, ok)
	}
}
