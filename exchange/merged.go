package exchange

import (
	"fmt"
	"strings"

	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

// yields skips a row with the key of a record that was merged into another
// where another line writes that one: its own line, else the first that leads
// there. Two lines would undo each other each time the file is imported.
func (im *importer) yields(r *row, key store.Key) (bool, error) {
	winner, err := im.tx.Live(key.Type, key.ID)
	if err != nil {
		return false, err
	}
	other := im.lineOf(winner)
	if other == 0 {
		other = im.lines[key.ID]
	}
	if other == 0 {
		return false, nil
	}
	im.report.Skipped++
	im.warn(r, fmt.Sprintf("skipped, because its record was merged into %s %s, which line %d writes", key, winner.Title(), other))
	return true, nil
}

// uidSource stands for the source of uids among the keys of a file, as no
// source is so called.
const uidSource = "\x00uid"

// lineOf is the line of the file with a record's own uid or external id; 0
// where there is none.
func (im *importer) lineOf(r *store.Record) int {
	if im.keyed == nil {
		im.keyed = im.keyLines()
	}
	if line := im.keyed[external{uidSource, text.Fold(r.Text("uid"))}]; line != 0 {
		return line
	}
	if !r.Has("external_id") {
		return 0
	}
	return im.keyed[external{text.Fold(r.Text("external_source")), text.Fold(r.Text("external_id"))}]
}

func (im *importer) keyLines() map[external]int {
	lines := map[external]int{}
	for _, l := range im.file.lines {
		if l.fault != "" {
			continue
		}
		uid, id := im.keyCell(l, "uid"), external{im.keyCell(l, "external_source"), im.keyCell(l, "external_id")}
		if id.source == "" {
			id.source = text.Fold(im.options.Source)
		}
		if uid != "" {
			lines[external{uidSource, uid}] = l.number
		}
		if id.id != "" {
			lines[id] = l.number
		}
	}
	return lines
}

// keyCell is what a line has in one of the fields of its key, as they are compared.
func (im *importer) keyCell(l line, field string) string {
	for _, c := range im.columns {
		if c.aim.kind != ownField || c.aim.field.Name != field {
			continue
		}
		cell := c.value
		if cell == "" {
			cell = l.cells[c.index]
		}
		clean, _ := text.Clean(strings.TrimSpace(cell))
		return text.Fold(clean)
	}
	return ""
}
