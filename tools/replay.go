package tools

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
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
	told := `,"replayed":true`
	if by, err := c.undoneBy(kept); err != nil {
		return nil, false, err
	} else if by != 0 {
		told += `,"undone_by":"` + store.ChangeString(by) + `"`
	}
	return answerText(strings.TrimSuffix(kept, "}") + told + "}"), true, nil
}

// undoneBy is the number of the change that took back the one of a kept
// answer, which then speaks of what is no longer so; 0: none.
func (c *Call) undoneBy(kept string) (int64, error) {
	var answer struct {
		Change string `json:"change"`
	}
	if err := json.Unmarshal([]byte(kept), &answer); err != nil || answer.Change == "" {
		return 0, err
	}
	number, ok := store.ParseChange(answer.Change)
	if !ok {
		return 0, fmt.Errorf("tools: a kept answer names the change %q", answer.Change)
	}
	return c.Tx.UndoneBy(number)
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
