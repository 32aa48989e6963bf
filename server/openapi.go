package server

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/tools"
)

// OpenAPI describes tools as an HTTP API, in OpenAPI 3.1: each is a path,
// its arguments and answers are schemas, and what answers share stands in the
// components, record types with the custom fields of their schema. A server
// that asks for no keys says so.
func OpenAPI(list []*tools.Tool, records *schema.Schema, version string, withoutKeys bool) *tools.Object {
	paths := &tools.Object{}
	paths.Set(apiTools, object("get", listOperation()))
	for _, tool := range list {
		paths.Set(apiTools+"/"+tool.Name, object("post", toolOperation(tool, records)))
	}
	security := []any{object("key", []any{}), object("header", []any{})}
	if withoutKeys {
		security = append(security, &tools.Object{})
	}
	return (&tools.Object{}).Set("openapi", "3.1.0").
		Set("info", object("title", "crmcp").Set("version", orUnknown(version)).
			Set("description", "A CRM for AI assistants and programs. Every tool is a path that takes its arguments as one JSON object and answers with one. "+
				"References to records are ids (org_42) or names; errors say what to send instead.").
			Set("license", object("name", "Apache-2.0").Set("identifier", "Apache-2.0"))).
		Set("servers", []any{object("url", "/")}).
		Set("security", security).
		Set("tags", tagsOf(list)).
		Set("paths", paths).
		Set("components", object("securitySchemes",
			object("key", object("type", "http").Set("scheme", "bearer").Set("description", "An API key, as crmcp keys create shows it")).
				Set("header", object("type", "apiKey").Set("in", "header").Set("name", "X-API-Key"))).
			Set("parameters", parameters()).
			Set("responses", refusals()).
			Set("schemas", tools.Components(records)))
}

func object(name string, value any) *tools.Object { return (&tools.Object{}).Set(name, value) }

func orUnknown(version string) string {
	if version == "" {
		return "unknown"
	}
	return version
}

// tagsOf are the toolsets, by which viewers group the paths.
func tagsOf(list []*tools.Tool) []any {
	tags := []any{}
	for _, set := range tools.Sets() {
		if slices.ContainsFunc(list, func(t *tools.Tool) bool { return t.Set == set }) {
			tags = append(tags, object("name", set).Set("description", "Tools of the set "+set))
		}
	}
	return tags
}

// toolOperation is the path item of one tool.
func toolOperation(tool *tools.Tool, records *schema.Schema) *tools.Object {
	request := tool.RequestSchema(records)
	content := object("schema", request)
	if example := exampleOf(request); example != nil {
		content.Set("example", example)
	}
	shared := []any{reference("parameters", "Toolsets")}
	if tool.IsWriting() {
		shared = append(shared, reference("parameters", "IdempotencyKey"), reference("parameters", "Client"))
	}
	return object("operationId", tool.Name).Set("tags", []any{tool.Set}).Set("summary", tool.Title).
		Set("description", tool.Description).
		Set("parameters", shared).
		Set("requestBody", object("required", request.Get("required") != nil).
			Set("content", object("application/json", content))).
		Set("responses", toolResponses(tool))
}

// exampleOf is a request made of the examples that the arguments have, where
// they are all that is needed; nil: there are none.
func exampleOf(request *tools.Object) *tools.Object {
	properties, _ := request.Get("properties").(*tools.Object)
	if properties == nil || request.Get("required") != nil {
		return nil
	}
	if filter, ok := properties.Get("filter").(*tools.Object); ok {
		if examples, ok := filter.Get("examples").([]string); ok {
			return object("filter", examples[0])
		}
	}
	return nil
}

func reference(kind, name string) *tools.Object {
	return object("$ref", "#/components/"+kind+"/"+name)
}

func answerOf(description string, form *tools.Object) *tools.Object {
	return object("description", description).Set("content", object("application/json", object("schema", form)))
}

func toolResponses(tool *tools.Tool) *tools.Object {
	responses := object("200", answerOf("What the tool answers", tool.OutputSchema()))
	for _, refused := range refusedWith() {
		if !refused.writing || tool.IsWriting() {
			responses.Set(strconv.Itoa(refused.status), reference("responses", refused.name))
		}
	}
	return responses
}

func listOperation() *tools.Object {
	tool := object("type", "object").Set("properties", object("name", object("type", "string")).
		Set("title", object("type", "string")).Set("description", object("type", "string")).Set("set", object("type", "string")).
		Set("read_only", object("type", "boolean")).Set("destructive", object("type", "boolean")).Set("idempotent", object("type", "boolean")).
		Set("input_schema", object("type", "object")).Set("output_schema", object("type", "object")))
	answer := object("type", "object").Set("properties", object("tools", object("type", "array").Set("items", tool)).
		Set("components", object("type", "object").Set("description", "what the schemas of the tools refer to")))
	return object("operationId", "tools").Set("summary", "List the tools").
		Set("description", "The tools that the key and the role of its user allow, with the schemas of their arguments and answers.").
		Set("parameters", []any{reference("parameters", "Toolsets")}).
		Set("responses", object("200", answerOf("The tools", answer)).
			Set("401", reference("responses", "Unauthorized")).Set("429", reference("responses", "RateLimited")))
}

// parameters are the headers that calls may have.
func parameters() *tools.Object {
	text := object("type", "string")
	parameter := func(name, in, description string) *tools.Object {
		return object("name", name).Set("in", in).Set("description", description).Set("schema", text)
	}
	return object("IdempotencyKey", parameter(headerOnce, "header", "The same key gives the first answer again, for seven days; with other arguments it is a conflict").
		Set("schema", object("type", "string").Set("maxLength", 255))).
		Set("Client", parameter(headerAgent, "header", "The program's name, and after a slash its version, as the history shows it; else the User-Agent")).
		Set("Toolsets", parameter("toolsets", "query", "Only the tools of these sets, comma-separated: "+strings.Join(tools.Sets(), ", ")))
}

// refusedCall is one status with which a call is refused.
type refusedCall struct {
	status int
	name   string
	// writing: only calls that write are refused so.
	writing     bool
	description string
}

func refusedWith() []refusedCall {
	return []refusedCall{
		{http.StatusBadRequest, "BadRequest", false, "The body is no readable JSON object"},
		{http.StatusUnauthorized, "Unauthorized", false, "unauthorized: the key is missing, unknown, revoked or has expired"},
		{http.StatusForbidden, "Forbidden", false, "forbidden, read_only: the key or the role of its user does not allow it"},
		{http.StatusNotFound, "NotFound", false, "not_found: a record, or the tool"},
		{http.StatusConflict, "Conflict", true, "conflict, confirm_required: a version, a unique value, an undo in the way, a key used before; or the call wants to be confirmed"},
		{http.StatusRequestEntityTooLarge, "TooLarge", false, "too_large: more than one call takes"},
		{http.StatusUnsupportedMediaType, "UnsupportedType", false, "The body is sent as another type than application/json"},
		{http.StatusUnprocessableEntity, "Invalid", false, "invalid_argument, ambiguous: all problems at once, with the arguments they are about"},
		{http.StatusTooManyRequests, "RateLimited", false, "rate_limited: wait as long as Retry-After says"},
		{http.StatusInternalServerError, "Internal", false, "internal: the server's log says why, under the id in the message"},
		{http.StatusServiceUnavailable, "Unavailable", false, "busy: nothing was written; unknown_outcome: send the same idempotency key again"},
	}
}

func refusals() *tools.Object {
	all := &tools.Object{}
	for _, refused := range refusedWith() {
		answer := answerOf(refused.description, reference("schemas", "Error"))
		if refused.status == http.StatusTooManyRequests {
			answer.Set("headers", object("Retry-After", object("description", "seconds").Set("schema", object("type", "integer"))))
		}
		all.Set(refused.name, answer)
	}
	return all
}
