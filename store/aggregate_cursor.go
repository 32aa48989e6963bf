package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// fingerprint tells one aggregate from another: a cursor carries it.
func (a *aggregation) fingerprint() string {
	var b strings.Builder
	fmt.Fprintf(&b, "aggregate %s\n%q\n%s\n", a.Type.Name, a.labels(), strings.TrimSpace(a.Having))
	for _, key := range a.order {
		fmt.Fprintf(&b, "%d %t\n", key.column, key.desc)
	}
	if a.Wording != "" {
		b.WriteString(a.Wording)
	} else {
		outline(&b, a.Where)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:6])
}

// readCursor reads the place of the last row that was given before.
func (a *aggregation) readCursor() {
	keys := len(a.order)
	for _, g := range a.groups {
		if g.width() > 0 {
			keys++
		}
	}
	var err error
	if a.after, err = readCursor(a.Cursor, a.fingerprint(), keys); err != nil {
		a.problems = append(a.problems, schema.Problem{Path: "cursor",
			Message: "the cursor is none of this report's: send next_cursor as it came with the same type, filter, group_by, measures, having and sort, or drop it to begin with the first rows"})
	}
}
