package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/tools"
)

// statusOf is the HTTP status that says what an error code says.
func statusOf(code schema.ErrorCode) int {
	switch code {
	case schema.NotFound:
		return http.StatusNotFound
	case schema.Conflict, schema.ConfirmRequired:
		return http.StatusConflict
	case schema.Unauthorized:
		return http.StatusUnauthorized
	case schema.Forbidden, schema.ReadOnlyMode:
		return http.StatusForbidden
	case schema.TooLarge:
		return http.StatusRequestEntityTooLarge
	case schema.RateLimited:
		return http.StatusTooManyRequests
	case schema.Busy, schema.UnknownOutcome:
		return http.StatusServiceUnavailable
	case schema.Internal:
		return http.StatusInternalServerError
	}
	return http.StatusUnprocessableEntity
}

// refuse answers a request that got no further than the guards.
func (w *web) refuse(rw http.ResponseWriter, r *http.Request, status int, code schema.ErrorCode, message string) {
	visitOf(r.Context()).refused = string(code)
	w.answerJSON(rw, r, status, map[string]any{"error": map[string]string{"code": string(code), "message": message}})
}

// refuseFor answers with what an error says, and with an id that stands in the
// log where it is none of those that callers are told.
func (w *web) refuseFor(rw http.ResponseWriter, r *http.Request, err error) {
	var known *schema.Error
	if errors.As(err, &known) && known.Code != schema.Internal {
		w.refuse(rw, r, statusOf(known.Code), known.Code, known.Error())
		return
	}
	id := tools.NewErrorID()
	w.options.Logger.ErrorContext(r.Context(), "request failed", "error_id", id, "error", err)
	w.refuse(rw, r, http.StatusInternalServerError, schema.Internal, "the server failed on this request; its log says why under id "+id)
}

func (w *web) answerJSON(rw http.ResponseWriter, r *http.Request, status int, body any) {
	encoded, err := json.Marshal(body)
	if err != nil {
		w.options.Logger.ErrorContext(r.Context(), "answer cannot be written as JSON", "error", err)
		status, encoded = http.StatusInternalServerError, []byte("{}")
	}
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("X-Content-Type-Options", "nosniff")
	rw.WriteHeader(status)
	_, _ = rw.Write(append(encoded, '\n'))
}

// refuseRPC answers a message that is no request of the protocol.
func (w *web) refuseRPC(rw http.ResponseWriter, r *http.Request, refused *refusal) {
	visitOf(r.Context()).refused = "invalid_message"
	w.answerJSON(rw, r, http.StatusBadRequest, refused.wire())
}

// largestError is the length in bytes beyond which an answer is no error.
const largestError = 64 << 10

// clearing puts the errors of mcp-go into words for those who read them, as
// they pass. mcp-go writes each answer that is no stream in one piece.
type clearing struct {
	http.ResponseWriter
	web      *web
	request  *http.Request
	received message
}

// Write passes an answer on.
func (c *clearing) Write(text []byte) (int, error) {
	if cleared := c.clear(text); cleared != nil {
		_, err := c.ResponseWriter.Write(cleared) //nolint:gosec // JSON, and named so
		return len(text), err
	}
	return c.ResponseWriter.Write(text)
}

// clear gives the answer in other words; nil: it stays as it is.
func (c *clearing) clear(text []byte) []byte {
	if len(text) > largestError || c.Header().Get("Content-Type") != "application/json" || !bytes.Contains(text, []byte(`"error":{"code":`)) {
		return nil
	}
	var answer struct {
		Error *mcp.JSONRPCErrorDetails `json:"error"`
	}
	if json.Unmarshal(text, &answer) != nil || answer.Error == nil {
		return nil
	}
	details := clearError(c.received, *answer.Error)
	if details.Code == mcp.INTERNAL_ERROR {
		id := tools.NewErrorID()
		c.web.options.Logger.ErrorContext(c.request.Context(), "request failed", "error_id", id, "method", c.received.method, "error", fmt.Errorf("mcp-go: %s", details.Message))
		details = internalRefusal(c.received.id, id).wire().Error
	}
	if details.Data == nil && c.received.method == string(mcp.MethodResourcesRead) {
		details.Data = resourceOf(c.received.params)
	}
	cleared, err := json.Marshal(mcp.JSONRPCError{JSONRPC: mcp.JSONRPC_VERSION, ID: mcp.NewRequestId(c.received.id), Error: details})
	if err != nil {
		return nil
	}
	return append(cleared, '\n')
}

// resourceOf names the resource that was asked for, so that a program finds
// which one there is not; nil: none was named.
func resourceOf(params json.RawMessage) any {
	var asked struct {
		URI string `json:"uri"`
	}
	if json.Unmarshal(params, &asked) != nil || asked.URI == "" {
		return nil
	}
	return map[string]string{"uri": asked.URI}
}

// Unwrap is for http.ResponseController.
func (c *clearing) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// Flush sends what was written.
func (c *clearing) Flush() { _ = http.NewResponseController(c.ResponseWriter).Flush() }
