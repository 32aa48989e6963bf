package main

import (
	"fmt"
	"io"
	"strings"
)

// progressBar shows on a terminal how far a long work is. Elsewhere it shows
// nothing.
type progressBar struct {
	out   io.Writer
	shown bool
}

const barWidth = 30

func (p *program) newProgressBar() *progressBar {
	if isTerminal(p.err) {
		return &progressBar{out: p.err}
	}
	return &progressBar{out: io.Discard}
}

func (b *progressBar) show(done, total int) {
	if total <= 0 {
		return
	}
	filled := barWidth * done / total
	_, _ = fmt.Fprintf(b.out, "\r%s%s %3d%%  %d of %d rows", strings.Repeat("█", filled), strings.Repeat("░", barWidth-filled), 100*done/total, done, total)
	b.shown = true
}

// end wipes the bar off, so that what follows starts on a clean line.
func (b *progressBar) end() {
	if b.shown {
		_, _ = fmt.Fprint(b.out, "\r\x1b[K")
	}
}
