package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// server is a process that speaks the protocol on its standard streams.
type server struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	id      int
}

func startServer(ctx context.Context, program string, arguments ...string) (*server, error) {
	command := exec.CommandContext(ctx, program, arguments...) //nolint:gosec // programs that this one has built
	in, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	command.Stderr = os.Stderr
	return &server{command: command, in: in, out: bufio.NewReaderSize(out, 1<<20)}, command.Start()
}

// ask sends a request and waits for its answer.
func (s *server) ask(method string, params any) error {
	s.id++
	request, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": s.id, "method": method, "params": params})
	if err != nil {
		return err
	}
	if _, err := s.in.Write(append(request, '\n')); err != nil {
		return err
	}
	answer, err := s.out.ReadBytes('\n')
	if err != nil {
		return err
	}
	var read struct {
		Error  json.RawMessage `json:"error"`
		Result struct {
			IsError bool `json:"isError"`
		} `json:"result"`
	}
	if err := json.Unmarshal(answer, &read); err != nil || read.Error != nil || read.Result.IsError {
		return errors.Join(err, fmt.Errorf("%s: %.300s", method, answer))
	}
	return nil
}

func (s *server) greet() error {
	params := map[string]any{"protocolVersion": "2025-06-18", "capabilities": map[string]any{}, "clientInfo": map[string]any{"name": "bench", "version": "1"}}
	if err := s.ask("initialize", params); err != nil {
		return err
	}
	_, err := io.WriteString(s.in, `{"jsonrpc":"2.0","method":"notifications/initialized"}`+"\n")
	return err
}

func (s *server) call(tool string, arguments map[string]any) error {
	return s.ask("tools/call", map[string]any{"name": tool, "arguments": arguments})
}

func (s *server) stop() error {
	return errors.Join(s.in.Close(), s.command.Wait())
}

// resident is the memory that the process holds, in MB; 0 where the system
// does not tell.
func (s *server) resident() float64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.command.Process.Pid))
	for line := range strings.Lines(string(data)) {
		if value, found := strings.CutPrefix(line, "VmRSS:"); err == nil && found {
			kilobytes, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
			return kilobytes / 1_024
		}
	}
	return 0
}

// processes measures the program as clients run it.
func (b *bench) processes(ctx context.Context) error {
	program := filepath.Join(os.TempDir(), "crmcp-bench", "crmcp")
	build := exec.CommandContext(ctx, "go", "build", "-tags", "nethttpomithttp2", "-trimpath", "-ldflags", "-s -w", "-o", program, "github.com/crmcp/crmcp/cmd/crmcp")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	info, err := os.Stat(program)
	if err != nil {
		return err
	}
	size := float64(info.Size()) / (1 << 20)
	b.add(fact("binary, stripped", "≤ 25 MiB", fmt.Sprintf("%.1f MiB", size), size <= 25))
	serve := func() (*server, error) { return startServer(ctx, program, "serve", "--db", b.path) }
	if err := b.coldStart(serve); err != nil {
		return err
	}
	if err := b.residence(serve); err != nil {
		return err
	}
	return b.overStdio(ctx, serve)
}

func (b *bench) coldStart(serve func() (*server, error)) error {
	var times samples
	for range 15 {
		began := time.Now()
		s, err := serve()
		if err != nil {
			return err
		}
		if err := errors.Join(s.greet(), s.ask("tools/list", map[string]any{})); err != nil {
			return err
		}
		times = append(times, time.Since(began))
		if err := s.stop(); err != nil {
			return err
		}
	}
	b.add(fact("cold start to the answer of tools/list", "≤ 40 ms", fmt.Sprintf("%s, fastest %s", short(times.median()), short(times.at(0))), times.median() <= 40*time.Millisecond))
	return nil
}

func (b *bench) residence(serve func() (*server, error)) error {
	s, err := serve()
	if err != nil {
		return err
	}
	if err := errors.Join(s.greet(), s.ask("tools/list", map[string]any{})); err != nil {
		return err
	}
	time.Sleep(500 * time.Millisecond)
	idle := s.resident()
	most := idle
	for n := range int64(300) {
		c := newCluster(b.db.Schema(), b.some(n))
		err := errors.Join(s.call("get_records", map[string]any{"ids": []string{c.org.record.Key().String()}}),
			s.call("list_contacts", map[string]any{"filter": "owner = usr_3", "sort": "-updated_at", "limit": 100}),
			s.call("search", map[string]any{"query": "contract proposal"}))
		if err != nil {
			return err
		}
		most = max(most, s.resident())
	}
	b.add(fact("resident memory, idle", "≤ 30 MB", fmt.Sprintf("%.1f MB", idle), idle <= 30))
	b.add(fact("resident memory under load", "≤ 100 MB", fmt.Sprintf("%.1f MB", most), most <= 100))
	return s.stop()
}

// overStdio compares calls a second with those of a bare echo tool in a
// process of the same form.
func (b *bench) overStdio(ctx context.Context, serve func() (*server, error)) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	echo, err := startServer(ctx, self, "-child", "echo")
	if err != nil {
		return err
	}
	crm, err := serve()
	if err != nil {
		return err
	}
	if err := errors.Join(echo.greet(), crm.greet()); err != nil {
		return err
	}
	var echoed, got samples
	for n := range int64(20 * b.settings.rounds) {
		id := fmt.Sprintf("org_%d", b.some(n))
		began := time.Now()
		if err := echo.call("echo", map[string]any{"text": id}); err != nil {
			return err
		}
		middle := time.Now()
		if err := crm.call("get_records", map[string]any{"ids": []string{id}}); err != nil {
			return err
		}
		if n >= 20 {
			echoed, got = append(echoed, middle.Sub(began)), append(got, time.Since(middle))
		}
	}
	share := float64(echoed.median()) / float64(got.median())
	b.add(fact("get over stdio, one after the other", "≥ 60 % of a bare mcp-go echo tool", fmt.Sprintf("%.0f %% (%s beside %s a call)", 100*share, short(got.median()), short(echoed.median())), share >= 0.6))
	return errors.Join(echo.stop(), crm.stop())
}
