package store

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// Likely is a record that may be the same as another, and why.
type Likely struct {
	Key    Key
	Name   string
	Reason string
}

// What a warning about duplicates looks at: how many it names, how many
// records of a name it compares, and how many may share a phone before it is
// taken for that of a switchboard.
const (
	maxLikely     = 3
	maxNamesakes  = 20
	maxSamePhone  = 5
	fewestMatched = 7 // digits of a phone whose country is not known
)

// LikelyDuplicates gives at most three records that a new or changed
// organization or contact may repeat, archived ones last of each kind: one with
// the same e-mail, phone, number or, for organizations, web domain that is not a
// mail provider's, and then those of the same name that nothing tells apart.
// Other types have none.
func (tx *Tx) LikelyDuplicates(r *Record) ([]Likely, error) {
	if r.Type.Field("emails") == nil {
		return nil, nil
	}
	details, err := tx.detailRows(r.Key())
	if err != nil {
		return nil, err
	}
	d := &duplicates{tx: tx, r: r}
	for _, step := range []func([]detailRow) error{d.byDetails, d.byNumbers, d.byName} {
		if err := step(details); err != nil {
			return nil, err
		}
	}
	return d.likely, nil
}

// duplicates is one look for the likely duplicates of a record.
type duplicates struct {
	tx     *Tx
	r      *Record
	likely []Likely
}

func (d *duplicates) add(key Key, reason string) error {
	same := func(l Likely) bool { return l.Key == key }
	if key == d.r.Key() || len(d.likely) >= maxLikely || slices.ContainsFunc(d.likely, same) {
		return nil
	}
	other, err := d.tx.Get(key.Type, key.ID)
	if err != nil {
		return err
	}
	if other.Has("archived_at") {
		reason += ", archived"
	}
	d.likely = append(d.likely, Likely{key, other.Title(), reason})
	return nil
}

// byDetails finds records with the same e-mail, phone or domain, e-mails first.
func (d *duplicates) byDetails(details []detailRow) error {
	for _, kind := range schema.DetailKinds {
		for _, detail := range details {
			if detail.Kind != kind {
				continue
			}
			keys := tellingKeys(d.r.Type, detail, d.tx.phoneCountry(d.r))
			found, err := d.tx.identified(d.r.Type, keys, maxNamesakes)
			if err != nil {
				return err
			}
			if kind == "phone" && len(found.current) > maxSamePhone {
				continue
			}
			for _, key := range found.all() {
				if err := d.add(key, "same "+kind+" "+text.Truncate(detail.Value, 60)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// tellingKeys are the keys of a contact detail that two records do not share
// by chance: no national form of a phone, no mail provider's domain, and the
// domain of no person, who may name an employer's.
func tellingKeys(t *schema.Type, detail detailRow, country string) []string {
	kind := keyKinds[detail.Kind]
	if kind == text.KindDomain && referenceKeys[t.Name] != text.KindDomain {
		return nil
	}
	return slices.DeleteFunc(text.StoredKeys(kind, detail.Value, country), func(key string) bool {
		prefix, value, _ := strings.Cut(key, ":")
		switch prefix {
		case "e", "p":
			return false
		case "u":
			return utf8.RuneCountInString(value) < fewestMatched
		case "d":
			return text.IsMailProvider(value)
		}
		return true
	})
}

// byNumbers finds records with the same customer, registration or other number
// in the same field.
func (d *duplicates) byNumbers([]detailRow) error {
	for _, name := range d.r.Type.Keys {
		value := d.r.Text(name)
		if value == "" {
			continue
		}
		keys := text.StoredKeys(text.KindID, value, "")
		found, err := d.tx.identified(d.r.Type, keys, maxNamesakes)
		if err != nil {
			return err
		}
		for _, key := range found.all() {
			other, err := d.tx.Get(key.Type, key.ID)
			if err != nil {
				return err
			}
			if !slices.Equal(text.StoredKeys(text.KindID, other.Text(name), ""), keys) {
				continue
			}
			if err := d.add(key, fmt.Sprintf("same %s %s", name, text.Truncate(value, 60))); err != nil {
				return err
			}
		}
	}
	return nil
}

// byName finds records of the same name. People of one name count only where
// they are in one organization or no e-mail tells them apart.
func (d *duplicates) byName(details []detailRow) error {
	name := d.r.Text(d.r.Type.Title)
	if name == "" || len(d.likely) >= maxLikely {
		return nil
	}
	found, err := d.tx.namedOf(d.r.Type, name, maxNamesakes)
	if err != nil {
		return err
	}
	reasons := map[Key]string{}
	if len(d.r.Type.OneOf) > 0 {
		hasEmail := slices.ContainsFunc(details, func(row detailRow) bool { return row.Kind == "email" })
		if reasons, err = d.samePersons(found.all(), hasEmail); err != nil {
			return err
		}
	}
	for _, key := range found.all() {
		reason := "same name"
		if len(d.r.Type.OneOf) > 0 {
			reason = reasons[key]
		}
		if reason == "" {
			continue
		}
		if err := d.add(key, reason); err != nil {
			return err
		}
	}
	return nil
}

// samePersons says why people of the same name may be the same one; those for
// whom nothing speaks are left out.
func (d *duplicates) samePersons(keys []Key, hasEmail bool) (map[Key]string, error) {
	reasons := map[Key]string{}
	var ids []int64
	for _, key := range keys {
		if key != d.r.Key() {
			ids = append(ids, key.ID)
		}
	}
	err := chunks(ids, func(ids []int64) error {
		ids = padded(ids)
		args := append([]any{d.r.ID}, numbers(ids)...)
		return d.tx.scan(`SELECT c.id, c.email IS NOT NULL, EXISTS (SELECT 1 FROM membership a JOIN membership b ON b.organization_id = a.organization_id
 WHERE a.contact_id = ? AND b.contact_id = c.id AND a.deleted_at IS NULL AND b.deleted_at IS NULL)
 FROM contact c WHERE c.id IN (`+placeholders(len(ids))+`)`, args, func(rows *sql.Rows) error {
			key := Key{Type: d.r.Type}
			var otherHas, together bool
			if err := rows.Scan(&key.ID, &otherHas, &together); err != nil {
				return err
			}
			switch {
			case together:
				reasons[key] = "same name and organization"
			case !hasEmail || !otherHas:
				reasons[key] = "same name"
			}
			return nil
		})
	})
	return reasons, err
}
