package tools

import (
	"encoding/json"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

var update = flag.Bool("update", false, "write the golden files and the answers of the scenarios")

// session is a service on a fresh database whose clock goes one second a call.
type session struct {
	*testing.T
	service *Service
	db      *store.DB
	now     time.Time
	token   string
	cursor  string
	// answers are the schemas that answers are held to, on the database as it
	// is set up.
	answers   *answerSchemas
	answersOf *schema.Schema
	// shell: the calls are made by a person in the shell.
	shell bool
}

func newSession(t *testing.T, options Options) *session {
	t.Helper()
	s := &session{T: t, now: time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC)}
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "crm.db"), store.Options{OwnerName: "Ada Owner", Country: "NL",
		TimeZone: "Europe/Amsterdam", Now: func() time.Time { return s.now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if options.Logger == nil {
		options.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	s.db = db
	if s.service, err = New(db, options); err != nil {
		t.Fatal(err)
	}
	return s
}

var (
	uidPattern    = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)
	secretPattern = regexp.MustCompile(`whsec_[A-Za-z0-9+/=]+`)
	tokenPattern  = regexp.MustCompile(`"confirm":"([^"]+)"`)
	cursorPattern = regexp.MustCompile(`"next_cursor":"([^"]+)"`)
)

// call runs a tool. In the arguments <token> and <cursor> stand for those that
// were given last; in the answer what is random is replaced by such names.
func (s *session) call(tool, arguments string) (*Answer, string) {
	s.now = s.now.Add(time.Second)
	arguments = strings.NewReplacer("<token>", s.token, "<cursor>", s.cursor).Replace(arguments)
	answer := s.service.Call(s.Context(), store.Caller{Client: "test", Version: "1", Shell: s.shell}, tool, json.RawMessage(arguments))
	s.checkAnswer(tool, answer)
	text := answer.Text
	if m := tokenPattern.FindStringSubmatch(text); m != nil {
		s.token = m[1]
	}
	if m := cursorPattern.FindStringSubmatch(text); m != nil {
		s.cursor = m[1]
	}
	text = uidPattern.ReplaceAllString(text, "<uid>")
	text = secretPattern.ReplaceAllString(text, "<secret>")
	text = tokenPattern.ReplaceAllString(text, `"confirm":"<token>"`)
	return answer, cursorPattern.ReplaceAllString(text, `"next_cursor":"<cursor>"`)
}

// ok runs a tool that must succeed and gives its answer.
func (s *session) ok(tool, arguments string) map[string]any {
	s.Helper()
	answer, text := s.call(tool, arguments)
	if answer.IsError {
		s.Fatalf("%s %s: %s", tool, arguments, text)
	}
	return s.parsed(answer)
}

// refused runs a tool that must fail with a code and gives the error.
func (s *session) refused(code schema.ErrorCode, tool, arguments string) map[string]any {
	s.Helper()
	answer, text := s.call(tool, arguments)
	if !answer.IsError || answer.Code != code {
		s.Fatalf("%s %s: want %s, got %s", tool, arguments, code, text)
	}
	return s.parsed(answer)
}

func (s *session) parsed(answer *Answer) map[string]any {
	s.Helper()
	var object map[string]any
	if err := json.Unmarshal(answer.JSON, &object); err != nil {
		s.Fatalf("%v in %s", err, answer.JSON)
	}
	return object
}

// TestScenarios runs every file of testdata/scenarios: a line "> tool {…}" is
// a call, the lines after it are its answer, "* 11m" moves the clock, "@ shell"
// has the calls made in the shell from there on, "#" is a comment. With -update the answers are written anew.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenarios", err)
	}
	called := map[string]bool{}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { runScenario(t, file, called) })
	}
	for _, tool := range Catalog(schema.New()) {
		if !called[tool.Name] {
			t.Errorf("no scenario calls %s", tool.Name)
		}
	}
}

func runScenario(t *testing.T, file string, called map[string]bool) {
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(t, Options{Toolsets: "all", MaxText: 8_192})
	var got strings.Builder
	for line := range strings.Lines(string(want)) {
		bare := strings.TrimSpace(line)
		kind, rest, _ := strings.Cut(bare, " ")
		switch kind {
		case "#":
			got.WriteString("\n" + line)
		case "@":
			got.WriteString("\n" + line)
			s.shell = rest == "shell"
		case "*":
			got.WriteString("\n" + line)
			s.wait(rest)
		case ">":
			tool, arguments, _ := strings.Cut(rest, " ")
			called[tool] = true
			_, text := s.call(tool, arguments)
			got.WriteString("\n" + line + text + "\n")
		}
	}
	written := strings.TrimLeft(got.String(), "\n")
	if *update {
		if err := os.WriteFile(file, []byte(written), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(written, "\n")); diff != "" {
		t.Errorf("run with -update if this is meant (-want +got):\n%s", diff)
	}
}

func (s *session) wait(duration string) {
	d, err := time.ParseDuration(duration)
	if err != nil {
		s.Fatal(err)
	}
	s.now = s.now.Add(d)
}
