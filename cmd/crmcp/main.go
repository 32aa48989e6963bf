// Command crmcp is a CRM for AI assistants in one program: it serves an
// embedded database over the Model Context Protocol, and gives people the same
// tools in the shell.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // Windows and bare containers bring no time zones of their own.
)

// heapGrowth is how far the heap may grow, in percent of what lives in it,
// before it is collected. What lives is a few megabytes, so that four times as
// much is little memory and saves a fourth of a call's time.
const heapGrowth = 400

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A reader that has gone away (crmcp demo | head) must not keep the program
	// from cleaning up.
	signal.Ignore(syscall.SIGPIPE)
	// A second signal ends the program at once.
	context.AfterFunc(ctx, stop)
	os.Exit(newProgram().run(ctx, os.Args[1:]))
}
