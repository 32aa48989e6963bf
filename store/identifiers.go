package store

import (
	"database/sql"
	"slices"
	"strings"
	"unicode"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// detailRow is one contact detail of an organization or a contact as it is kept.
type detailRow struct {
	ID          int64
	Kind        string
	Label       string
	Value       string
	Primary     bool
	Integration bool
}

// keyKinds are the kinds of identifier that the kinds of contact detail make.
var keyKinds = map[string]string{"email": text.KindEmail, "phone": text.KindPhone, "website": text.KindDomain}

// identifierKind is the kind of identifier that a field of a type holds; empty
// for a field that does not identify.
func identifierKind(t *schema.Type, f *schema.Field) string {
	switch {
	case f.WriteOnly:
		return ""
	case slices.Contains(t.Keys, f.Name), f.Name == "external_id", f.Custom && f.Unique:
		return text.KindID
	case f.Kind == schema.Email:
		return text.KindEmail
	case f.Kind == schema.Phone:
		return text.KindPhone
	case f.Kind == schema.URL:
		return keyKinds[f.Kept]
	}
	return ""
}

// phoneCountry is the country by which a record's phone numbers are read.
func (tx *Tx) phoneCountry(r *Record) string {
	if country := r.Text("country"); country != "" && r.Type.Field("country") != nil {
		return country
	}
	return tx.company.Text("country")
}

// identifiersOf gives the keys under which a record is found exactly.
func (tx *Tx) identifiersOf(r *Record, details []detailRow) []string {
	country := tx.phoneCountry(r)
	var keys []string
	for _, d := range details {
		keys = append(keys, text.StoredKeys(keyKinds[d.Kind], d.Value, country)...)
	}
	for _, f := range r.Type.Fields {
		if kind := identifierKind(r.Type, f); kind != "" && r.Has(f.Name) {
			keys = append(keys, text.StoredKeys(kind, r.Text(f.Name), country)...)
		}
		if f.Kind == schema.Participants {
			participants, _ := r.Values[f.Name].([]schema.Participant)
			for _, p := range participants {
				keys = append(keys, text.StoredKeys(text.KindID, p.ID, "")...)
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

const insertIdentifier = `INSERT INTO identifier (value, type, record_id) VALUES (?, ?, ?)`

// reindexIdentifiers brings the rows by which a record is found exactly up to
// what it holds, and writes only what differs.
func (tx *Tx) reindexIdentifiers(r *Record, details []detailRow, fresh bool) error {
	wanted, err := tx.wantedIdentifiers(r, details)
	if err != nil {
		return err
	}
	var have []string
	if !fresh {
		if have, err = tx.writtenIdentifiers(r.Key()); err != nil {
			return err
		}
	}
	for _, value := range have {
		if _, found := slices.BinarySearch(wanted, value); found {
			continue
		}
		if err := tx.exec(`DELETE FROM identifier WHERE value = ? AND type = ? AND record_id = ?`, value, r.Type.Code, r.ID); err != nil {
			return err
		}
	}
	for _, value := range wanted {
		if slices.Contains(have, value) {
			continue
		}
		if err := tx.exec(insertIdentifier, value, r.Type.Code, r.ID); err != nil {
			return err
		}
	}
	return nil
}

// writtenIdentifiers are the keys under which a record is found as yet, in order.
func (tx *Tx) writtenIdentifiers(key Key) (have []string, err error) {
	err = tx.scan(`SELECT value FROM identifier WHERE type = ? AND record_id = ? ORDER BY value`, []any{key.Type.Code, key.ID}, func(rows *sql.Rows) error {
		var value string
		err := rows.Scan(&value)
		have = append(have, value)
		return err
	})
	return have, err
}

// identified gives the shown records of a type that hold one of the keys, the
// archived ones apart.
func (tx *Tx) identified(t *schema.Type, keys []string, limit int) (found matches, err error) {
	if len(keys) == 0 {
		return found, nil
	}
	args := make([]any, 0, len(keys)+3)
	for _, key := range keys {
		args = append(args, key)
	}
	condition, more := tx.shown(t, "t")
	query := "SELECT DISTINCT t.id, " + archivedColumn(t) + " FROM identifier i JOIN " + t.Name + " t ON t.id = i.record_id WHERE i.value IN (" +
		placeholders(len(keys)) + ") AND i.type = ? AND " + condition + " ORDER BY t.id DESC LIMIT ?"
	args = append(append(append(args, t.Code), more...), limit)
	return tx.matches(t, query, args)
}

// spellings gives the keys of an identifier as it may be written with other
// marks between its letters and numbers: K-000123 for K000123.
func spellings(value string) (keys []string) {
	if len(value) > longestIdentifier {
		return nil
	}
	parts := idParts(value)
	if len(parts) < 2 || len(parts) > mostIDParts {
		return nil
	}
	for _, mark := range []string{"", "-", "/", ".", "_"} {
		keys = append(keys, text.StoredKeys(text.KindID, strings.Join(parts, mark), "")...)
	}
	return keys
}

// mostIDParts is of how many letters and numbers in turn an identifier may consist.
const mostIDParts = 6

// longestIdentifier is how many bytes an identifier has at most.
const longestIdentifier = 1_100

// idParts are the runs of letters and of digits in an identifier; none without
// a digit.
func idParts(value string) (parts []string) {
	digits, last := false, ' '
	kind := func(r rune) rune {
		switch {
		case unicode.IsDigit(r):
			return '0'
		case unicode.IsLetter(r):
			return 'a'
		}
		return ' '
	}
	for _, r := range text.Fold(value) {
		now := kind(r)
		digits = digits || now == '0'
		switch now {
		case ' ':
		case last:
			parts[len(parts)-1] += string(r)
		default:
			parts = append(parts, string(r))
		}
		last = now
	}
	if !digits {
		return nil
	}
	return parts
}

// matches are records found by a name or an identifier: those that lists show
// and the archived ones.
type matches struct{ current, archived []Key }

// best gives the current records, or the archived ones where there are no others.
func (m matches) best() []Key {
	if len(m.current) > 0 {
		return m.current
	}
	return m.archived
}

// all gives the current records and then the archived ones.
func (m matches) all() []Key { return slices.Concat(m.current, m.archived) }

// add takes in the matches of another look-up; each record stays once.
func (m *matches) add(other matches) {
	for _, key := range other.current {
		if !slices.Contains(m.current, key) {
			m.current = append(m.current, key)
		}
	}
	for _, key := range other.archived {
		if !slices.Contains(m.archived, key) {
			m.archived = append(m.archived, key)
		}
	}
}

// archivedColumn says of a record whether it is archived.
func archivedColumn(t *schema.Type) string {
	if t.Field("archived_at") == nil {
		return "0"
	}
	return "t.archived_at IS NOT NULL"
}

// matches runs a query for the ids of a type with whether each is archived.
func (tx *Tx) matches(t *schema.Type, query string, args []any) (found matches, err error) {
	err = tx.quick(query, args, func(rows *sql.Rows) error {
		var id int64
		var archived bool
		if err := rows.Scan(&id, &archived); err != nil {
			return err
		}
		if archived {
			found.archived = append(found.archived, Key{t, id})
		} else {
			found.current = append(found.current, Key{t, id})
		}
		return nil
	})
	return found, err
}
