package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/crmcp/crmcp/schema"
)

func (f *fixture) key(wanted APIKey) (string, *APIKey) {
	f.Helper()
	secret, made, err := f.db.CreateKey(f.Context(), Caller{}, wanted)
	if err != nil {
		f.Fatal(err)
	}
	return secret, made
}

func (f *fixture) refusedKey(secret, because string) {
	f.Helper()
	_, err := f.db.Authenticate(f.Context(), secret)
	if e := wantCode(f.T, err, schema.Unauthorized); !strings.Contains(e.Message, because) || len(secret) > 20 && strings.Contains(e.Message, secret) {
		f.Errorf("a key is refused with %q, want %q in it", e.Message, because)
	}
}

func TestKeyIsShownOnceAndLetsIn(t *testing.T) {
	f := newFixture(t)
	secret, made := f.key(APIKey{Name: "n8n", User: 1, Role: schema.Viewer, ReadOnly: true, Toolsets: "core"})
	if !regexp.MustCompile(`^crm_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}$`).MatchString(secret) || !strings.HasPrefix(secret, "crm_"+made.ID+"_") {
		t.Fatalf("the key is %q of %q", secret, made.ID)
	}
	found, err := f.db.Authenticate(t.Context(), secret)
	if err != nil || found.User != 1 || found.Role != schema.Viewer || !found.ReadOnly || found.Toolsets != "core" {
		t.Fatalf("%+v, %v", found, err)
	}
	f.view(func(tx *Tx) error {
		all, err := rowsAsText(tx, "SELECT * FROM api_key")
		if strings.Contains(all, secret[len("crm_12345678_"):]) {
			t.Error("the secret is kept")
		}
		return err
	})
}

func TestWrongKeysAreRefused(t *testing.T) {
	f := newFixture(t)
	secret, _ := f.key(APIKey{Name: "one", User: 1})
	other, _, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	_, unknown, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "crm_", secret[:len(secret)-1], secret + "0", "CRM" + secret[3:], strings.Repeat("x", 100_000)} {
		f.refusedKey(bad, "this is no API key")
	}
	for i := range secret {
		changed := []byte(secret)
		changed[i] ^= 1
		f.refusedKey(string(changed), "this is no API key")
	}
	f.refusedKey(unknown, "there is no such API key")
	body := secret[:len(keyMark)+keyIDSize+1] + strings.Repeat(other, 8)[:keySecretSize]
	f.refusedKey(body+keySum(body), "there is no such API key")
}

func TestKeyEnds(t *testing.T) {
	f := newFixture(t)
	has := func(want bool) {
		t.Helper()
		if got, err := f.db.HasKeys(t.Context()); err != nil || got != want {
			t.Fatalf("HasKeys is %v, %v", got, err)
		}
	}
	has(false)
	expiring, _ := f.key(APIKey{Name: "short", User: 1, Expires: schema.MillisOf(f.now.Add(time.Hour))})
	has(true)
	f.now = f.now.Add(time.Hour)
	f.refusedKey(expiring, "has expired")
	has(false)
	secret, made := f.key(APIKey{Name: "long", User: 1})
	other, err := Open(t.Context(), f.db.Path(), Options{Now: func() time.Time { return f.now }})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.Authenticate(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if _, err := f.db.RevokeKey(t.Context(), Caller{}, made.ID); err != nil {
		t.Fatal(err)
	}
	_, err = other.Authenticate(t.Context(), secret)
	wantCode(t, err, schema.Unauthorized)
	f.refusedKey(secret, "was revoked")
	if _, err := f.db.RevokeKey(t.Context(), Caller{}, "nonesuch"); wantCode(t, err, schema.NotFound) == nil {
		t.Fatal()
	}
}

func TestUseOfKeyIsWrittenRarely(t *testing.T) {
	f := newFixture(t)
	secret, _ := f.key(APIKey{Name: "one", User: 1})
	used := func() schema.Millis {
		if _, err := f.db.Authenticate(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		list, err := f.db.Keys(t.Context())
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		return list[0].LastUsed
	}
	first := used()
	if first != schema.MillisOf(f.now) {
		t.Fatal(first)
	}
	f.now = f.now.Add(59 * time.Second)
	if used() != first {
		t.Error("the use was written again within a minute")
	}
	f.now = f.now.Add(time.Second)
	if used() == first {
		t.Error("the use was not written after a minute")
	}
	f.now = f.now.Add(time.Hour)
	f.db.turn <- struct{}{}
	if _, err := f.db.Authenticate(t.Context(), secret); err != nil {
		t.Error("a key was refused because another write was under way:", err)
	}
	<-f.db.turn
}

func TestDamagedKeyLetsNobodyIn(t *testing.T) {
	f := newFixture(t)
	secret, _ := f.key(APIKey{Name: "one", User: 1, Role: schema.Viewer})
	f.update(func(tx *Tx) error { return tx.exec(`UPDATE api_key SET role = ''`) })
	f.refusedKey(secret, "is not as it was written")
	list, err := f.db.Keys(t.Context())
	if err != nil || len(list) != 1 || !list[0].Damaged {
		t.Fatal(list, err)
	}
	if revoked, err := f.db.RevokeKey(t.Context(), Caller{}, list[0].ID); err != nil || revoked.Revoked == 0 {
		t.Fatal(revoked, err)
	}
	f.refusedKey(secret, "was revoked")
}

func TestSealIsThatOfKeysMadeBefore(t *testing.T) {
	for _, k := range []APIKey{
		{},
		{ID: "abcdefgh", Name: "n8n", User: 1, Role: schema.Viewer, ReadOnly: true, Toolsets: "core,notes", hash: keyHash("x"), Created: 1, CreatedBy: 2, Expires: 3, LastUsed: 4, Revoked: 5},
		{Name: "Zoë's \"laptop\" `\\ \x00\t\n\u2028\U0001f600\xff\u00ad", User: -1, Created: 1 << 62},
	} {
		sum := sha256.Sum256(fmt.Appendf(nil, "%#v", k.values()))
		if k.seal() != hex.EncodeToString(sum[:]) {
			t.Errorf("the seal of %#v is another than before", k.values())
		}
	}
}

func TestKnownKeyIsReadAgainAfterEachCommit(t *testing.T) {
	f := newFixture(t)
	secret, _ := f.key(APIKey{Name: "one", User: 1, Role: schema.Viewer})
	other := f.beside()
	for range 2 {
		if _, err := other.Authenticate(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
	}
	f.update(func(tx *Tx) error { return tx.exec(`UPDATE api_key SET role = ''`) })
	_, err := other.Authenticate(t.Context(), secret)
	wantCode(t, err, schema.Unauthorized)
}

func TestLoginDoesNotWaitForReaders(t *testing.T) {
	f := newFixture(t)
	secret, _ := f.key(APIKey{Name: "one", User: 1})
	for range readers {
		session, err := f.db.reader.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer f.db.reader.give(session, true)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := f.db.Authenticate(ctx, secret); err != nil {
		t.Error(err)
	}
}

func TestKeyNeedsAnActiveUserAndAnAdmin(t *testing.T) {
	f := newFixture(t)
	bob := f.create("user", map[string]any{"first_name": "Bob", "role": "member"})
	secret, _ := f.key(APIKey{Name: "bob's", User: bob.ID})
	_, _, err := f.db.CreateKey(t.Context(), Caller{User: bob.ID}, APIKey{Name: "x", User: 1})
	wantCode(t, err, schema.Forbidden)
	_, _, err = f.db.CreateKey(t.Context(), Caller{Role: schema.Member}, APIKey{Name: "x", User: 1})
	wantCode(t, err, schema.Forbidden)
	for _, bad := range []APIKey{{User: 1}, {Name: "x"}, {Name: "x", User: 99}, {Name: "x", User: 1, Role: "god"}, {Name: "x", User: 1, Expires: 1},
		{Name: "x", User: bob.ID, Role: schema.Consultant}, {Name: "x", User: bob.ID, Role: schema.Admin}} {
		_, _, err := f.db.CreateKey(t.Context(), Caller{}, bad)
		wantCode(t, err, schema.InvalidArgument)
	}
	f.key(APIKey{Name: "as a member", User: bob.ID, Role: schema.Member})
	f.change(bob, map[string]any{"status": "inactive"})
	f.refusedKey(secret, "is inactive")
	_, _, err = f.db.CreateKey(t.Context(), Caller{}, APIKey{Name: "x", User: bob.ID})
	wantCode(t, err, schema.InvalidArgument)
}
