package main

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"crmcp": main})
}

// TestScripts runs the program as its users do, each script with a database
// of its own and a fixed clock.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:  filepath.Join("testdata", "script"),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": exitCode},
		Setup: func(env *testscript.Env) error {
			env.Setenv("CRMCP_DB", filepath.Join(env.WorkDir, "crm.db"))
			env.Setenv("CRMCP_NOW", "2026-05-04T09:00:00Z")
			env.Setenv("LC_ALL", "nl_NL.UTF-8")
			env.Setenv("TZ", "Europe/Amsterdam")
			return nil
		},
	})
}

// exitCode is the script command "code N crmcp …", which wants exit code N.
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command …")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}
