package store

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
)

// history gives the changes that a query finds for a user.
func (f *fixture) history(user int64, q HistoryQuery) (changes []Change, next string) {
	f.Helper()
	err := f.db.View(context.Background(), Caller{User: user}, func(tx *Tx) (err error) {
		changes, next, err = tx.History(q)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	return changes, next
}

// lines writes the entries of a change as a reader of the test would.
func (c Change) lines() (lines []string) {
	for _, e := range c.Entries {
		line := e.Action + " " + e.Record.Type.IDString(e.Record.ID)
		if e.Key.Type != nil && e.Key != (Key{e.Record.Type, e.Record.ID}) {
			line += " " + e.Key.String()
		}
		if e.Other != nil {
			line += " with " + e.Other.Type.IDString(e.Other.ID) + " " + e.Other.Name
		}
		for _, field := range e.Fields {
			line += fmt.Sprintf(" %s:%s>%s", field.Field, shownValue(field.Before), shownValue(field.After))
		}
		lines = append(lines, line)
	}
	return lines
}

func shownValue(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case Ref:
		return v.Type.IDString(v.ID) + "=" + v.Name
	}
	return fmt.Sprint(v)
}

func TestHistoryOfADeal(t *testing.T) {
	f := newFixture(t)
	f.create("organization", map[string]any{"name": "Acme"})
	deal := f.create("deal", map[string]any{"name": "Renewal", "value": "1250.5", "organization": "Acme", "expected_close_on": "2026-06-01"})
	f.change(deal, map[string]any{"stage": "Proposal", "value": "1300", "expected_close_on": nil})
	f.update(func(tx *Tx) error {
		_, err := tx.Delete([]Key{deal.Key()})
		return err
	})
	f.update(func(tx *Tx) error {
		_, err := tx.Restore([]Key{deal.Key()})
		return err
	})
	key := deal.Key()
	changes, next := f.history(0, HistoryQuery{Of: &key})
	if len(changes) != 4 || next != "" {
		t.Fatalf("%d changes, next %q", len(changes), next)
	}
	for i, want := range []string{"restored deal_1", "deleted deal_1"} {
		if got := strings.Join(changes[i].lines(), "; "); got != want {
			t.Errorf("change %d: %s, want %s", i, got, want)
		}
	}
	update := strings.Join(changes[2].lines(), "; ")
	for _, want := range []string{"updated deal_1 ", " value:1250.5>1300", " stage:stage_1=Lead>stage_3=Proposal", " expected_close_on:2026-06-01>"} {
		if !strings.Contains(update, want) {
			t.Errorf("the update %q lacks %q", update, want)
		}
	}
	created := changes[3]
	if lines := created.lines(); len(lines) != 2 || !strings.HasPrefix(lines[0], "created deal_1 name:>Renewal value:>1250.5") || lines[1] != "linked deal_1 with org_1 Acme" {
		t.Errorf("the creation is %q", lines)
	}
	if created.User.Name != "Ada Owner" || created.Client != "test" || created.Tool != "create_deal" || created.UID == "" || created.Rows != 2 || created.At != schema.MillisOf(f.now) {
		t.Errorf("the creation is %+v", created)
	}
	for _, unwanted := range []string{"version", "updated_at", "uid", "created_by"} {
		if strings.Contains(strings.Join(created.lines(), " ")+update, unwanted) {
			t.Errorf("%s is listed", unwanted)
		}
	}
}

func TestHistoryOfParts(t *testing.T) {
	f := newFixture(t)
	f.create("organization", map[string]any{"name": "Acme"})
	jane := f.create("contact", map[string]any{"first_name": "Jane", "organization": "Acme", "email": "jane@acme.example"})
	key := jane.Key()
	changes, _ := f.history(0, HistoryQuery{Of: &key})
	if len(changes) != 1 {
		t.Fatalf("%d changes", len(changes))
	}
	text := strings.Join(changes[0].lines(), "; ")
	for _, want := range []string{"created con_1 det_1 contact:>con_1=Jane kind:>email", "created con_1 mem_1 with org_1 Acme organization:>org_1=Acme"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	f.view(func(tx *Tx) error {
		member := Key{tx.Schema().Type("membership"), 1}
		changes, _, err := tx.History(HistoryQuery{Of: &member})
		if len(changes) != 1 || len(changes[0].Entries) != 1 {
			t.Errorf("of the membership: %+v", changes)
		}
		return err
	})
}

func TestHistoryPages(t *testing.T) {
	f := newFixture(t)
	for i := range 5 {
		f.create("organization", map[string]any{"name": fmt.Sprint("O", i)})
	}
	var ids []string
	cursor := ""
	for range 10 {
		changes, next := f.history(0, HistoryQuery{Tool: "create_organization", Limit: 2, Cursor: cursor})
		for _, c := range changes {
			ids = append(ids, c.lines()[0][:13])
		}
		if cursor = next; next == "" {
			break
		}
	}
	if got := strings.Join(ids, ","); got != "created org_5,created org_4,created org_3,created org_2,created org_1" {
		t.Error(got)
	}
	f.view(func(tx *Tx) error {
		_, _, err := tx.History(HistoryQuery{Cursor: "chg_x"})
		wantCode(t, err, schema.InvalidArgument)
		return nil
	})
}

func TestHistoryFilters(t *testing.T) {
	f := newFixture(t)
	f.create("organization", map[string]any{"name": "Acme"})
	bea := f.create("user", map[string]any{"first_name": "Bea"})
	f.now = f.now.AddDate(0, 0, 1)
	f.create("tag", map[string]any{"name": "hot"})
	at := schema.MillisOf(f.now)
	for name, c := range map[string]struct {
		query HistoryQuery
		want  int
	}{
		"since":        {HistoryQuery{Since: at}, 1},
		"until":        {HistoryQuery{Until: at - 1, Client: "test"}, 2},
		"client":       {HistoryQuery{Client: "TES"}, 3},
		"client in %":  {HistoryQuery{Client: "t%t"}, 0},
		"tool":         {HistoryQuery{Tool: "create_tag"}, 1},
		"user":         {HistoryQuery{User: bea.ID}, 0},
		"one change":   {HistoryQuery{Change: 2}, 1},
		"wrong change": {HistoryQuery{Change: 99}, 0},
	} {
		if changes, _ := f.history(0, c.query); len(changes) != c.want {
			t.Errorf("%s: %d changes, want %d", name, len(changes), c.want)
		}
	}
}

func TestHistoryCutsLongChanges(t *testing.T) {
	f := newFixture(t)
	f.update(func(tx *Tx) error {
		for i := range 30 {
			if err := tx.insertRecord(&Record{Type: tx.Schema().Type("tag"), Values: map[string]any{"name": fmt.Sprint("t", i)}}); err != nil {
				return err
			}
		}
		return nil
	})
	changes, _ := f.history(0, HistoryQuery{Limit: 1})
	if c := changes[0]; len(c.Entries) != 20 || !c.MoreEntries || c.Rows != 30 {
		t.Errorf("%d entries of %d, more %v", len(c.Entries), c.Rows, c.MoreEntries)
	}
	changes, _ = f.history(0, HistoryQuery{Change: changes[0].ID})
	if c := changes[0]; len(c.Entries) != 30 || c.MoreEntries {
		t.Errorf("%d entries, more %v", len(c.Entries), c.MoreEntries)
	}
}

func TestHistoryHidesOthersPrivateNotes(t *testing.T) {
	f := newFixture(t)
	f.create("organization", map[string]any{"name": "Acme"})
	other := f.create("user", map[string]any{"first_name": "Bea"})
	note := f.create("note", map[string]any{"body": "first secret", "is_private": true, "organizations": []any{"Acme"}})
	see := func(user int64) string {
		changes, _ := f.history(user, HistoryQuery{})
		var all []string
		for _, c := range changes {
			all = append(all, c.lines()...)
		}
		return strings.Join(all, "; ")
	}
	if mine := see(0); !strings.Contains(mine, "first secret") || !strings.Contains(mine, "linked org_1 with note_1") {
		t.Errorf("the author sees %s", mine)
	}
	if theirs := see(other.ID); strings.Contains(theirs, "note_1") || strings.Contains(theirs, "secret") {
		t.Errorf("another sees %s", theirs)
	}
	f.change(note, map[string]any{"body": "for all", "is_private": false})
	f.change(f.again(note), map[string]any{"title": "Later"})
	if theirs := see(other.ID); strings.Contains(theirs, "secret") || !strings.Contains(theirs, "title:>Later") {
		t.Errorf("once it is public another sees %s", theirs)
	}
}
