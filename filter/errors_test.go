package filter_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/crmcp/crmcp/filter"
)

// TestErrors checks the whole text of errors. In testdata/errors.txtar each
// file is named by a record type; its first line is the filter, "sort" or
// "field" before it making it an order or a path, and the rest its problems.
// CRMCP_UPDATE=1 writes what they are now.
func TestErrors(t *testing.T) {
	path := filepath.Join("testdata", "errors.txtar")
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range archive.Files {
		line, want, _ := strings.Cut(string(file.Data), "\n")
		of, form, _ := strings.Cut(file.Name, " ")
		got := strings.Join(messages(t, failure(t, of, form, line)), "\n") + "\n"
		if diff := cmp.Diff(want, got); diff != "" && os.Getenv("CRMCP_UPDATE") == "" {
			t.Errorf("%s\n%s", line, diff)
		}
		archive.Files[i].Data = []byte(line + "\n" + got)
	}
	if os.Getenv("CRMCP_UPDATE") != "" {
		if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func failure(t *testing.T, of, form, line string) error {
	t.Helper()
	env := newEnv(t)
	var err error
	switch form {
	case "sort":
		_, err = filter.ParseSort(line, env.Schema.Type(of), env)
	case "field":
		_, err = filter.ParseField(line, env.Schema.Type(of), env)
	default:
		_, err = check(t, of, line)
	}
	if err == nil {
		t.Fatalf("%s: no error", line)
	}
	return err
}

func TestLimits(t *testing.T) {
	brackets := func(n int) string { return strings.Repeat("(", n) + "value = 1" + strings.Repeat(")", n) }
	fits := []string{
		brackets(32), strings.Repeat("not ", 32) + "value = 1", strings.Repeat("!", 32) + "value = 1",
		strings.Repeat("value = 1 or ", 99) + "value = 1",
		`name = "` + strings.Repeat("é", 8192-9) + `"`,
		strings.Repeat("exists(tasks where ", 31) + "exists(deals)" + strings.Repeat(")", 31),
	}
	for _, text := range fits {
		if _, err := filter.Parse(text); err != nil {
			t.Errorf("%.40s: %v", text, err)
		}
	}
	passes := []string{
		brackets(33), strings.Repeat("not ", 33) + "value = 1", strings.Repeat("(", 8000), brackets(100_000),
		strings.Repeat("value = 1 or ", 100) + "value = 1",
		`name = "` + strings.Repeat("é", 8192-8) + `"`,
		strings.Repeat("[", 8000), strings.Repeat("[", 100_000),
		strings.Repeat(`{"not":`, 33) + `{"field":"value","value":1}` + strings.Repeat("}", 33),
		strings.Repeat(`[{"not":`, 700) + strings.Repeat("}]", 700),
	}
	for _, text := range passes {
		if _, err := filter.Parse(text); err == nil {
			t.Errorf("%.40s: no error", text)
		}
	}
}

func TestFailingResolverIsNoProblemOfTheFilter(t *testing.T) {
	env := newEnv(t)
	broken := fmt.Errorf("disk failure")
	env.Resolve = nil
	f, err := filter.Parse("name = x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := filter.Check(f, env.Schema.Type("deal"), env); err != nil {
		t.Errorf("a filter without references asked for them: %v", err)
	}
	env = newEnv(t)
	env.Resolve = failing(broken)
	if f, err = filter.Parse("stage = Won and nme = x"); err != nil {
		t.Fatal(err)
	}
	if _, err := filter.Check(f, env.Schema.Type("deal"), env); !errors.Is(err, broken) {
		t.Errorf("got %v, want the resolver's error", err)
	}
}
