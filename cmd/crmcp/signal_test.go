//go:build !windows

package main

import (
	"bufio"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// An assistant that closes sends SIGTERM while the input is still open.
func TestServeEndsCleanlyWhenToldTo(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		cmd := exec.Command("crmcp", "serve", "--db", t.TempDir()+"/crm.db")
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var complaints strings.Builder
		cmd.Stderr = &complaints
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := in.Write([]byte(`{"jsonrpc":"2.0","id":1,"method":"ping"}` + "\n")); err != nil {
			t.Fatal(err)
		}
		answer, err := bufio.NewReader(out).ReadString('\n')
		if err != nil || !strings.Contains(answer, `"id":1`) {
			t.Fatalf("answer %q, %v", answer, err)
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil || complaints.Len() > 0 {
			t.Errorf("%v: ended with %v, %s", signal, err, complaints.String())
		}
	}
}
