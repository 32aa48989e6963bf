package store

import (
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
)

func TestRequiredUniqueAndDefault(t *testing.T) {
	f := newFixture(t)
	old := f.create("deal", map[string]any{"name": "Old"})
	f.define(FieldDefinition{Key: "number", Kind: "text", Required: new(true), Unique: new(true)}, "deal")
	f.define(FieldDefinition{Key: "due", Kind: "date", Default: new("+3d")}, "deal")
	f.define(FieldDefinition{Key: "keeper", Kind: "user", Default: new("me")}, "deal")
	_, err := f.try("deal", map[string]any{"name": "A"})
	if e := wantCode(t, err, schema.InvalidArgument); e.Problems[0].Path != "number" {
		t.Errorf("problem at %s", e.Problems[0].Path)
	}
	a := f.create("deal", map[string]any{"name": "A", "number": "N-1"})
	f.want(a, "due", "2026-05-07")
	f.want(a, "keeper", "1")
	_, err = f.try("deal", map[string]any{"name": "B", "number": "n-1"})
	if e := wantCode(t, err, schema.Conflict); !strings.Contains(e.Message, a.Key().String()+" A") || len(e.Problems[0].Candidates) != 1 {
		t.Errorf("conflict: %v", e)
	}
	f.change(f.renew(old), map[string]any{"name": "Older"})
	_, err = f.tryChange(f.renew(a), map[string]any{"number": nil}, WriteOptions{})
	wantCode(t, err, schema.InvalidArgument)
	f.change(f.renew(a), map[string]any{"number": "N-1", "name": "AA"})
}

func TestUniqueAndTheTrash(t *testing.T) {
	f := newFixture(t)
	f.define(FieldDefinition{Key: "number", Kind: "number", Unique: new(true)}, "project")
	a := f.create("project", map[string]any{"name": "A", "number": 7})
	f.update(func(tx *Tx) error {
		_, err := tx.Delete([]Key{a.Key()})
		return err
	})
	f.create("project", map[string]any{"name": "B", "number": "7.0"})
	err := f.db.Update(t.Context(), Caller{}, func(tx *Tx) error {
		_, err := tx.Restore([]Key{a.Key()})
		return err
	})
	wantCode(t, err, schema.Conflict)
}

func TestUniqueOfWhatIsThere(t *testing.T) {
	f := newFixture(t)
	f.define(FieldDefinition{Key: "code", Kind: "text"}, "project")
	f.create("project", map[string]any{"name": "A", "code": "x"})
	b := f.create("project", map[string]any{"name": "B", "code": "X"})
	_, err := f.tryDefine(FieldDefinition{Key: "code", Unique: new(true)}, "project")
	if e := wantCode(t, err, schema.Conflict); len(e.Problems[0].Candidates) != 2 {
		t.Errorf("conflict: %+v", e)
	}
	f.change(f.renew(b), map[string]any{"code": "y"})
	f.define(FieldDefinition{Key: "code", Unique: new(true)}, "project")
	f.wantNames("project", "code = Y", "", "", "B")
}

func TestUpdatesLeaveOtherCustomFields(t *testing.T) {
	f := newFixture(t)
	f.define(FieldDefinition{Key: "one", Kind: "text"}, "project")
	f.define(FieldDefinition{Key: "two", Kind: "multi_select", Options: []string{"a", "b"}}, "project")
	r := f.create("project", map[string]any{"name": "A", "one": "1", "two": "a"})
	r = f.change(f.renew(r), map[string]any{"one": "2"}).Record
	f.want(r, "two", "[a]")
	written, err := f.tryChange(r, map[string]any{"name": "B"}, WriteOptions{Replace: true})
	if err != nil {
		t.Fatal(err)
	}
	f.want(written.Record, "one", "2")
	f.want(f.change(r, map[string]any{"two": []any{}}).Record, "two", "")
}

// The values of a hidden field outlive changes of its record.
func TestHiddenFieldsKeepTheirValues(t *testing.T) {
	f := newFixture(t)
	done := f.define(FieldDefinition{Key: "one", Kind: "text"}, "project")
	f.define(FieldDefinition{Key: "two", Kind: "number"}, "project")
	r := f.create("project", map[string]any{"name": "A", "one": "1", "two": "2"})
	field := func(tx *Tx) []Key { return []Key{{tx.Schema().Type("custom_field"), done.Key.ID}} }
	f.update(func(tx *Tx) error {
		_, err := tx.Delete(field(tx))
		return err
	})
	f.change(f.renew(r), map[string]any{"two": 3})
	again := f.define(FieldDefinition{Key: "one", Kind: "date"}, "project")
	if len(again.Warnings) != 1 || !strings.Contains(again.Warnings[0], done.Key.String()) {
		t.Errorf("warnings %v", again.Warnings)
	}
	f.want(f.renew(r), "one", "")
	f.change(f.renew(r), map[string]any{"one": "2026-01-01"})
	err := f.db.Update(t.Context(), Caller{}, func(tx *Tx) error {
		_, err := tx.Restore(field(tx))
		return err
	})
	wantCode(t, err, schema.Conflict)
	f.update(func(tx *Tx) error {
		if _, err := tx.Delete([]Key{{tx.Schema().Type("custom_field"), again.Key.ID}}); err != nil {
			return err
		}
		_, err := tx.Restore(field(tx))
		return err
	})
	f.want(f.renew(r), "one", "1")
	f.want(f.renew(r), "two", "3")
	key := r.Key()
	if changes, _ := f.history(1, HistoryQuery{Of: &key}); len(changes) != 3 {
		t.Errorf("%d changes", len(changes))
	}
}

func TestOptionsAreRenamedEverywhere(t *testing.T) {
	f := newFixture(t)
	f.define(FieldDefinition{Key: "tier", Kind: "single_select", Options: []string{"Gold", "Silver", "Iron"}, Default: new("gold")}, "project")
	r := f.create("project", map[string]any{"name": "A"})
	version := r.Int("version")
	done := f.define(FieldDefinition{Key: "tier", Rename: [][2]string{{"gold", "Platinum"}}}, "project")
	if done.Rewritten != 0 || done.Field.Default != "Platinum" {
		t.Errorf("%d records rewritten, default %q", done.Rewritten, done.Field.Default)
	}
	r = f.renew(r)
	f.want(r, "tier", "Platinum")
	if r.Int("version") != version {
		t.Error("renaming an option changed its records")
	}
	f.wantNames("project", "tier = platinum", "", "", "A")
	key := r.Key()
	changes, _ := f.history(1, HistoryQuery{Of: &key})
	if got := fieldChange(changes[len(changes)-1], "tier"); got.After != "Platinum" {
		t.Errorf("the history speaks of %v", got.After)
	}
	_, err := f.tryDefine(FieldDefinition{Key: "tier", Rename: [][2]string{{"Silver", "iron"}, {"None", "x"}}}, "project")
	if e := wantCode(t, err, schema.InvalidArgument); len(e.Problems) != 2 {
		t.Errorf("problems %v", e)
	}
}

func fieldChange(c Change, field string) FieldChange {
	for _, entry := range c.Entries {
		for _, change := range entry.Fields {
			if change.Field == field {
				return change
			}
		}
	}
	return FieldChange{}
}

func TestOptionsInUseNeedAReplacement(t *testing.T) {
	f := newFixture(t)
	f.define(FieldDefinition{Key: "tier", Kind: "single_select", Options: []string{"Gold", "Silver", "Iron"}, Default: new("Gold")}, "project")
	f.define(FieldDefinition{Key: "areas", Kind: "multi_select", Options: []string{"a", "b", "c"}, Default: new("a, b")}, "project")
	r := f.create("project", map[string]any{"name": "A"})
	_, err := f.tryDefine(FieldDefinition{Key: "tier", Options: []string{"Silver", "Iron"}}, "project")
	if e := wantCode(t, err, schema.InvalidArgument); !strings.Contains(e.Message, "Gold=Silver") {
		t.Errorf("problem %v", e)
	}
	done := f.define(FieldDefinition{Key: "tier", Options: []string{"Iron", "Silver"}, Replace: [][2]string{{"gold", "silver"}}}, "project")
	if done.Rewritten != 1 || strings.Join(done.Removed, " ") != "Gold" || done.Field.Default != "Silver" {
		t.Errorf("done %+v, default %q", done, done.Field.Default)
	}
	f.define(FieldDefinition{Key: "areas", Options: []string{"b", "c"}, Replace: [][2]string{{"a", "b"}}}, "project")
	r = f.renew(r)
	f.want(r, "tier", "Silver")
	f.want(r, "areas", "[b]")
	f.want(f.create("project", map[string]any{"name": "B"}), "areas", "[b]")
	f.define(FieldDefinition{Key: "areas", Options: []string{"c"}, Replace: [][2]string{{"b", ""}}}, "project")
	f.want(f.renew(r), "areas", "")
	key := r.Key()
	changes, _ := f.history(1, HistoryQuery{Of: &key})
	if got := fieldChange(changes[2], "tier"); got.Before != "Gold" || got.After != "Silver" {
		t.Errorf("the history says %+v", got)
	}
	f.define(FieldDefinition{Key: "tier", Options: []string{"Gold", "Iron", "Silver"}}, "project")
	f.wantNames("project", "tier = Gold", "", "", "")
	f.wantNames("project", "", "tier", "", "A B")
}

func TestFieldsKeepTheirOrder(t *testing.T) {
	f := newFixture(t)
	for _, key := range []string{"a", "b", "c"} {
		f.define(FieldDefinition{Key: key, Kind: "text"}, "task")
	}
	f.define(FieldDefinition{Key: "c", Position: new(int64(1))}, "task")
	f.define(FieldDefinition{Key: "a", Position: new(int64(99))}, "task")
	var keys []string
	f.view(func(tx *Tx) error {
		for _, field := range tx.Schema().Type("task").Held() {
			if field.Custom {
				keys = append(keys, field.Name)
			}
		}
		return nil
	})
	if strings.Join(keys, "") != "cba" {
		t.Errorf("the order is %v", keys)
	}
}

func TestDefinitionsThatAreRefused(t *testing.T) {
	f := newFixture(t)
	f.define(FieldDefinition{Key: "tier", Label: "Customer tier", Kind: "text"}, "organization")
	for _, c := range []struct {
		of, path string
		d        FieldDefinition
	}{
		{"", "record_type", FieldDefinition{Key: "x", Kind: "text"}},
		{"tag", "record_type", FieldDefinition{Key: "x", Kind: "text"}},
		{"organization", "key", FieldDefinition{Kind: "text"}},
		{"organization", "key", FieldDefinition{Label: "Industry", Kind: "text"}},
		{"organization", "key", FieldDefinition{Key: "Chamber Of Commerce Number", Kind: "text"}},
		{"organization", "key", FieldDefinition{Key: "deals", Kind: "text"}},
		{"organization", "key", FieldDefinition{Key: "owner_id", Kind: "text"}},
		{"organization", "key", FieldDefinition{Key: "dry_run", Kind: "text", Taken: []string{"dry_run"}}},
		{"organization", "key", FieldDefinition{Key: "and", Kind: "text"}},
		{"organization", "key", FieldDefinition{Key: "filter", Kind: "text"}},
		{"organization", "key", FieldDefinition{Key: "2nd", Kind: "text"}},
		{"organization", "kind", FieldDefinition{Key: "x", Kind: "texts"}},
		{"organization", "kind", FieldDefinition{Key: "tier", Kind: "number"}},
		{"organization", "options", FieldDefinition{Key: "x", Kind: "single_select"}},
		{"organization", "options", FieldDefinition{Key: "x", Kind: "text", Options: []string{"a"}}},
		{"organization", "is_unique", FieldDefinition{Key: "x", Kind: "boolean", Unique: new(true)}},
		{"organization", "default", FieldDefinition{Key: "x", Kind: "number", Default: new("many")}},
		{"organization", "default", FieldDefinition{Key: "x", Kind: "user", Default: new("Nobody")}},
		{"organization", "position", FieldDefinition{Key: "x", Kind: "text", Position: new(int64(0))}},
		{"organization", "colors[0]", FieldDefinition{Key: "x", Kind: "single_select", Options: []string{"a"}, Colors: [][2]string{{"b", "red"}}}},
	} {
		_, err := f.tryDefine(c.d, c.of)
		if e := wantCode(t, err, schema.InvalidArgument); e.Problems[0].Path != c.path {
			t.Errorf("%+v: the problem is at %s: %s", c.d, e.Problems[0].Path, e.Message)
		}
	}
	f.create("organization", map[string]any{"name": "A", "customerTier": "x"})
	f.wantNames("organization", "tier = x", "", "", "A")
}

func TestGeneralWritesLeaveDefinitionsAlone(t *testing.T) {
	f := newFixture(t)
	_, err := f.try("custom_field", map[string]any{"external_id": "1"})
	wantCode(t, err, schema.InvalidArgument)
}

func TestCustomFieldsOfRelatedRecords(t *testing.T) {
	f := newFixture(t)
	f.define(FieldDefinition{Key: "tier", Kind: "single_select", Options: []string{"Gold", "Silver"}}, "organization")
	f.define(FieldDefinition{Key: "coach", Kind: "user"}, "organization")
	f.create("organization", map[string]any{"name": "A", "tier": "silver", "coach": "me"})
	f.create("organization", map[string]any{"name": "B", "tier": "gold"})
	for _, name := range []string{"A", "B"} {
		f.create("deal", map[string]any{"name": "of" + name, "organization": name})
	}
	f.create("deal", map[string]any{"name": "alone"})
	f.wantNames("deal", "organization.tier = Silver", "", "", "ofA")
	f.wantNames("deal", "organization.coach.last_name = Owner", "", "", "ofA")
	f.wantNames("deal", "", "organization.tier", "", "ofB ofA alone")
	f.wantNames("organization", "exists(deals where organizations.tier = Gold)", "", "", "B")
}
