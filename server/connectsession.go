package server

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
)

// sessionState is a session as it stood at one moment.
type sessionState struct {
	// id is the server's name of it, version what both agreed on; empty where
	// the server keeps no sessions, or none was begun.
	id, version string
	// number counts the sessions of this bridge.
	number int
}

func (s sessionState) isBegun() bool { return s.number > 0 }

// bridgeSession is the session with the server, and the words with which the
// client began it, for beginning it anew.
type bridgeSession struct {
	mu          sync.Mutex
	state       sessionState
	initialize  []byte
	initialized []byte
	// renewing is held while a session is begun anew, so that one request does
	// it for all that found it lost.
	renewing sync.Mutex
}

func (s *bridgeSession) now() sessionState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// begin takes the answer to the client's handshake; an error begins nothing.
func (s *bridgeSession) begin(initialize []byte, id string, answer []byte) {
	version := agreedVersion(answer)
	if version == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.initialize = initialize
	s.state = sessionState{id: id, version: version, number: s.state.number + 1}
}

// agreedVersion is the protocol version in the answer to a handshake; empty:
// it is no such answer.
func agreedVersion(answer []byte) string {
	var received struct {
		Result struct {
			Version string `json:"protocolVersion"`
		} `json:"result"`
	}
	if json.Unmarshal(answer, &received) != nil {
		return ""
	}
	return received.Result.Version
}

func (s *bridgeSession) keepInitialized(text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.initialized = text
}

func (s *bridgeSession) words() (initialize, initialized []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.initialize, s.initialized
}

// renew begins the session anew after the server has lost it, with the words
// of the client, which hears nothing of it. nil: there is a session again.
func (b *bridge) renew(ctx context.Context, lost sessionState) *failure {
	b.session.renewing.Lock()
	defer b.session.renewing.Unlock()
	if b.session.now().number != lost.number {
		return nil
	}
	initialize, initialized := b.session.words()
	first, refused := parseMessage(initialize)
	if refused != nil {
		return &failure{text: refused.text}
	}
	b.logger.InfoContext(ctx, "the server has lost the session; it is begun anew")
	response, failed := b.post(ctx, outgoing{message: first, text: initialize}, sessionState{})
	if failed != nil {
		return failed
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return b.refusedBy(response, outgoing{message: message{method: first.method}}, sessionState{})
	}
	answer, err := firstMessage(response)
	if err != nil {
		return b.broken(err)
	}
	if version := agreedVersion(answer); version != lost.version {
		return &failure{text: fmt.Sprintf("%s was exchanged and speaks protocol version %q instead of %q: start the client anew", b.host(), version, lost.version)}
	}
	b.session.begin(initialize, response.Header.Get(mcp.HeaderSessionID), answer)
	if initialized != nil {
		b.notify(ctx, outgoing{message: message{method: string(mcp.MethodNotificationInitialized)}, text: initialized})
	}
	return nil
}

// firstMessage is the message that a response carries, alone or on a stream.
func firstMessage(response *http.Response) ([]byte, error) {
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if kind == "text/event-stream" {
		return newEventReader(response.Body).next()
	}
	return readAtMost(response.Body, maxReceived)
}

// listen passes on what the server says of itself in a session, as long as
// the session lasts and the server offers such a stream.
func (b *bridge) listen() {
	session := b.session.now()
	if session.id == "" {
		return
	}
	go func() {
		lastID, more := "", true
		for pause := firstPause; more && b.session.now().number == session.number; pause = min(2*pause, longestPause) {
			if lastID, more = b.listenOnce(b.calls, session, lastID); more && !pauseFor(b.calls, pause) {
				return
			}
		}
	}()
}

// listenOnce reads one stream to its end; more says that another try is
// worth it.
func (b *bridge) listenOnce(ctx context.Context, session sessionState, lastID string) (last string, more bool) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url, http.NoBody)
	if err != nil {
		return lastID, false
	}
	b.identify(request, session, "")
	request.Header.Set("Accept", "text/event-stream")
	if lastID != "" {
		request.Header.Set(mcp.HeaderLastEventID, lastID)
	}
	response, err := b.http.Do(request)
	if err != nil {
		return lastID, ctx.Err() == nil
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return lastID, response.StatusCode >= http.StatusInternalServerError
	}
	events := newEventReader(response.Body)
	events.lastID = lastID
	for {
		data, err := events.next()
		if err != nil {
			return events.lastID, ctx.Err() == nil
		}
		b.output.pass(data)
	}
}

// endSession tells the server that the session is over, if it can hear.
func (b *bridge) endSession(ctx context.Context) {
	session := b.session.now()
	if session.id == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodDelete, b.url, http.NoBody)
	if err != nil {
		return
	}
	b.identify(request, session, "")
	response, err := b.http.Do(request)
	if err != nil {
		b.logger.Debug("the session was not ended", "error", err)
		return
	}
	_ = response.Body.Close()
}
