package main

import (
	"cmp"
	"os"
	"strconv"

	"golang.org/x/term"
)

// isTerminal says whether a stream is a terminal, where a person looks on.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// width is how many columns a line of standard output may have; 0: any
// number, as in a file. COLUMNS stands in where there is no terminal.
func (p *program) width() int {
	if file, ok := p.out.(*os.File); ok {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	columns, err := strconv.Atoi(cmp.Or(p.getenv("COLUMNS"), "0"))
	if err != nil || columns < 0 {
		return 0
	}
	return columns
}

// painter writes in colour, or plainly where nobody could see it.
type painter struct{ on bool }

// painter follows the convention that NO_COLOR, set to anything, forbids colour.
func (p *program) painter() painter {
	wanted := p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb"
	return painter{on: wanted && isTerminal(p.out) && canPaint(p.out)}
}

func (c painter) paint(code, text string) string {
	if !c.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (c painter) bold(text string) string  { return c.paint("1", text) }
func (c painter) dim(text string) string   { return c.paint("2", text) }
func (c painter) green(text string) string { return c.paint("32", text) }
func (c painter) cyan(text string) string  { return c.paint("36", text) }
