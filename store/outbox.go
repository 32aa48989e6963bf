package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// What is to be sent stands in two tables: an event once, and a delivery for
// each webhook that it goes to. They are written with the change itself, so
// that no crash parts them. Neither is part of the history.

// The sequences of deliveries and events; no record type has them.
const (
	deliveryCode = 23
	eventCode    = 31
)

// deliveryPrefix begins the short id of a delivery.
const deliveryPrefix = "dlv"

// keepEvents is for how long the log of what was sent is kept.
const keepEvents = 30 * 24 * time.Hour

// outboxTables are those of events and their deliveries. A delivery that is
// being sent has a lease, and its next attempt is when that ends: when the
// process that took it has died, another takes it then.
func outboxTables() []string {
	return []string{
		// What webhooks are told, as it is sent.
		`CREATE TABLE event (id INTEGER PRIMARY KEY, uid TEXT NOT NULL, type TEXT NOT NULL, at INTEGER NOT NULL, record_type INTEGER NOT NULL, record_id INTEGER NOT NULL, body TEXT NOT NULL)`,
		// One row an event and webhook; log has the attempts as JSON.
		`CREATE TABLE delivery (id INTEGER PRIMARY KEY, event_id INTEGER NOT NULL, webhook_id INTEGER NOT NULL, status TEXT NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER, lease TEXT, log TEXT NOT NULL)`,
		// The secrets of webhooks, the newest last; older ones sign beside it until a moment.
		`CREATE TABLE webhook_secret (webhook_id INTEGER NOT NULL, number INTEGER NOT NULL, secret TEXT NOT NULL, until INTEGER, PRIMARY KEY (webhook_id, number))`,
		// How webhooks fare that fail at present.
		`CREATE TABLE webhook_state (webhook_id INTEGER PRIMARY KEY, failures INTEGER NOT NULL, failing_since INTEGER NOT NULL, rest_until INTEGER NOT NULL)`,
	}
}

func outboxIndexes() []string {
	return []string{
		`CREATE INDEX event_at ON event (at)`,
		`CREATE INDEX event_record ON event (record_type, record_id)`,
		`CREATE INDEX delivery_due ON delivery (webhook_id, next_at) WHERE status = 'pending'`,
		`CREATE INDEX delivery_of_webhook ON delivery (webhook_id, id)`,
		`CREATE INDEX delivery_event ON delivery (event_id)`,
	}
}

// The states of a delivery.
const (
	DeliveryPending   = "pending"
	DeliveryDelivered = "delivered"
	DeliveryFailed    = "failed"
)

// DeliveryStatuses are all states of a delivery.
func DeliveryStatuses() []string {
	return []string{DeliveryPending, DeliveryDelivered, DeliveryFailed}
}

// queueEvent writes an event and a delivery for each webhook that asks for it.
func (tx *Tx) queueEvent(key Key, body eventBody) error {
	id, err := tx.writeEvent(key, body)
	for _, one := range tx.hooks {
		if err == nil && schema.WantsEvent(one.events, key.Type.Name, body.Type) {
			err = tx.queueDelivery(id, one.id)
		}
	}
	return err
}

// writeEvent gives an event its id and keeps it as it will be sent.
func (tx *Tx) writeEvent(key Key, body eventBody) (int64, error) {
	uid, err := newUID()
	if err != nil {
		return 0, err
	}
	body.ID = "evt_" + uid
	text, err := encoded(body)
	if err != nil {
		return 0, err
	}
	id, err := tx.nextID(eventCode)
	if err != nil {
		return 0, err
	}
	return id, tx.exec(`INSERT INTO event (id, uid, type, at, record_type, record_id, body) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		id, body.ID, body.Type, int64(body.Timestamp), key.Type.Code, key.ID, text)
}

func (tx *Tx) queueDelivery(event, webhook int64) error {
	id, err := tx.nextID(deliveryCode)
	if err != nil {
		return err
	}
	tx.queued = true
	return tx.exec(`INSERT INTO delivery (id, event_id, webhook_id, status, attempts, next_at, log) VALUES (?, ?, ?, 'pending', 0, ?, '[]')`,
		id, event, webhook, int64(tx.now()))
}

// Parcel is a delivery that was taken to be sent.
type Parcel struct {
	ID int64
	// Event is the event's id, the same in every attempt; Type its name.
	Event, Type string
	Body        string
	URL         string
	// Secrets are those that sign, the newest first.
	Secrets []string
	// Attempt counts from 1.
	Attempt int

	lease string
}

// WebhookState is how a webhook fares: how many attempts have failed since one
// went well, since when, and until when it is left in peace.
type WebhookState struct {
	Failures     int
	FailingSince time.Time
	RestUntil    time.Time
}

// QueueWoken hears when something may be due that was not before: this process
// has queued a delivery, or the webhooks have changed. It is for one listener.
func (db *DB) QueueWoken() <-chan struct{} { return db.woken }

func (db *DB) wake() {
	select {
	case db.woken <- struct{}{}:
	default:
	}
}

// EnabledWebhooks are the addresses of the webhooks that take deliveries, by
// their numbers.
func (db *DB) EnabledWebhooks(ctx context.Context) (addresses map[int64]string, err error) {
	addresses = map[int64]string{}
	err = db.View(ctx, Caller{}, func(tx *Tx) error {
		for _, one := range tx.hooks {
			addresses[one.id] = one.url
		}
		return nil
	})
	return addresses, err
}

// NextDelivery is when the next delivery to a webhook is due; found is false
// where none is waiting.
func (db *DB) NextDelivery(ctx context.Context, webhook int64) (at time.Time, found bool, err error) {
	err = db.View(ctx, Caller{}, func(tx *Tx) error {
		var due *int64
		if _, err := tx.one(`SELECT min(next_at) FROM delivery WHERE webhook_id = ? AND status = 'pending'`, []any{webhook}, &due); err != nil || due == nil {
			return err
		}
		state, err := tx.webhookState(webhook)
		at, found = time.UnixMilli(*due), true
		if state.RestUntil.After(at) {
			at = state.RestUntil
		}
		return err
	})
	return at, found, err
}

func (tx *Tx) webhookState(webhook int64) (s WebhookState, err error) {
	var since, rest int64
	found, err := tx.one(`SELECT failures, failing_since, rest_until FROM webhook_state WHERE webhook_id = ?`, []any{webhook}, &s.Failures, &since, &rest)
	if found {
		s.FailingSince, s.RestUntil = time.UnixMilli(since), time.UnixMilli(rest)
	}
	return s, err
}

// TakeDeliveries takes up to n deliveries to a webhook that are due, for as
// long as a lease; of one that fails it takes a single one. Nobody else gets
// them before the lease ends.
func (db *DB) TakeDeliveries(ctx context.Context, webhook int64, n int, lease time.Duration) (parcels []Parcel, err error) {
	err = db.Update(ctx, Caller{}, func(tx *Tx) error {
		parcels = nil
		state, err := tx.webhookState(webhook)
		if err != nil || state.RestUntil.After(tx.clock.Now) {
			return err
		}
		if state.Failures > 0 {
			n = 1
		}
		parcels, err = tx.take(webhook, n, lease)
		return err
	})
	return parcels, err
}

func (tx *Tx) take(webhook int64, n int, lease time.Duration) ([]Parcel, error) {
	r, err := tx.get(Key{tx.Schema().Type("webhook"), webhook})
	if err != nil || r.Has("deleted_at") || !r.Bool("is_enabled") {
		return nil, err
	}
	secrets, err := tx.secrets(webhook)
	if err != nil {
		return nil, err
	}
	token, err := newLease()
	if err != nil {
		return nil, err
	}
	var parcels []Parcel
	err = tx.scan(`SELECT d.id, d.attempts, e.uid, e.type, e.body FROM delivery d JOIN event e ON e.id = d.event_id
 WHERE d.webhook_id = ? AND d.status = 'pending' AND d.next_at <= ? ORDER BY d.next_at, d.id LIMIT ?`,
		[]any{webhook, int64(tx.now()), n}, func(rows *sql.Rows) error {
			p := Parcel{URL: r.Text("url"), Secrets: secrets, lease: token}
			err := rows.Scan(&p.ID, &p.Attempt, &p.Event, &p.Type, &p.Body)
			p.Attempt++
			parcels = append(parcels, p)
			return err
		})
	until := int64(tx.now()) + lease.Milliseconds()
	for _, p := range parcels {
		if err == nil {
			err = tx.exec(`UPDATE delivery SET next_at = ?, lease = ? WHERE id = ?`, until, token, p.ID)
		}
	}
	return parcels, err
}

func newLease() (string, error) {
	var token [9]byte
	_, err := rand.Read(token[:])
	return hex.EncodeToString(token[:]), err
}

// Attempt is one attempt to deliver.
type Attempt struct {
	At schema.Millis
	// Code is the HTTP status of the answer; 0: there was none.
	Code int
	// Error says what went wrong; empty: nothing.
	Error        string
	Milliseconds int64
}

// keptAttempt is an attempt as the log of a delivery holds it.
type keptAttempt struct {
	At    int64  `json:"at"`
	Code  int    `json:"code,omitempty"`
	Error string `json:"error,omitempty"`
	Took  int64  `json:"ms"`
}

// keptAttempts is how many attempts the log of a delivery holds.
const keptAttempts = 20

// readLog reads a log; one that cannot be read is no reason not to send.
func readLog(text string) (log []Attempt) {
	var kept []keptAttempt
	_ = json.Unmarshal([]byte(text), &kept)
	for _, one := range kept {
		log = append(log, Attempt{schema.Millis(one.At), one.Code, one.Error, one.Took})
	}
	return log
}

// writeLog is the log with the newest attempts.
func writeLog(log []Attempt) (string, error) {
	var kept []keptAttempt
	for _, one := range log[max(0, len(log)-keptAttempts):] {
		kept = append(kept, keptAttempt{int64(one.At), one.Code, one.Error, one.Milliseconds})
	}
	return encoded(kept)
}
