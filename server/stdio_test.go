package server

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

func TestEndOfInputWaitsForEveryAnswer(t *testing.T) {
	for _, lastLine := range []string{"\n", ""} {
		backend := newCRM()
		s := start(t, backend, Options{})
		lines := []string{initialize("2025-11-25"), `{"jsonrpc":"2.0","method":"notifications/initialized"}`, "", "  \r"}
		for id := range 30 {
			tool := "echo"
			if id%10 == 0 {
				tool = "wait"
			}
			lines = append(lines, call(id, tool, "{}"))
		}
		if _, err := io.WriteString(s.in, strings.Join(lines, "\n")+lastLine); err != nil {
			t.Fatal(err)
		}
		_ = s.in.Close()
		for range 3 {
			<-backend.started
		}
		select {
		case err := <-s.ended:
			t.Fatalf("ended with %v while calls run", err)
		default:
		}
		close(backend.release)
		answered := make(map[string]int)
		for _, got := range s.rest() {
			answered[string(got.ID)]++
		}
		for id := range 30 {
			if answered[fmt.Sprint(id)] != 1 {
				t.Errorf("request %d was answered %d times", id, answered[fmt.Sprint(id)])
			}
		}
		if len(answered) != 31 {
			t.Errorf("%d requests answered, want 31", len(answered))
		}
	}
}

func TestPingIsAnsweredWhileManyCallsRun(t *testing.T) {
	backend := newCRM()
	s := start(t, backend, Options{})
	for id := range 500 {
		s.send(call(id, "wait", "{}"))
	}
	if got := s.ask(ping(`"p"`)); string(got.ID) != `"p"` || got.Error != nil {
		t.Errorf("got %+v", got)
	}
	close(backend.release)
	if rest := s.end(); len(rest) != 500 {
		t.Errorf("%d of 500 calls answered", len(rest))
	}
}

func TestNoMoreCallsRunThanWorkers(t *testing.T) {
	backend := newCRM()
	s := start(t, backend, Options{Workers: 2})
	for id := range 5 {
		s.send(call(id, "wait", "{}"))
	}
	<-backend.started
	<-backend.started
	s.ask(ping(99))
	if len(backend.started) != 0 {
		t.Errorf("%d more calls run than workers", len(backend.started))
	}
	close(backend.release)
	if rest := s.end(); len(rest) != 5 {
		t.Errorf("%d of 5 calls answered", len(rest))
	}
}

func TestCancelledCallEndsWithoutAnswer(t *testing.T) {
	backend := newCRM()
	s := start(t, backend, Options{})
	for _, id := range []string{`7`, `"seven"`, `9007199254740993`} {
		s.send(call(id, "wait", "{}"))
		<-backend.started
		s.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":` + id + `,"reason":"no longer needed"}}`)
	}
	s.send(
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":12}}`,
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}`,
		`{"jsonrpc":"2.0","method":"notifications/cancelled"}`,
	)
	if rest := s.end(); len(rest) != 0 {
		t.Errorf("answered: %+v", rest)
	}
	if backend.cancelled != 3 {
		t.Errorf("%d of 3 calls cancelled", backend.cancelled)
	}
}

func TestWaitingCallCanBeCancelled(t *testing.T) {
	backend := newCRM()
	s := start(t, backend, Options{Workers: 1})
	s.send(call(1, "wait", "{}"))
	<-backend.started
	s.send(call(2, "wait", "{}"), `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}`)
	s.ask(ping(3))
	close(backend.release)
	if rest := s.end(); len(rest) != 1 || string(rest[0].ID) != "1" {
		t.Errorf("answered: %+v", rest)
	}
}

func TestStopLetsRunningCallsFinish(t *testing.T) {
	backend := newCRM()
	s := start(t, backend, Options{})
	s.send(call(1, "wait", "{}"))
	<-backend.started
	s.stop()
	close(backend.release)
	if rest := s.rest(); len(rest) != 1 || resultOf(t, rest[0]).IsError {
		t.Errorf("answered: %+v", rest)
	}
}

func TestStopCancelsCallsAfterTheGrace(t *testing.T) {
	backend := newCRM()
	s := start(t, backend, Options{Grace: time.Millisecond})
	s.send(call(1, "wait", "{}"))
	<-backend.started
	s.stop()
	if rest := s.rest(); len(rest) != 1 || !resultOf(t, rest[0]).IsError {
		t.Errorf("answered: %+v", rest)
	}
}

func TestStopDoesNotWaitForACallThatDoesNotEnd(t *testing.T) {
	backend := newCRM()
	s := start(t, backend, Options{Grace: time.Millisecond})
	s.send(call(1, "stubborn", "{}"))
	<-backend.started
	s.stop()
	if rest := s.rest(); len(rest) != 0 {
		t.Errorf("answered: %+v", rest)
	}
	close(backend.release)
}

func TestStopDuringTheWaitAtEndOfInput(t *testing.T) {
	backend := newCRM()
	s := start(t, backend, Options{Grace: time.Millisecond})
	s.send(call(1, "wait", "{}"))
	<-backend.started
	_ = s.in.Close()
	s.stop()
	if rest := s.rest(); len(rest) != 1 {
		t.Errorf("answered: %+v", rest)
	}
}

type brokenStream struct{ err error }

func (b brokenStream) Write([]byte) (int, error) { return 0, b.err }
func (b brokenStream) Read([]byte) (int, error)  { return 0, b.err }

func TestBrokenStreamsAreErrors(t *testing.T) {
	broken := errors.New("cable pulled")
	if err := ServeStdio(t.Context(), newCRM(), Options{}, brokenStream{broken}, io.Discard); !errors.Is(err, broken) {
		t.Errorf("reading ends with %v", err)
	}
	in, client := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- ServeStdio(t.Context(), newCRM(), Options{}, in, brokenStream{broken}) }()
	if _, err := io.WriteString(client, ping(1)+"\n"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, broken) {
		t.Errorf("writing ends with %v", err)
	}
	_ = client.Close()
}
