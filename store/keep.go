package store

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// keepAnswers is how long the answer of an idempotent call is kept, in milliseconds.
const keepAnswers = 7 * 24 * 60 * 60 * 1000

// Replay gives the answer of an earlier call with the same key, by the same
// user and tool. The same key with other arguments is a conflict.
func (tx *Tx) Replay(tool, key, argumentsHash string) (answer string, found bool, err error) {
	var sealed string
	var at int64
	found, err = tx.one(`SELECT arguments, answer, at FROM idempotency WHERE user_id = ? AND tool = ? AND key = ? AND at > ?`,
		[]any{tx.caller.User, tool, key, int64(tx.now()) - keepAnswers}, &sealed, &answer, &at)
	if err != nil || !found {
		return "", false, err
	}
	hash, whole := openArguments(sealed, tx.caller.User, tool, key, answer, at)
	if !whole {
		return "", false, fmt.Errorf("store: the kept answer of idempotency_key %q is damaged", key)
	}
	if hash != argumentsHash {
		return "", false, schema.Errorf(schema.Conflict, "idempotency_key %q was used with other arguments: send a new key", key)
	}
	return answer, true, nil
}

// sealArguments is what is kept of a call's arguments: their hash, and one over
// everything that is kept of the call, so that a damaged answer is not given.
func sealArguments(hash string, user int64, tool, key, answer string, at int64) string {
	whole := sha256.Sum256(fmt.Append(nil, user, at, "\n", tool, "\n", key, "\n", hash, "\n", answer))
	return hash + " " + hex.EncodeToString(whole[:])
}

// openArguments gives the hash back; whole says whether nothing was damaged.
func openArguments(sealed string, user int64, tool, key, answer string, at int64) (hash string, whole bool) {
	hash, _, _ = strings.Cut(sealed, " ")
	return hash, sealed == sealArguments(hash, user, tool, key, answer, at)
}

// Keep stores the answer of a call for Replay, and forgets those that are too old.
func (tx *Tx) Keep(tool, key, argumentsHash, answer string) error {
	if err := tx.exec(`DELETE FROM idempotency WHERE at <= ?`, int64(tx.now())-keepAnswers); err != nil {
		return err
	}
	return tx.exec(`INSERT INTO idempotency (user_id, tool, key, arguments, answer, at) VALUES (?, ?, ?, ?, ?, ?)
 ON CONFLICT (user_id, tool, key) DO UPDATE SET arguments = excluded.arguments, answer = excluded.answer, at = excluded.at`,
		tx.caller.User, tool, key, sealArguments(argumentsHash, tx.caller.User, tool, key, answer, int64(tx.now())), answer, int64(tx.now()))
}

// Secret is a random key of this database, made when it is first asked for;
// tokens that a caller sends back are signed with it.
func (tx *Tx) Secret() ([]byte, error) {
	var kept string
	found, err := tx.one(`SELECT value FROM setting WHERE name = 'secret'`, nil, &kept)
	if err != nil {
		return nil, err
	}
	if found {
		return hex.DecodeString(kept)
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	return secret, tx.exec(`INSERT INTO setting (name, value) VALUES ('secret', ?)`, hex.EncodeToString(secret))
}

// Counts gives how many records of each type lists would show.
func (tx *Tx) Counts() (map[string]int64, error) {
	counts := map[string]int64{}
	for _, t := range tx.Schema().Types {
		if t.Class != schema.Record {
			continue
		}
		n, err := tx.Count(t, nil)
		if err != nil {
			return nil, err
		}
		counts[t.Name] = n
	}
	return counts, nil
}
