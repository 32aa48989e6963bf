package exchange

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNumbersInAnyForm(t *testing.T) {
	for _, c := range []struct {
		column    string
		in, want  string
		isRefused bool
	}{
		{"", "1234", "1234", false}, {"", "-1,234.50", "-1234.50", false}, {"", "1.234,50", "1234.50", false},
		{"", "1,234,567", "1234567", false}, {"", "1.234.567", "1234567", false}, {"", "1 234,5", "1234.5", false},
		{"", "1\u00a0234\u00a0567", "1234567", false}, {"", "1'234.50", "1234.50", false}, {"", "12,5", "12.5", false},
		{"", "0,125", "0.125", false}, {"", "1234,567", "1234.567", false}, {"", ",5", "0.5", false}, {"", "+7", "7", false},
		{"", "1.234", "1.234", false}, {"", "1,234", "", true}, {"", "440.0000", "440.0000", false},
		{"99,50", "1.234", "1234", false}, {"99,50", "1,234", "1.234", false},
		{"99.50", "1,234", "1234", false}, {"99.50", "1.234", "1.234", false},
		{"1,000,000", "1,234", "1234", false}, {"99,5 and 99.5", "1,234", "", true},
		{"", "1e3", "1e3", false}, {"", "$5", "$5", false}, {"", "1,23,4", "1,23,4", false}, {"", "1.2,3.4", "1.2,3.4", false}, {"", "12 34", "12 34", false},
	} {
		var m marks
		if c.column == "99,5 and 99.5" {
			m = marks{comma: true, dot: true}
		} else {
			m.learn(c.column)
		}
		got, err := m.number(c.in)
		if got != c.want || (err != nil) != c.isRefused {
			t.Errorf("%q beside %q: %q %v, want %q", c.in, c.column, got, err, c.want)
		}
	}
}

func TestWholeNumbersHaveNoDecimals(t *testing.T) {
	for in, want := range map[string]string{"1,200": "1200", "1.200": "1200", "12.000": "", "12,000": "12000", "12": "12", "1,234.00": "1234.00"} {
		got, err := marks{}.whole(in)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q %v, want %q", in, got, err, want)
		}
	}
}

func TestDatesInAnyForm(t *testing.T) {
	for _, c := range []struct {
		column, in, want string
		withTime         bool
	}{
		{"", "1998-05-06", "1998-05-06", false}, {"", "1998-05-06 00:00:00", "1998-05-06", false},
		{"", "1998/5/6", "1998-05-06", false}, {"", "6.5.1998", "1998-05-06", false}, {"", "31/5/1998", "1998-05-31", false},
		{"", "5/31/1998", "1998-05-31", false}, {"", "5/5/1998", "1998-05-05", false}, {"", "5/6/1998", "", false},
		{"31/1/1998", "5/6/1998", "1998-06-05", false}, {"1/31/1998", "5/6/1998", "1998-05-06", false},
		{"1/31/1998", "5/6/1998 3:04 pm", "1998-05-06 15:04:00", true}, {"", "1998-05-06T10:00:00Z", "1998-05-06T10:00:00Z", true},
		{"", "5/31/98", "", false}, {"", "6 May 1998", "1998-05-06", false}, {"", "May 6, 1998", "1998-05-06", false},
		{"", "19980506", "1998-05-06", false}, {"", "--05-06", "--05-06", false}, {"", "soon", "soon", false},
	} {
		var o order
		o.learn(c.column)
		got, err := o.date(c.in, c.withTime)
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%q beside %q: %q %v, want %q", c.in, c.column, got, err, c.want)
		}
	}
}

func TestListCells(t *testing.T) {
	for _, c := range []struct {
		cell, separators string
		want             any
	}{
		{"a; b ;;c", ";\n", []any{"a", "b", "c"}}, {"a, b\nc", ";\n", []any{"a, b", "c"}}, {"a, b", ",;\n", []any{"a", "b"}},
		{`["a;b"]`, ";\n", `["a;b"]`}, {" ; ", ";\n", []any{}},
	} {
		if diff := cmp.Diff(c.want, listCell(c.cell, c.separators)); diff != "" {
			t.Errorf("%q: %s", c.cell, diff)
		}
	}
}

func TestSplitName(t *testing.T) {
	for name, want := range map[string][2]string{
		"Jane Doe": {"Jane", "Doe"}, "Doe, Jane": {"Jane", "Doe"}, "Cher": {"Cher", ""}, "Ana de la Cruz": {"Ana", "de la Cruz"},
	} {
		if first, last := splitName(name); [2]string{first, last} != want {
			t.Errorf("%q: %q %q", name, first, last)
		}
	}
}
