package server

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// description is the OpenAPI document that a key gets, held to the official
// schema of such documents, and read.
func (c *served) description(key string) map[string]any {
	c.Helper()
	status, header, body := c.ask(http.MethodGet, apiOpenAPI, "", "Authorization", "Bearer "+key)
	if status != http.StatusOK || header.Get("Content-Type") != "application/json" {
		c.Fatalf("status %d: %s", status, body)
	}
	official, err := os.Open("testdata/openapi-3.1.json")
	if err != nil {
		c.Fatal(err)
	}
	defer func() { _ = official.Close() }()
	rules, err := jsonschema.UnmarshalJSON(official)
	if err != nil {
		c.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("mem:///openapi", rules); err != nil {
		c.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	if err := compiler.MustCompile("mem:///openapi").Validate(document); err != nil {
		c.Fatalf("no OpenAPI document: %v", err)
	}
	return document.(map[string]any)
}

// at follows a JSON pointer; nil: it leads nowhere.
func at(document any, pointer string) any {
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		object, _ := document.(map[string]any)
		document = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
	}
	return document
}

func compileAt(t *testing.T, document map[string]any, pointer string) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	if err := compiler.AddResource("mem:///api", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("mem:///api#" + pointer)
	if err != nil {
		t.Fatal(pointer, err)
	}
	return compiled
}

func toolPointer(tool string) string {
	return "/paths/" + strings.ReplaceAll(apiTools, "/", "~1") + "~1" + tool + "/post"
}

func TestTheAPIDescribesItself(t *testing.T) {
	c := serveCRM(t, HTTPOptions{RateLimit: -1})
	c.call(200, "define_field", `{"record_type":"organization","label":"Customer tier","kind":"single_select","options":["Gold","Silver"]}`)
	document := c.description(c.key)
	checkReferences(t, document, document)
	all, err := c.service.With("all", false, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range all.Tools() {
		operation, _ := at(document, toolPointer(tool.Name)).(map[string]any)
		if operation["operationId"] != tool.Name {
			t.Errorf("%s is not described", tool.Name)
			continue
		}
		compileAt(t, document, toolPointer(tool.Name)+"/requestBody/content/application~1json/schema")
		answers := compileAt(t, document, toolPointer(tool.Name)+"/responses/200/content/application~1json/schema")
		if answers.Validate(map[string]any{"record": 1, "records": 1, "rows": 1, "steps": 1, "events": 1, "pairs": 1, "changes": 1, "stages": 1, "user": 1,
			"today": 1, "deleted": 1, "field": 1, "fields": 1}) == nil {
			t.Errorf("%s: its answers may be anything", tool.Name)
		}
	}
	tier := at(document, "/components/schemas/Organization/properties/customer_tier")
	asked := at(document, toolPointer("create_organization")+"/requestBody/content/application~1json/schema/properties/customer_tier")
	if tier == nil || asked == nil {
		t.Errorf("the custom field is not described: %v, %v", tier, asked)
	}
}

// checkReferences finds every reference of the document to lead somewhere.
func checkReferences(t *testing.T, document, node any) {
	t.Helper()
	switch value := node.(type) {
	case map[string]any:
		if to, ok := value["$ref"].(string); ok && at(document, strings.TrimPrefix(to, "#")) == nil {
			t.Errorf("%s leads nowhere", to)
		}
		for _, member := range value {
			checkReferences(t, document, member)
		}
	case []any:
		for _, entry := range value {
			checkReferences(t, document, entry)
		}
	}
}

func TestAnswersAreAsDescribed(t *testing.T) {
	c := serveCRM(t, HTTPOptions{RateLimit: -1})
	c.call(200, "define_field", `{"record_type":"organization","label":"Customer tier","kind":"single_select","options":["Gold","Silver"]}`)
	document := c.description(c.key)
	held := func(pointer string, answer map[string]any) {
		t.Helper()
		if err := compileAt(t, document, pointer+"/content/application~1json/schema").Validate(answer); err != nil {
			t.Errorf("%s: %v", pointer, err)
		}
	}
	held(toolPointer("create_organization")+"/responses/200", c.call(200, "create_organization", `{"name":"Acme","customer_tier":"Gold"}`))
	held(toolPointer("list_organizations")+"/responses/200", c.call(200, "list_organizations", `{"filter":"customer_tier = Gold","fields":["name","customer_tier"]}`))
	held("/components/responses/Invalid", c.call(422, "create_organization", `{"nmae":"Acme"}`))
	held("/components/responses/NotFound", c.call(404, "no_such_tool", `{}`))
	held("/components/responses/Unauthorized", c.call(401, "describe", `{}`, "Authorization", ""))
	held("/components/responses/BadRequest", c.call(400, "describe", `{`))
}

func TestCallersSeeWhatTheyMayUse(t *testing.T) {
	c := serveCRM(t, HTTPOptions{RateLimit: -1})
	for name, key := range map[string]string{
		"reads": c.newKey(store.APIKey{Name: "reads", ReadOnly: true}),
		"views": c.newKey(store.APIKey{Name: "views", Role: schema.Viewer}),
	} {
		paths := c.description(key)["paths"].(map[string]any)
		if paths[apiTools+"/list_tasks"] == nil || paths[apiTools+"/create_task"] != nil {
			t.Errorf("%s: %d paths, among them writing ones or no reading ones", name, len(paths))
		}
	}
	narrow := c.newKey(store.APIKey{Name: "notes", Toolsets: "notes"})
	status, _, body := c.ask(http.MethodGet, apiTools, "", "Authorization", "Bearer "+narrow)
	if text := string(body); status != 200 || !strings.Contains(text, `"name":"add_note"`) || strings.Contains(text, `"name":"create_task"`) {
		t.Errorf("a key of one toolset lists %d %s", status, text)
	}
	status, _, body = c.ask(http.MethodGet, apiTools+"?toolsets=people", "")
	if text := string(body); status != 200 || strings.Contains(text, `"name":"add_note"`) || !strings.Contains(text, `"name":"add_member"`) {
		t.Errorf("a request for one toolset lists %d", status)
	}
	if status, header, _ := c.ask(http.MethodPost, apiOpenAPI, "{}"); status != 405 || header.Get("Allow") != "GET" {
		t.Errorf("POST of the description: %d", status)
	}
	if status, _, _ := c.ask(http.MethodGet, apiOpenAPI, "", "Authorization", ""); status != 401 {
		t.Errorf("the description without a key: %d", status)
	}
}
