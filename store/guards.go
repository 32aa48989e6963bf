package store

import (
	"fmt"
	"strings"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// guards are what must hold, and what must follow, however a record of a type
// changes: by a write, a deletion, a merge or an undo.
var guards = map[string]func(tx *Tx, before, after *Record) error{
	"user":    (*Tx).keepAnAdmin,
	"company": (*Tx).adoptCompany,
}

func (tx *Tx) guard(before, after *Record) error {
	if guard := guards[before.Type.Name]; guard != nil {
		return guard(tx, before, after)
	}
	return nil
}

// keepAnAdmin refuses to take the last active admin's role away: nobody could
// give it back.
func (tx *Tx) keepAnAdmin(before, after *Record) error {
	if !isAdmin(before) || isAdmin(after) {
		return nil
	}
	var other int64
	found, err := tx.one(`SELECT id FROM user WHERE role = ? AND `+isActiveSQL+` AND id <> ? LIMIT 1`,
		[]any{schema.Admin, before.ID}, &other)
	if err == nil && !found {
		err = schema.Errorf(schema.Conflict, "%s is the last active admin: make another user admin first", tx.called(before.Key()))
	}
	return err
}

func isAdmin(user *Record) bool {
	return user.Text("role") == schema.Admin && user.Text("status") != "inactive" && !user.Has("deleted_at")
}

// adoptCompany goes on with the company as it now is. What is counted in its
// currency is counted anew.
func (tx *Tx) adoptCompany(before, after *Record) error {
	tx.company = after
	if location, err := time.LoadLocation(after.Text("timezone")); err == nil {
		tx.clock.Location = location
	}
	tx.clock.WeekStart = weekday(after.Text("week_start"))
	if before.Text("currency") == after.Text("currency") {
		return nil
	}
	for _, t := range tx.Schema().Types {
		if t.Field("open_deal_value") == nil {
			continue
		}
		ids, err := tx.ids64(sqlText("SELECT id FROM " + t.Name + " WHERE deal_count > 0 ORDER BY id"))
		if err != nil {
			return err
		}
		for _, id := range ids {
			tx.touchKey(Key{t, id}, deals)
		}
	}
	return nil
}

// CustomAmounts counts in words the values of custom fields that are amounts:
// "3 of margin". They have no currency but the company's.
func (tx *Tx) CustomAmounts() (words string, err error) {
	var counts []string
	for _, t := range tx.Schema().Types {
		for _, f := range t.Fields {
			if !f.Custom || f.Kind != schema.Money {
				continue
			}
			var n int64
			if _, err := tx.one(`SELECT count(*) FROM custom_value WHERE type = ? AND field_id = ?`, []any{t.Code, f.ID}, &n); err != nil {
				return "", err
			}
			if n > 0 {
				counts = append(counts, fmt.Sprintf("%d of %s", n, f.Name))
			}
		}
	}
	return strings.Join(counts, ", "), nil
}

// OwnedBy counts in words the records outside the trash that a user owns:
// "3 deals, 1 task".
func (tx *Tx) OwnedBy(user Key) (string, error) {
	var words []string
	for _, t := range tx.Schema().OfClass(schema.Record) {
		if t.Field("owner") == nil {
			continue
		}
		condition, args := tx.shown(t, "t")
		var n int
		if _, err := tx.one("SELECT count(*) FROM "+t.Name+" t WHERE t.owner_id = ? AND "+condition, append([]any{user.ID}, args...), &n); err != nil {
			return "", err
		}
		words = appendCount(words, n, t)
	}
	return strings.Join(words, ", "), nil
}

// appendCount adds how many records of a type there are in words, if any.
func appendCount(words []string, n int, t *schema.Type) []string {
	switch n {
	case 0:
		return words
	case 1:
		return append(words, "1 "+t.Name)
	}
	return append(words, fmt.Sprintf("%d %s", n, t.Plural))
}
