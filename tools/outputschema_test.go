package tools

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// answerSchemas are the schemas of all answers on a database, closed: what is
// not declared is an error.
type answerSchemas struct {
	document any
	mu       sync.Mutex
	compiled map[string]*jsonschema.Schema
}

// knownAnswers are the schemas that tests have read before, by their text:
// most databases have the same.
var knownAnswers sync.Map

func newAnswerSchemas(t *testing.T, s *schema.Schema) *answerSchemas {
	t.Helper()
	answers := (&Object{})
	for _, tool := range Catalog(schema.New()) {
		answers.Set(tool.Name, tool.OutputSchema())
	}
	document := (&Object{}).Set("components", (&Object{}).Set("schemas", Components(s))).Set("answers", answers)
	raw, err := document.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if known, ok := knownAnswers.Load(string(raw)); ok {
		return known.(*answerSchemas)
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for _, answer := range parsed.(map[string]any)["answers"].(map[string]any) {
		closeSchema(answer)
	}
	for _, component := range parsed.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any) {
		closeMembers(component)
	}
	made, _ := knownAnswers.LoadOrStore(string(raw), &answerSchemas{document: parsed, compiled: map[string]*jsonschema.Schema{}})
	return made.(*answerSchemas)
}

// closeSchema makes a schema refuse members that are not declared, wherever
// it does not say that others may come.
func closeSchema(node any) {
	object, ok := node.(map[string]any)
	if !ok {
		return
	}
	_, isObject := object["properties"]
	_, refers := object["$ref"]
	_, joins := object["allOf"]
	if _, open := object["additionalProperties"]; !open && (isObject || refers || joins) {
		object["unevaluatedProperties"] = false
	}
	closeMembers(object)
}

// closeMembers closes what stands inside a schema. A component is closed where
// it is used, since some answers add to it.
func closeMembers(node any) {
	object := node.(map[string]any)
	for name, value := range object {
		switch name {
		case "properties":
			for property := range maps.Values(value.(map[string]any)) {
				closeSchema(property)
			}
		case "items", "additionalProperties":
			closeSchema(value)
		case "anyOf":
			for _, form := range value.([]any) {
				closeSchema(form)
			}
		case "allOf":
			for _, part := range value.([]any) {
				closeMembers(part)
			}
		}
	}
}

// at is the schema at a place of the document.
func (a *answerSchemas) at(t *testing.T, pointer string) *jsonschema.Schema {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if found := a.compiled[pointer]; found != nil {
		return found
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource("mem:///answers", a.document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("mem:///answers#" + pointer)
	if err != nil {
		t.Fatal(pointer, err)
	}
	a.compiled[pointer] = compiled
	return compiled
}

func (a *answerSchemas) check(t *testing.T, pointer string, answer []byte) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(answer))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.at(t, pointer).Validate(value); err != nil {
		t.Errorf("%s: the answer is not what its schema says: %v\n%s", pointer, err, answer)
	}
}

// checkAnswer holds an answer to the output schema of its tool, an error to
// that of errors.
func (s *session) checkAnswer(tool string, answer *Answer) {
	s.Helper()
	var now *schema.Schema
	err := s.db.View(s.Context(), store.Caller{}, func(tx *store.Tx) error {
		now = tx.Schema()
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
	if s.answers == nil || s.answersOf != now {
		s.answers, s.answersOf = newAnswerSchemas(s.T, now), now
	}
	pointer := "/answers/" + tool
	if answer.IsError {
		pointer = "/components/schemas/Error"
	}
	s.answers.check(s.T, pointer, answer.JSON)
}

// Every answer of the scenarios is held to its schema while they run; here,
// that such a schema can fail at all, and that none is left out.
func TestEveryToolSaysWhatItAnswers(t *testing.T) {
	schemas := newAnswerSchemas(t, schema.New())
	if got, want := len(Components(schema.New()).members), 7+len(schema.New().Types); got != want {
		t.Errorf("%d components for %d names: two have the same", got, want)
	}
	for _, tool := range Catalog(schema.New()) {
		if len(tool.Out) == 0 {
			t.Errorf("%s does not say what it answers", tool.Name)
		}
		if schemas.at(t, "/answers/"+tool.Name).Validate(map[string]any{"never": "declared"}) == nil {
			t.Errorf("%s: its schema takes any answer", tool.Name)
		}
	}
}

// What a tool takes over HTTP is said with all choices, fields and controls.
func TestRequestSchemasHoldWhatIsTaken(t *testing.T) {
	s := schema.New()
	for _, tool := range Catalog(s) {
		request := tool.RequestSchema(s)
		properties, _ := request.Get("properties").(*Object)
		for _, name := range tool.argNames() {
			if properties.Get(name) == nil {
				t.Errorf("%s takes %s, which its request schema lacks", tool.Name, name)
			}
		}
		if of := s.Type(tool.Of); of != nil {
			for _, name := range of.SettableNames() {
				if properties.Get(name) == nil {
					t.Errorf("%s takes the field %s, which its request schema lacks", tool.Name, name)
				}
			}
		}
		checkSchema(t, tool.Name, request)
	}
}

func checkSchema(t *testing.T, name string, o *Object) {
	t.Helper()
	raw, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("mem:///request", value); err != nil {
		t.Fatal(name, err)
	}
	if _, err := compiler.Compile("mem:///request"); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	for _, keyword := range []string{`"description":""`, `"type":""`} {
		if strings.Contains(string(raw), keyword) {
			t.Errorf("%s: %s in %s", name, keyword, raw)
		}
	}
}

// The codes that errors are published with are those there are.
func TestErrorCodesArePublished(t *testing.T) {
	for _, code := range []schema.ErrorCode{schema.InvalidArgument, schema.ConfirmRequired, schema.ReadOnlyMode, schema.UnknownOutcome, schema.Internal} {
		if !slices.Contains(errorCodes(), string(code)) {
			t.Errorf("%s is not published", code)
		}
	}
}
