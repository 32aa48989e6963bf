package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/crmcp/crmcp/store"
)

func migrateCommand(p *program, common *commonOptions) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Show whether the database needs an upgrade, and do it",
		Long: "Shows of which generation the file is and what an upgrade to that of this program would make. With --yes\n" +
			"it is done. Every other command does it by itself when it opens the database. A backup is made first.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.migrate(cmd.Context(), common, yes) },
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "upgrade without asking")
	return cmd
}

func (p *program) migrate(ctx context.Context, common *commonOptions, yes bool) error {
	if err := p.wantDatabase(common); err != nil {
		return err
	}
	path, err := p.databasePath(common)
	if err != nil {
		return err
	}
	plan, err := store.PlanUpgrade(ctx, path)
	if err != nil {
		return err
	}
	if plan.From == plan.To {
		p.print("%s is of generation %d, which is that of this program\n", path, plan.From)
		return nil
	}
	p.print("%s is of generation %d, this program of %d; an upgrade makes:\n", path, plan.From, plan.To)
	for _, one := range plan.Missing {
		p.print("  %s\n", one)
	}
	for _, step := range plan.Steps {
		p.print("  the step to generation %d\n", step)
	}
	if !yes && !isTerminal(p.in) {
		p.print("crmcp migrate --yes does it, and so does every other command\n")
		return nil
	}
	if err := p.confirm("Upgrade it? A backup is made first.", yes); err != nil {
		return err
	}
	return onSession(ctx, common, p.openExisting, func(opened *session) error {
		p.print("upgraded; the backup lies in %s\n", store.BackupFolder(opened.db.Path()))
		return nil
	})
}
