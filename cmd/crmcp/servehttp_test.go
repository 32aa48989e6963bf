package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// servedProgram is a server that a script has started.
type servedProgram struct {
	command *exec.Cmd
	said    *strings.Builder
	read    chan struct{}
}

type servedKey struct{}

// TestHTTPScripts runs the program as a server, with requests as clients send
// them: serve ARGUMENTS, request STATUS METHOD PATH BODY HEADERS, and stop.
func TestHTTPScripts(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("processes are not asked to stop in this way")
	}
	testscript.Run(t, testscript.Params{
		Dir:  filepath.Join("testdata", "http"),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": exitCode, "serve": serveScript, "request": requestScript, "stop": stopScript, "keyid": keyIDScript},
		Setup: func(env *testscript.Env) error {
			env.Setenv("CRMCP_DB", filepath.Join(env.WorkDir, "crm.db"))
			env.Setenv("LC_ALL", "nl_NL.UTF-8")
			env.Setenv("TZ", "Europe/Amsterdam")
			served := &servedProgram{}
			env.Values[servedKey{}] = served
			env.Defer(func() {
				if served.command != nil {
					_ = served.command.Process.Kill()
				}
			})
			return nil
		},
	})
}

var servedAddress = regexp.MustCompile(`crmcp serves (http://[^/]+)/mcp`)

// serveScript starts crmcp with the arguments and waits until it serves; URL
// is then its address.
func serveScript(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("serve cannot fail")
	}
	program, err := exec.LookPath("crmcp")
	ts.Check(err)
	served, _ := ts.Value(servedKey{}).(*servedProgram)
	served.command = exec.Command(program, args...)
	served.command.Dir = ts.Getenv("WORK")
	served.command.Env = append(os.Environ(), "CRMCP_DB="+ts.Getenv("CRMCP_DB"), "LC_ALL=nl_NL.UTF-8", "TZ=Europe/Amsterdam")
	served.said, served.read = &strings.Builder{}, make(chan struct{})
	out, err := os.Create(filepath.Join(ts.Getenv("WORK"), "served.out"))
	ts.Check(err)
	served.command.Stdout = out
	pipe, err := served.command.StderrPipe()
	ts.Check(err)
	ts.Check(served.command.Start())
	reader := bufio.NewReader(pipe)
	for {
		line, err := reader.ReadString('\n')
		served.said.WriteString(line)
		if found := servedAddress.FindStringSubmatch(line); found != nil {
			ts.Setenv("URL", found[1])
			break
		}
		if err != nil {
			ts.Fatalf("the server ended: %s", served.said)
		}
	}
	go func() {
		defer close(served.read)
		_, _ = io.Copy(served.said, reader)
	}()
}

// requestScript sends a request and wants a status; the answer is then in the
// files answer and headers. The body is a file, or - for none; @FILE in a
// header stands for what the file holds.
func requestScript(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: request STATUS METHOD PATH BODY [HEADER …]")
	}
	body := ""
	if args[3] != "-" {
		body = ts.ReadFile(args[3])
	}
	request, err := http.NewRequest(args[1], ts.Getenv("URL")+args[2], strings.NewReader(body))
	ts.Check(err)
	request.Header.Set("Content-Type", "application/json")
	for _, header := range args[4:] {
		name, value, _ := strings.Cut(header, ":")
		before, file, found := strings.Cut(strings.TrimSpace(value), "@")
		if found {
			before += strings.TrimSpace(ts.ReadFile(file))
		}
		request.Header.Set(name, before)
	}
	answered, err := (&http.Client{Timeout: 20 * time.Second}).Do(request)
	ts.Check(err)
	defer func() { _ = answered.Body.Close() }()
	read, err := io.ReadAll(answered.Body)
	ts.Check(err)
	var headers strings.Builder
	ts.Check(answered.Header.Write(&headers))
	ts.Check(os.WriteFile(ts.MkAbs("answer"), read, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("headers"), []byte(headers.String()), 0o600))
	if session := answered.Header.Get("Mcp-Session-Id"); session != "" {
		ts.Setenv("SESSION", session)
	}
	if strconv.Itoa(answered.StatusCode) != args[0] {
		ts.Fatalf("status %d, want %s: %s", answered.StatusCode, args[0], read)
	}
}

// stopScript asks the server to stop and wants a clean end; what it wrote to
// standard error is then in the file served.
func stopScript(ts *testscript.TestScript, neg bool, _ []string) {
	served, _ := ts.Value(servedKey{}).(*servedProgram)
	if neg || served.command == nil {
		ts.Fatalf("nothing is served")
	}
	ts.Check(served.command.Process.Signal(syscall.SIGTERM))
	<-served.read
	err := served.command.Wait()
	served.command = nil
	ts.Check(os.WriteFile(ts.MkAbs("served"), []byte(served.said.String()), 0o600))
	ts.Check(err)
}

// keyIDScript sets a variable to the id of the key in a file.
func keyIDScript(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keyid VARIABLE FILE")
	}
	ts.Setenv(args[0], strings.Split(ts.ReadFile(args[1]), "_")[1])
}
