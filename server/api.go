package server

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/tools"
)

const (
	apiTools    = "/api/v1/tools"
	apiOpenAPI  = "/api/v1/openapi.json"
	headerOnce  = "Idempotency-Key"
	headerAgent = "X-Client"
)

// apiRoutes are the tools for whatever can send HTTP: each is a path that
// takes the arguments as JSON and answers with the result.
func (w *web) apiRoutes() []route {
	return []route{
		{pattern: apiTools + "/{tool}", handler: onlyBy(w, http.MethodPost, w.postTool)},
		{pattern: apiTools, handler: onlyBy(w, http.MethodGet, w.getTools)},
		{pattern: apiOpenAPI, handler: onlyBy(w, http.MethodGet, w.getOpenAPI)},
	}
}

// onlyBy refuses other methods with the one that is right.
func onlyBy(w *web, method string, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != method && (method != http.MethodGet || r.Method != http.MethodHead) {
			rw.Header().Set("Allow", method)
			w.refuse(rw, r, http.StatusMethodNotAllowed, schema.InvalidArgument, "this path is asked with "+method+", not "+shortName(r.Method))
			return
		}
		next(rw, r)
	})
}

// apiCaller is who sends a request to the API, with all the tools that the
// key and the role allow, answers uncut, unless the request asks for some sets.
type apiCaller struct {
	service *tools.Service
	caller  store.Caller
}

func (w *web) apiCaller(rw http.ResponseWriter, r *http.Request) (found *apiCaller, ok bool) {
	by := visitOf(r.Context()).principal
	if by == nil || by.service == nil {
		w.refuseFor(rw, r, errors.New("a request came in past the guards"))
		return nil, false
	}
	service, err := by.service.With(cmp.Or(credentialsOf(r).toolsets, "all"), false, 0)
	if err != nil {
		w.refuseFor(rw, r, err)
		return nil, false
	}
	caller := by.caller
	caller.Client, caller.Version = clientNamed(r)
	return &apiCaller{service: service, caller: caller}, true
}

// clientNamed is the program that sends a request, as the history shows it:
// what it says in X-Client, or else the first word of its User-Agent.
func clientNamed(r *http.Request) (name, version string) {
	said := strings.TrimSpace(r.Header.Get(headerAgent))
	if said == "" {
		said, _, _ = strings.Cut(strings.TrimSpace(r.UserAgent()), " ")
	}
	name, version, _ = strings.Cut(strings.ToValidUTF8(said, ""), "/")
	return cmp.Or(strings.TrimSpace(name), "http"), strings.TrimSpace(version)
}

// postTool runs one tool.
func (w *web) postTool(rw http.ResponseWriter, r *http.Request) {
	by, ok := w.apiCaller(rw, r)
	if !ok {
		return
	}
	if wrong := wrongType(r); wrong != "" {
		rw.Header().Set("Accept-Post", "application/json")
		w.refuse(rw, r, http.StatusUnsupportedMediaType, schema.InvalidArgument, wrong)
		return
	}
	body, done, ok := w.takeBody(rw, r)
	if !ok {
		return
	}
	defer done()
	name := r.PathValue("tool")
	arguments, status, wrong := toolArguments(body, r.Header.Get(headerOnce), by.service.Tool(name))
	if wrong != "" {
		w.refuse(rw, r, status, schema.InvalidArgument, wrong)
		return
	}
	w.answerTool(rw, r, w.callTool(r.Context(), by, name, arguments))
}

// callTool runs a tool and measures it, if there is one of that name.
func (w *web) callTool(ctx context.Context, by *apiCaller, name string, arguments json.RawMessage) *tools.Answer {
	begun := time.Now()
	answer := by.service.Call(ctx, by.caller, name, arguments)
	if by.service.Tool(name) != nil {
		visitOf(ctx).tool = name
		w.metrics.called(name, answer.Code, time.Since(begun))
	}
	return answer
}

func (w *web) answerTool(rw http.ResponseWriter, r *http.Request, answer *tools.Answer) {
	status := http.StatusOK
	if answer.IsError {
		status = statusOf(answer.Code)
		visitOf(r.Context()).refused = string(answer.Code)
	}
	if answer.Code == schema.Busy {
		rw.Header().Set("Retry-After", "1")
	}
	w.answerRaw(rw, status, answer.JSON)
}

// answerRaw sends JSON that is written already.
func (w *web) answerRaw(rw http.ResponseWriter, status int, body []byte) {
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("X-Content-Type-Options", "nosniff")
	rw.Header().Set("Cache-Control", "no-store")
	rw.WriteHeader(status)
	_, _ = rw.Write(append(body, '\n')) //nolint:gosec // it is JSON, its type is said, and sniffing is off
}

// wrongType says what is wrong with the type of a body; empty: nothing.
func wrongType(r *http.Request) string {
	given := r.Header.Get("Content-Type")
	if given == "" {
		return ""
	}
	kind, parameters, err := mime.ParseMediaType(given)
	isJSON := kind == "application/json" || strings.HasSuffix(kind, "+json")
	if charset := parameters["charset"]; err != nil || !isJSON || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return "the arguments of a tool are sent as one JSON object in UTF-8, with Content-Type: application/json"
	}
	return ""
}

// toolArguments reads the body of a call, which may be empty where the tool
// needs no arguments, and the key by which a repetition is known.
func toolArguments(body []byte, once string, tool *tools.Tool) (arguments json.RawMessage, status int, wrong string) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		body = []byte("{}")
	}
	switch {
	case !utf8.Valid(body) || !json.Valid(body):
		return nil, http.StatusBadRequest, `the body is no valid JSON: send the tool's arguments as one object, such as {"name":"value"}`
	case body[0] != '{':
		return nil, http.StatusBadRequest, `the body must be one JSON object, such as {"name":"value"}`
	}
	if wrong := (&strictScanner{text: body}).value(0, nil); wrong != "" {
		return nil, http.StatusBadRequest, wrong
	}
	if once == "" || tool == nil || !tool.IsWriting() {
		return body, 0, ""
	}
	return withKey(body, once)
}

// withKey puts the idempotency key of the header among the arguments.
func withKey(body []byte, once string) (arguments json.RawMessage, status int, wrong string) {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(body, &given); err != nil {
		return nil, http.StatusBadRequest, "the body is no valid JSON object"
	}
	encoded, err := json.Marshal(once)
	if err != nil || !utf8.ValidString(once) {
		return nil, http.StatusBadRequest, headerOnce + " must be readable text"
	}
	if other, found := given["idempotency_key"]; found {
		if text, _ := stringOf(other); text != once {
			return nil, http.StatusUnprocessableEntity, fmt.Sprintf("the header %s and the argument idempotency_key differ: send one of them", headerOnce)
		}
		return body, 0, ""
	}
	separator := ","
	if len(given) == 0 {
		separator = ""
	}
	arguments = append(append([]byte(`{"idempotency_key":`), encoded...), separator...)
	return append(arguments, body[1:]...), 0, ""
}

// getTools lists the tools of the caller with their schemas, whose references
// lead into the components beside them.
func (w *web) getTools(rw http.ResponseWriter, r *http.Request) {
	by, ok := w.apiCaller(rw, r)
	if !ok {
		return
	}
	records, err := by.service.Schema(r.Context(), by.caller)
	if err != nil {
		w.refuseFor(rw, r, err)
		return
	}
	list := []*tools.Object{}
	for _, tool := range by.service.Tools() {
		list = append(list, (&tools.Object{}).Set("name", tool.Name).Set("title", tool.Title).Set("description", tool.Description).
			Set("set", tool.Set).Set("read_only", !tool.IsWriting()).Set("destructive", tool.Mode == tools.Destroy).
			Set("idempotent", tool.Idempotent || !tool.IsWriting()).
			Set("input_schema", tool.RequestSchema(records)).Set("output_schema", tool.OutputSchema()))
	}
	document := (&tools.Object{}).Set("tools", list).
		Set("components", (&tools.Object{}).Set("schemas", tools.Components(records)))
	w.answerObject(rw, r, document)
}

func (w *web) answerObject(rw http.ResponseWriter, r *http.Request, document *tools.Object) {
	written, err := document.MarshalJSON()
	if err != nil {
		w.refuseFor(rw, r, err)
		return
	}
	w.answerRaw(rw, http.StatusOK, written)
}

// getOpenAPI describes the API as the caller may use it.
func (w *web) getOpenAPI(rw http.ResponseWriter, r *http.Request) {
	by, ok := w.apiCaller(rw, r)
	if !ok {
		return
	}
	records, err := by.service.Schema(r.Context(), by.caller)
	if err != nil {
		w.refuseFor(rw, r, err)
		return
	}
	w.answerObject(rw, r, OpenAPI(by.service.Tools(), records, w.options.Version, w.options.WithoutKeys))
}
