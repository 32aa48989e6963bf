package main

import (
	"encoding/json"
	"fmt"
)

// eachRow prints rows of an answer as JSON, or gives each to fn.
func (p *program) eachRow(rows []json.RawMessage, asJSON bool, fn func(object)) error {
	for _, raw := range rows {
		if asJSON {
			p.print("%s\n", raw)
			continue
		}
		row, err := decodeObject(raw)
		if err != nil {
			return err
		}
		fn(row)
	}
	return nil
}

// printRows prints a table, or what is said where it has no rows.
func (p *program) printRows(t table, none string) {
	if len(t.rows) == 0 {
		_, _ = fmt.Fprintln(p.err, none)
		return
	}
	p.printTable(t)
}
