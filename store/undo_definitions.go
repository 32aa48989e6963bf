package store

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/crmcp/crmcp/schema"
)

const optionsField = "options"

// sameRecorded says whether a field holds what a change left. Options that
// were retired since do not count: they only keep their numbers.
func sameRecorded(t *schema.Type, name string, left, now any) bool {
	if !t.Defines || name != optionsField {
		return reflect.DeepEqual(left, now)
	}
	before, err := choicesIn(left)
	after, failed := choicesIn(now)
	return err == nil && failed == nil && slices.Equal(choosable(before), choosable(after))
}

func choosable(choices []schema.Choice) []schema.Choice {
	return slices.DeleteFunc(slices.Clone(choices), func(c schema.Choice) bool { return c.Removed })
}

// definition makes the undo of a change of a custom field's definition fit what
// records hold by now. Options that go keep their numbers, which no other gets;
// where records have one, or share a value that is to be unique, that is a
// conflict. It says whether the definition can be written.
func (u *undoing) definition(now *Record, values map[string]any) (bool, error) {
	of := u.tx.Schema().Type(now.Text("record_type"))
	if !now.Type.Defines || of == nil {
		return true, nil
	}
	if _, given := values[optionsField]; given {
		free, err := u.retire(now, of, values)
		if err != nil || !free {
			return false, err
		}
	}
	if values["is_unique"] == true {
		f, err := fieldOf(now)
		if err != nil {
			return false, err
		}
		one, other, found, err := u.tx.twins(of, f)
		if err != nil || found {
			return false, cmp.Or(err, error(schema.Errorf(schema.Conflict, "%s cannot be unique again: %s and %s have the same value; change one of them first",
				f.Name, u.tx.called(Key{of, one}), u.tx.called(Key{of, other}))))
		}
	}
	return true, nil
}

// retire adds the options that go to those that are put back, as removed ones.
func (u *undoing) retire(now *Record, of *schema.Type, values map[string]any) (free bool, err error) {
	back, err := choicesIn(values[optionsField])
	if err != nil {
		return false, err
	}
	standing, err := choicesIn(now.Values[optionsField])
	if err != nil {
		return false, err
	}
	for _, c := range standing {
		if slices.ContainsFunc(back, func(kept schema.Choice) bool { return kept.ID == c.ID }) {
			continue
		}
		var holder int64
		held, err := u.tx.one(`SELECT v.record_id FROM custom_value v JOIN `+of.Name+` t ON t.id = v.record_id
 WHERE v.type = ? AND v.field_id = ? AND v.number = ? AND t.deleted_at IS NULL LIMIT 1`, []any{of.Code, now.ID, c.ID}, &holder)
		if err != nil {
			return false, err
		}
		if held {
			r, err := u.tx.get(Key{of, holder})
			if err == nil {
				u.conflict(UndoConflict{Record: refOf(r), Field: now.Text("key"), Now: c.Label})
			}
			return false, err
		}
		c.Removed = true
		back = append(back, c)
	}
	values[optionsField] = keptChoices(back)
	return true, nil
}
