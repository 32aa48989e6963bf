package crmcp_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/crmcp/crmcp/"

// below are the packages of ours that each may import: arrows run down only.
var below = map[string][]string{
	"text":                      {},
	"schema":                    {"text"},
	"filter":                    {"schema", "text"},
	"filter/oracle":             {"filter", "schema", "text"},
	"store":                     {"filter", "schema", "text"},
	"exchange":                  {"store", "filter", "schema", "text"},
	"tools/tokens":              {},
	"tools":                     {"tools/tokens", "exchange", "store", "filter", "schema", "text"},
	"webhook":                   {"store", "schema", "text"},
	"examples/webhook-receiver": {},
	"server":                    {"tools", "store", "filter", "schema", "text"},
	"bench":                     {"server", "tools", "tools/tokens", "exchange", "store", "filter", "schema", "text"},
	"bench/pocketbase":          {},
	"cmd/crmcp":                 {"server", "webhook", "tools", "tools/tokens", "exchange", "store", "schema", "text"},
}

// alone are packages from outside that only some of ours may import.
var alone = map[string][]string{
	"database/sql":                    {"store", "bench", "bench/pocketbase"},
	"modernc.org/sqlite":              {"store", "bench"},
	"github.com/mark3labs/mcp-go":     {"server", "bench"},
	"github.com/spf13/cobra":          {"cmd/crmcp"},
	"github.com/nyaruka/phonenumbers": {"text"},
	"code.dny.dev/ssrf":               {"webhook"},
	"github.com/prometheus":           {"server"},
	"golang.org/x/time":               {"server"},
}

// sourceFiles gives the Go files that are no tests, by folder.
func sourceFiles(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || isModule(name)) {
			return errOr(err, fs.SkipDir)
		}
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			folder := filepath.ToSlash(filepath.Dir(name))
			found[folder] = append(found[folder], name)
		}
		return nil
	})
	if err != nil || len(found) == 0 {
		t.Fatal("no source files: ", err)
	}
	return found
}

// isModule says whether a folder is a module of its own.
func isModule(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

func errOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func TestArrowsRunDown(t *testing.T) {
	for folder, files := range sourceFiles(t) {
		allowed, known := below[folder]
		if !known {
			t.Errorf("%s is in no layer: add it to the picture", folder)
			continue
		}
		for _, name := range files {
			for _, imported := range importsOf(t, name) {
				checkImport(t, folder, name, imported, allowed)
			}
		}
	}
}

func importsOf(t *testing.T, name string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var imports []string
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		imports = append(imports, imported)
	}
	return imports
}

func checkImport(t *testing.T, folder, name, imported string, allowed []string) {
	t.Helper()
	if ours, ok := strings.CutPrefix(imported, module); ok {
		if !slices.Contains(allowed, ours) {
			t.Errorf("%s imports %s, which lies above or beside it", name, ours)
		}
		return
	}
	for outside, folders := range alone {
		if (imported == outside || strings.HasPrefix(imported, outside+"/")) && !slices.Contains(folders, folder) {
			t.Errorf("%s imports %s, which only %s may", name, imported, strings.Join(folders, ", "))
		}
	}
}

// General code knows no type by its name: what is special about one stands in
// a table or a file of its own.
func TestNoTypeIsSpecialInGeneralCode(t *testing.T) {
	special := regexp.MustCompile(`(?:[tT]yp|Type)(?:\.Name)? [!=]= "[a-z_]+"|\.Name [!=]= "(organization|contact|deal|task|note|service|project|document|activity|membership|user|tag|segment|stage)"|switch \w*[tT]yp\w*\.Name`)
	for folder, files := range sourceFiles(t) {
		if folder != "store" && folder != "tools" && folder != "filter" && folder != "schema" && folder != "exchange" {
			continue
		}
		for _, name := range files {
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if at := special.FindIndex(source); at != nil {
				t.Errorf("%s:%d: %s", name, 1+strings.Count(string(source[:at[0]]), "\n"), source[at[0]:at[1]])
			}
		}
	}
}

func TestFilesStayShort(t *testing.T) {
	err := filepath.WalkDir(".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".go" {
			return err
		}
		source, err := os.ReadFile(name)
		if n := strings.Count(string(source), "\n"); n > 400 {
			t.Errorf("%s has %d lines; at most 400", name, n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
