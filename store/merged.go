package store

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// A record that was merged into another lies in the trash and names it in
// merged_into. It is a field like any other, so that the history keeps it and
// an undo takes it back. Where the other is merged in its turn, the field is
// written anew: it always leads to the record that stands.

// mergedInto is the name of that field.
const mergedInto = "merged_into"

// standing gives the record of a type that meets a condition on one value, if
// it is shown; if it was merged into another, that one.
func (tx *Tx) standing(t *schema.Type, where string, value any) ([]Key, error) {
	keys, err := tx.shownOne(t, where, value)
	if err != nil || len(keys) > 0 || !t.Merges {
		return keys, err
	}
	var winner int64
	query := "SELECT t.merged_into_id FROM " + t.Name + " t WHERE " + where + " AND t.merged_into_id IS NOT NULL"
	found, err := tx.one(query, []any{value}, &winner)
	if err != nil || !found {
		return nil, err
	}
	return tx.shownOne(t, "t.id = ?", winner)
}

// standingID is standing by an id. Rows of an import name the same few records
// over and over, so that a transaction remembers which stand.
func (tx *Tx) standingID(key Key) ([]Key, error) {
	if tx.stand[key] {
		return []Key{key}, nil
	}
	keys, err := tx.standing(key.Type, "t.id = ?", key.ID)
	if tx.write && len(keys) == 1 && keys[0] == key {
		tx.stand[key] = true
	}
	return keys, err
}

// mergedExternal finds the record into which the one with an external id was
// merged.
func (tx *Tx) mergedExternal(t *schema.Type, source, external string) (Key, bool, error) {
	if !t.Merges {
		return Key{}, false, nil
	}
	var keys []any
	for _, key := range text.StoredKeys(text.KindID, external, "") {
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return Key{}, false, nil
	}
	var winner int64
	query := "SELECT t.merged_into_id FROM identifier i JOIN " + t.Name + " t ON t.id = i.record_id JOIN " + t.Name + " w ON w.id = t.merged_into_id" +
		" WHERE i.value IN (" + placeholders(len(keys)) + ") AND i.type = ? AND t.external_id_fold = ? AND coalesce(t.external_source_fold, '') = ?" +
		" AND w.deleted_at IS NULL ORDER BY t.id DESC LIMIT 1"
	found, err := tx.one(query, append(keys, t.Code, text.Fold(external), text.Fold(source)), &winner)
	return Key{t, winner}, found, err
}

// keyFields say which record an input means.
var keyFields = []string{"uid", "external_source", "external_id"}

// dropMergedKey takes out of an input what says which record it means, if that
// is the key of another record that was merged into the one found.
func (tx *Tx) dropMergedKey(in *schema.Input, found Key) error {
	if !found.Type.Merges || !in.Has("uid") && !in.Has("external_id") {
		return nil
	}
	r, err := tx.get(found)
	if err != nil {
		return err
	}
	same := func(name string) bool { return text.Fold(inputText(in, name)) == text.Fold(r.Text(name)) }
	drop := keyFields
	switch {
	case in.Has("uid") && same("uid"):
		return nil
	case in.Has("external_id") && same("external_id") && same("external_source"):
		known, err := tx.standing(found.Type, "t.uid = ?", inputText(in, "uid"))
		if err != nil || len(known) == 0 {
			return err
		}
		drop = []string{"uid"}
	}
	for _, name := range drop {
		delete(in.Values, name)
	}
	return nil
}

// trashProblem says of a name which only records in the trash have how to get at
// them: those that were merged into others are not to be restored, but the
// others to be used.
func (tx *Tx) trashProblem(message string, keys []Key, err error) (schema.Problem, error) {
	var buried, winners []Key
	var merged []string
	for _, key := range keys {
		r, failed := tx.get(key)
		if failed != nil {
			return schema.Problem{}, failed
		}
		stand := []Key(nil)
		if r.Has(mergedInto) {
			if stand, failed = tx.shownOne(key.Type, "t.id = ?", r.Int(mergedInto)); failed != nil {
				return schema.Problem{}, failed
			}
		}
		if len(stand) == 0 {
			buried = append(buried, key)
			continue
		}
		merged = append(merged, fmt.Sprintf("%s (%s) was merged into %s", r.Title(), key, tx.called(stand[0])))
		winners = addNew(winners, stand)
	}
	if len(merged) == 0 {
		return schema.Problem{Message: fmt.Sprintf("%s; %s of that name is in the trash: restore_records brings it back", message, keyList(buried))}, err
	}
	winners, merged = winners[:min(len(winners), maxCandidates)], merged[:min(len(merged), maxCandidates)]
	p := schema.Problem{Message: strings.Join(merged, "; ") + ": use that"}
	if len(winners) == 1 {
		p.DidYouMean = winners[0].String()
	}
	if err == nil {
		p.Candidates, err = tx.candidates(winners)
	}
	return p, err
}

// mergedRecords are those that were merged into a record.
func (tx *Tx) mergedRecords(winner Key) (list []*Record, err error) {
	fields, columns := selectColumns(winner.Type, "t")
	query := "SELECT " + columns + " FROM " + winner.Type.Name + " t WHERE t.merged_into_id = ? ORDER BY t.id"
	err = tx.scan(query, []any{winner.ID}, func(rows *sql.Rows) error {
		r, err := scanRecord(winner.Type, fields, rows)
		list = append(list, r)
		return err
	})
	return list, err
}

// wantedIdentifiers are the keys under which a record is to be found: its own
// and those of the records that were merged into it. A new record has none of
// these yet.
func (tx *Tx) wantedIdentifiers(r *Record, details []detailRow) ([]string, error) {
	keys := tx.identifiersOf(r, details)
	if !r.Type.Merges || r.Int("version") == 1 {
		return keys, nil
	}
	merged, err := tx.mergedRecords(r.Key())
	for _, one := range merged {
		keys = append(keys, tx.identifiersOf(one, nil)...)
	}
	slices.Sort(keys)
	return slices.Compact(keys), err
}

// touchLeft brings up to date what a record no longer belongs to, and the
// records that it leads to or led to since it was merged.
func (tx *Tx) touchLeft(before, after *Record, changed []*schema.Field) {
	if before.Type.Class == schema.Part {
		for _, l := range listeners[before.Type.Name] {
			f := before.Type.Field(l.over)
			if f != nil && slices.Contains(changed, f) && before.Has(f.Name) {
				tx.touchKey(Key{tx.Schema().Type(f.To), before.Int(f.Name)}, l.what)
			}
		}
	}
	if f := before.Type.Field(mergedInto); f != nil && slices.Contains(changed, f) {
		for _, r := range []*Record{before, after} {
			if r.Has(mergedInto) {
				tx.touchKey(Key{r.Type, r.Int(mergedInto)}, words)
			}
		}
	}
}
