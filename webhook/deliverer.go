// Package webhook sends the events that the store has queued to the programs
// that asked for them, signed by the Standard Webhooks scheme. Any number of
// processes share the queue of one database.
package webhook

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/crmcp/crmcp/store"
)

const (
	// batchSize is how many deliveries to one webhook are under way at once.
	batchSize = 8
	// leaseFor is for how long a process has the deliveries that it took: longer
	// than they can take.
	leaseFor = 2 * answerWithin
	// lookEvery is how often the queue is looked at for what other processes have
	// put there, while there is an enabled webhook.
	lookEvery = 10 * time.Second
	// pruneEvery is how often the log is shortened.
	pruneEvery = 6 * time.Hour
	// saveWithin is how long noting what was sent may take when the process ends.
	saveWithin = 5 * time.Second
)

// Options of a Deliverer.
type Options struct {
	// Version is this program's; it stands in the User-Agent.
	Version string
	// Insecure takes http, and addresses of this machine and of the private
	// networks of IPv4.
	Insecure bool
	// Logger hears of what fails; nil: the default one.
	Logger *slog.Logger
}

// Deliverer sends what is due. It sleeps while there is nothing to send, and
// does not even look while there is no enabled webhook.
type Deliverer struct {
	db      *store.DB
	options Options
	client  *http.Client

	mu   sync.Mutex
	busy map[int64]bool
	// left are webhooks with an address that is left to other programs.
	left map[int64]bool
	// free hears when a webhook is no longer busy.
	free   chan struct{}
	wg     sync.WaitGroup
	pruned time.Time
}

// New makes a deliverer; Run or Once starts it.
func New(db *store.DB, options Options) *Deliverer {
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	return &Deliverer{db: db, options: options, client: newClient(options.Insecure), busy: map[int64]bool{}, left: map[int64]bool{}, free: make(chan struct{}, 1)}
}

// Run sends what is due until the context ends, and then waits for what is
// under way: an attempt that was cut short is given back untried.
func (d *Deliverer) Run(ctx context.Context) {
	defer d.client.CloseIdleConnections()
	defer d.wg.Wait()
	for ctx.Err() == nil {
		d.sleep(ctx, d.look(ctx))
	}
}

// sleep waits for a time, or until something may be due; 0: for no time at all
// but the latter.
func (d *Deliverer) sleep(ctx context.Context, wait time.Duration) {
	var again <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		again = timer.C
	}
	select {
	case <-ctx.Done():
	case <-again:
	case <-d.free:
	case <-d.db.QueueWoken():
	}
}

// Once sends what is due now, and gives how many deliveries were tried.
func (d *Deliverer) Once(ctx context.Context) (tried int, err error) {
	defer d.client.CloseIdleConnections()
	ids, err := d.webhooks(ctx)
	for _, id := range ids {
		for err == nil && ctx.Err() == nil {
			var n int
			n, err = d.batch(ctx, id)
			tried += n
			if n == 0 {
				break
			}
		}
	}
	return tried, err
}

// webhooks are those to which this program may send: one with an http address
// is left to those that run with --allow-insecure-webhooks.
func (d *Deliverer) webhooks(ctx context.Context) (ids []int64, err error) {
	addresses, err := d.db.EnabledWebhooks(ctx)
	for _, id := range slices.Sorted(maps.Keys(addresses)) {
		switch {
		case d.options.Insecure || strings.HasPrefix(strings.ToLower(addresses[id]), "https://"):
			ids = append(ids, id)
		case !d.left[id]:
			d.left[id] = true
			d.options.Logger.WarnContext(ctx, "a webhook has an http address: it is left to programs that run with --allow-insecure-webhooks", "webhook", id)
		}
	}
	return ids, err
}

// look starts a worker for each webhook to which something is due, and says
// how long to wait before looking again; 0: until somebody wakes the queue.
func (d *Deliverer) look(ctx context.Context) time.Duration {
	ids, err := d.webhooks(ctx)
	if err != nil {
		d.complain(ctx, "the webhooks cannot be read", err)
		return lookEvery
	}
	if len(ids) == 0 {
		return 0
	}
	d.prune(ctx)
	wait := lookEvery
	for _, id := range ids {
		at, found, err := d.db.NextDelivery(ctx, id)
		if err != nil {
			d.complain(ctx, "the queue cannot be read", err)
			continue
		}
		if due := at.Sub(d.db.Now()); found && due > 0 {
			wait = min(wait, due)
		} else if found {
			d.start(ctx, id)
		}
	}
	return max(wait, time.Millisecond)
}

// start sends to a webhook in the background until nothing more is due; what
// is under way already goes on.
func (d *Deliverer) start(ctx context.Context, webhook int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy[webhook] {
		return
	}
	d.busy[webhook] = true
	d.wg.Go(func() {
		sent := d.drain(ctx, webhook)
		d.mu.Lock()
		delete(d.busy, webhook)
		d.mu.Unlock()
		if !sent {
			return
		}
		select {
		case d.free <- struct{}{}:
		default:
		}
	})
}

// drain sends to a webhook until nothing more is due, and says whether it has
// sent anything. After an error it waits, as it would come again at once.
func (d *Deliverer) drain(ctx context.Context, webhook int64) (sent bool) {
	for ctx.Err() == nil {
		n, err := d.batch(ctx, webhook)
		if err != nil {
			d.complain(ctx, "deliveries cannot be taken or noted", err)
			select {
			case <-ctx.Done():
			case <-time.After(lookEvery):
			}
			return sent
		}
		if n == 0 {
			return sent
		}
		sent = true
	}
	return sent
}

// batch takes what is due to a webhook, sends it and notes what has come of it.
func (d *Deliverer) batch(ctx context.Context, webhook int64) (int, error) {
	parcels, err := d.db.TakeDeliveries(ctx, webhook, batchSize, leaseFor)
	if err != nil || len(parcels) == 0 {
		return 0, err
	}
	outcomes := make([]store.Outcome, len(parcels))
	var under sync.WaitGroup
	for i, p := range parcels {
		under.Go(func() { outcomes[i] = d.outcome(ctx, p) })
	}
	under.Wait()
	for _, one := range outcomes {
		if one.Attempt.Error != "" && !one.Untried {
			d.options.Logger.InfoContext(ctx, "delivery failed", "event", one.Parcel.Event, "type", one.Parcel.Type, "webhook", webhook, "attempt", one.Parcel.Attempt, "problem", one.Attempt.Error)
		}
	}
	// What was sent is noted although the process is told to end.
	saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveWithin)
	defer cancel()
	now := d.db.Now()
	err = d.db.SaveOutcomes(saving, webhook, outcomes, func(state store.WebhookState) (store.WebhookState, string) {
		return judge(state, outcomes, now)
	})
	return len(parcels), err
}

func (d *Deliverer) outcome(ctx context.Context, p store.Parcel) store.Outcome {
	o := store.Outcome{Parcel: p, Attempt: d.send(ctx, p)}
	if o.Attempt.Error != "" {
		o.Untried = ctx.Err() != nil
		o.Retry = retryAfter(p.Attempt, d.db.Now())
	}
	return o
}

// prune shortens the log from time to time.
func (d *Deliverer) prune(ctx context.Context) {
	now := d.db.Now()
	if now.Sub(d.pruned) < pruneEvery {
		return
	}
	d.pruned = now
	if err := d.db.PruneDeliveries(ctx); err != nil {
		d.complain(ctx, "the log of deliveries cannot be shortened", err)
	}
}

func (d *Deliverer) complain(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		d.options.Logger.WarnContext(ctx, what, "error", err)
	}
}
