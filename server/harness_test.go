package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// crm is a backend with tools that behave in the ways that matter here.
type crm struct {
	started chan string   // the arguments of each call of wait
	release chan struct{} // lets one call of wait finish

	mu        sync.Mutex
	clients   []Client
	cancelled int
}

func newCRM() *crm {
	return &crm{started: make(chan string, 1000), release: make(chan struct{})}
}

func (c *crm) Instructions() string { return "Call describe first." }

func (c *crm) Tools() []Tool {
	tools := []Tool{{Name: "wait", Title: "Wait", Description: "Waits.", Destructive: true, OpenWorld: true}}
	for _, name := range []string{"echo", "fall", "stubborn", "unwritable", "unwell"} {
		tools = append(tools, Tool{Name: name, Title: name, Description: "Does " + name, ReadOnly: true, Idempotent: true})
	}
	for index := range tools {
		tools[index].InputSchema = json.RawMessage(`{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"integer"}}}`)
	}
	return tools
}

func (c *crm) Call(ctx context.Context, client Client, name string, arguments json.RawMessage) Result {
	c.mu.Lock()
	c.clients = append(c.clients, client)
	c.mu.Unlock()
	switch name {
	case "wait":
		c.started <- string(arguments)
		select {
		case <-c.release:
		case <-ctx.Done():
			c.mu.Lock()
			c.cancelled++
			c.mu.Unlock()
			return Result{Text: "stopped", IsError: true}
		}
	case "stubborn":
		c.started <- string(arguments)
		<-c.release
	case "fall":
		panic("SELECT secret FROM /home/owner/crm.db")
	case "unwritable":
		return Result{Text: "x", Structured: json.RawMessage(`{"broken":`)}
	case "unwell":
		return Result{Text: `{"error":{}}`, Structured: json.RawMessage(`{"error":{}}`), IsError: true}
	}
	return Result{Text: string(arguments), Structured: arguments}
}

func (c *crm) lastClient() Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.clients[len(c.clients)-1]
}

// talk is a running server with a test as its client.
type talk struct {
	t       *testing.T
	in      *io.PipeWriter
	answers chan []byte
	ended   chan error
	stop    context.CancelFunc
	log     *bytes.Buffer
}

func start(t *testing.T, backend Backend, options Options) *talk {
	t.Helper()
	inReader, inWriter := io.Pipe()
	outReader, outWriter := io.Pipe()
	ctx, stop := context.WithCancel(context.Background())
	talk := &talk{t: t, in: inWriter, answers: make(chan []byte, 10_000), ended: make(chan error, 1), stop: stop, log: new(bytes.Buffer)}
	if options.Logger == nil {
		options.Logger = slog.New(slog.NewJSONHandler(talk.log, nil))
	}
	go func() {
		err := ServeStdio(ctx, backend, options, inReader, outWriter)
		_ = outWriter.Close()
		talk.ended <- err
	}()
	go func() {
		defer close(talk.answers)
		reader := bufio.NewReader(outReader)
		for {
			line, err := reader.ReadBytes('\n')
			if err != nil {
				return
			}
			talk.answers <- line
		}
	}()
	t.Cleanup(func() {
		stop()
		_ = inWriter.Close()
	})
	return talk
}

func (s *talk) send(lines ...string) {
	s.t.Helper()
	if _, err := io.WriteString(s.in, strings.Join(lines, "\n")+"\n"); err != nil {
		s.t.Fatalf("the server does not read: %v", err)
	}
}

// answer is any message of the server.
type answer struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Method  string          `json:"method"`
	Result  json.RawMessage `json:"result"`
	Error   *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

func (a answer) code() int {
	if a.Error == nil {
		return 0
	}
	return a.Error.Code
}

func (s *talk) next() answer {
	s.t.Helper()
	select {
	case line, ok := <-s.answers:
		if !ok {
			s.t.Fatal("the server ended without an answer")
		}
		return s.parse(line)
	case <-time.After(patience):
		s.t.Fatal("no answer")
	}
	return answer{}
}

func (s *talk) parse(line []byte) answer {
	s.t.Helper()
	var parsed answer
	if err := json.Unmarshal(line, &parsed); err != nil {
		s.t.Fatalf("not JSON: %q: %v", line, err)
	}
	if parsed.JSONRPC != "2.0" || len(parsed.ID) == 0 && parsed.Method == "" {
		s.t.Fatalf("not an answer: %s", line)
	}
	if parsed.Method == "" && (parsed.Result == nil) == (parsed.Error == nil) {
		s.t.Fatalf("an answer has a result or an error: %s", line)
	}
	return parsed
}

// ask sends one request and gives its answer, which must be the next message.
func (s *talk) ask(line string) answer {
	s.t.Helper()
	s.send(line)
	return s.next()
}

// end closes the input and gives all answers still to come.
func (s *talk) end() []answer {
	s.t.Helper()
	_ = s.in.Close()
	return s.rest()
}

// rest waits for a clean end and gives all answers still to come.
func (s *talk) rest() []answer {
	s.t.Helper()
	if err := s.wait(); err != nil {
		s.t.Fatalf("the server ended with %v", err)
	}
	var rest []answer
	for line := range s.answers {
		rest = append(rest, s.parse(line))
	}
	return rest
}

func (s *talk) wait() error {
	s.t.Helper()
	select {
	case err := <-s.ended:
		return err
	case <-time.After(patience):
		s.t.Fatal("the server does not end")
		return errors.New("unreachable")
	}
}

func ping(id any) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%v,"method":"ping"}`, id)
}

func call(id any, tool, arguments string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%v,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, id, tool, arguments)
}

// toolResult is the part of a tool's answer that the tests look at.
type toolResult struct {
	Content []struct {
		Type, Text string
	}
	StructuredContent json.RawMessage
	IsError           bool
	ResultType        string
}

func resultOf(t *testing.T, from answer) toolResult {
	t.Helper()
	var result toolResult
	if err := json.Unmarshal(from.Result, &result); err != nil || len(result.Content) != 1 {
		t.Fatalf("not a tool result: %s %+v", from.Result, from.Error)
	}
	return result
}
