package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// fewVersions is how many later changes a refused update names.
const fewVersions = 5

// checkVersion refuses to overwrite what the caller has not seen, and names the
// newest changes that counted the version up since, the newest last.
func (tx *Tx) checkVersion(r *Record, expected int64) error {
	if expected == 0 || expected == r.Int("version") {
		return nil
	}
	e := schema.Errorf(schema.Conflict, "%s is at version %d, not %d; nothing was written", r.Key(), r.Int("version"), expected)
	ids, err := tx.versionsSince(r, expected)
	if err != nil {
		return err
	}
	key := r.Key()
	for _, id := range ids[max(0, len(ids)-fewVersions):] {
		changes, _, err := tx.History(HistoryQuery{Of: &key, Change: id, Limit: 1})
		if err != nil {
			return err
		}
		for _, change := range changes {
			e.Problems = append(e.Problems, schema.Problem{Path: "expected_version",
				Message: fmt.Sprintf("%s by %s at %s changed %s", ChangeString(change.ID), change.User.Name, change.At, changedNames(change))})
		}
	}
	return e
}

// versionsSince are the changes that counted a record's version up after one,
// the oldest first.
func (tx *Tx) versionsSince(r *Record, version int64) (heads []int64, err error) {
	c := &checker{tx: tx}
	rows, err := c.versionRows(r.Key())
	if err != nil {
		return nil, err
	}
	var at, last int64
	for _, row := range rows {
		own := row.code == r.Type.Code && row.id == r.ID
		if !own && (last == row.change || !c.counts(r.Type, row)) {
			continue
		}
		at, last = at+1, row.change
		if at <= version {
			continue
		}
		head, err := tx.headOf(row.change)
		if err != nil {
			return nil, err
		}
		heads = append(heads, head)
	}
	return slices.Compact(heads), nil
}

func changedNames(change Change) string {
	var names []string
	for _, entry := range change.Entries {
		for _, f := range entry.Fields {
			if !slices.Contains(names, f.Field) {
				names = append(names, f.Field)
			}
		}
	}
	if len(names) == 0 {
		return "its links"
	}
	return strings.Join(names, ", ")
}
