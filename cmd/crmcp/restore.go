package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crmcp/crmcp/store"
)

type restoreOptions struct {
	yes, withoutManifest bool
}

func restoreCommand(p *program, common *commonOptions) *cobra.Command {
	var options restoreOptions
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup in the place of the database",
		Long: "Verifies a backup against its manifest: every byte, its structure, the number of rows and their hash.\n" +
			"Then puts a copy of it in the place of the database, whose file is kept under another name. Refused\n" +
			"while another program has the database open.",
		Example: "  crmcp restore ~/.local/share/crmcp/backups/crm-backup-20260504-090000.db",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.restore(cmd.Context(), common, args[0], options)
		},
	}
	cmd.Flags().BoolVar(&options.yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&options.withoutManifest, "without-manifest", false, "take a file that has no manifest: its structure alone is verified")
	return cmd
}

func (p *program) restore(ctx context.Context, common *commonOptions, file string, options restoreOptions) error {
	path, err := p.databasePath(common)
	if err != nil {
		return err
	}
	now, err := p.clock()
	if err != nil {
		return err
	}
	restoring, err := store.PrepareRestore(ctx, file, path, options.withoutManifest, now())
	if err != nil {
		return err
	}
	m := restoring.Manifest
	p.print("%s is whole: %d bytes, %d changes, generation %d\n", file, m.Size, m.Counts["change_set"], m.Generation)
	if !m.CreatedAt.IsZero() {
		p.print("made %s by crmcp %s\n", m.CreatedAt.Format("2006-01-02 15:04:05 MST"), m.Program)
	}
	if err := p.confirm("Put it in the place of "+path+"?", options.yes); err != nil {
		return errors.Join(err, restoring.Discard())
	}
	kept, err := restoring.Swap(ctx)
	if err != nil {
		return err
	}
	p.print("%s holds the backup now\n", path)
	if restoring.Ended > 0 {
		p.print("%d API keys that were revoked since stay revoked\n", restoring.Ended)
	}
	if restoring.KeysUnread {
		_, _ = fmt.Fprintln(p.err, "warning: the API keys that were revoked since the backup could not be read: look through crmcp keys list and revoke them again")
	}
	if kept != "" {
		p.print("what it held before is kept as %s\n", kept)
	}
	return nil
}

// confirm asks the person at the terminal; where nobody is there, --yes must
// have been given.
func (p *program) confirm(question string, yes bool) error {
	if yes {
		return nil
	}
	if !isTerminal(p.in) {
		return usagef("nobody is there to ask (%s): give --yes", question)
	}
	if !p.saysYes(question) {
		return errors.New("nothing was changed")
	}
	return nil
}

// saysYes asks the person at the terminal for a yes; no answer at all is a no.
func (p *program) saysYes(question string) bool {
	_, _ = fmt.Fprint(p.err, question+" [y/N] ")
	var answer string
	_, _ = fmt.Fscanln(p.in, &answer)
	return strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes")
}
