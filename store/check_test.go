package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
)

// filled is a database with records of many types, links, custom fields, a
// document, things in the trash, merged and undone.
func filled(t *testing.T) *fixture {
	f := newFixture(t)
	f.update(func(tx *Tx) error {
		for _, kind := range schema.CustomKinds() {
			d := FieldDefinition{Type: tx.Schema().Type("organization"), Key: "custom_" + kind, Label: "Custom " + kind, Kind: kind}
			if strings.HasSuffix(kind, "select") {
				d.Options = []string{"Gold", "Silver"}
			}
			if _, err := tx.DefineField(d); err != nil {
				return err
			}
		}
		return nil
	})
	acme := f.create("organization", map[string]any{"name": "Acme Café", "emails": []any{"info@acme.example", "work: sales@acme.example"}, "phone": "+31 20 123 4567",
		"custom_text": "Łódź", "custom_number": 12.5, "custom_single_select": "Gold", "custom_multi_select": []any{"Gold", "Silver"}, "custom_date": "2026-05-01",
		"custom_date_range": "2026-05-01/2026-05-31", "tags": []any{"vip"}, "metadata": map[string]any{"a": 1, "b": map[string]any{"c": "d"}}})
	ada := f.create("contact", map[string]any{"first_name": "Ada", "last_name": "Lovelace", "organizations": []any{"Acme Café"}, "email": "ada@acme.example", "birthday": "--12-10"})
	f.create("service", map[string]any{"name": "Hosting", "sku": "H-1", "amount": 99.5})
	deal := f.create("deal", map[string]any{"name": "Renewal", "organizations": []any{"Acme Café"}, "contacts": []any{"Ada Lovelace"}, "services": []any{map[string]any{"service": "Hosting", "quantity": 3}}})
	f.change(deal, map[string]any{"stage": "Won", "value": 1200})
	f.create("task", map[string]any{"name": "Call back", "contacts": []any{"Ada Lovelace"}, "due_at": "2026-05-05", "recurrence": "weekly"})
	f.create("note", map[string]any{"body": "She likes tea", "contacts": []any{"Ada Lovelace"}})
	f.create("document", map[string]any{"name": "Offer", "content": "the whole offer", "deals": []any{"Renewal"}})
	f.change(acme, map[string]any{"custom_text": "other", "emails": []any{"info@acme.example"}, "archived_at": "2026-05-04"})
	f.change(ada, map[string]any{"job_title": "Countess", "tags": []any{"vip", "math"}})
	gone := f.create("contact", map[string]any{"first_name": "Gone", "email": "gone@x.example"})
	f.update(func(tx *Tx) error {
		_, err := tx.Delete([]Key{{tx.Schema().Type("contact"), gone.ID}})
		return err
	})
	for range 2 {
		f.update(func(tx *Tx) error {
			var last int64
			if _, err := tx.one(`SELECT max(id) FROM change_set`, nil, &last); err != nil {
				return err
			}
			_, err := tx.Undo([]int64{last}, false)
			return err
		})
	}
	f.update(func(tx *Tx) error { return tx.Keep("create_deal", "k", "hash", `{"id":"deal_1"}`) })
	return f
}

func (f *fixture) check(deep bool) []Finding {
	f.Helper()
	found, err := f.db.Check(context.Background(), deep)
	if err != nil {
		f.Fatal(err)
	}
	return found
}

func TestWholeDatabaseHasNoFindings(t *testing.T) {
	f := filled(t)
	for _, deep := range []bool{false, true} {
		for _, one := range f.check(deep) {
			t.Errorf("deep %v: %s", deep, one)
		}
	}
}

// raw runs a statement behind the program's back.
func (f *fixture) raw(query string, args ...any) {
	f.Helper()
	handle, err := sql.Open("sqlite", dsn(f.db.path, "_txlock=immediate"))
	if err != nil {
		f.Fatal(err)
	}
	defer handle.Close()
	if _, err := handle.Exec(query, args...); err != nil {
		f.Fatal(query, ": ", err)
	}
}

// Every column of every type is changed behind the program's back: one of each
// type at a time, and each must be found for itself.
func TestDeepCheckFindsEveryChangedColumn(t *testing.T) {
	f := filled(t)
	changed := 0
	for n := 1; ; n++ {
		spoilt := f.spoilEach(n)
		if len(spoilt) == 0 {
			break
		}
		found := f.check(true)
		for _, one := range spoilt {
			changed++
			named := func(finding Finding) bool {
				return finding.Record == one.of.IDString(one.id) && (one.column == customColumn.Name || strings.HasPrefix(one.column, finding.Field) && finding.Field != "" ||
					strings.Contains(finding.Message, "cannot be read") || strings.Contains(finding.Message, strings.TrimSuffix(one.column, "_id")))
			}
			if !slices.ContainsFunc(found, named) {
				t.Errorf("%s.%s was %v and was changed, which the check does not find", one.of.Name, one.column, one.old)
			}
			f.raw("PRAGMA foreign_keys = 0; UPDATE "+one.of.Name+" SET "+one.column+" = ? WHERE id = ?", one.old, one.id)
		}
	}
	for _, one := range f.check(true) {
		t.Error("left behind: ", one)
	}
	t.Logf("%d changed columns were found", changed)
}

type spoiltColumn struct {
	of     *schema.Type
	id     int64
	column string
	old    any
}

// spoilEach changes the n-th column of the last record of each type.
func (f *fixture) spoilEach(n int) (list []spoiltColumn) {
	for _, typ := range f.db.Schema().Types {
		names, declarations := tableColumns(typ)
		if n >= len(names) {
			continue
		}
		one := spoiltColumn{of: typ, column: names[n]}
		found := false
		f.view(func(tx *Tx) (err error) {
			found, err = tx.one("SELECT id, "+one.column+" FROM "+typ.Name+" ORDER BY id DESC LIMIT 1", nil, &one.id, &one.old)
			return err
		})
		if found && f.spoil(typ.Name, one.column, declaredType(declarations[one.column]), one.id, one.old) {
			list = append(list, one)
		}
	}
	return list
}

// spoil changes one value; false where the engine refuses that.
func (f *fixture) spoil(table, column, kind string, id int64, old any) bool {
	value := map[string]any{"INTEGER": number(old) + 1, "TEXT": "spoilt", "BLOB": []byte("spoilt")}[kind]
	if column == customColumn.Name {
		value = `{"1":"spoilt"}`
	}
	handle, err := sql.Open("sqlite", dsn(f.db.path, "_txlock=immediate"))
	if err != nil {
		f.Fatal(err)
	}
	defer handle.Close()
	_, err = handle.Exec("PRAGMA foreign_keys = 0; UPDATE "+table+" SET "+column+" = ? WHERE id = ?", value, id)
	return err == nil
}

// A custom value of each kind is changed in the record's object.
func TestDeepCheckFindsChangedCustomValues(t *testing.T) {
	f := filled(t)
	var object string
	f.view(func(tx *Tx) error {
		_, err := tx.one(`SELECT custom FROM organization WHERE id = 1`, nil, &object)
		return err
	})
	var values map[string]json.RawMessage
	if err := json.Unmarshal([]byte(object), &values); err != nil || len(values) < 5 {
		t.Fatal(object, err)
	}
	for name := range values {
		f.raw(`UPDATE organization SET custom = json_remove(custom, '$."` + name + `"') WHERE id = 1`)
		if len(f.check(true)) == 0 {
			t.Errorf("nobody missed %s", name)
		}
		f.raw(`UPDATE organization SET custom = ? WHERE id = 1`, object)
	}
}

func TestCheckFindsWhatElseWasChanged(t *testing.T) {
	for _, statement := range []string{
		`UPDATE link SET position = position + 1 WHERE rowid_of_first`,
		`DELETE FROM link WHERE rowid_of_first`,
		`UPDATE change_row SET after = replace(after, 'Acme', 'Acne') WHERE change_id > 1`,
		`UPDATE change_set SET user_id = 2 WHERE id = 3`,
		`UPDATE change_set SET undone_by = NULL WHERE undone_by IS NOT NULL`,
		`DELETE FROM change_row WHERE change_id = 3 AND seq = 0`,
		`DELETE FROM change_set WHERE id = 3`,
		`UPDATE content SET bytes = x'00'`,
		`UPDATE idempotency SET answer = answer || ' '`,
		`UPDATE sequence SET next = 1 WHERE type = 1`,
		`UPDATE identifier SET value = value || 'x' WHERE type > 0`,
		`DELETE FROM identifier WHERE type = 0`,
		`INSERT INTO identifier (value, type, record_id) VALUES ('e:x', 1, 4711)`,
		`UPDATE custom_value SET number = 4711 WHERE number IS NOT NULL`,
		`DELETE FROM fulltext WHERE rowid IN (SELECT id * 64 + 2 FROM contact)`,
		`INSERT INTO fulltext (rowid, title, body) VALUES (64000, 'x', 'y')`,
		`DROP INDEX link_right`,
	} {
		f := filled(t)
		f.raw(strings.Replace(statement, "rowid_of_first", "(left_type, left_id, right_type, right_id) IN (SELECT left_type, left_id, right_type, right_id FROM link LIMIT 1)", 1))
		if len(f.check(true)) == 0 {
			t.Errorf("not found: %s", statement)
		}
	}
}
