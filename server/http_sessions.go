package server

import (
	"crypto/rand"
	"errors"
	"net/http"
	"sync"
	"time"

	mcpserver "github.com/mark3labs/mcp-go/server"
)

const (
	// sessionIdle is after how long without a request a session is forgotten.
	sessionIdle = 30 * time.Minute
	// heartbeat keeps a session with an open stream from being idle.
	heartbeat = 20 * time.Second

	// A key may have so many sessions, and all keys together so many: beyond
	// it the one that was quiet longest ends. Clients begin another.
	sessionsOfKey = 1_000
	sessionsOfAll = 4_000
)

var errNoSession = errors.New("there is no such session")

// sessions know which key each session belongs to: an id is no proof of who
// sends it. They are sessions of the protocol before 2026-07-28; since then
// there are none.
type sessions struct {
	now func() time.Time
	// ended is told of a session that ends to make room for another.
	ended func(id string)
	mu    sync.Mutex
	byID  map[string]*session
	byKey map[string]int
}

type session struct {
	key  string
	used time.Time
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, ended: func(string) {}, byID: map[string]*session{}, byKey: map[string]int{}}
}

// ResolveSessionIdManager gives what mcp-go asks about the sessions of the one
// who sends a request. Without a request mcp-go forgets an idle session.
func (s *sessions) ResolveSessionIdManager(r *http.Request) mcpserver.SessionIdManager { //nolint:revive // the name is mcp-go's
	if r == nil {
		return &sessionsOf{sessions: s, any: true}
	}
	sent := visitOf(r.Context())
	return &sessionsOf{sessions: s, key: sent.principal.keyID(), any: sent.principal == nil}
}

// sessionsOf are the sessions of one key, or any.
type sessionsOf struct {
	*sessions
	key string
	any bool
}

// Generate begins a session.
func (s *sessionsOf) Generate() string {
	id := rand.Text()
	for _, old := range s.begin(id, s.key) {
		s.ended(old)
	}
	return id
}

// Validate says whether the session is one of the key's, and notes its use.
func (s *sessionsOf) Validate(id string) (terminated bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.byID[id]
	if found == nil || !s.any && found.key != s.key {
		return false, errNoSession
	}
	found.used = s.now()
	return false, nil
}

// Terminate ends a session of the key's.
func (s *sessionsOf) Terminate(id string) (notAllowed bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.byID[id]; found == nil || !s.any && found.key != s.key {
		return false, errNoSession
	}
	s.remove(id)
	return false, nil
}

// begin adds a session and gives those that had to end for it.
func (s *sessions) begin(id, key string) (ended []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byKey[key] >= sessionsOfKey {
		ended = append(ended, s.removeOldest(key))
	} else if len(s.byID) >= sessionsOfAll {
		ended = append(ended, s.removeOldest(s.busiest()))
	}
	s.byID[id] = &session{key: key, used: s.now()}
	s.byKey[key]++
	return ended
}

// busiest is the key with most sessions: whoever has few loses none to it.
func (s *sessions) busiest() (most string) {
	for key, count := range s.byKey {
		if count > s.byKey[most] {
			most = key
		}
	}
	return most
}

func (s *sessions) removeOldest(key string) (oldest string) {
	for id, candidate := range s.byID {
		if candidate.key == key && (oldest == "" || candidate.used.Before(s.byID[oldest].used)) {
			oldest = id
		}
	}
	s.remove(oldest)
	return oldest
}

func (s *sessions) remove(id string) {
	found := s.byID[id]
	if found == nil {
		return
	}
	delete(s.byID, id)
	if s.byKey[found.key]--; s.byKey[found.key] == 0 {
		delete(s.byKey, found.key)
	}
}

func (s *sessions) count() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return float64(len(s.byID))
}
