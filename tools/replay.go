package tools

import (
	"strings"

	"github.com/crmcp/crmcp/schema"
)

const maxIdempotencyKey = 255

// shownOnce stands in a kept answer for what is shown only once.
const shownOnce = "shown only once"

// replay gives the answer that the same key got before. A key that came with
// other arguments is a conflict.
func (c *Call) replay() (answer *Answer, found bool, err error) {
	key := c.idempotencyKey()
	if key == "" {
		return nil, false, nil
	}
	if len(key) > maxIdempotencyKey {
		return nil, false, schema.Errorf(schema.InvalidArgument, "idempotency_key has %d bytes; at most %d fit", len(key), maxIdempotencyKey)
	}
	kept, found, err := c.Tx.Replay(c.Tool.Name, key, c.hash)
	if err != nil || !found {
		return nil, false, err
	}
	return answerText(strings.TrimSuffix(kept, "}") + `,"replayed":true}`), true, nil
}

// keep stores the answer under the call's key, within the same transaction.
func (c *Call) keep(answer *Answer) error {
	if key := c.idempotencyKey(); key != "" {
		kept := answer.Text
		if c.once != "" {
			kept = strings.ReplaceAll(kept, c.once, shownOnce)
		}
		return c.Tx.Keep(c.Tool.Name, key, c.hash, kept)
	}
	return nil
}

func (c *Call) idempotencyKey() string {
	if c.IsDryRun() {
		return ""
	}
	return c.Text("idempotency_key")
}
