package store

import (
	"context"
	"database/sql"
	"regexp"
	"slices"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// Outcome is what has become of a parcel.
type Outcome struct {
	Parcel  Parcel
	Attempt Attempt
	// Retry is when to try again; zero: never, the delivery has failed.
	Retry time.Time
	// Untried parcels are given back as they were: the process ends.
	Untried bool
}

// SaveOutcomes notes what has become of parcels of a webhook. Judge makes of
// how the webhook fared how it fares now, and says why it must be disabled
// where it must; it is called in the transaction, unless all are untried.
func (db *DB) SaveOutcomes(ctx context.Context, webhook int64, outcomes []Outcome, judge func(WebhookState) (WebhookState, string)) error {
	return db.Update(ctx, Caller{Client: "crmcp", Version: db.options.Program, Tool: "webhooks"}, func(tx *Tx) error {
		untried := true
		for _, one := range outcomes {
			untried = untried && one.Untried
			if err := tx.saveOutcome(one); err != nil {
				return err
			}
		}
		if untried {
			return nil
		}
		state, err := tx.webhookState(webhook)
		if err != nil {
			return err
		}
		next, reason := judge(state)
		if err := tx.saveState(webhook, next); err != nil || reason == "" {
			return err
		}
		return tx.disable(webhook, reason)
	})
}

func (tx *Tx) saveOutcome(o Outcome) error {
	if o.Untried {
		return tx.exec(`UPDATE delivery SET next_at = ?, lease = NULL WHERE id = ? AND lease = ?`, int64(tx.now()), o.Parcel.ID, o.Parcel.lease)
	}
	var status, lease, text string
	found, err := tx.one(`SELECT status, coalesce(lease, ''), log FROM delivery WHERE id = ?`, []any{o.Parcel.ID}, &status, &lease, &text)
	if err != nil || !found || status != DeliveryPending {
		return err
	}
	kept, err := writeLog(append(readLog(text), o.Attempt))
	switch {
	case err != nil:
		return err
	case o.Attempt.Error == "":
		return tx.exec(`UPDATE delivery SET status = 'delivered', attempts = ?, next_at = NULL, lease = NULL, log = ? WHERE id = ?`, o.Parcel.Attempt, kept, o.Parcel.ID)
	case lease != o.Parcel.lease:
		return nil
	case o.Retry.IsZero():
		return tx.exec(`UPDATE delivery SET status = 'failed', attempts = ?, next_at = NULL, lease = NULL, log = ? WHERE id = ?`, o.Parcel.Attempt, kept, o.Parcel.ID)
	}
	return tx.exec(`UPDATE delivery SET attempts = ?, next_at = ?, lease = NULL, log = ? WHERE id = ?`, o.Parcel.Attempt, o.Retry.UnixMilli(), kept, o.Parcel.ID)
}

func (tx *Tx) saveState(webhook int64, s WebhookState) error {
	if s.Failures == 0 {
		return tx.exec(`DELETE FROM webhook_state WHERE webhook_id = ?`, webhook)
	}
	return tx.exec(`INSERT INTO webhook_state (webhook_id, failures, failing_since, rest_until) VALUES (?, ?, ?, ?)
 ON CONFLICT (webhook_id) DO UPDATE SET failures = excluded.failures, failing_since = excluded.failing_since, rest_until = excluded.rest_until`,
		webhook, s.Failures, s.FailingSince.UnixMilli(), s.RestUntil.UnixMilli())
}

// disable stops deliveries to a webhook and keeps why; what waits is sent when
// somebody enables it again.
func (tx *Tx) disable(webhook int64, reason string) error {
	r, err := tx.get(Key{tx.Schema().Type("webhook"), webhook})
	if err != nil || r.Has("deleted_at") || !r.Bool("is_enabled") {
		return err
	}
	// Nobody has asked for it, and it lets nothing out.
	tx.unasked = true
	_, _, err = tx.updateRecord(r, map[string]any{"is_enabled": false, "disabled_reason": reason})
	return err
}

// DeliveryQueue counts the deliveries that wait, and those of them of which
// an attempt has failed, at enabled webhooks.
func (db *DB) DeliveryQueue(ctx context.Context) (pending, failing int, err error) {
	err = db.View(ctx, Caller{}, func(tx *Tx) error {
		for _, one := range tx.hooks {
			var n, bad int
			_, err := tx.one(`SELECT count(*), coalesce(sum(attempts > 0), 0) FROM delivery WHERE webhook_id = ? AND status = 'pending'`, []any{one.id}, &n, &bad)
			if err != nil {
				return err
			}
			pending, failing = pending+n, failing+bad
		}
		return nil
	})
	return pending, failing, err
}

// PruneDeliveries forgets events that are older than 30 days, with their
// deliveries, whatever has become of them.
func (db *DB) PruneDeliveries(ctx context.Context) error {
	for more := true; more; {
		err := db.Update(ctx, Caller{}, func(tx *Tx) error {
			old, err := tx.ids64(clause{`SELECT id FROM event WHERE at < ? ORDER BY id LIMIT ?`, []any{int64(tx.now()) - keepEvents.Milliseconds(), forgottenAtOnce}})
			more = len(old) == forgottenAtOnce
			if err != nil {
				return err
			}
			return tx.dropEvents(old)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// forgottenAtOnce is how many events one transaction forgets, so that others
// can write between two.
const forgottenAtOnce = 1_000

// dropEvents drops events with their deliveries.
func (tx *Tx) dropEvents(ids []int64) error {
	for _, id := range ids {
		if err := tx.exec(`DELETE FROM delivery WHERE event_id = ?`, id); err != nil {
			return err
		}
		if err := tx.exec(`DELETE FROM event WHERE id = ?`, id); err != nil {
			return err
		}
	}
	return nil
}

// errNoDelivery says that there is no such delivery.
func errNoDelivery(id int64) error {
	return schema.Errorf(schema.NotFound, "there is no delivery %s_%d: the log goes back 30 days", deliveryPrefix, id)
}

// Resend sends a delivery again now, whatever has become of it, with the same
// event id.
func (tx *Tx) Resend(id int64) (*Delivery, error) {
	if err := tx.MaySend(); err != nil {
		return nil, err
	}
	d, err := tx.Delivery(id)
	if err != nil {
		return nil, err
	}
	webhook, err := tx.get(d.Webhook.key())
	if err != nil {
		return nil, err
	}
	if webhook.Has("deleted_at") || !webhook.Bool("is_enabled") {
		return nil, schema.Errorf(schema.Conflict, "%s is not enabled, so nothing is sent to it: enable it first", webhook.Key())
	}
	tx.queued = true
	err = tx.exec(`UPDATE delivery SET status = 'pending', attempts = 0, next_at = ?, lease = NULL WHERE id = ?`, int64(tx.now()), id)
	if err == nil {
		err = tx.saveState(webhook.ID, WebhookState{})
	}
	if err != nil {
		return nil, err
	}
	return tx.Delivery(id)
}

// mentionedID is the short id of a record as it stands in the body of an event.
var mentionedID = regexp.MustCompile(`"([a-z]+_[0-9]+)"`)

// forgetEvents drops what was or is to be sent of erased records, and what
// names them.
func (p *purging) forgetEvents() error {
	erased := map[string]bool{}
	for key := range p.erased {
		erased[key.String()] = true
	}
	var mentioning []int64
	err := p.tx.scan(`SELECT id, body FROM event`, nil, func(rows *sql.Rows) error {
		var id int64
		var body string
		err := rows.Scan(&id, &body)
		if slices.ContainsFunc(mentionedID.FindAllStringSubmatch(body, -1), func(found []string) bool { return erased[found[1]] }) {
			mentioning = append(mentioning, id)
		}
		return err
	})
	if err == nil {
		err = p.tx.dropEvents(mentioning)
	}
	if err != nil {
		return err
	}
	for _, r := range p.order {
		if !r.Type.Sends {
			continue
		}
		for _, table := range []string{"delivery", "webhook_secret", "webhook_state"} {
			if err := p.tx.exec("DELETE FROM "+table+" WHERE webhook_id = ?", r.ID); err != nil {
				return err
			}
		}
	}
	return nil
}
