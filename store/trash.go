package store

import (
	"database/sql"
	"fmt"

	"github.com/crmcp/crmcp/schema"
)

// Trashed is what a delete or restore did.
type Trashed struct {
	Records []*Record
	// Hanging says what stays linked, in words: "3 deals, 1 note".
	Hanging  []string
	Warnings []string
}

// trash moves a record to the trash as it stands; its links stay.
func (tx *Tx) trash(r *Record) error { return tx.setDeleted(r, tx.now()) }

// setDeleted moves a record to the trash or out of it; one that was merged
// stands for itself again.
func (tx *Tx) setDeleted(r *Record, at any) error {
	values := map[string]any{"deleted_at": at}
	if at == nil && r.Has(mergedInto) {
		values[mergedInto] = nil
	}
	return tx.moveTrashed(r, values)
}

// moveTrashed writes what moves a record to the trash or out of it.
func (tx *Tx) moveTrashed(r *Record, values map[string]any) error {
	after, changed, err := tx.updateRecord(r, values)
	if err != nil || !changed {
		return err
	}
	if r.Type.Class == schema.Part {
		return tx.countParents(after)
	}
	return tx.touchNeighbours(after.Key())
}

// touchNeighbours brings up to date all that showed or counted a record.
func (tx *Tx) touchNeighbours(key Key) error {
	tx.touchKey(key, own|words|firsts|details|deals|work|members|lines|attached)
	for _, side := range []struct{ mine, other string }{{"left", "right"}, {"right", "left"}} {
		query := fmt.Sprintf("SELECT %[2]s_type, %[2]s_id FROM link WHERE %[1]s_type = ? AND %[1]s_id = ?", side.mine, side.other)
		err := tx.scan(query, []any{key.Type.Code, key.ID}, func(rows *sql.Rows) error {
			var code, id int64
			if err := rows.Scan(&code, &id); err != nil {
				return err
			}
			if t := tx.typeOf(code); t != nil {
				tx.touchKey(Key{t, id}, firsts|linkAspects[key.Type.Name])
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, relation := range key.Type.Relations {
		if relation.Via != schema.ViaMiddle {
			continue
		}
		if err := tx.touchEach(key, relation.Name, firsts|members|work|lines); err != nil {
			return err
		}
	}
	return nil
}

// typeOf finds a type by the code that rows hold; nil for none.
func (tx *Tx) typeOf(code int64) *schema.Type {
	for _, t := range tx.Schema().Types {
		if t.Code == code {
			return t
		}
	}
	return nil
}

// Delete moves records to the trash. What is linked stays and stops showing
// them; restore brings them back with their links.
func (tx *Tx) Delete(keys []Key) (*Trashed, error) {
	done := &Trashed{}
	for _, key := range keys {
		r, err := tx.Live(key.Type, key.ID)
		if err != nil {
			return nil, err
		}
		hanging, err := tx.hanging(key)
		if err != nil {
			return nil, err
		}
		done.Hanging = append(done.Hanging, hanging)
		if err := tx.trash(r); err != nil {
			return nil, err
		}
		done.Records = append(done.Records, r)
	}
	return done, tx.settle()
}

// Restore brings records back out of the trash, links and all.
func (tx *Tx) Restore(keys []Key) (*Trashed, error) {
	done := &Trashed{}
	for _, key := range keys {
		r, err := tx.Get(key.Type, key.ID)
		if err != nil {
			return nil, err
		}
		if !r.Has("deleted_at") {
			done.Warnings = append(done.Warnings, fmt.Sprintf("%s is not in the trash", tx.called(key)))
			continue
		}
		if r.Has(mergedInto) {
			winner := tx.called(Key{r.Type, r.Int(mergedInto)})
			done.Warnings = append(done.Warnings, fmt.Sprintf("%s was merged into %s, which keeps what it had: undo takes a merge back whole", r.Key(), winner))
		}
		if err := tx.setDeleted(r, nil); err != nil {
			return nil, err
		}
		if err := tx.settle(); err != nil {
			return nil, err
		}
		fresh, err := tx.get(key)
		if err != nil {
			return nil, err
		}
		done.Records = append(done.Records, fresh)
	}
	return done, nil
}

// hanging counts in words what is linked with a record.
func (tx *Tx) hanging(key Key) (string, error) {
	words := ""
	for _, relation := range key.Type.Relations {
		if relation.To.Class == schema.Setup || relation.Via == schema.ViaBack && relation.To.Class == schema.Part {
			continue
		}
		found, err := tx.Linked(relation, []int64{key.ID}, 0)
		if err != nil {
			return "", err
		}
		if n := len(found[key.ID]); n > 0 {
			if words != "" {
				words += ", "
			}
			name := relation.Name
			switch {
			case n == 1 && relation.Name == relation.To.Plural:
				name = relation.To.Name
			case n == 1:
				name = relation.To.Name + " as " + relation.Name
			}
			words += fmt.Sprintf("%d %s", n, name)
		}
	}
	return words, nil
}
