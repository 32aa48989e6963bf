package tools

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

const (
	// confirmAbove is how many existing records one call may delete, merge away
	// or overwrite without being confirmed.
	confirmAbove = 10
	// confirmWithin is how long a token is good for.
	confirmWithin = 10 * time.Minute
	// sampleSize is how many records a preview shows.
	sampleSize = 5
)

// keyring holds the key that signs confirm tokens. It is the database's, so
// that a token given by one process is taken by another.
type keyring struct {
	mu  sync.Mutex
	key []byte
}

func (k *keyring) load(ctx context.Context, db *store.DB, caller store.Caller) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.key != nil {
		return k.key, nil
	}
	var key []byte
	err := db.Update(ctx, caller, func(tx *store.Tx) (err error) {
		key, err = tx.Secret()
		return err
	})
	if err == nil {
		k.key = key
	}
	return key, err
}

// Confirm stops a call that would touch more than ten existing records until
// it comes again with the token that the first answer gave. The tool must have
// Confirms set. what says what would happen ("this would delete 14 records");
// the preview stands beside the error. A dry run is never stopped: its answer
// carries the token. Within a batch, the batch asks for all its steps at once.
func (c *Call) Confirm(count int, what string, preview *Object) error {
	if count <= confirmAbove {
		return nil
	}
	return c.ConfirmAlways(what, preview)
}

// ConfirmAlways is Confirm whatever the number of records.
func (c *Call) ConfirmAlways(what string, preview *Object) error {
	if c.outer != nil {
		c.outer.asks = true
		return nil
	}
	if c.key == nil {
		return fmt.Errorf("tools: %s asks for a confirmation but has no key", c.Tool.Name)
	}
	given := c.Text("confirm")
	if c.isToken(given) {
		return nil
	}
	c.token = c.newToken(c.Tx.Clock().Now.Add(confirmWithin))
	if c.IsDryRun() {
		return nil
	}
	message := what + "; nothing was written. To go on, send the same call again with the confirm token below, within ten minutes"
	if given != "" {
		message = "that token has expired or belongs to another call: " + message
	}
	if preview == nil {
		preview = &Object{}
	}
	return &previewError{cause: schema.Errorf(schema.ConfirmRequired, "%s", message), preview: preview.Set("confirm", c.token)}
}

// newToken signs who calls what with which arguments until when.
func (c *Call) newToken(until time.Time) string {
	expiry := strconv.FormatInt(until.Unix(), 36)
	mac := hmac.New(sha256.New, c.key)
	_, _ = fmt.Fprintf(mac, "%d\n%s\n%s\n%s", c.Tx.Caller().User, c.Tool.Name, c.hash, expiry)
	return expiry + "-" + hex.EncodeToString(mac.Sum(nil)[:12])
}

func (c *Call) isToken(token string) bool {
	expiry, _, found := strings.Cut(token, "-")
	seconds, err := strconv.ParseInt(expiry, 36, 64)
	if !found || err != nil {
		return false
	}
	until := time.Unix(seconds, 0)
	return c.Tx.Clock().Now.Before(until) && hmac.Equal([]byte(token), []byte(c.newToken(until)))
}
