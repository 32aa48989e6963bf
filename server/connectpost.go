package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

const (
	firstPause   = 100 * time.Millisecond
	longestPause = 2 * time.Second
)

// carry sends a request until it is answered, by the server or, where that is
// not to be, by an error that says why. A request that was given up gets no
// answer.
func (b *bridge) carry(ctx context.Context, sent outgoing) {
	deadline := time.Now().Add(b.patience)
	renewals := 0
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		session, key := b.session.now(), b.key.now()
		failed := b.attempt(ctx, sent, session)
		if failed != nil && failed.sessionLost && !sent.isModern() {
			if failed = b.renew(ctx, session); failed == nil {
				if renewals++; renewals == 1 {
					continue
				}
				failed = b.lostAgain(renewals)
			}
			failed.sent = false
		}
		switch {
		case failed == nil || ctx.Err() != nil:
			return
		case failed.keyRefused && b.key.renewed(key, b.logger):
			continue
		case !failed.again, failed.sent && !mayRepeat(sent), time.Now().Add(failed.after).After(deadline):
			b.giveUp(ctx, sent, failed)
			return
		}
		if !pauseFor(ctx, max(pause, failed.after)) {
			return
		}
	}
}

func (b *bridge) giveUp(ctx context.Context, sent outgoing, failed *failure) {
	b.logger.WarnContext(ctx, "request not answered by the server", "method", sent.method, "error", failed.text)
	text := failed.text
	if failed.sent && !mayRepeat(sent) {
		text += ". Whether the call was carried out is not known: look before you send it again, or send an idempotency_key with it"
	}
	code := failed.code
	if code == 0 {
		code = codeUnreachable
	}
	b.refuse(&refusal{id: sent.id, code: code, text: text})
}

// mayRepeat says whether a request may be sent again though the server may
// have seen it: all may but calls of tools, which may write, unless they carry
// an idempotency key.
func mayRepeat(sent outgoing) bool {
	if sent.method != string(mcp.MethodToolsCall) {
		return true
	}
	var params struct {
		Arguments struct {
			Key string `json:"idempotency_key"`
		} `json:"arguments"`
	}
	return json.Unmarshal(sent.params, &params) == nil && params.Arguments.Key != ""
}

// pauseFor says whether the context lasted.
func pauseFor(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// attempt sends a message once and passes on what comes back; nil: it was
// answered, or needs no answer.
func (b *bridge) attempt(ctx context.Context, sent outgoing, session sessionState) *failure {
	response, failed := b.post(ctx, sent, session)
	if failed != nil {
		return failed
	}
	defer func() { _ = response.Body.Close() }()
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	switch {
	case response.StatusCode >= 300:
		return b.refusedBy(response, sent, session)
	case kind == "text/event-stream":
		return b.passEvents(newEventReader(response.Body), sent, response.Header.Get(mcp.HeaderSessionID))
	case sent.id == nil:
		return nil
	case response.StatusCode != http.StatusOK || kind != "application/json":
		return &failure{sent: true, text: "the server gave no answer, but status " + response.Status}
	}
	body, err := readAtMost(response.Body, maxReceived)
	if err != nil {
		return b.broken(err)
	}
	if sent.method == string(mcp.MethodInitialize) {
		b.session.begin(sent.text, response.Header.Get(mcp.HeaderSessionID), body)
	}
	b.output.pass(body)
	return nil
}

// post sends a message and gives the response, whose body the caller closes.
func (b *bridge) post(ctx context.Context, sent outgoing, session sessionState) (*http.Response, *failure) {
	var hasConnection atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { hasConnection.Store(true) }})
	request, err := http.NewRequestWithContext(traced, http.MethodPost, b.url, bytes.NewReader(sent.text))
	if err != nil {
		return nil, &failure{text: err.Error()}
	}
	b.identify(request, session, sent.version)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json, text/event-stream")
	if sent.method == string(mcp.MethodInitialize) {
		request.Header.Del(mcp.HeaderSessionID)
		request.Header.Del(mcp.HeaderProtocolVersion)
	}
	for name, value := range mcp.StandardHeaders(sent.version, mcp.MCPMethod(sent.method), sent.params) {
		request.Header.Set(name, value)
	}
	client := b.http
	if !mayRepeat(sent) {
		client = b.once
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, b.unreachable(err, hasConnection.Load())
	}
	return response, nil
}

// identify says who asks, and in which session or version.
func (b *bridge) identify(request *http.Request, session sessionState, version string) {
	request.Header.Set("User-Agent", b.agent)
	if key := b.key.now(); key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	if version != "" {
		request.Header.Set(mcp.HeaderProtocolVersion, version)
		return
	}
	if session.version != "" {
		request.Header.Set(mcp.HeaderProtocolVersion, session.version)
	}
	if session.id != "" {
		request.Header.Set(mcp.HeaderSessionID, session.id)
	}
}

// passEvents passes on what comes on a stream until the request is answered.
func (b *bridge) passEvents(events *eventReader, sent outgoing, session string) *failure {
	for {
		data, err := events.next()
		if err != nil && sent.id == nil {
			return nil
		}
		if err != nil {
			return b.broken(err)
		}
		if sent.method == string(mcp.MethodInitialize) {
			b.session.begin(sent.text, session, data)
		}
		b.output.pass(data)
		if answers(data, sent.id) {
			return nil
		}
	}
}

// answers says whether a message is the answer to the request of an id.
func answers(text []byte, id json.RawMessage) bool {
	var received struct {
		ID     json.RawMessage `json:"id"`
		Method json.RawMessage `json:"method"`
	}
	if json.Unmarshal(text, &received) != nil || received.Method != nil || !validID(received.ID) || id == nil {
		return false
	}
	return idKey(received.ID) == idKey(id)
}

func readAtMost(body io.Reader, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, most+1))
	if err == nil && int64(len(data)) > most {
		err = errors.New("the answer is too long")
	}
	return data, err
}
