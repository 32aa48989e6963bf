package store

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
)

// plain is a value as a reader of the test would write it.
func plain(v any) string { return strings.TrimSpace(fmt.Sprint(v)) }

func TestOrganizationWithDetails(t *testing.T) {
	f := newFixture(t)
	r := f.create("organization", map[string]any{"title": "Café Zürich", "emails": []any{"work: a@zuerich.example", "b@zuerich.example"},
		"phone": "+41 44 668 18 00", "website": "https://www.zuerich.example/", "country": "Switzerland", "annual_revenue": "1250000.5"})
	f.want(r, "name", "Café Zürich")
	f.want(r, "email", "a@zuerich.example")
	f.want(r, "country", "CH")
	f.want(r, "currency", "EUR")
	f.want(r, "annual_revenue", "1250000.5")
	f.want(r, "type", "prospect")

	w := f.change(r, map[string]any{"email": "b@zuerich.example"})
	f.want(w.Record, "email", "b@zuerich.example")
	w = f.change(r, map[string]any{"emails": []any{"c@zuerich.example", "b@zuerich.example"}})
	f.want(w.Record, "email", "c@zuerich.example")
	if plain(w.Removed) != "[a@zuerich.example]" {
		t.Errorf("removed %v", w.Removed)
	}
	w = f.change(r, map[string]any{"email": nil})
	f.want(w.Record, "email", "b@zuerich.example")
}

func TestEveryProblemAtOnce(t *testing.T) {
	f := newFixture(t)
	_, err := f.try("organization", map[string]any{"nme": "x", "type": "custmer", "employee_count": "many", "owner": "nobody", "country": "Atlantis"})
	e := wantCode(t, err, schema.InvalidArgument)
	var paths []string
	for _, p := range e.Problems {
		paths = append(paths, p.Path)
	}
	if got := strings.Join(paths, " "); got != "country employee_count nme type owner name" {
		t.Errorf("problems at %s", got)
	}
	f.view(func(tx *Tx) error {
		n, err := tx.Count(tx.Schema().Type("organization"), nil)
		if n != 0 {
			t.Errorf("%d organizations were written", n)
		}
		return err
	})
}

func TestMembershipIsAFactOfBoth(t *testing.T) {
	f := newFixture(t)
	acme := f.create("organization", map[string]any{"name": "Acme"})
	jane := f.create("contact", map[string]any{"first_name": "Jane", "last_name": "Doe", "organization": "ACME"})
	f.want(jane, "organization", plain(acme.ID))
	acme = f.again(acme)
	f.want(acme, "contact_count", "1")
	f.want(acme, "version", "2")
	w := f.change(jane, map[string]any{"organizations": []any{}})
	f.want(w.Record, "organization", "")
	f.want(f.again(acme), "contact_count", "0")
	if plain(w.Removed) != "[org_1 Acme]" {
		t.Errorf("removed %v", w.Removed)
	}
	if _, err := f.try("membership", map[string]any{"organization": "Acme", "contact": "Jane Doe"}); err != nil {
		t.Fatal("a member that left could not come back: ", err)
	}
	_, err := f.try("membership", map[string]any{"organization": "Acme", "contact": "Jane Doe"})
	wantCode(t, err, schema.InvalidArgument)
}

func TestDealFollowsItsStage(t *testing.T) {
	f := newFixture(t)
	acme := f.create("organization", map[string]any{"name": "Acme"})
	d := f.create("deal", map[string]any{"name": "Renewal", "value": 1000, "organization": "Acme"})
	f.want(d, "probability", "10")
	f.want(d, "weighted_value", "100")
	f.want(f.again(acme), "open_deal_value", "1000")

	d = f.change(d, map[string]any{"stage": "negotiation"}).Record
	f.want(d, "probability", "75")
	d = f.change(d, map[string]any{"probability": 60}).Record
	d = f.change(d, map[string]any{"stage": "Proposal"}).Record
	f.want(d, "probability", "60")
	d = f.change(d, map[string]any{"stage": "Won"}).Record
	f.want(d, "status", "won")
	f.want(d, "probability", "100")
	f.want(d, "closed_on", "2026-05-04")
	acme = f.again(acme)
	f.want(acme, "open_deal_value", "0")
	f.want(acme, "won_deal_value", "1000")
	f.want(acme, "won_deal_count", "1")
	d = f.change(d, map[string]any{"stage": "Lead"}).Record
	f.want(d, "closed_on", "")
	_, err := f.tryChange(d, map[string]any{"stage": "Wonn"}, WriteOptions{})
	e := wantCode(t, err, schema.InvalidArgument)
	if !strings.Contains(e.Message, "Won") {
		t.Errorf("no suggestion in %q", e.Message)
	}
}

func TestDealLines(t *testing.T) {
	f := newFixture(t)
	f.create("service", map[string]any{"name": "Audit", "amount": "99.99", "sku": "A-1"})
	f.create("service", map[string]any{"name": "Travel", "amount": 10, "currency": "USD"})
	d := f.create("deal", map[string]any{"name": "D", "services": []any{
		map[string]any{"service": "a-1", "quantity": 3, "discount_percent": 15}}})
	f.want(d, "total_value", "254.9745")
	f.want(d, "amount", "254.9745")
	_, err := f.tryChange(d, map[string]any{"services": []any{"Audit", "Travel"}}, WriteOptions{})
	e := wantCode(t, err, schema.InvalidArgument)
	if !strings.Contains(e.Message, "unit_price") {
		t.Errorf("another currency: %s", e.Message)
	}
	w := f.change(d, map[string]any{"services": []any{map[string]any{"service": "Travel", "unit_price": 9}}})
	f.want(w.Record, "total_value", "9")
	if plain(w.Removed) != "[svc_1 Audit]" {
		t.Errorf("removed %v", w.Removed)
	}
}

func TestCurrencyOfPricedLines(t *testing.T) {
	f := newFixture(t)
	f.create("service", map[string]any{"name": "Audit", "amount": 100})
	d := f.create("deal", map[string]any{"name": "D", "services": []any{"Audit"}})
	for _, args := range []map[string]any{{"currency": "USD"}, {"currency": "USD", "services": []any{map[string]any{"service": "Audit", "quantity": 2}}}} {
		_, err := f.tryChange(d, args, WriteOptions{})
		if e := wantCode(t, err, schema.InvalidArgument); !strings.Contains(e.Message, "priced in EUR: give services with unit_price") {
			t.Errorf("%v: %s", args, e.Message)
		}
	}
	f.change(d, map[string]any{"currency": "EUR", "name": "E"})
	d = f.change(d, map[string]any{"currency": "USD", "services": []any{map[string]any{"service": "Audit", "unit_price": 110}}}).Record
	f.want(d, "currency", "USD")
	f.want(d, "amount", "110")
	bare := f.create("deal", map[string]any{"name": "F", "value": 5})
	f.want(f.change(bare, map[string]any{"currency": "USD"}).Record, "currency", "USD")
	f.want(f.change(d, map[string]any{"currency": "GBP", "services": []any{}}).Record, "currency", "GBP")
}

func TestLostReasonIsOfTheLoss(t *testing.T) {
	f := newFixture(t)
	d := f.create("deal", map[string]any{"name": "D", "stage": "Lost", "lost_reason": "price"})
	f.want(f.change(d, map[string]any{"name": "E"}).Record, "lost_reason", "price")
	f.want(f.change(d, map[string]any{"stage": "Lead"}).Record, "lost_reason", "")
	f.change(d, map[string]any{"stage": "Lost", "lost_reason": "time"})
	f.want(f.change(d, map[string]any{"stage": "Won"}).Record, "lost_reason", "")
	f.want(f.change(d, map[string]any{"stage": "Lead", "lost_reason": "kept"}).Record, "lost_reason", "kept")
}

func TestRecurringTask(t *testing.T) {
	f := newFixture(t)
	f.create("organization", map[string]any{"name": "Acme"})
	f.define(FieldDefinition{Key: "mood", Label: "Mood", Kind: "multi_select", Options: []string{"Good", "Bad"}}, "task")
	f.define(FieldDefinition{Key: "ticket", Label: "Ticket", Kind: "text", Unique: new(true)}, "task")
	task := f.create("task", map[string]any{"name": "Invoice", "due_at": "2026-01-31T09:00", "recurrence": "monthly", "organization": "Acme",
		"mood": []any{"Bad", "Good"}, "ticket": "T1", "metadata": map[string]any{"a": 1}})
	w := f.change(task, map[string]any{"status": "completed"})
	f.want(w.Record, "completed_at", "2026-05-04T10:00:00.000Z")
	if w.Next == nil {
		t.Fatal("no next task")
	}
	f.want(w.Next, "due_at", "2026-05-31T07:00:00.000Z")
	f.want(w.Next, "organization", "1")
	f.want(w.Next, "mood", "[Bad Good]")
	f.want(w.Next, "ticket", "")
	f.want(w.Next, "metadata", "map[a:1]")
	f.view(func(tx *Tx) error {
		r, err := tx.Get(tx.Schema().Type("organization"), 1)
		f.want(r, "last_activity_at", "2026-05-04T10:00:00.000Z")
		f.want(r, "next_task_due_at", "2026-05-31T07:00:00.000Z")
		return err
	})
}

// A task of the last of each month stays there, also past February; one that is
// completed a second time has its next already.
func TestRecurringTaskStaysOnItsDay(t *testing.T) {
	f := newFixture(t)
	due := func(r *Record) string { return r.Values["due_at"].(schema.Millis).String()[:10] }
	for _, c := range []struct{ name, first, second, third string }{
		{"Close the month", "2026-05-31", "2026-06-30", "2026-07-31"}, {"Pay", "2026-05-30", "2026-06-30", "2026-07-30"}, {"Call", "2027-02-28", "2027-03-28", "2027-04-28"},
	} {
		first := f.create("task", map[string]any{"name": c.name, "due_at": c.first, "recurrence": "monthly"})
		second := f.change(first, map[string]any{"status": "completed"}).Next
		if due(second) != c.second {
			t.Errorf("%s: after %s comes %s", c.name, c.first, due(second))
		}
		third := f.change(second, map[string]any{"status": "completed"}).Next
		if due(third) != c.third {
			t.Errorf("%s: after %s comes %s", c.name, c.second, due(third))
		}
		f.change(second, map[string]any{"status": "in_progress"})
		if again := f.change(second, map[string]any{"status": "completed"}).Next; again != nil {
			t.Errorf("%s: another next, %s", c.name, due(again))
		}
	}
	first := f.create("task", map[string]any{"name": "Same", "due_at": "2026-05-10", "recurrence": "weekly"})
	other := f.create("task", map[string]any{"name": "Same", "due_at": "2026-05-10", "recurrence": "weekly"})
	if f.change(first, map[string]any{"status": "completed"}).Next == nil || f.change(other, map[string]any{"status": "completed"}).Next == nil {
		t.Error("two tasks of the same name share a next")
	}
}

func TestWhatHasADefaultIsNeverEmpty(t *testing.T) {
	f := newFixture(t)
	task := f.create("task", map[string]any{"name": "T", "priority": "high", "status": "completed"})
	f.want(f.change(task, map[string]any{"status": nil, "priority": nil}).Record, "status", "not_started")
	deal := f.create("deal", map[string]any{"name": "D", "value": 5, "stage": "Lost", "closed_on": "2026-01-02"})
	w := f.change(deal, map[string]any{"currency": nil, "probability": nil, "closed_on": nil})
	f.want(w.Record, "currency", "EUR")
	f.want(w.Record, "probability", "0")
	f.want(w.Record, "closed_on", "2026-01-02")
	if len(w.Warnings) != 2 {
		t.Error(w.Warnings)
	}
}

func TestLinksAddAndTakeAway(t *testing.T) {
	f := newFixture(t)
	f.create("organization", map[string]any{"name": "Acme"})
	f.create("contact", map[string]any{"first_name": "Jane"})
	f.create("service", map[string]any{"name": "Audit", "amount": 5})
	d := f.create("deal", map[string]any{"name": "D"})
	two := 2 * schema.DecimalOne
	f.update(func(tx *Tx) error {
		w, err := tx.Link(d.Key(), []string{"Acme", "Jane", "Audit", "tag:VIP"}, LinkOptions{AddQuantity: &two})
		if err == nil {
			f.want(w.Record, "organization", "1")
			f.want(w.Record, "contact", "1")
			f.want(w.Record, "total_value", "10")
		}
		return err
	})
	f.update(func(tx *Tx) error {
		w, err := tx.Link(d.Key(), []string{"Audit"}, LinkOptions{AddQuantity: &two})
		if err == nil {
			f.want(w.Record, "total_value", "20")
		}
		return err
	})
	f.update(func(tx *Tx) error {
		w, err := tx.Unlink(d.Key(), []string{"Acme", "VIP"}, LinkOptions{})
		if err == nil {
			f.want(w.Record, "organization", "")
			if plain(w.Removed) != "[org_1 Acme tag_1 VIP]" {
				t.Errorf("removed %v", w.Removed)
			}
		}
		return err
	})
}

func TestTrashKeepsLinks(t *testing.T) {
	f := newFixture(t)
	acme := f.create("organization", map[string]any{"name": "Acme"})
	d := f.create("deal", map[string]any{"name": "D", "value": 10, "organization": "Acme"})
	note := f.create("note", map[string]any{"body": "hello", "deals": "D"})
	f.update(func(tx *Tx) error {
		done, err := tx.Delete([]Key{d.Key()})
		if err == nil && plain(done.Hanging) != "[1 organization, 1 note]" {
			t.Errorf("hanging %v", done.Hanging)
		}
		return err
	})
	f.want(f.again(acme), "deal_count", "0")
	f.want(f.again(note), "is_detached", "true")
	f.update(func(tx *Tx) error {
		_, err := tx.Restore([]Key{d.Key()})
		return err
	})
	f.want(f.again(acme), "open_deal_value", "10")
	f.want(f.again(note), "is_detached", "")
}

func TestExpectedVersionShowsWhatChanged(t *testing.T) {
	f := newFixture(t)
	r := f.create("organization", map[string]any{"name": "Acme"})
	f.change(r, map[string]any{"industry": "Tools"})
	_, err := f.tryChange(r, map[string]any{"industry": "Toys"}, WriteOptions{ExpectedVersion: 1})
	e := wantCode(t, err, schema.Conflict)
	if len(e.Problems) != 1 || !strings.Contains(e.Problems[0].Message, "industry") {
		t.Errorf("problems %v", e.Problems)
	}
}

func TestUniqueValuesConflict(t *testing.T) {
	f := newFixture(t)
	f.create("user", map[string]any{"first_name": "Bob", "email": "bob@x.example"})
	_, err := f.try("user", map[string]any{"first_name": "Rob", "email": "BOB@x.example"})
	wantCode(t, err, schema.Conflict)
	f.create("organization", map[string]any{"name": "A", "external_id": "7"})
	_, err = f.try("organization", map[string]any{"name": "B", "external_id": "7"})
	if e := wantCode(t, err, schema.Conflict); !strings.Contains(e.Message, "org_1 A has") {
		t.Errorf("who has the external id is not told: %s", e.Message)
	}
}

// What stands in the history can be added up to the rows: nothing is written
// without a note of it.
func TestHistoryHoldsEveryWrite(t *testing.T) {
	f := newFixture(t)
	r := f.create("organization", map[string]any{"name": "Acme", "tags": "VIP", "email": "a@b.example"})
	f.change(r, map[string]any{"name": "Acme Ltd"})
	var rows, sets int
	f.view(func(tx *Tx) error {
		_, err := tx.one(`SELECT count(*) FROM change_row WHERE change_id > 1`, nil, &rows)
		if err == nil {
			_, err = tx.one(`SELECT count(*) FROM change_set WHERE id > 1`, nil, &sets)
		}
		return err
	})
	if rows != 5 || sets != 2 {
		t.Errorf("%d rows in %d change sets; want organization, tag, link, detail and the update in 2", rows, sets)
	}
}

func TestDryRunWritesNothing(t *testing.T) {
	f := newFixture(t)
	err := f.db.Update(context.Background(), Caller{}, func(tx *Tx) error {
		in := tx.Reader(false).Read(tx.Schema().Type("organization"), map[string]any{"name": "Acme"}, &schema.Problems{})
		if _, err := tx.Create(in, WriteOptions{}); err != nil {
			return err
		}
		return ErrDryRun
	})
	if err != nil {
		t.Fatal(err)
	}
	r := f.create("organization", map[string]any{"name": "Acme"})
	f.want(r, "id", "")
	if r.ID != 1 {
		t.Errorf("a dry run used up the number: %s", r.Key())
	}
}

func TestPicturesAreBase64(t *testing.T) {
	f := newFixture(t)
	f.create("document", map[string]any{"name": "a", "mime_type": "image/png", "content": "iVBORw0KGgo="})
	f.create("document", map[string]any{"name": "b", "mime_type": "image/svg+xml", "content": "<svg/>"})
	f.update(func(tx *Tx) error {
		var problems schema.Problems
		in := tx.Reader(false).Read(tx.Schema().Type("document"), map[string]any{"name": "c", "mime_type": "image/png", "content": "not base64!!"}, &problems)
		if _, err := tx.Create(in, WriteOptions{Problems: problems}); err == nil {
			t.Error("a text is taken for a picture")
		}
		return nil
	})
}
