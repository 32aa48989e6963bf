package store

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crmcp/crmcp/schema"
)

// define makes or changes a custom field and fails the test on an error.
func (f *fixture) define(d FieldDefinition, of string) *FieldDefined {
	f.Helper()
	done, err := f.tryDefine(d, of)
	if err != nil {
		f.Fatalf("define %s %s: %v", of, d.Key, err)
	}
	return done
}

func (f *fixture) tryDefine(d FieldDefinition, of string) (done *FieldDefined, err error) {
	err = f.db.Update(f.Context(), Caller{Client: "test", Tool: "define_field"}, func(tx *Tx) (err error) {
		if of != "" {
			d.Type = tx.Schema().Type(of)
		}
		done, err = tx.DefineField(d)
		return err
	})
	return done, err
}

// renew reads a record under the schema as it is now.
func (f *fixture) renew(r *Record) *Record {
	f.Helper()
	f.view(func(tx *Tx) (err error) {
		r, err = tx.Get(tx.Schema().Type(r.Type.Name), r.ID)
		return err
	})
	return r
}

// kindCase is a kind with two values, the smaller first, and which of the
// projects One (low), Two (high) and Nil (none) meet filters.
type kindCase struct {
	kind      string
	options   []string
	low, high any
	shown     [2]string
	sorts     bool
	filters   map[string]string
}

func kindCases() []kindCase {
	whole := map[string]string{"x is null": "Nil", "x is not null": "One Two"}
	return []kindCase{
		{"text", nil, "Ärger", "zoo", [2]string{"Ärger", "zoo"}, true, map[string]string{
			"x = arger": "One", "x == arger": "", "x == Ärger": "One", "x != arger": "Two Nil", "x in (ARGER, zoo)": "One Two", "x not in (zoo)": "One Nil",
			"x contains rg": "One", "x not contains rg": "Two Nil", "x starts with ar": "One", "x ends with oo": "Two", "x like '%o_'": "Two"}},
		{"long_text", nil, "a **long** text", "other", [2]string{"a **long** text", "other"}, false, map[string]string{"x contains LONG": "One", "x = other": "Two"}},
		{"number", nil, "1.5", 20, [2]string{"1.5", "20"}, true, map[string]string{
			"x = 1.5": "One", "x > 1.5": "Two", "x >= 1.5": "One Two", "x < 3": "One", "x between 1 and 2": "One", "x in (20, 3)": "Two", "x != 20": "One Nil"}},
		{"currency", nil, -3, "1e6", [2]string{"-3", "1000000"}, true, map[string]string{"x < 0": "One", "x = 1000000": "Two"}},
		{"boolean", nil, "no", true, [2]string{"false", "true"}, true, map[string]string{"x = true": "Two", "x = no": "One", "x != true": "One Nil"}},
		{"date", nil, "2026-01-31", "tomorrow", [2]string{"2026-01-31", "2026-05-05"}, true, map[string]string{
			"x = 2026-01-31": "One", "x > today": "Two", "x = this_week": "Two", "x <= +1d": "One Two"}},
		{"datetime", nil, "2026-05-01T10:00:00+02:00", "2026-05-02", [2]string{"2026-05-01T08:00:00.000Z", "2026-05-01T22:00:00.000Z"}, true, map[string]string{
			"x = 2026-05-01": "One", "x >= 2026-05-02": "Two", "x < now": "One Two"}},
		{"date_range", nil, "2026-05-01/2026-05-10", []any{"2026-06-01", "2026-06-30"}, [2]string{"2026-05-01/2026-05-10", "2026-06-01/2026-06-30"}, false, map[string]string{
			"x contains today": "One", "x > 2026-05-31": "Two", "x <= 2026-05-10": "One", "x between 2026-05-01 and 2026-06-30": "One Two",
			"x = 2026-05-01/2026-05-10": "One", "x = 2026-05-01": ""}},
		{"datetime_range", nil, "2026-05-04T08:00:00Z/2026-05-04T12:00:00Z", map[string]any{"start": "2026-05-05", "end": "2026-05-05"},
			[2]string{"2026-05-04T08:00:00.000Z/2026-05-04T12:00:00.000Z", "2026-05-04T22:00:00.000Z/2026-05-05T21:59:59.999Z"}, false, map[string]string{
				"x contains now": "One", "x > today": "Two", "x = tomorrow": "Two"}},
		{"single_select", []string{"zero", "Größe"}, "ZERO", "grosse", [2]string{"zero", "Größe"}, true, map[string]string{
			"x = zero": "One", "x != zero": "Two Nil", "x in (zero, 'Größe')": "One Two"}},
		{"multi_select", []string{"red", "green", "blue"}, []any{"red"}, "blue, red", [2]string{"[red]", "[blue red]"}, false, map[string]string{
			"x has red": "One Two", "x has all (red, blue)": "Two", "x = blue": "Two", "x not has blue": "One Nil", "x has any (green, blue)": "Two", "x is empty": "Nil"}},
		{"url", nil, "a.example/x", "https://b.example", [2]string{"a.example/x", "https://b.example"}, true, map[string]string{"x contains a.example": "One"}},
		{"email", nil, "ada@x.example", "Bob@x.example", [2]string{"ada@x.example", "Bob@x.example"}, true, map[string]string{"x = bob@x.example": "Two"}},
		{"phone", nil, "+31 20 123 4567", "020 765 4321", [2]string{"+31 20 123 4567", "020 765 4321"}, false, map[string]string{"x contains 765": "Two"}},
		{"user", nil, "me", "Bo", [2]string{"1", "2"}, true, map[string]string{"x = me": "One", "x in (me, Bo)": "One Two", "x != Bo": "One Nil", "x.last_name = Owner": "One"}},
		{"record", nil, "Acme", "con_1", [2]string{"org_1", "con_1"}, false, map[string]string{"x = Acme": "One", "x != org_1": "Two Nil", "x in (acme, con_1)": "One Two", "x = 'contact:Zed'": "Two"}},
		{"text", nil, "b", "c", [2]string{"b", "c"}, true, whole},
		{"date_range", nil, "today", "tomorrow", [2]string{"2026-05-04/2026-05-04", "2026-05-05/2026-05-05"}, false, whole},
		{"single_select", []string{"b", "a"}, "b", "a", [2]string{"b", "a"}, true, whole},
	}
}

func TestEveryKindOfCustomField(t *testing.T) {
	for _, c := range kindCases() {
		t.Run(c.kind, func(t *testing.T) {
			f := newFixture(t)
			f.create("organization", map[string]any{"name": "Acme"})
			f.create("contact", map[string]any{"first_name": "Zed"})
			f.user("Bo")
			f.define(FieldDefinition{Key: "x", Kind: c.kind, Options: c.options}, "project")
			one := f.create("project", map[string]any{"name": "One", "X": c.low})
			two := f.create("project", map[string]any{"name": "Two", "x": c.high})
			f.create("project", map[string]any{"name": "Nil"})
			f.wantShown(f.again(one), c.shown[0])
			f.wantShown(f.again(two), c.shown[1])
			for where, names := range c.filters {
				f.wantNames("project", where, "id", "", names)
			}
			if c.sorts {
				f.wantNames("project", "", "x, id", "", "One Two Nil")
				f.wantNames("project", "", "-x", "", "Two One Nil")
				f.wantNames("project", "name != Two", "-x, name", "", "One Nil")
			}
			f.wantHistory(c, one)
			f.change(f.again(one), map[string]any{"x": nil})
			f.wantNames("project", "x is null", "id", "", "One Nil")
		})
	}
}

// user makes a colleague.
func (f *fixture) user(name string) {
	f.Helper()
	f.create("user", map[string]any{"first_name": name})
}

// wantShown compares a value with its text.
func (f *fixture) wantShown(r *Record, text string) {
	f.Helper()
	value := r.Values["x"]
	if span, ok := value.(schema.Range); ok {
		value = r.Type.Field("x").RangeText(span)
	}
	if plain(value) != text {
		f.Errorf("x of %s is %v, want %s", r.Key(), value, text)
	}
}

// wantHistory gives the first project the other value and reads that back.
func (f *fixture) wantHistory(c kindCase, r *Record) {
	f.Helper()
	written := f.change(f.again(r), map[string]any{"x": c.high})
	if !written.Changed {
		f.Error("nothing changed")
	}
	key := r.Key()
	changes, _ := f.history(1, HistoryQuery{Of: &key, Limit: 1})
	want := FieldChange{Field: "x", Before: c.shown[0], After: c.shown[1]}
	got := changes[0].Entries[0].Fields[0]
	for _, value := range []*any{&got.Before, &got.After} {
		if ref, ok := (*value).(Ref); ok {
			*value = strings.TrimPrefix(ref.Type.IDString(ref.ID), "usr_")
		}
		*value = plain(*value)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		f.Errorf("history of x (-want +got): %s", diff)
	}
	if again := f.change(f.again(r), map[string]any{"x": c.high}); again.Changed {
		f.Error("the same value is a change")
	}
}

func TestCustomTextIsSearched(t *testing.T) {
	f := newFixture(t)
	for _, kind := range []string{"text", "long_text", "email"} {
		f.define(FieldDefinition{Key: "my " + kind, Kind: kind}, "organization")
	}
	r := f.create("organization", map[string]any{"name": "Acme", "my_text": "Zebra crossing", "my_long_text": "once upon an Ärger", "my_email": "zoe@zoo.example"})
	for _, words := range []string{"zebra", "arger", "zoe@zoo.example"} {
		if got := f.search(words); !slices.Equal(got, []string{"org_1"}) {
			t.Errorf("search %s finds %v", words, got)
		}
	}
	f.wantNames("organization", "identifiers in ('ZOE@zoo.example')", "", "", "Acme")
	done := f.define(FieldDefinition{Key: "my_text"}, "organization")
	f.update(func(tx *Tx) error {
		_, err := tx.Delete([]Key{{tx.Schema().Type("custom_field"), done.Key.ID}})
		return err
	})
	if got := f.search("zebra"); len(got) > 0 {
		t.Errorf("a hidden field is found: %v", got)
	}
	f.change(f.renew(r), map[string]any{"name": "Other"})
	f.update(func(tx *Tx) error {
		_, err := tx.Restore([]Key{{tx.Schema().Type("custom_field"), done.Key.ID}})
		return err
	})
	if got := f.search("zebra"); !slices.Equal(got, []string{"org_1"}) {
		t.Errorf("the restored field is not found: %v", got)
	}
	f.want(f.renew(r), "my_text", "Zebra crossing")
}

// A field that is defined, hidden or changed by one process is there for the next transaction of another.
func TestDefinitionsReachOtherProcesses(t *testing.T) {
	f := newFixture(t)
	db, err := Open(t.Context(), f.db.Path(), Options{Now: func() time.Time { return f.now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	other := &fixture{T: t, db: db, now: f.now}
	field := func(g *fixture) (found *schema.Field) {
		g.view(func(tx *Tx) error {
			found = tx.Schema().Type("deal").Field("tier")
			return nil
		})
		return found
	}
	if field(f) != nil || field(other) != nil {
		t.Fatal("a field before it is defined")
	}
	done := f.define(FieldDefinition{Key: "tier", Kind: "single_select", Options: []string{"Gold", "Silver"}}, "deal")
	if field(other) == nil || field(f) == nil {
		t.Fatal("the field is not seen")
	}
	r := other.create("deal", map[string]any{"name": "Big", "tier": "gold"})
	other.define(FieldDefinition{Key: "tier", Rename: [][2]string{{"Gold", "Platinum"}}}, "deal")
	f.want(f.renew(r), "tier", "Platinum")
	f.update(func(tx *Tx) error {
		_, err := tx.Delete([]Key{{tx.Schema().Type("custom_field"), done.Key.ID}})
		return err
	})
	if field(other) != nil {
		t.Fatal("the hidden field is still there")
	}
	other.want(other.renew(r), "tier", "")
}

// What a failed transaction or attempt has defined is nowhere.
func TestDefinitionsAreTakenBack(t *testing.T) {
	f := newFixture(t)
	refused := schema.Errorf(schema.InvalidArgument, "no")
	err := f.db.Update(t.Context(), Caller{}, func(tx *Tx) error {
		define := func() error {
			_, err := tx.DefineField(FieldDefinition{Type: tx.Schema().Type("deal"), Key: "tier", Kind: "text"})
			return err
		}
		failed := tx.Try(func() error {
			if err := define(); err != nil {
				return err
			}
			return refused
		})
		if !errors.Is(failed, refused) || tx.Schema().Type("deal").Field("tier") != nil {
			t.Errorf("after the attempt: %v, %v", failed, tx.Schema().Type("deal").Field("tier"))
		}
		if err := tx.Try(define); err != nil || tx.Schema().Type("deal").Field("tier") == nil {
			t.Errorf("after the second: %v", err)
		}
		return refused
	})
	wantCode(t, err, schema.InvalidArgument)
	f.view(func(tx *Tx) error {
		if tx.Schema().Type("deal").Field("tier") != nil {
			t.Error("the field is there after all")
		}
		return nil
	})
}
