package server

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
)

// due is what one line is due: an error with a code, a result or nothing.
type due struct {
	line string
	code int
	id   string
}

const (
	result = 0
	none   = 1 // no answer at all
)

func TestEveryLineGetsWhatItIsDue(t *testing.T) {
	s := start(t, newCRM(), Options{})
	for _, test := range slices.Concat(linesOfNoJSON(), linesOfNoMessage(), linesOfNoUse(), linesWithAResult(), linesWithoutAnswer()) {
		shown := test.line[:min(len(test.line), 100)]
		s.send(test.line)
		if test.code != none {
			got := s.next()
			if got.code() != test.code || string(got.ID) != test.id {
				t.Errorf("%s: code %d, id %s; want %d, %s", shown, got.code(), got.ID, test.code, test.id)
			}
			if got.Error != nil && (len(got.Error.Message) > 200 || strings.Contains(got.Error.Message, "Go ") || strings.Contains(got.Error.Message, "unmarshal")) {
				t.Errorf("%s: message %q", shown, got.Error.Message)
			}
		}
		if got := s.ask(ping(`"next"`)); string(got.ID) != `"next"` || got.Error != nil {
			t.Fatalf("%s: instead of the next ping's answer came %+v", shown, got)
		}
	}
	s.end()
}

// linesOfNoJSON are no JSON at all.
func linesOfNoJSON() []due {
	return []due{
		{`{`, mcp.PARSE_ERROR, "null"},
		{`hello`, mcp.PARSE_ERROR, "null"},
		{`{"jsonrpc":"2.0","id":1,"method":"ping"} {}`, mcp.PARSE_ERROR, "null"},
		{"{\"jsonrpc\":\"2.0\",\"id\":\"\xff\",\"method\":\"ping\"}", mcp.PARSE_ERROR, "null"},
		{"\xef\xbb\xbf{}", mcp.PARSE_ERROR, "null"},
		{"\x00", mcp.PARSE_ERROR, "null"},
		{"\f", mcp.PARSE_ERROR, "null"},
		{strings.Repeat("[", 100_000), mcp.PARSE_ERROR, "null"},
		{`{"jsonrpc":"2.0","id":1,"method":"ping","params":` + strings.Repeat(`{"a":`, 100_000), mcp.PARSE_ERROR, "null"},
	}
}

// linesOfNoMessage are JSON, but no message.
func linesOfNoMessage() []due {
	return []due{
		{`{}`, mcp.INVALID_REQUEST, "null"},
		{`null`, mcp.INVALID_REQUEST, "null"},
		{`5`, mcp.INVALID_REQUEST, "null"},
		{`"ping"`, mcp.INVALID_REQUEST, "null"},
		{`1e999`, mcp.INVALID_REQUEST, "null"},
		{`[]`, mcp.INVALID_REQUEST, "null"},
		{`[` + ping(1) + `,` + ping(2) + `]`, mcp.INVALID_REQUEST, "null"},
		{`{"jsonrpc":"2.0","id":1,"Method":"ping"}`, mcp.INVALID_REQUEST, "1"},
		{`{"JSONRPC":"2.0","id":1,"method":"ping"}`, mcp.INVALID_REQUEST, "1"},
		{`{"id":1,"method":"ping"}`, mcp.INVALID_REQUEST, "1"},
		{`{"jsonrpc":"1.0","id":1,"method":"ping"}`, mcp.INVALID_REQUEST, "1"},
		{`{"jsonrpc":2.0,"id":1,"method":"ping"}`, mcp.INVALID_REQUEST, "1"},
		{`{"method":"notifications/initialized"}`, mcp.INVALID_REQUEST, "null"},
		{`{"jsonrpc":"2.0","id":1,"method":5}`, mcp.INVALID_REQUEST, "1"},
		{`{"jsonrpc":"2.0","id":null,"method":"ping"}`, mcp.INVALID_REQUEST, "null"},
		{`{"jsonrpc":"2.0","id":true,"method":"ping"}`, mcp.INVALID_REQUEST, "null"},
		{`{"jsonrpc":"2.0","id":[1],"method":"ping"}`, mcp.INVALID_REQUEST, "null"},
		{`{"jsonrpc":"2.0","id":1e400,"method":"ping"}`, mcp.INVALID_REQUEST, "null"},
	}
}

// linesOfNoUse are messages that ask for what there is not, or in a wrong way.
func linesOfNoUse() []due {
	return []due{
		{`{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}`, mcp.INVALID_PARAMS, "1"},
		{`{"jsonrpc":"2.0","id":1,"method":"tools/call"}`, mcp.INVALID_PARAMS, "1"},
		{`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":5}}`, mcp.INVALID_PARAMS, "1"},
		{`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"a":1e400}}}`, mcp.INVALID_PARAMS, "1"},
		{`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","_meta":5}}`, mcp.INVALID_PARAMS, "1"},
		{`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":5}}`, mcp.INVALID_PARAMS, "1"},
		{call(1, "nothing", "{}"), mcp.INVALID_PARAMS, "1"},
		{`{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":"debug"}}`, mcp.METHOD_NOT_FOUND, "1"},
		{`{"jsonrpc":"2.0","id":1,"method":"resources/list"}`, mcp.METHOD_NOT_FOUND, "1"},
		{`{"jsonrpc":"2.0","id":1,"method":"prompts/list"}`, mcp.METHOD_NOT_FOUND, "1"},
		{`{"jsonrpc":"2.0","id":1,"method":"notifications/initialized"}`, mcp.METHOD_NOT_FOUND, "1"},
		{`{"jsonrpc":"2.0","id":1,"method":""}`, mcp.METHOD_NOT_FOUND, "1"},
		{`{"jsonrpc":"2.0","id":1,"method":"` + strings.Repeat("m", 5000) + `"}`, mcp.METHOD_NOT_FOUND, "1"},
	}
}

// linesWithAResult are odd, but messages.
func linesWithAResult() []due {
	return []due{
		{`{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}`, result, "2"},
		{`{"jsonrpc":"2.0","id":12345678901234567890,"method":"ping"}`, result, "12345678901234567890"},
		{`{"jsonrpc":"2.0","id":"\ud800","method":"ping"}`, result, `"\ud800"`},
		{`{"jsonrpc":"2.0","id":1,"method":"ping","params":null,"more":{}}`, result, "1"},
	}
}

// linesWithoutAnswer ask for none.
func linesWithoutAnswer() []due {
	return []due{
		{`{"jsonrpc":"2.0","ID":1,"method":"ping"}`, none, ""},
		{`{"jsonrpc":"2.0","method":"notifications/initialized"}`, none, ""},
		{`{"jsonrpc":"2.0","method":"ping"}`, none, ""},
		{`{"jsonrpc":"2.0","method":"tools/call","params":[]}`, none, ""},
		{`{"jsonrpc":"2.0","method":"no/such"}`, none, ""},
		{`{"jsonrpc":"2.0","id":1,"result":{}}`, none, ""},
		{`{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"what?"}}`, none, ""},
		{"", none, ""},
		{" \t\r", none, ""},
	}
}

func TestUnknownToolIsNamedOnce(t *testing.T) {
	s := start(t, newCRM(), Options{})
	if got := s.ask(call(1, "create_moon", "{}")).Error.Message; got != "Unknown tool: create_moon; tools/list gives the names of those that are on" {
		t.Errorf("message %q", got)
	}
	s.end()
}

func TestLineBeyondTheLimitIsRefused(t *testing.T) {
	filler := strings.Repeat(`x`, 2000)
	nested := `{"name":"echo","arguments":{"id":5,"text":"` + filler + `\",\"id\":6,"}}`
	for line, id := range map[string]string{
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":` + nested + `}`:                   "1",
		`{"method":"tools/call","params":` + nested + `,"jsonrpc":"2.0", "id" : "last" }`:          `"last"`,
		`{"method":"tools/call","params":` + nested + `,"jsonrpc":"2.0"}`:                          "null",
		`{"id":` + strings.Repeat("1", 2000) + `,"method":"ping","jsonrpc":"2.0"}`:                 "null",
		`{"id":{"id":3},"method":"` + filler + `"}`:                                                "null",
		`[{"id":3,"method":"` + filler + `"}]`:                                                     "null",
		strings.Repeat("}", 2000):                                                                  "null",
		strings.Repeat(`{"id":`, 1000):                                                             "null",
		`"` + filler:                                                                               "null",
		`{"jsonrpc":"2.0","id":-4,"method":"tools/call","params":"` + strings.Repeat(filler, 1000): "-4",
	} {
		s := start(t, newCRM(), Options{MaxLine: 1000})
		got := s.ask(line)
		if got.code() != mcp.INVALID_REQUEST || string(got.ID) != id {
			t.Errorf("%.60s…: code %d, id %s; want id %s", line, got.code(), got.ID, id)
		}
		if next := s.ask(ping(2)); string(next.ID) != "2" {
			t.Errorf("after %.60s… came %+v", line, next)
		}
		s.end()
	}
}

func TestRefusalFindsTheIDFarBeforeTheLimit(t *testing.T) {
	s := start(t, newCRM(), Options{MaxLine: 3 * readBuffer})
	got := s.ask(`{"jsonrpc":"2.0","id":"first","method":"tools/call","params":"` + strings.Repeat("x", 5*readBuffer) + `"}`)
	if got.code() != mcp.INVALID_REQUEST || string(got.ID) != `"first"` {
		t.Errorf("code %d, id %s", got.code(), got.ID)
	}
	s.end()
}

func TestLineOfTheLongestLengthIsRead(t *testing.T) {
	text := ping(1)
	for _, end := range []string{"\n", "\r\n", ""} {
		s := start(t, newCRM(), Options{MaxLine: len(text)})
		if _, err := s.in.Write([]byte(text + end)); err != nil {
			t.Fatal(err)
		}
		if rest := s.end(); len(rest) != 1 || rest[0].Error != nil {
			t.Errorf("with end %q: %+v", end, rest)
		}
	}
}

func TestMemoryIsFlatOverALongLine(t *testing.T) {
	s := start(t, newCRM(), Options{})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	part := bytes.Repeat([]byte("x"), 1<<20)
	for range 256 {
		if _, err := s.in.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	s.send("")
	if got := s.next(); got.code() != mcp.INVALID_REQUEST {
		t.Errorf("got %+v", got)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
		t.Errorf("a line of 256 MiB allocated %d MiB", grown>>20)
	}
	s.end()
}

// TestJSONTestSuite sends each text of github.com/nst/JSONTestSuite as a line.
// CRMCP_TESTDATA names the folder that holds it.
func TestJSONTestSuite(t *testing.T) {
	folder := os.Getenv("CRMCP_TESTDATA")
	if folder == "" {
		t.Skip("set CRMCP_TESTDATA to a folder that holds jsontestsuite/test_parsing to run this")
	}
	files, err := filepath.Glob(filepath.Join(folder, "jsontestsuite", "test_parsing", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no texts in %s: %v", folder, err)
	}
	s := start(t, newCRM(), Options{})
	for number, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text = bytes.ReplaceAll(text, []byte("\n"), []byte(" "))
		s.send(string(text))
		if len(bytes.Trim(text, " \t\r")) > 0 {
			checkRefused(t, filepath.Base(file), s.next())
		}
		id := fmt.Sprintf(`"ping %d"`, number)
		if got := s.ask(ping(id)); string(got.ID) != id || got.Error != nil {
			t.Fatalf("%s: instead of the next ping's answer came %+v", filepath.Base(file), got)
		}
	}
	s.end()
}

// checkRefused knows that no text of the suite is a message: what is JSON (y_)
// is an invalid request, what is none (n_) mostly a parse error, but for the
// texts that lost the line end that made them so.
func checkRefused(t *testing.T, name string, got answer) {
	t.Helper()
	code := got.code()
	if code != mcp.PARSE_ERROR && code != mcp.INVALID_REQUEST {
		t.Errorf("%s: %+v", name, got)
	}
	if strings.HasPrefix(name, "y_") && code != mcp.INVALID_REQUEST {
		t.Errorf("%s is JSON, but was refused as none", name)
	}
	if strings.HasPrefix(name, "n_") && code != mcp.PARSE_ERROR && !strings.Contains(name, "newline") && !strings.Contains(name, "new_line") {
		t.Errorf("%s is not JSON, but was refused as a request", name)
	}
}
