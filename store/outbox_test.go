package store

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crmcp/crmcp/schema"
)

func (f *fixture) take(webhook int64, n int) []Parcel {
	f.Helper()
	parcels, err := f.db.TakeDeliveries(f.Context(), webhook, n, 30*time.Second)
	if err != nil {
		f.Fatal(err)
	}
	return parcels
}

// save notes outcomes after which the webhook fares as given.
func (f *fixture) save(webhook int64, state WebhookState, reason string, outcomes ...Outcome) {
	f.Helper()
	err := f.db.SaveOutcomes(f.Context(), webhook, outcomes, func(WebhookState) (WebhookState, string) { return state, reason })
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) deliveries(q DeliveryQuery) (list []Delivery) {
	f.Helper()
	f.view(func(tx *Tx) (err error) {
		list, _, err = tx.Deliveries(q)
		return err
	})
	return list
}

func TestLeaseKeepsOthersOff(t *testing.T) {
	f, _ := hooked(t, "*")
	f.create("contact", map[string]any{"first_name": "Ada"})
	first := f.take(1, 8)
	if len(first) != 1 || first[0].Attempt != 1 || first[0].Type != "contact.created" || len(first[0].Secrets) != 1 {
		t.Fatalf("took %+v", first)
	}
	if again := f.take(1, 8); len(again) != 0 {
		t.Errorf("a leased delivery was given again: %+v", again)
	}
	f.now = f.now.Add(31 * time.Second)
	second := f.take(1, 8)
	if len(second) != 1 || second[0].Event != first[0].Event || second[0].Body != first[0].Body {
		t.Fatalf("after the lease: %+v", second)
	}
	// The first process comes back late: its failure says nothing any more, its
	// success does.
	f.save(1, WebhookState{}, "", Outcome{Parcel: first[0], Attempt: Attempt{Error: "late"}})
	if d := f.deliveries(DeliveryQuery{}); d[0].Status != DeliveryPending {
		t.Errorf("a late failure: %+v", d)
	}
	f.save(1, WebhookState{}, "", Outcome{Parcel: first[0], Attempt: Attempt{Code: 200}})
	f.save(1, WebhookState{}, "", Outcome{Parcel: second[0], Attempt: Attempt{Error: "too late"}})
	if d := f.deliveries(DeliveryQuery{}); d[0].Status != DeliveryDelivered || d[0].Next != 0 || len(d[0].Log) != 1 {
		t.Errorf("a late success: %+v", d)
	}
}

func TestFailingWebhookIsTriedOneByOneAndDisabled(t *testing.T) {
	f, hook := hooked(t, "*")
	for range 3 {
		f.create("contact", map[string]any{"first_name": "Ada"})
	}
	taken := f.take(1, 2)
	f.save(1, WebhookState{Failures: 1, FailingSince: f.now, RestUntil: f.now.Add(time.Minute)}, "",
		Outcome{Parcel: taken[0], Attempt: Attempt{Code: 500, Error: "the answer was 500"}, Retry: f.now.Add(5 * time.Second)}, Outcome{Parcel: taken[1], Untried: true})
	if got := f.take(1, 8); len(got) != 0 {
		t.Errorf("a resting webhook got %+v", got)
	}
	if pending, failing, err := f.db.DeliveryQueue(t.Context()); pending != 3 || failing != 1 || err != nil {
		t.Errorf("queue: %d, %d, %v", pending, failing, err)
	}
	f.now = f.now.Add(2 * time.Minute)
	one := f.take(1, 8)
	if len(one) != 1 {
		t.Fatalf("after the rest it got %d", len(one))
	}
	f.save(1, WebhookState{}, "nobody was there", Outcome{Parcel: one[0], Attempt: Attempt{Error: "refused"}, Retry: f.now})
	f.view(func(tx *Tx) error {
		r, err := tx.Get(tx.Schema().Type("webhook"), hook.ID)
		if r.Bool("is_enabled") || r.Text("disabled_reason") != "nobody was there" {
			t.Errorf("the webhook: %+v", r.Values)
		}
		return err
	})
	f.create("contact", map[string]any{"first_name": "Bob"})
	if got := f.take(1, 8); len(got) != 0 || len(f.deliveries(DeliveryQuery{})) != 3 {
		t.Errorf("a disabled webhook got %+v", got)
	}
}

func TestSecretsAreNowhereElse(t *testing.T) {
	f, hook := hooked(t, "*")
	var rotated string
	rotate := func() {
		err := f.db.Update(t.Context(), shell(), func(tx *Tx) (err error) {
			rotated, err = tx.RotateSecret(hook.Key())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	rotate()
	var both []string
	f.view(func(tx *Tx) (err error) {
		both, err = tx.secrets(hook.ID)
		return err
	})
	if len(both) != 2 || both[0] != rotated || !strings.HasPrefix(rotated, SecretPrefix) {
		t.Errorf("after rotating: %d secrets", len(both))
	}
	f.now = f.now.Add(secretOverlap)
	f.view(func(tx *Tx) (err error) {
		left, err := tx.secrets(hook.ID)
		if len(left) != 1 || left[0] != rotated {
			t.Errorf("after the overlap: %d secrets", len(left))
		}
		for _, table := range []string{"change_row", "webhook", "event", "delivery", "idempotency", "setting"} {
			for _, secret := range both {
				found, searchErr := column1(tx.ctx, tx.session.conn, "SELECT * FROM (SELECT json_group_array(json_object("+columnPairs(tx, table)+")) AS all_rows FROM "+table+") WHERE instr(all_rows, '"+secret+"') > 0")
				if searchErr != nil || len(found) > 0 {
					t.Errorf("%s holds a secret (%v)", table, searchErr)
				}
			}
		}
		return err
	})
}

// columnPairs lists the columns of a table for json_object.
func columnPairs(tx *Tx, table string) string {
	columns, _ := column1(tx.ctx, tx.session.conn, tableColumnsSQL(table))
	columns = slices.DeleteFunc(columns, func(name string) bool { return strings.HasSuffix(name, "_sort") })
	for i, name := range columns {
		columns[i] = "'" + name + "', " + name
	}
	return strings.Join(columns, ", ")
}

func TestOnlyPeopleSetUpWhereEventsGo(t *testing.T) {
	f, hook := hooked(t, "*")
	member := f.create("user", map[string]any{"first_name": "Mem", "role": "member"})
	admin := f.create("user", map[string]any{"first_name": "Adm", "role": "admin"})
	f.events()
	remove := func(tx *Tx) error { _, err := tx.Delete([]Key{hook.Key()}); return err }
	for _, c := range []struct {
		name    string
		caller  Caller
		allowed bool
	}{
		{"an assistant", Caller{}, false},
		{"a member with a key", Caller{User: member.ID, Key: "k"}, false},
		{"a member in the shell", Caller{User: member.ID, Shell: true}, false},
		{"an admin whose key is narrowed", Caller{User: admin.ID, Key: "k", Role: "consultant"}, false},
		{"an admin with a key", Caller{User: admin.ID, Key: "k"}, true},
	} {
		err := f.db.Update(t.Context(), c.caller, func(tx *Tx) error {
			if err := remove(tx); err != nil {
				return err
			}
			if err := tx.finish(); err != nil {
				return err
			}
			return ErrDryRun
		})
		var known *schema.Error
		// Whoever is no admin does not even see it.
		refused := errors.As(err, &known) && (known.Code == schema.Forbidden || known.Code == schema.NotFound)
		if refused == c.allowed || !refused && err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	// What an assistant undoes or restores is refused as well.
	if err := f.db.Update(t.Context(), shell(), remove); err != nil {
		t.Fatal(err)
	}
	err := f.db.Update(t.Context(), Caller{}, func(tx *Tx) error { _, err := tx.Restore([]Key{hook.Key()}); return err })
	if err == nil {
		t.Error("an assistant has brought a webhook back")
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	f := newFixture(t)
	f.view(func(tx *Tx) error {
		for _, address := range []string{"http://example.com", "ftp://example.com", "https://user:pass@example.com", "https://example.com/#x", "https://localhost/x", "https://127.0.0.1", "https://[::1]/", "https://10.1.2.3", "https://169.254.169.254/latest", "https://[::ffff:10.0.0.1]/", "example.com"} {
			if tx.addressProblem(address) == "" {
				t.Errorf("%s was taken", address)
			}
		}
		for _, address := range []string{"https://example.com", "https://example.com:8443/a?b=c", "https://93.184.216.34/"} {
			if problem := tx.addressProblem(address); problem != "" {
				t.Errorf("%s: %s", address, problem)
			}
		}
		return nil
	})
}

func TestRestoreSendsNothingAgain(t *testing.T) {
	f, _ := hooked(t, "*")
	f.create("contact", map[string]any{"first_name": "Ada"})
	f.create("contact", map[string]any{"first_name": "Bob"})
	_, file := f.backup("")
	sent := f.take(1, 1)
	f.save(1, WebhookState{}, "", Outcome{Parcel: sent[0], Attempt: Attempt{At: schema.MillisOf(f.now), Code: 204}})
	path := f.db.path
	if err := f.db.Close(); err != nil {
		t.Fatal(err)
	}
	restoring, err := PrepareRestore(t.Context(), file, path, false, f.now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := restoring.Swap(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f.db, err = Open(t.Context(), path, Options{Now: func() time.Time { return f.now }}); err != nil {
		t.Fatal(err)
	}
	list := f.deliveries(DeliveryQuery{})
	if len(list) != 2 || list[1].Event != sent[0].Event || list[1].Status != DeliveryDelivered || len(list[1].Log) != 1 || list[0].Status != DeliveryPending {
		t.Errorf("after the restore: %+v", list)
	}
	if left := f.take(1, 8); len(left) != 1 || left[0].Event == sent[0].Event {
		t.Errorf("it would send again: %+v", left)
	}
	if found, err := f.db.Check(t.Context(), true); err != nil || len(found) > 0 {
		t.Error(found, err)
	}
}

func TestLogIsBoundedAndPurged(t *testing.T) {
	f, hook := hooked(t, "*")
	ada := f.create("contact", map[string]any{"first_name": "Ada"})
	f.create("deal", map[string]any{"name": "Ada's deal", "contacts": []any{"con_1"}})
	if _, err := f.db.Purge(t.Context(), Caller{}, []Key{ada.Key()}, false); err != nil {
		t.Fatal(err)
	}
	for _, d := range f.deliveries(DeliveryQuery{}) {
		if d.Type == "contact.created" {
			t.Errorf("an event of an erased record is still there: %+v", d)
		}
	}
	f.now = f.now.Add(keepEvents + time.Hour)
	gone := f.hook("https://gone.example", "*")
	if err := f.db.Update(t.Context(), shell(), func(tx *Tx) error { _, err := tx.Delete([]Key{gone.Key()}); return err }); err != nil {
		t.Fatal(err)
	}
	if done, err := f.db.PurgeTrash(t.Context(), Caller{}, f.now.Add(time.Hour), false); err != nil || len(done.Records) != 1 {
		t.Fatal(done, err)
	}
	f.view(func(tx *Tx) error {
		left, err := tx.secrets(gone.ID)
		if len(left) > 0 {
			t.Error("the secret of an erased webhook is still there")
		}
		return err
	})
	f.create("contact", map[string]any{"first_name": "Bob"})
	if err := f.db.PruneDeliveries(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := f.deliveries(DeliveryQuery{Webhook: hook.ID}); len(left) != 1 || left[0].Type != "contact.created" {
		t.Errorf("after 30 days: %+v", left)
	}
}
