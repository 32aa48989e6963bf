package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/crmcp/crmcp/tools"
)

// startCRM serves the tools on a fresh database.
func startCRM(t *testing.T) *talk {
	t.Helper()
	backend, err := NewBackend(openService(t, tools.Options{Toolsets: "all", MaxText: 8_192}), 1)
	if err != nil {
		t.Fatal(err)
	}
	return start(t, backend, Options{})
}

// TestJSONTestSuiteAsLinesAndArguments sends each text of
// github.com/nst/JSONTestSuite as a line, as the arguments of a call, and as
// the text of one, to the tools themselves: one answer each, and the next ping
// is answered.
func TestJSONTestSuiteAsLinesAndArguments(t *testing.T) {
	folder := os.Getenv("CRMCP_TESTDATA")
	if folder == "" {
		t.Skip("set CRMCP_TESTDATA to a folder that holds jsontestsuite/test_parsing to run this")
	}
	files, err := filepath.Glob(filepath.Join(folder, "jsontestsuite", "test_parsing", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no texts in %s: %v", folder, err)
	}
	s := startCRM(t)
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name, line := filepath.Base(file), string(bytes.ReplaceAll(content, []byte("\n"), []byte(" ")))
		if strings.Trim(line, " \t\r") != "" {
			checkRefused(t, name, s.askThenPing(line))
		}
		if got := s.askThenPing(call(1, "create_organization", line)); got.Error == nil {
			checkToolAnswer(t, name, got)
		} else if strings.HasPrefix(name, "y_") {
			t.Errorf("%s is JSON, but was refused: %+v", name, got.Error)
		}
		encoded := jsonString(t, line)
		checkToolAnswer(t, name, s.askThenPing(call(1, "create_organization", `{"name":"X","if_exists":"create_anyway","metadata":`+encoded+`}`)))
		checkToolAnswer(t, name, s.askThenPing(call(1, "list_organizations", `{"filter":`+encoded+`,"cursor":`+encoded+`}`)))
	}
	s.end()
}

// askThenPing gives the one answer to a line, which a ping's must follow.
func (s *talk) askThenPing(line string) answer {
	s.t.Helper()
	got := s.ask(line)
	if next := s.ask(ping(`"next"`)); string(next.ID) != `"next"` || next.Error != nil {
		s.t.Fatalf("%.100s: instead of the next ping's answer came %+v", line, next)
	}
	return got
}

func jsonString(t *testing.T, s string) string {
	t.Helper()
	encoded, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// checkToolAnswer knows that no input is the server's fault.
func checkToolAnswer(t *testing.T, name string, got answer) {
	t.Helper()
	if got.Error != nil {
		t.Errorf("%s: %+v", name, got.Error)
		return
	}
	result := resultOf(t, got)
	if !json.Valid([]byte(result.Content[0].Text)) || strings.Contains(result.Content[0].Text, `"internal"`) {
		t.Errorf("%s: %.400s", name, result.Content[0].Text)
	}
}

// A line beyond the limit is refused once, with the id of its request; the call
// in it is never made.
func TestTenMegabytesInOneLineAreRefused(t *testing.T) {
	s := startCRM(t)
	body := strings.Repeat("ten megabytes ", 10<<20/14)
	got := s.askThenPing(call(7, "create_task", fmt.Sprintf(`{"name":"Big","description":%q}`, body)))
	if got.code() != mcp.INVALID_REQUEST || string(got.ID) != "7" {
		t.Errorf("got %d, id %s", got.code(), got.ID)
	}
	below := s.askThenPing(call(8, "create_task", fmt.Sprintf(`{"name":"Big","description":%q}`, body[:3<<20])))
	if result := resultOf(t, below); !result.IsError || !strings.Contains(result.Content[0].Text, "at most 100000 fit") {
		t.Errorf("three megabytes: %.300s", result.Content[0].Text)
	}
	for _, arguments := range []string{strings.Repeat("[", 100_000), strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)} {
		if got := s.askThenPing(call(9, "create_task", arguments)); got.Error == nil && !resultOf(t, got).IsError {
			t.Errorf("%.40s: %s", arguments, got.Result)
		}
	}
	if list := resultOf(t, s.askThenPing(call(10, "list_tasks", "{}"))); !strings.Contains(list.Content[0].Text, `"total":0`) {
		t.Errorf("something was written: %s", list.Content[0].Text)
	}
	s.end()
}
