package server

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// keysThatFail make keys that must not let anybody in.
var keysThatFail = map[string]func(t *testing.T, db *store.DB) string{
	"no key":        func(*testing.T, *store.DB) string { return "" },
	"no key at all": func(*testing.T, *store.DB) string { return "Bearer" },
	"a wrong key": func(t *testing.T, db *store.DB) string {
		secret, _ := newKeyFor(t, db, store.APIKey{})
		return secret[:len(secret)-1] + "x"
	},
	"a key of another database": func(t *testing.T, _ *store.DB) string {
		_, _, secret := openOffice(t, HTTPOptions{})
		return secret
	},
	"an expired key": func(t *testing.T, db *store.DB) string {
		secret, _ := newKeyFor(t, db, store.APIKey{Expires: schema.MillisOf(time.Now().Add(50 * time.Millisecond))})
		for range 100 {
			if _, err := db.Authenticate(t.Context(), secret); err != nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		return secret
	},
	"a revoked key": func(t *testing.T, db *store.DB) string {
		secret, made := newKeyFor(t, db, store.APIKey{})
		if _, err := db.RevokeKey(t.Context(), store.Caller{}, made.ID); err != nil {
			t.Fatal(err)
		}
		return secret
	},
	"the key of an inactive user": func(t *testing.T, db *store.DB) string {
		var secret string
		err := db.Update(t.Context(), store.Caller{}, func(tx *store.Tx) error {
			user := tx.Schema().Type("user")
			in := tx.Reader(false).Read(user, map[string]any{"first_name": "Bob", "role": "admin"}, nil)
			_, err := tx.Create(in, store.WriteOptions{})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		secret, made := newKeyFor(t, db, store.APIKey{User: 2})
		err = db.Update(t.Context(), store.Caller{}, func(tx *store.Tx) error {
			user := tx.Schema().Type("user")
			in := tx.Reader(false).Read(user, map[string]any{"status": "inactive"}, nil)
			_, err := tx.Update(store.Key{Type: user, ID: made.User}, in, store.WriteOptions{})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return secret
	},
}

func newKeyFor(t *testing.T, db *store.DB, wanted store.APIKey) (string, *store.APIKey) {
	t.Helper()
	wanted.Name = "test"
	if wanted.User == 0 {
		wanted.User = 1
	}
	secret, made, err := db.CreateKey(t.Context(), store.Caller{}, wanted)
	if err != nil {
		t.Fatal(err)
	}
	return secret, made
}

// requests are one or more of each route but those that are open.
func requests() (list [][2]string) {
	wildcard := regexp.MustCompile(`\{[^}]*\}`)
	for _, r := range newWeb(HTTPOptions{}.withDefaults(), nil).allRoutes() {
		if r.open {
			continue
		}
		method, path, named := strings.Cut(r.pattern, " ")
		if !named {
			method, path = http.MethodPost, r.pattern
		}
		path = wildcard.ReplaceAllString(path, "describe")
		list = append(list, [2]string{method, path})
		if path == "/mcp" {
			list = append(list, [2]string{http.MethodGet, path}, [2]string{http.MethodDelete, path})
		}
	}
	return list
}

// TestNoRouteWithoutAKey sends a request to every route with each kind of key
// that must not let in, and with one that does.
func TestNoRouteWithoutAKey(t *testing.T) {
	for name, makeKey := range keysThatFail {
		t.Run(name, func(t *testing.T) {
			h, db, _ := openOffice(t, HTTPOptions{})
			secret := makeKey(t, db)
			for _, request := range requests() {
				var headers []string
				if secret != "" {
					headers = []string{"Authorization", "Bearer " + secret}
				}
				answered := h.do(request[0], request[1], "{}", headers...)
				if answered.status != http.StatusUnauthorized {
					t.Errorf("%s %s: %d %s", request[0], request[1], answered.status, answered.body)
				}
				if len(secret) > 20 && (strings.Contains(answered.body, secret) || strings.Contains(h.log.String(), secret[13:])) {
					t.Errorf("%s %s shows the key", request[0], request[1])
				}
			}
		})
	}
	h, _, secret := openOffice(t, HTTPOptions{})
	for _, request := range requests() {
		if answered := h.do(request[0], request[1], "{}", "Authorization", "Bearer "+secret); answered.status == http.StatusUnauthorized {
			t.Errorf("%s %s with a good key: %s", request[0], request[1], answered.body)
		}
	}
}
