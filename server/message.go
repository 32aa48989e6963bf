package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"
)

// maxMethod is the length in bytes beyond which a method is unknown without
// being repeated in the answer.
const maxMethod = 100

// message is one line that a client may send: a request, a notification
// (without id) or a response (without method).
type message struct {
	id     json.RawMessage
	method string
	params json.RawMessage
}

// statedVersion is the protocol version that the message itself names, as those
// of the era without sessions do; empty: none.
func (m message) statedVersion() string {
	var params struct {
		Meta map[string]json.RawMessage `json:"_meta"`
	}
	if json.Unmarshal(m.params, &params) != nil {
		return ""
	}
	version, _ := stringOf(params.Meta[mcp.MetaKeyProtocolVersion])
	return version
}

// refusal is why a line is answered with an error of the protocol.
type refusal struct {
	id   json.RawMessage
	code int
	text string
}

func (r *refusal) wire() mcp.JSONRPCError {
	return mcp.JSONRPCError{
		JSONRPC: mcp.JSONRPC_VERSION,
		ID:      mcp.NewRequestId(r.id),
		Error:   mcp.NewJSONRPCErrorDetails(r.code, r.text, nil),
	}
}

// parseMessage reads one line. Names of members count as they are written and
// the last of several with one name holds. mcp-go is laxer (it takes "Method",
// a null id, a list), so that two readers of one line could see two messages;
// therefore it gets only what has passed here.
func parseMessage(line []byte) (message, *refusal) {
	if !utf8.Valid(line) {
		return message{}, &refusal{code: mcp.PARSE_ERROR, text: "Parse error: the line is not valid UTF-8"}
	}
	if !json.Valid(line) {
		return message{}, &refusal{code: mcp.PARSE_ERROR, text: "Parse error: the line is not valid JSON; send one JSON-RPC message on each line"}
	}
	if line[0] == '[' {
		return message{}, invalidRequest(nil, "batches are not part of this protocol; send each message on its own line")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(line, &members); err != nil || members == nil {
		return message{}, invalidRequest(nil, "a message is a JSON object")
	}
	return checkMembers(members)
}

func checkMembers(members map[string]json.RawMessage) (message, *refusal) {
	id, hasID := members["id"]
	if hasID && !validID(id) {
		id = nil
	}
	if _, hasMethod := members["method"]; !hasMethod && isResponse(members) {
		return message{}, nil
	}
	if text, ok := stringOf(members["jsonrpc"]); !ok || text != mcp.JSONRPC_VERSION {
		return message{}, invalidRequest(id, `"jsonrpc" must be "2.0"`)
	}
	method, ok := stringOf(members["method"])
	if !ok {
		return message{}, invalidRequest(id, `"method" must be a string`)
	}
	if hasID && id == nil {
		return message{}, invalidRequest(nil, `"id" must be a string or an integer; leave it out in a notification`)
	}
	params := members["params"]
	if bytes.Equal(params, []byte("null")) {
		params = nil
	}
	if !hasID {
		return message{method: method, params: params}, nil
	}
	if len(method) > maxMethod {
		return message{}, &refusal{id: id, code: mcp.METHOD_NOT_FOUND, text: "Method not found: its name is too long for any"}
	}
	if params != nil && params[0] != '{' {
		return message{}, &refusal{id: id, code: mcp.INVALID_PARAMS, text: `Invalid params: "params" must be an object`}
	}
	return message{id: id, method: method, params: params}, nil
}

func invalidRequest(id json.RawMessage, text string) *refusal {
	return &refusal{id: id, code: mcp.INVALID_REQUEST, text: "Invalid request: " + text}
}

// isResponse tells an answer of the client. This server asks nothing, so there
// is nothing to match it with; answering it would make two programs answer
// each other without end.
func isResponse(members map[string]json.RawMessage) bool {
	_, hasResult := members["result"]
	_, hasError := members["error"]
	return hasResult || hasError
}

func stringOf(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	var text string
	err := json.Unmarshal(raw, &text)
	return text, err == nil
}

// validID takes a string or a number that a float can hold, because mcp-go
// reads numbers so. The answer repeats the id as it was written.
func validID(raw json.RawMessage) bool {
	if len(raw) == 0 || !json.Valid(raw) {
		return false
	}
	if raw[0] == '"' {
		return true
	}
	if raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return false
	}
	var number float64
	return json.Unmarshal(raw, &number) == nil
}

// idKey makes an id comparable: the text of a string however it was escaped, or
// the digits of a number.
func idKey(raw json.RawMessage) any {
	if text, ok := stringOf(raw); ok {
		return text
	}
	return json.Number(raw)
}

// wire writes the message anew with nothing but the members that were checked.
func (m message) wire() (json.RawMessage, error) {
	method, err := json.Marshal(m.method)
	if err != nil {
		return nil, fmt.Errorf("writing the method: %w", err)
	}
	wire := make([]byte, 0, len(m.params)+len(m.id)+len(method)+len(`{"jsonrpc":"2.0","id":,"method":,"params":}`))
	wire = append(wire, `{"jsonrpc":"2.0","id":`...)
	wire = append(wire, m.id...)
	wire = append(wire, `,"method":`...)
	wire = append(wire, method...)
	if m.params != nil {
		wire = append(wire, `,"params":`...)
		wire = append(wire, m.params...)
	}
	return append(wire, '}'), nil
}
