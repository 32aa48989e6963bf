package store

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// APIKey lets a program in as a user. It can do what the user can, or less.
// The secret itself is not kept.
type APIKey struct {
	// ID are the eight characters that stand in the key after "crm_".
	ID, Name string
	// User is whom the key acts as.
	User int64
	// Role narrows what the user may do; empty: the user's own role.
	Role string
	// ReadOnly keys cannot write; Toolsets are the sets that they have, comma-separated; empty: any.
	ReadOnly bool
	Toolsets string
	// Expires, LastUsed and Revoked are 0 where that is never. LastUsed may be
	// a minute behind.
	Created, Expires, LastUsed, Revoked schema.Millis
	// CreatedBy is the user who made the key.
	CreatedBy int64
	// Damaged: the row is not as it was written, so that the key opens nothing.
	Damaged bool

	hash string
}

// apiKeyTable has one row a key. The seal is a hash over all of the row, so
// that no damage to the file makes a key able to do more.
const apiKeyTable = `CREATE TABLE api_key (id TEXT PRIMARY KEY, name TEXT NOT NULL, user_id INTEGER NOT NULL, role TEXT NOT NULL, read_only INTEGER NOT NULL, toolsets TEXT NOT NULL, hash TEXT NOT NULL, created_at INTEGER NOT NULL, created_by INTEGER NOT NULL, expires_at INTEGER NOT NULL, last_used_at INTEGER NOT NULL, revoked_at INTEGER NOT NULL, seal TEXT NOT NULL)`

const apiKeyColumns = `SELECT id, name, user_id, role, read_only, toolsets, hash, created_at, created_by, expires_at, last_used_at, revoked_at, seal FROM api_key` //nolint:gosec // the keys themselves are not in it

// values are the columns of the row but the seal.
func (k *APIKey) values() []any {
	return []any{k.ID, k.Name, k.User, k.Role, k.ReadOnly, k.Toolsets, k.hash, int64(k.Created), k.CreatedBy, int64(k.Expires), int64(k.LastUsed), int64(k.Revoked)}
}

// seal is the hash over the values in the form of Go's source, which fmt gives
// with %#v and which is written here by hand: it is made with every request.
func (k *APIKey) seal() string {
	text := append(make([]byte, 0, 512), "[]interface {}{"...)
	for i, value := range k.values() {
		if i > 0 {
			text = append(text, ", "...)
		}
		switch v := value.(type) {
		case string:
			text = strconv.AppendQuote(text, v)
		case int64:
			text = strconv.AppendInt(text, v, 10)
		case bool:
			text = strconv.AppendBool(text, v)
		}
	}
	sum := sha256.Sum256(append(text, '}'))
	return hex.EncodeToString(sum[:])
}

func scanKey(rows *sql.Rows) (k *APIKey, err error) {
	k = &APIKey{}
	var seal string
	err = rows.Scan(&k.ID, &k.Name, &k.User, &k.Role, &k.ReadOnly, &k.Toolsets, &k.hash, &k.Created, &k.CreatedBy, &k.Expires, &k.LastUsed, &k.Revoked, &seal)
	k.Damaged = seal != k.seal()
	return k, err
}

func (tx *Tx) apiKeys(where string, args ...any) (list []*APIKey, err error) {
	err = tx.quick(apiKeyColumns+where, args, func(rows *sql.Rows) error {
		k, err := scanKey(rows)
		list = append(list, k)
		return err
	})
	return list, err
}

// saveKey writes the row of a key that is there already.
func (tx *Tx) saveKey(k *APIKey) error {
	return tx.exec(`UPDATE api_key SET last_used_at = ?, revoked_at = ?, seal = ? WHERE id = ?`, int64(k.LastUsed), int64(k.Revoked), k.seal(), k.ID)
}

// CreateKey makes a key and gives its secret, which is shown this once and
// not kept. Name, User, Role, ReadOnly, Toolsets and Expires are taken; the
// user must be active and have the role. Only admins make keys.
func (db *DB) CreateKey(ctx context.Context, caller Caller, wanted APIKey) (secret string, made *APIKey, err error) {
	err = db.Update(ctx, caller, func(tx *Tx) error {
		k := wanted
		if err := tx.checkKey(&k); err != nil {
			return err
		}
		if k.ID, secret, err = newKey(); err != nil {
			return err
		}
		k.hash, k.Created, k.CreatedBy, k.LastUsed, k.Revoked = keyHash(secret), tx.now(), tx.caller.User, 0, 0
		made = &k
		return tx.exec(`INSERT INTO api_key (id, name, user_id, role, read_only, toolsets, hash, created_at, created_by, expires_at, last_used_at, revoked_at, seal)
 VALUES (`+placeholders(13)+`)`, append(k.values(), k.seal())...)
	})
	if err != nil {
		return "", nil, err
	}
	return secret, made, nil
}

// checkKey says what is wrong with a key that is to be made.
func (tx *Tx) checkKey(k *APIKey) error {
	if err := tx.Permit(schema.Admin, "make API keys"); err != nil {
		return err
	}
	var problems schema.Problems
	if k.Name = strings.TrimSpace(k.Name); k.Name == "" || len([]rune(k.Name)) > 255 {
		problems.Add("name", "name says what the key is for, in at most 255 characters: n8n, Ada's laptop")
	}
	if k.Role != "" && !slices.Contains(schema.Roles(), k.Role) {
		problems = append(problems, schema.Problem{Path: "role", Allowed: schema.Roles(), Message: "role must be one of " + strings.Join(schema.Roles(), ", ")})
	}
	if k.Expires != 0 && k.Expires <= tx.now() {
		problems.Add("expires", "expires must lie in the future")
	}
	role, active, err := tx.roleOf(k.User)
	switch {
	case err != nil:
		return err
	case role == "":
		problems.Add("user", "there is no user %s", tx.Schema().Type("user").IDString(k.User))
	case !active:
		problems.Add("user", "%s is inactive and cannot use the CRM", tx.called(Key{tx.Schema().Type("user"), k.User}))
	case slices.Contains(schema.Roles(), k.Role) && !schema.RoleIncludes(role, k.Role):
		problems.Add("role", "a key narrows what its user may do: %s is a %s, and no %s", tx.called(Key{tx.Schema().Type("user"), k.User}), role, k.Role)
	}
	return problems.Err()
}

// Keys lists every key, also expired and revoked ones, the oldest first.
func (db *DB) Keys(ctx context.Context) (list []*APIKey, err error) {
	err = db.View(ctx, Caller{}, func(tx *Tx) error {
		list, err = tx.apiKeys(" ORDER BY created_at, id")
		return err
	})
	return list, err
}

// HasKeys says whether anybody could log in with a key.
func (db *DB) HasKeys(ctx context.Context) (found bool, err error) {
	err = db.View(ctx, Caller{}, func(tx *Tx) error {
		var n int64
		_, err := tx.one(`SELECT count(*) FROM api_key k JOIN user u ON u.id = k.user_id WHERE k.revoked_at = 0 AND (k.expires_at = 0 OR k.expires_at > ?) AND `+isActiveSQL, []any{int64(tx.now())}, &n)
		found = n > 0
		return err
	})
	return found, err
}

// RevokeKey ends a key at once, in every process. A key that was revoked
// already stays as it is; one that is damaged is sealed as it now stands. Only
// admins revoke keys.
func (db *DB) RevokeKey(ctx context.Context, caller Caller, id string) (revoked *APIKey, err error) {
	err = db.Update(ctx, caller, func(tx *Tx) error {
		if err := tx.Permit(schema.Admin, "revoke API keys"); err != nil {
			return err
		}
		list, err := tx.apiKeys(" WHERE id = ?", id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return schema.Errorf(schema.NotFound, "there is no API key %q: crmcp keys list shows them", id)
		}
		revoked = list[0]
		if revoked.Revoked != 0 && !revoked.Damaged {
			return nil
		}
		revoked.Revoked = tx.now()
		return tx.saveKey(revoked)
	})
	return revoked, err
}

// Authenticate finds the key of a secret. The error is unauthorized and says
// in general terms what is wrong, nothing of the secret. It reads the database
// each time, so that a key which was revoked a moment ago is refused.
func (db *DB) Authenticate(ctx context.Context, secret string) (*APIKey, error) {
	id, err := keyID(secret)
	if err != nil {
		return nil, err
	}
	var k *APIKey
	var now schema.Millis
	err = db.viewBy(ctx, db.door, Caller{}, func(tx *Tx) error {
		now = tx.now()
		k, err = tx.authenticate(id, secret)
		return err
	})
	if err != nil {
		return nil, err
	}
	if now-k.LastUsed >= keyUsedEvery || k.LastUsed > now {
		db.noteUse(ctx, id)
	}
	return k, nil
}

// keyOf reads a key; where there is none, one without an id that nothing opens.
func (tx *Tx) keyOf(id string) (*APIKey, error) {
	known := tx.known()
	if k, ok := known.keys[id]; ok {
		return &k, nil
	}
	list, err := tx.apiKeys(" WHERE id = ?", id)
	if err != nil || len(list) == 0 {
		return &APIKey{hash: keyHash("")}, err
	}
	if known.keys != nil {
		known.keys[id] = *list[0]
	}
	return list[0], nil
}

func (tx *Tx) authenticate(id, secret string) (*APIKey, error) {
	k, err := tx.keyOf(id)
	if err != nil {
		return nil, err
	}
	if k.Damaged {
		return nil, schema.Errorf(schema.Unauthorized, "the key %s is not as it was written: an admin makes another with crmcp keys create and revokes it", k.ID)
	}
	if same := subtle.ConstantTimeCompare([]byte(k.hash), []byte(keyHash(secret))) == 1; !same || k.ID == "" {
		return nil, schema.Errorf(schema.Unauthorized, "there is no such API key: an admin makes one with crmcp keys create")
	}
	if k.Revoked != 0 {
		return nil, schema.Errorf(schema.Unauthorized, "this API key was revoked: an admin makes another with crmcp keys create")
	}
	if k.Expires != 0 && k.Expires <= tx.now() {
		return nil, schema.Errorf(schema.Unauthorized, "this API key has expired: an admin makes another with crmcp keys create")
	}
	role, active, err := tx.roleOf(k.User)
	if err == nil && (role == "" || !active) {
		err = schema.Errorf(schema.Unauthorized, "the user of this API key is inactive: an admin makes them active again with crmcp users change")
	}
	return k, err
}

// keyUsedEvery is how often the use of a key is written, in milliseconds.
const keyUsedEvery = 60_000

// noteUse writes that a key was used, where that does not mean waiting: a read
// never fails or tarries for it.
func (db *DB) noteUse(ctx context.Context, id string) {
	select {
	case db.turn <- struct{}{}:
	default:
		return
	}
	defer db.unlock()
	session, err := db.writer.take(ctx)
	if err != nil {
		return
	}
	err = session.begin(ctx, "BEGIN IMMEDIATE")
	if err != nil {
		db.writer.give(session, isBusy(err))
		return
	}
	tx := db.newTx(ctx, session, Caller{})
	tx.write = true
	end := "ROLLBACK"
	if tx.writeUse(id) == nil {
		end = "COMMIT"
	}
	db.writer.give(session, session.end(end) == nil && tx.failed == nil)
}

func (tx *Tx) writeUse(id string) error {
	if err := tx.begin(); err != nil {
		return err
	}
	list, err := tx.apiKeys(" WHERE id = ?", id)
	if err != nil || len(list) == 0 || list[0].Damaged {
		return err
	}
	list[0].LastUsed = tx.now()
	return tx.saveKey(list[0])
}
