package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/tools"
)

// catalogue is every tool of the service. Whoever calls one does so with the
// rights of the request's sender.
type catalogue struct {
	Backend
	web *web
}

func newCatalogue(service *tools.Service, w *web, instead Backend) (*catalogue, error) {
	if instead != nil {
		return &catalogue{Backend: instead, web: w}, nil
	}
	all, err := service.With("all", false, 0)
	if err != nil {
		return nil, err
	}
	backend, err := NewBackend(all, 0)
	return &catalogue{Backend: backend, web: w}, err
}

// Instructions are those of the sender, put in when they are asked for.
func (c *catalogue) Instructions() string { return "" }

// Call runs a tool for the one who sends the request.
func (c *catalogue) Call(ctx context.Context, client Client, name string, arguments json.RawMessage) Result {
	sent := visitOf(ctx)
	if sent.principal == nil {
		return internalResult(logPanic(ctx, c.web.options.Logger, "a call came in past the guards", "tool", name))
	}
	return c.web.call(ctx, sent.principal, client, name, arguments)
}

// call runs a tool and measures it.
func (w *web) call(ctx context.Context, by *principal, client Client, name string, arguments json.RawMessage) Result {
	visitOf(ctx).tool = name
	begun := time.Now()
	result, code := by.call(ctx, client, name, arguments)
	w.metrics.called(name, code, time.Since(begun))
	return result
}

// protocolOptions make one protocol serve callers who see different tools.
func (w *web) protocolOptions() []mcpserver.ServerOption {
	hooks := &mcpserver.Hooks{}
	hooks.AddAfterListTools(func(ctx context.Context, _ any, _ *mcp.ListToolsRequest, result *mcp.ListToolsResult) {
		by := visitOf(ctx).principal
		result.Tools = slices.DeleteFunc(slices.Clone(result.Tools), func(tool mcp.Tool) bool { return by == nil || !by.shows(tool.Name) })
	})
	hooks.AddAfterInitialize(func(ctx context.Context, _ any, _ *mcp.InitializeRequest, result *mcp.InitializeResult) {
		result.Instructions = visitOf(ctx).instructions()
	})
	hooks.AddAfterDiscover(func(ctx context.Context, _ any, _ *mcp.DiscoverRequest, result *mcp.DiscoverResult) {
		result.Instructions = visitOf(ctx).instructions()
	})
	return []mcpserver.ServerOption{mcpserver.WithHooks(hooks)}
}

func (v *visit) instructions() string {
	if v.principal == nil {
		return ""
	}
	return v.principal.instructions()
}

// serveMCP is the endpoint of the protocol.
func (w *web) serveMCP(rw http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		w.postMCP(rw, r)
	case http.MethodGet, http.MethodDelete:
		w.sessionMCP(rw, r)
	default:
		rw.Header().Set("Allow", "POST, DELETE")
		w.refuse(rw, r, http.StatusMethodNotAllowed, schema.InvalidArgument, "messages are sent to this path with POST")
	}
}

// sessionMCP ends a session or opens its stream.
func (w *web) sessionMCP(rw http.ResponseWriter, r *http.Request) {
	modern := isModern(r, message{})
	id := r.Header.Get(mcpserver.HeaderKeySessionID)
	if !modern && id != "" && !w.knowsSession(rw, r, id) {
		return
	}
	switch {
	case modern || r.Method == http.MethodGet && !w.asks:
		rw.Header().Set("Allow", "POST, DELETE")
		w.refuse(rw, r, http.StatusMethodNotAllowed, schema.InvalidArgument, "this server has no stream of its own messages: everything comes as the answer to a POST")
	case id == "":
		w.refuse(rw, r, http.StatusBadRequest, schema.InvalidArgument, "Mcp-Session-Id must name the session")
	default:
		w.streaming(rw, r)
	}
}

// streaming lets mcp-go answer for as long as the server is not to stop.
func (w *web) streaming(rw http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer context.AfterFunc(w.streams, cancel)()
	defer cancel()
	w.mcp.ServeHTTP(rw, r.WithContext(ctx))
}

// knowsSession says whether a session is one of the sender's; else the request
// is answered, in the same way whether another has it or nobody.
func (w *web) knowsSession(rw http.ResponseWriter, r *http.Request, id string) bool {
	if _, err := w.sessions.ResolveSessionIdManager(r).Validate(id); err != nil {
		w.refuse(rw, r, http.StatusNotFound, schema.NotFound, "there is no such session, or it has ended: begin another with initialize")
		return false
	}
	return true
}

// forgetSession takes what mcp-go keeps of a session away.
func (w *web) forgetSession(id string) {
	w.mcp.Handle(&silent{}, &mcpserver.HTTPRequest{Method: http.MethodDelete, Header: http.Header{http.CanonicalHeaderKey(mcpserver.HeaderKeySessionID): {id}}, Context: context.Background()})
}

// silent is for an answer that nobody reads.
type silent struct{ header http.Header }

func (s *silent) Header() http.Header {
	if s.header == nil {
		s.header = http.Header{}
	}
	return s.header
}
func (s *silent) WriteHeader(int)                {}
func (s *silent) Write(text []byte) (int, error) { return len(text), nil }
func (s *silent) Flush()                         {}
func (s *silent) CanStream() bool                { return false }

// postMCP reads one message and passes it on, once it is sure what it says.
func (w *web) postMCP(rw http.ResponseWriter, r *http.Request) {
	body, done, ok := w.takeBody(rw, r)
	if !ok {
		return
	}
	defer done()
	received, refused := w.understand(body)
	if refused != nil {
		w.refuseRPC(rw, r, refused)
		return
	}
	visitOf(r.Context()).method = received.method
	modern := isModern(r, received)
	id := r.Header.Get(mcpserver.HeaderKeySessionID)
	switch {
	case received.method == string(mcp.MethodNotificationCancelled) && (modern || id == ""):
		// Without a session mcp-go finds what to cancel by the number alone,
		// which other clients use too. Closing the request cancels it.
		rw.WriteHeader(http.StatusAccepted)
		return
	case !modern && id != "" && received.method != string(mcp.MethodInitialize):
		if !w.knowsSession(rw, r, id) {
			return
		}
	case !modern && received.method != string(mcp.MethodInitialize):
		w.refuseRPC(rw, r, invalidRequest(received.id, "begin with initialize and send the Mcp-Session-Id that it answers with, or speak protocol version "+mcp.ProtocolVersion20260728))
		return
	}
	if received.method == string(mcp.MethodSubscriptionsListen) {
		if len(body) > shortBody {
			w.refuseRPC(rw, r, invalidRequest(received.id, fmt.Sprintf("subscriptions/listen has at most %d bytes, because it lasts", shortBody)))
			return
		}
		done()
	}
	answer := &notified{ResponseWriter: rw}
	defer answer.end()
	r = r.WithContext(withNotifier(r.Context(), answer.notify))
	r.Body = io.NopCloser(bytes.NewReader(body))
	rw = &clearing{ResponseWriter: answer, web: w, request: r, received: received}
	if received.method == string(mcp.MethodSubscriptionsListen) {
		w.streaming(rw, r)
		return
	}
	w.mcp.ServeHTTP(rw, r)
}

// understand reads the envelope of a message.
func (w *web) understand(body []byte) (message, *refusal) {
	if refused := checkEnvelope(body); refused != nil {
		return message{}, refused
	}
	body = bytes.TrimSpace(body)
	received, refused := parseMessage(body)
	if refused == nil && !staysItself(received.id) {
		refused = invalidRequest(nil, `"id" must be a string or an integer of at most 15 digits`)
	}
	return received, refused
}

// staysItself says whether mcp-go, which reads numbers as floats, repeats an
// id as it was sent.
func staysItself(id json.RawMessage) bool {
	var number float64
	if len(id) == 0 || id[0] == '"' || json.Unmarshal(id, &number) != nil {
		return true
	}
	return fmt.Sprint(int64(number)) == string(id) && len(id) <= 16
}

// isModern says whether a message is of the protocol without sessions, which
// either the header or the message tells; where they differ mcp-go refuses it.
func isModern(r *http.Request, received message) bool {
	return mcp.IsModernProtocol(r.Header.Get(mcp.HeaderProtocolVersion)) || mcp.IsModernProtocol(received.statedVersion())
}
