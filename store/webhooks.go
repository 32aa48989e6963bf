package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// Events let data out, so who may set up where they go is asked whenever a
// webhook is written, whatever tool or undo does it.

// secretOverlap is for how long the secret before still signs, so that a
// receiver can take its time to change over.
const secretOverlap = 24 * time.Hour

// secretBytes is the length of a secret.
const secretBytes = 32

// SecretPrefix begins the secret of a webhook.
const SecretPrefix = "whsec_"

// MaySend refuses callers who must not set up where events go: all but admins,
// and assistants that speak to the program without a key, whom nobody has
// allowed to let data out.
func (tx *Tx) MaySend() error {
	if tx.unasked {
		return nil
	}
	if !tx.caller.Shell && tx.caller.Key == "" {
		return schema.Errorf(schema.Forbidden, "webhooks let data out, so an assistant on this connection cannot set them up: a person does it in the shell with crmcp webhooks")
	}
	return tx.Permit(schema.Admin, "set up webhooks")
}

// readHooks reads the enabled webhooks.
func (tx *Tx) readHooks(s *schema.Schema) (hooks []hook, err error) {
	t := s.Type("webhook")
	columns, list := selectColumns(t, "t")
	err = tx.scan("SELECT "+list+" FROM "+t.Name+" t WHERE t.deleted_at IS NULL AND t.is_enabled = 1 ORDER BY t.id", nil, func(rows *sql.Rows) error {
		r, err := scanRecord(t, columns, rows)
		if err != nil {
			return err
		}
		events, _ := r.Values["events"].([]string)
		hooks = append(hooks, hook{r.ID, r.Text("url"), events})
		return nil
	})
	return hooks, err
}

// webhookRules check where events are to go; enabling a webhook forgets why it
// was disabled and how often it has failed.
func (tx *Tx) webhookRules(d *draft) {
	if address, given := d.values["url"].(string); given {
		if problem := tx.addressProblem(address); problem != "" {
			d.problems.Add("url", "url %s", problem)
		}
	}
	if enabled, given := d.values["is_enabled"]; given && enabled == true {
		d.values["disabled_reason"] = nil
		if d.before != nil {
			if err := tx.saveState(d.before.ID, WebhookState{}); err != nil {
				d.problems.Add("", "the webhook's state could not be written: try again")
			}
		}
	}
}

// addressProblem says, as the end of a sentence, why nothing may be sent to an
// address. Names are looked up, and addresses checked again, when a connection
// is made.
func (tx *Tx) addressProblem(address string) string {
	u, err := url.Parse(address)
	insecure := tx.db.options.InsecureWebhooks
	switch {
	case err != nil || u.Host == "":
		return "must be a whole address such as https://example.com/crm"
	case u.Scheme != "https" && (u.Scheme != "http" || !insecure):
		return "must begin with https:// (crmcp webhooks and crmcp serve take http with --allow-insecure-webhooks)"
	case u.User != nil:
		return "must not hold a user name or password: the receiver verifies the signature"
	case u.Fragment != "":
		return "must not hold a fragment (#…): it is never sent"
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if ip, err := netip.ParseAddr(host); !insecure && (host == "localhost" || err == nil && !isPublic(ip)) {
		return "must be a public address: private and local ones are refused"
	}
	return ""
}

func isPublic(ip netip.Addr) bool {
	ip = ip.Unmap()
	return ip.IsGlobalUnicast() && !ip.IsPrivate()
}

// CreateWebhook writes a new webhook and gives its secret, which is shown
// this once.
func (tx *Tx) CreateWebhook(in *schema.Input, o WriteOptions) (*Written, string, error) {
	if err := tx.MaySend(); err != nil {
		return nil, "", err
	}
	w, err := tx.Create(in, o)
	if err != nil {
		return nil, "", err
	}
	secret, err := tx.addSecret(w.Record.ID)
	return w, secret, err
}

// RotateSecret gives a webhook another secret, which is shown this once. The
// one before signs beside it for 24 hours.
func (tx *Tx) RotateSecret(key Key) (string, error) {
	if err := tx.MaySend(); err != nil {
		return "", err
	}
	if _, err := tx.Live(key.Type, key.ID); err != nil {
		return "", err
	}
	return tx.addSecret(key.ID)
}

func (tx *Tx) addSecret(webhook int64) (string, error) {
	raw := make([]byte, secretBytes)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	secret := SecretPrefix + base64.StdEncoding.EncodeToString(raw)
	now := int64(tx.now())
	for _, s := range []struct {
		query string
		args  []any
	}{
		{`DELETE FROM webhook_secret WHERE webhook_id = ? AND until <= ?`, []any{webhook, now}},
		{`UPDATE webhook_secret SET until = ? WHERE webhook_id = ? AND until IS NULL`, []any{now + secretOverlap.Milliseconds(), webhook}},
		{`INSERT INTO webhook_secret (webhook_id, number, secret) SELECT ?, coalesce(max(number), 0) + 1, ? FROM webhook_secret WHERE webhook_id = ?`, []any{webhook, secret, webhook}},
	} {
		if err := tx.exec(s.query, s.args...); err != nil {
			return "", err
		}
	}
	return secret, nil
}

// secrets are those that sign now, the newest first.
func (tx *Tx) secrets(webhook int64) (list []string, err error) {
	err = tx.scan(`SELECT secret FROM webhook_secret WHERE webhook_id = ? AND (until IS NULL OR until > ?) ORDER BY number DESC`,
		[]any{webhook, int64(tx.now())}, func(rows *sql.Rows) error {
			var one string
			err := rows.Scan(&one)
			list = append(list, one)
			return err
		})
	return list, err
}

// TestEvent is the name of the event that says nothing but that sending works.
const TestEvent = "webhook.test"

// SendTest queues an event for one webhook, whatever it asks for, and gives
// its delivery.
func (db *DB) SendTest(ctx context.Context, caller Caller, key Key) (delivery int64, err error) {
	err = db.Update(ctx, caller, func(tx *Tx) error {
		if err := tx.MaySend(); err != nil {
			return err
		}
		r, err := tx.Live(tx.Schema().Type(key.Type.Name), key.ID)
		if err != nil {
			return err
		}
		if !r.Bool("is_enabled") {
			return schema.Errorf(schema.Conflict, "%s is not enabled, so nothing is sent to it: crmcp webhooks change %[1]s --enabled", r.Key())
		}
		frame, err := tx.eventFrame(tx.caller.User)
		if err != nil {
			return err
		}
		frame.Type = TestEvent
		frame.Data.Change = ""
		event, err := tx.writeEvent(r.Key(), frame)
		if err == nil {
			err = tx.queueDelivery(event, r.ID)
		}
		delivery = tx.ids[deliveryCode] - 1
		return err
	})
	return delivery, err
}
