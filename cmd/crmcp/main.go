// Command crmcp is a CRM for AI assistants in one program: it serves an
// embedded database over the Model Context Protocol, and gives people the same
// tools in the shell.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // Windows and bare containers bring no time zones of their own.
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A reader that has gone away (crmcp demo | head) must not keep the program
	// from cleaning up.
	signal.Ignore(syscall.SIGPIPE)
	// A second signal ends the program at once.
	context.AfterFunc(ctx, stop)
	os.Exit(newProgram().run(ctx, os.Args[1:]))
}
