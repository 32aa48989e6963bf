package webhook

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.uber.org/goleak"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// fixture is a database with a receiver beside it.
type fixture struct {
	*testing.T
	path string
	db   *store.DB

	mu     sync.Mutex
	now    time.Time
	got    []message
	answer int
}

// message is what the receiver was sent.
type message struct {
	id, body string
	header   http.Header
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	t.Cleanup(func() { goleak.VerifyNone(t) })
	f := &fixture{T: t, path: filepath.Join(t.TempDir(), "crm.db"), now: time.Now().Truncate(time.Millisecond), answer: http.StatusNoContent}
	f.db = f.open()
	return f
}

// open opens the database, as another process would.
func (f *fixture) open() *store.DB {
	f.Helper()
	db, err := store.Open(f.Context(), f.path, store.Options{OwnerName: "Ada", InsecureWebhooks: true, Now: f.clock})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := db.Close(); err != nil {
			f.Error(err)
		}
	})
	return db
}

func (f *fixture) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fixture) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// receiver takes what is sent and answers as the fixture says.
func (f *fixture) receiver() *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		f.got = append(f.got, message{r.Header.Get(HeaderID), string(body), r.Header.Clone()})
		answer := f.answer
		f.mu.Unlock()
		if answer == http.StatusFound {
			http.Redirect(w, r, "/elsewhere", answer)
			return
		}
		w.WriteHeader(answer)
	}))
	f.Cleanup(server.Close)
	return server
}

func (f *fixture) answers(code int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = code
}

func (f *fixture) messages() []message {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.got)
}

func shell() store.Caller { return store.Caller{Client: "test", Tool: "test", Shell: true} }

func (f *fixture) write(fn func(*store.Tx) error) {
	f.Helper()
	if err := f.db.Update(f.Context(), shell(), fn); err != nil {
		f.Fatal(err)
	}
}

// hook makes a webhook for every event and gives its secret.
func (f *fixture) hook(url string) (key store.Key, secret string) {
	f.Helper()
	f.write(func(tx *store.Tx) error {
		var problems schema.Problems
		in := tx.Reader(false).Read(tx.Schema().Type("webhook"), map[string]any{"url": url, "events": "*"}, &problems)
		w, made, err := tx.CreateWebhook(in, store.WriteOptions{Problems: problems})
		if err == nil {
			key, secret = w.Record.Key(), made
		}
		return err
	})
	return key, secret
}

// contacts makes as many contacts, each with an event of its own.
func (f *fixture) contacts(n int) {
	f.Helper()
	for range n {
		f.write(func(tx *store.Tx) error {
			var problems schema.Problems
			in := tx.Reader(false).Read(tx.Schema().Type("contact"), map[string]any{"first_name": "Ada"}, &problems)
			_, err := tx.Create(in, store.WriteOptions{Problems: problems})
			return err
		})
	}
}

func (f *fixture) deliverer() *Deliverer {
	return New(f.db, Options{Version: "1", Insecure: true, Logger: slog.New(slog.DiscardHandler)})
}

func (f *fixture) once(d *Deliverer) {
	f.Helper()
	if _, err := d.Once(f.Context()); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) deliveries() (list []store.Delivery) {
	f.Helper()
	err := f.db.View(f.Context(), shell(), func(tx *store.Tx) (err error) {
		list, _, err = tx.Deliveries(store.DeliveryQuery{Limit: 100})
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	return list
}

func (f *fixture) webhook(key store.Key) (r *store.Record) {
	f.Helper()
	err := f.db.View(f.Context(), shell(), func(tx *store.Tx) (err error) {
		r, err = tx.Get(tx.Schema().Type(key.Type.Name), key.ID)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	return r
}

func verified(m message, secret string) bool {
	hook, err := standardwebhooks.NewWebhook(secret)
	return err == nil && hook.Verify([]byte(m.body), m.header) == nil
}

func TestDeliveriesAreSigned(t *testing.T) {
	f := newFixture(t)
	key, old := f.hook(f.receiver().URL)
	f.contacts(1)
	f.once(f.deliverer())
	first := f.messages()
	if len(first) != 1 || !verified(first[0], old) || !strings.Contains(first[0].body, `"id":"`+first[0].id+`"`) {
		t.Fatalf("got %+v", first)
	}
	if agent := first[0].header.Get("User-Agent"); agent != "crmcp/1" || first[0].header.Get("Content-Type") != "application/json" {
		t.Errorf("headers: %v", first[0].header)
	}
	var fresh string
	f.write(func(tx *store.Tx) (err error) {
		fresh, err = tx.RotateSecret(key)
		return err
	})
	f.contacts(1)
	f.once(f.deliverer())
	if both := f.messages()[1]; !verified(both, old) || !verified(both, fresh) {
		t.Error("while a secret is changed, both must sign")
	}
	f.pass(25 * time.Hour)
	f.contacts(1)
	f.once(f.deliverer())
	if last := f.messages()[2]; verified(last, old) || !verified(last, fresh) {
		t.Error("after a day the new secret alone must sign")
	}
}

func TestFailedDeliveriesComeAgain(t *testing.T) {
	f := newFixture(t)
	f.hook(f.receiver().URL)
	f.answers(http.StatusInternalServerError)
	f.contacts(1)
	d := f.deliverer()
	f.once(d)
	f.once(d)
	if got := f.messages(); len(got) != 1 {
		t.Errorf("tried %d times at once", len(got))
	}
	f.pass(7 * time.Second)
	f.answers(http.StatusOK)
	f.once(d)
	got, list := f.messages(), f.deliveries()
	if len(got) != 2 || got[0].id != got[1].id || got[0].body != got[1].body {
		t.Errorf("a repeat must be the same: %+v", got)
	}
	if log := list[0].Log; list[0].Status != store.DeliveryDelivered || len(log) != 2 || log[0].Code != 500 || log[1].Code != 200 || log[1].At != schema.MillisOf(f.clock()) {
		t.Errorf("the log: %+v", list[0])
	}
}

func TestTenAttemptsThenDisabled(t *testing.T) {
	f := newFixture(t)
	key, _ := f.hook(f.receiver().URL)
	f.answers(http.StatusBadGateway)
	f.contacts(1)
	d := f.deliverer()
	for range 12 {
		f.once(d)
		f.pass(30 * time.Hour)
	}
	if got := f.messages(); len(got) != 10 {
		t.Errorf("%d attempts", len(got))
	}
	if list := f.deliveries(); list[0].Status != store.DeliveryFailed || list[0].Attempts != 10 || list[0].Next != 0 {
		t.Errorf("after ten attempts: %+v", list[0])
	}
	if r := f.webhook(key); r.Bool("is_enabled") || !strings.Contains(r.Text("disabled_reason"), "502") {
		t.Errorf("the webhook: %v", r.Values)
	}
}

func TestGoneDisables(t *testing.T) {
	f := newFixture(t)
	key, _ := f.hook(f.receiver().URL)
	f.answers(http.StatusGone)
	f.contacts(2)
	f.once(f.deliverer())
	if r := f.webhook(key); r.Bool("is_enabled") || !strings.Contains(r.Text("disabled_reason"), "410") {
		t.Errorf("the webhook: %v", r.Values)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	f := newFixture(t)
	f.hook(f.receiver().URL)
	f.answers(http.StatusFound)
	f.contacts(1)
	f.once(f.deliverer())
	if got, list := f.messages(), f.deliveries(); len(got) != 1 || !strings.Contains(list[0].Log[0].Error, "redirects are not followed") {
		t.Errorf("%d requests; %+v", len(got), list[0])
	}
}

func TestFailingWebhookIsLeftInPeace(t *testing.T) {
	f := newFixture(t)
	f.hook(f.receiver().URL)
	f.answers(http.StatusInternalServerError)
	f.contacts(20)
	d := f.deliverer()
	f.once(d)
	// Eight at once, which fail, then one by one until the pause begins.
	if n := len(f.messages()); n != batchSize+restAfter-1 {
		t.Errorf("%d attempts before the pause", n)
	}
	f.once(d)
	f.pass(firstRest - time.Second)
	f.once(d)
	if n := len(f.messages()); n != batchSize+restAfter-1 {
		t.Errorf("%d attempts in the pause", n)
	}
	f.answers(http.StatusOK)
	f.pass(2 * time.Second)
	f.once(d)
	f.pass(time.Hour)
	f.once(d)
	for _, one := range f.deliveries() {
		if one.Status != store.DeliveryDelivered {
			t.Errorf("%s is %s", one.String(), one.Status)
		}
	}
}

func TestProcessesShareTheQueue(t *testing.T) {
	f := newFixture(t)
	f.hook(f.receiver().URL)
	f.contacts(60)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for range 3 {
		other := f.open()
		running.Go(func() { New(other, Options{Insecure: true, Logger: slog.New(slog.DiscardHandler)}).Run(ctx) })
	}
	f.waitFor(func() bool { return len(f.messages()) >= 60 })
	stop()
	running.Wait()
	times := map[string]int{}
	for _, m := range f.messages() {
		times[m.id]++
	}
	if len(times) != 60 || len(f.messages()) != 60 {
		t.Errorf("%d events in %d messages", len(times), len(f.messages()))
	}
}

func TestRunHearsOfOwnWrites(t *testing.T) {
	f := newFixture(t)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { f.deliverer().Run(ctx) })
	f.hook(f.receiver().URL)
	f.contacts(1)
	f.waitFor(func() bool { return len(f.messages()) == 1 })
	f.contacts(1)
	f.waitFor(func() bool { return len(f.messages()) == 2 })
	stop()
	running.Wait()
}

// waitFor waits until something has happened; it never waits for nothing to happen.
func (f *fixture) waitFor(happened func() bool) {
	f.Helper()
	for deadline := time.Now().Add(20 * time.Second); !happened(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			f.Fatal("it did not happen")
		}
	}
}
