package tools

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crmcp/crmcp/schema"
)

var (
	toolName = regexp.MustCompile(`^[a-z][a-z_]{2,29}$`)
	argName  = regexp.MustCompile(`^[a-z_]{1,30}$`)
	named    = regexp.MustCompile(`\b(?:create|list|update|add|remove|log|link|unlink|delete|restore|merge|import|export|find|define|get|duplicate)_[a-z]+(?:_[a-z]+)*\b`)
)

// TestToolsAreWhole checks what every tool must have, whatever it does.
func TestToolsAreWhole(t *testing.T) {
	catalog := Catalog(schema.New())
	var names []string
	for _, tool := range catalog {
		if slices.Contains(names, tool.Name) {
			t.Errorf("two tools are called %s", tool.Name)
		}
		names = append(names, tool.Name)
	}
	for _, tool := range catalog {
		if !toolName.MatchString(tool.Name) || tool.Title == "" || tool.Description == "" || tool.Run == nil {
			t.Errorf("%s: name, title, description and Run are needed", tool.Name)
		}
		if len(tool.Description) > 2_048 {
			t.Errorf("%s: clients cut a description of %d characters", tool.Name, len(tool.Description))
		}
		if !slices.Contains(Sets(), tool.Set) || tool.Default && tool.Set != "admin" {
			t.Errorf("%s: %q is no toolset, or Default is set outside admin", tool.Name, tool.Set)
		}
		for _, name := range named.FindAllString(tool.Description, -1) {
			if !slices.Contains(names, name) && name != "list_" {
				t.Errorf("%s speaks of %s, which is no tool", tool.Name, name)
			}
		}
		seen := map[string]bool{}
		for _, arg := range append(slices.Clone(tool.In), tool.controls()...) {
			if seen[arg.Name] && tool.arg(arg.Name).Hidden {
				t.Errorf("%s takes %s twice", tool.Name, arg.Name)
			}
			seen[arg.Name] = true
		}
	}
}

// TestInputSchemasAreTakenByEveryClient walks every schema: clients refuse
// what goes beyond this subset of JSON Schema.
func TestInputSchemasAreTakenByEveryClient(t *testing.T) {
	for _, tool := range Catalog(schema.New()) {
		raw, err := tool.InputSchema()
		if err != nil {
			t.Fatal(err)
		}
		if len(raw) > 16_000 {
			t.Errorf("%s: a schema of %d bytes is dropped by some clients", tool.Name, len(raw))
		}
		var root map[string]any
		if err := json.Unmarshal(raw, &root); err != nil {
			t.Fatal(tool.Name, err)
		}
		if root["type"] != "object" {
			t.Errorf("%s: the root must be an object", tool.Name)
		}
		walkSchema(t, tool.Name, root, 1)
	}
}

func walkSchema(t *testing.T, path string, node map[string]any, depth int) {
	t.Helper()
	for keyword := range node {
		if !slices.Contains([]string{"type", "description", "enum", "properties", "required", "items"}, keyword) {
			t.Errorf("%s: the keyword %s is not taken by every client", path, keyword)
		}
	}
	switch node["type"] {
	case "object":
		walkObject(t, path, node, depth)
	case "array":
		items, ok := node["items"].(map[string]any)
		if !ok {
			t.Errorf("%s: a list must say what it holds", path)
			return
		}
		walkSchema(t, path+"[]", items, depth+1)
	case "string":
	case "integer", "number", "boolean":
		if node["enum"] != nil {
			t.Errorf("%s: only texts may have choices", path)
		}
	default:
		t.Errorf("%s: the type %v is not taken by every client", path, node["type"])
	}
}

func walkObject(t *testing.T, path string, node map[string]any, depth int) {
	t.Helper()
	if depth > 3 {
		t.Errorf("%s: nested deeper than three", path)
	}
	properties, _ := node["properties"].(map[string]any)
	if len(properties) == 0 {
		t.Errorf("%s: an object must have named properties", path)
	}
	for name, property := range properties {
		if !argName.MatchString(name) {
			t.Errorf("%s: the name %s is not taken by every client", path, name)
		}
		walkSchema(t, path+"."+name, property.(map[string]any), depth+1)
	}
	required, _ := node["required"].([]any)
	for _, name := range required {
		if properties[name.(string)] == nil {
			t.Errorf("%s: %s is required but not published", path, name)
		}
	}
}

// TestGolden holds what is published of each tool to testdata/tools, so that
// every change of it is seen. Run with -update where it is meant.
func TestGolden(t *testing.T) {
	var files []string
	for _, tool := range Catalog(schema.New()) {
		file := filepath.Join("testdata", "tools", tool.Name+".json")
		files = append(files, file)
		got := published(t, tool)
		if *update {
			if err := os.WriteFile(file, got, 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tool.Name, diff)
		}
	}
	stale, err := filepath.Glob("testdata/tools/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range stale {
		if !slices.Contains(files, file) {
			t.Errorf("%s belongs to no tool", file)
		}
	}
}

func published(t *testing.T, tool *Tool) []byte {
	t.Helper()
	input, err := tool.InputSchema()
	if err != nil {
		t.Fatal(err)
	}
	o := (&Object{}).Set("name", tool.Name).Set("title", tool.Title).Set("description", tool.Description).Set("set", tool.Set).
		Set("core", tool.Core).Set("read_only", !tool.IsWriting()).Set("destructive", tool.Mode == Destroy).
		Set("idempotent", tool.Idempotent || !tool.IsWriting()).Set("open_world", tool.OpenWorld).Set("input_schema", input)
	raw, err := o.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, raw, "", " "); err != nil {
		t.Fatal(err)
	}
	return append(indented.Bytes(), '\n')
}

func TestInstructionsNameOnlyToolsThatAreOn(t *testing.T) {
	for _, sets := range []string{"core", "default", "all", "notes", "records"} {
		s := newSession(t, Options{Toolsets: sets}).service
		instructions := s.Instructions()
		if len(instructions) > maxInstructions || len(instructions) < 300 {
			t.Errorf("%s: instructions of %d bytes", sets, len(instructions))
		}
		for _, name := range named.FindAllString(instructions, -1) {
			if s.Tool(name) == nil {
				t.Errorf("%s: the instructions speak of %s, which is off", sets, name)
			}
		}
	}
}
