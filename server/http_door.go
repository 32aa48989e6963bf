package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/tools"
)

// MaxAnswerText is how many bytes the text of one answer over the protocol may
// have: clients cut what is longer, often in the middle of a record.
const MaxAnswerText = 8_192

// credentials are what a request says of who sends it.
type credentials struct {
	// secret is the API key; empty: none was sent.
	secret string
	// toolsets are those that the request asks for; empty: no choice.
	toolsets string
}

// principal is who sends a request, and what it may do.
type principal struct {
	// key is the id of the API key; empty: none was asked for.
	key string
	// caller is the user as whom the request acts.
	caller store.Caller
	// service has the tools that the caller may use, answers cut for
	// assistants. With on it gives one whose answers are not cut.
	service *tools.Service
	abilities
}

// abilities are the tools as one sender has them.
type abilities interface {
	// shows says whether a tool is listed.
	shows(tool string) bool
	instructions() string
	// call runs a tool; the code is that of the error, if the result is one.
	call(ctx context.Context, client Client, tool string, arguments json.RawMessage) (Result, schema.ErrorCode)
}

func (p *principal) keyID() string {
	if p == nil {
		return ""
	}
	return p.key
}

// serviceFor is the tools of a database as one caller has them.
type serviceFor struct {
	service *tools.Service
	caller  store.Caller
}

func (s *serviceFor) shows(tool string) bool { return s.service.Tool(tool) != nil }

func (s *serviceFor) instructions() string { return s.service.Instructions() }

func (s *serviceFor) call(ctx context.Context, client Client, tool string, arguments json.RawMessage) (Result, schema.ErrorCode) {
	caller := s.caller
	caller.Client, caller.Version = client.Name, client.Version
	answer := s.service.Call(ctx, caller, tool, arguments)
	return Result{Text: answer.Text, Structured: answer.JSON, IsError: answer.IsError}, answer.Code
}

// all is a backend of which every sender has everything.
type all struct{ Backend }

func (a all) shows(string) bool    { return true }
func (a all) instructions() string { return a.Instructions() }

func (a all) call(ctx context.Context, client Client, tool string, arguments json.RawMessage) (Result, schema.ErrorCode) {
	return a.Call(ctx, client, tool, arguments), ""
}

// door lets the callers of a database in.
type door struct {
	db          *store.DB
	service     *tools.Service
	withoutKeys bool
	instead     Backend
	mu          sync.Mutex
	chosen      map[choice]chosen
}

// choice is what the tools of a sender follow from.
type choice struct {
	key      store.APIKey
	toolsets string
}

type chosen struct {
	service *tools.Service
	at      time.Time
}

const (
	// choiceFor is for how long a sender sees the same tools, though its role
	// may have changed. What it may do is looked up with each call.
	choiceFor   = time.Second
	mostChoices = 1_000
)

func newDoor(db *store.DB, service *tools.Service, options HTTPOptions) (*door, error) {
	if db == nil || service == nil {
		return nil, errors.New("serving over HTTP needs a database and its tools")
	}
	return &door{db: db, service: service, withoutKeys: options.WithoutKeys, instead: options.Backend}, nil
}

// admit finds who sends a request. It asks the database each time, so that a
// key that was revoked opens nothing from the next request on, whichever
// process did it.
func (d *door) admit(ctx context.Context, sent credentials) (*principal, error) {
	found := &store.APIKey{User: d.db.Caller()}
	if sent.secret != "" {
		var err error
		if found, err = d.db.Authenticate(ctx, sent.secret); err != nil {
			return nil, err
		}
	} else if !d.withoutKeys {
		return nil, schema.Errorf(schema.Unauthorized, "this server needs an API key: send it as Authorization: Bearer crm_… or X-API-Key; an admin makes one with crmcp keys create")
	}
	caller := store.Caller{User: found.User, Role: found.Role, Key: found.ID}
	service, err := d.choose(ctx, caller, *found, sent.toolsets)
	if err != nil {
		return nil, err
	}
	by := &principal{key: found.ID, caller: caller, service: service, abilities: &serviceFor{service: service, caller: caller}}
	if d.instead != nil {
		by.abilities = all{d.instead}
	}
	return by, nil
}

// choose gives the tools that a sender sees.
func (d *door) choose(ctx context.Context, caller store.Caller, key store.APIKey, toolsets string) (*tools.Service, error) {
	key.LastUsed = 0
	wanted, now := choice{key: key, toolsets: toolsets}, time.Now()
	d.mu.Lock()
	known, ok := d.chosen[wanted]
	d.mu.Unlock()
	if ok && now.Sub(known.at) < choiceFor {
		return known.service, nil
	}
	service, err := d.service.For(ctx, caller, key.Toolsets, key.ReadOnly, MaxAnswerText)
	if err == nil && toolsets != "" {
		service, err = service.With(toolsets, false, MaxAnswerText)
	}
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.chosen == nil || len(d.chosen) >= mostChoices {
		d.chosen = map[choice]chosen{}
	}
	d.chosen[wanted] = chosen{service: service, at: now}
	return service, nil
}

// ready reads the database. It fails also where another program has brought
// the file to another generation meanwhile.
func (d *door) ready(ctx context.Context) error {
	return d.db.View(ctx, store.Caller{}, func(*store.Tx) error { return nil })
}

// databaseBytes is the size of the database file with its log.
func (d *door) databaseBytes() float64 {
	var size int64
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(d.db.Path() + suffix); err == nil {
			size += info.Size()
		}
	}
	return float64(size)
}

// authenticated finds out who sends a request. A good key is let in however
// often others have failed from the same address: behind a proxy all clients
// have one.
func (w *web) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.routeOf(r).open {
			next.ServeHTTP(rw, r)
			return
		}
		found, err := w.admit(r.Context(), credentialsOf(r))
		var known *schema.Error
		switch {
		case err == nil:
			visitOf(r.Context()).principal = found
			next.ServeHTTP(rw, r)
		case errors.As(err, &known) && known.Code == schema.Unauthorized:
			if wait := w.limits.fail(addressOf(r)); wait > 0 {
				w.tooMany(rw, r, wait, "too many requests without a good API key came from this address")
				return
			}
			rw.Header().Set("WWW-Authenticate", `Bearer realm="crmcp"`)
			w.refuseFor(rw, r, err)
		default:
			w.refuseFor(rw, r, err)
		}
	})
}

// credentialsOf reads the headers in which a key may stand, and what the
// request asks for. A key in the address is not taken: addresses are logged.
func credentialsOf(r *http.Request) credentials {
	sent := credentials{secret: r.Header.Get("X-API-Key"), toolsets: cmp.Or(r.URL.Query().Get("toolsets"), r.Header.Get("X-CRM-Toolsets"))}
	scheme, secret, found := strings.Cut(r.Header.Get("Authorization"), " ")
	if found && strings.EqualFold(scheme, "Bearer") {
		sent.secret = strings.TrimSpace(secret)
	}
	return sent
}
