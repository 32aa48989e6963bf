package main

import (
	"slices"
	"strings"
	"unicode"

	pretty "github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

const (
	// gap is the number of spaces between two columns.
	gap = 2
	// narrowest is how far a column is cut before columns are left out.
	narrowest = 13
)

// column is one column of a table; numbers stand to the right.
type column struct {
	label string
	right bool
	// least is how far this column is cut; 0: as far as others.
	least int
}

// floor is how narrow the column can become.
func (c column) floor(width int) int { return min(width, max(narrowest, c.least)) }

// table is what is shown of several records.
type table struct {
	columns []column
	rows    [][]string
}

// printTable fits a table to the terminal: wide columns are cut, and where
// that does not suffice the last ones left out. It gives the labels of those.
// Where there is no terminal nothing is cut.
func (p *program) printTable(t table) (leftOut []string) {
	limit := p.width()
	widths := t.widths()
	if limit > 0 {
		widths = t.fit(widths, limit)
	}
	for _, left := range t.columns[len(widths):] {
		leftOut = append(leftOut, left.label)
	}
	writer := pretty.NewWriter()
	writer.SetStyle(plainStyle())
	configs := make([]pretty.ColumnConfig, len(widths))
	header := make(pretty.Row, len(widths))
	paint := p.painter()
	for i, width := range widths {
		configs[i] = pretty.ColumnConfig{Number: i + 1}
		if t.columns[i].right {
			configs[i].Align, configs[i].AlignHeader = text.AlignRight, text.AlignRight
		}
		header[i] = paint.bold(text.Snip(t.columns[i].label, width, "…"))
	}
	writer.SetColumnConfigs(configs)
	writer.AppendHeader(header)
	for _, cells := range t.rows {
		row := make(pretty.Row, len(widths))
		for i, width := range widths {
			row[i] = text.Snip(oneLine(cells[i]), width, "…")
		}
		writer.AppendRow(row)
	}
	for line := range strings.Lines(writer.Render() + "\n") {
		p.print("%s\n", strings.TrimRight(line, " \n"))
	}
	return leftOut
}

// plainStyle has neither lines nor frames: what is read in a shell is also
// copied from it.
func plainStyle() pretty.Style {
	style := pretty.StyleDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", strings.Repeat(" ", gap)
	style.Options = pretty.OptionsNoBordersAndSeparators
	style.Format.Header = text.FormatDefault
	return style
}

// widths are those that the columns would have if there were room.
func (t table) widths() []int {
	widths := make([]int, len(t.columns))
	for i, c := range t.columns {
		widths[i] = text.StringWidth(c.label)
	}
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], text.StringWidth(oneLine(cell)))
		}
	}
	return widths
}

// fit makes columns narrower until they stand on a line of the given width,
// the widest first, and drops the last ones if they still do not.
func (t table) fit(widths []int, limit int) []int {
	fitted, floors := slices.Clone(widths), make([]int, len(widths))
	for i, width := range widths {
		floors[i] = t.columns[i].floor(width)
	}
	for len(floors) > 1 && lineWidth(floors) > limit {
		floors = floors[:len(floors)-1]
	}
	fitted = fitted[:len(floors)]
	for lineWidth(fitted) > limit {
		at := -1
		for i, width := range fitted {
			if width > floors[i] && (at < 0 || width > fitted[at]) {
				at = i
			}
		}
		if at < 0 {
			break
		}
		fitted[at]--
	}
	return fitted
}

func lineWidth(widths []int) int {
	sum := gap * (len(widths) - 1)
	for _, width := range widths {
		sum += width
	}
	return sum
}

// oneLine keeps a text from breaking the line it stands on and the terminal it
// is shown on: white space becomes one space, other control characters go.
func oneLine(s string) string {
	return strings.Join(strings.Fields(printable(s)), " ")
}

// printable drops what a terminal would take for a command.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}
