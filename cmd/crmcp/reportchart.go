package main

import (
	"encoding/json"
	"math"
	"strings"
)

const (
	// chartWidth is how wide a report with bars is where there is no terminal.
	chartWidth = 80
	// shortestBar and longestBar are the room that bars need and take.
	shortestBar = 10
	longestBar  = 48
)

// addBars adds a column of bars to a table of one group and one measure,
// besides the currency that amounts add by themselves. Each currency has a
// scale of its own.
func (p *program) addBars(t *table, rows []object, by []string) {
	keys := keysOf(rows)
	currency := ""
	if len(by) == 1 && len(keys) == 3 && keys[1] == "currency" {
		currency = keys[1]
	}
	if len(by) != 1 || currency == "" && len(keys) != 2 {
		return
	}
	measure := keys[len(keys)-1]
	width := p.width()
	if width == 0 {
		width = chartWidth
	}
	room := min(longestBar, width-lineWidth(t.widths())-gap)
	if room < shortestBar {
		return
	}
	greatest := map[string]float64{}
	for _, row := range rows {
		greatest[row.text(currency)] = max(greatest[row.text(currency)], math.Abs(number(row.get(measure))))
	}
	t.columns = append(t.columns, column{})
	for i, row := range rows {
		t.rows[i] = append(t.rows[i], bar(number(row.get(measure)), greatest[row.text(currency)], room))
	}
}

func number(value any) float64 {
	n, ok := value.(json.Number)
	if !ok {
		return 0
	}
	f, err := n.Float64()
	if err != nil {
		return 0
	}
	return f
}

// bar is as long as a number is to the greatest one, in eighths of a character;
// that of a negative number is pale, and in whole characters.
func bar(n, greatest float64, room int) string {
	if n == 0 || greatest <= 0 {
		return ""
	}
	if n < 0 {
		return strings.Repeat("░", max(1, int(-n/greatest*float64(room)+0.5)))
	}
	eighths := max(1, int(n/greatest*float64(8*room)+0.5))
	return strings.Repeat("█", eighths/8) + []string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}[eighths%8]
}
