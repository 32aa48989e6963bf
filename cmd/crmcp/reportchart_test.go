package main

import "testing"

func TestBars(t *testing.T) {
	for _, c := range []struct {
		n, greatest float64
		want        string
	}{
		{10, 10, "████"}, {5, 10, "██"}, {1, 10, "▍"}, {0.001, 10, "▏"}, {0, 10, ""}, {3, 0, ""},
		{-10, 10, "░░░░"}, {-0.001, 10, "░"},
	} {
		if got := bar(c.n, c.greatest, 4); got != c.want {
			t.Errorf("%v of %v: %q, want %q", c.n, c.greatest, got, c.want)
		}
	}
}
