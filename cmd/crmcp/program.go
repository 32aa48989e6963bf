package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/server"
)

// Exit codes of the program.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

// program is what a run of crmcp has to do with the world around it.
type program struct {
	in       io.Reader
	out, err io.Writer
	getenv   func(string) string
}

func newProgram() *program {
	return &program{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv}
}

// commonOptions are the flags that every command takes.
type commonOptions struct {
	database, user      string
	logLevel, logFormat string
	// insecureWebhooks lets webhooks have addresses that are refused otherwise.
	insecureWebhooks bool
}

// usageError is a command line that does not say what to do.
type usageError struct{ text string }

// Error is the text as it stands.
func (e *usageError) Error() string { return e.text }

func usagef(format string, values ...any) error {
	return &usageError{fmt.Sprintf(format, values...)}
}

// errReported ends a command whose problems have been shown already.
var errReported = errors.New("reported")

// run runs one command line and gives the exit code. Whatever goes wrong
// before a command has started is the fault of the command line.
func (p *program) run(ctx context.Context, args []string) int {
	started := false
	root := p.rootCommand()
	noteStart(root, &started)
	root.SetArgs(args)
	ran, err := root.ExecuteContextC(ctx)
	var usage *usageError
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE):
		return exitOK
	case errors.Is(err, errReported):
		return exitError
	case errors.As(err, &usage), !started:
		p.complain(err)
		_, _ = fmt.Fprintf(p.err, "%s --help says more.\n", ran.CommandPath())
		return exitUsage
	}
	p.complain(err)
	return exitError
}

// noteStart sets started when any of the commands has begun.
func noteStart(parent *cobra.Command, started *bool) {
	for _, cmd := range parent.Commands() {
		noteStart(cmd, started)
		if work := cmd.RunE; work != nil {
			cmd.RunE = func(cmd *cobra.Command, args []string) error {
				*started = true
				return work(cmd, args)
			}
		}
	}
}

// complain shows an error with all its problems.
func (p *program) complain(err error) {
	var known *schema.Error
	if !errors.As(err, &known) || len(known.Problems) == 0 {
		_, _ = fmt.Fprintf(p.err, "crmcp: %v\n", err)
		return
	}
	for _, problem := range known.Problems {
		_, _ = fmt.Fprintf(p.err, "crmcp: %s\n", problemLine(problem))
	}
}

func (p *program) rootCommand() *cobra.Command {
	common := &commonOptions{}
	root := &cobra.Command{
		Use:   "crmcp",
		Short: "A CRM for AI assistants, in one file",
		Long: "crmcp keeps organizations, contacts, deals, tasks and notes in one file and serves them to\n" +
			"AI assistants over the Model Context Protocol. Try it: crmcp demo",
		SilenceErrors: true, SilenceUsage: true,
	}
	root.SetIn(p.in)
	root.SetOut(p.out)
	root.SetErr(p.err)
	flags := root.PersistentFlags()
	flags.StringVar(&common.database, "db", "", "database file (CRMCP_DB; default "+p.shownDefaultDatabase()+")")
	flags.StringVar(&common.user, "user", "", "e-mail or name of the user who acts (CRMCP_USER; default the local owner)")
	flags.StringVar(&common.logLevel, "log-level", "warn", "debug, info, warn or error")
	flags.StringVar(&common.logFormat, "log-format", "text", "text or json; logs go to standard error")
	root.AddCommand(
		serveCommand(p, common), demoCommand(p, common), callCommand(p, common), toolsCommand(p, common),
		listCommand(p, common), showCommand(p, common), reportCommand(p, common), importCommand(p, common),
		fieldsCommand(p, common), webhooksCommand(p, common), usersCommand(p, common), keysCommand(p, common), connectCommand(p, common),
		backupCommand(p, common), restoreCommand(p, common), checkCommand(p, common), purgeCommand(p, common), migrateCommand(p, common),
		versionCommand(p))
	return root
}

// logger writes to standard error alone: standard output belongs to the answers.
func (p *program) logger(common *commonOptions) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(common.logLevel)); err != nil {
		return nil, usagef("--log-level is debug, info, warn or error, not %q", common.logLevel)
	}
	options := &slog.HandlerOptions{Level: level}
	switch common.logFormat {
	case "text":
		return slog.New(server.RequestLog(slog.NewTextHandler(p.err, options))), nil
	case "json":
		return slog.New(server.RequestLog(slog.NewJSONHandler(p.err, options))), nil
	}
	return nil, usagef("--log-format is text or json, not %q", common.logFormat)
}

// clock is the system's, unless CRMCP_NOW holds it still.
func (p *program) clock() (func() time.Time, error) {
	fixed := p.getenv("CRMCP_NOW")
	if fixed == "" {
		return time.Now, nil
	}
	now, err := time.Parse(time.RFC3339, fixed)
	if err != nil {
		return nil, usagef("CRMCP_NOW is a time such as 2026-05-04T09:00:00Z, not %q", fixed)
	}
	return func() time.Time { return now }, nil
}

// print writes to standard output. A reader that has gone away (crmcp list |
// head) is no fault of the command's.
func (p *program) print(format string, values ...any) {
	_, _ = fmt.Fprintf(p.out, format, values...)
}
