package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/crmcp/crmcp/store"
)

func backupCommand(p *program, common *commonOptions) *cobra.Command {
	var folder string
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "Make a checked backup of the database",
		Long: "Copies the database as it stands into one file, while others may go on working, checks the copy and\n" +
			"writes beside it a manifest with its hashes and the number of its rows. Of older backups in the folder\n" +
			"the newest of each of 7 days and 4 weeks stay. A backup holds everything, private notes too.",
		Example: "  crmcp backup\n  crmcp backup --to /mnt/safe/crm",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.backup(cmd.Context(), common, folder) },
	}
	cmd.Flags().StringVar(&folder, "to", "", "the folder (default: backups, beside the database)")
	return cmd
}

func (p *program) backup(ctx context.Context, common *commonOptions, folder string) error {
	return onSession(ctx, common, p.openExisting, func(opened *session) error {
		manifest, file, err := opened.db.Backup(ctx, folder)
		if file != "" {
			p.print("%s\n", file)
			p.print("%d records, %d changes, %d bytes, checked\n", recordsIn(opened.db, manifest), manifest.Counts["change_set"], manifest.Size)
		}
		return err
	})
}

// recordsIn counts the records that a backup holds, those in the trash too.
func recordsIn(db *store.DB, manifest *store.Manifest) (n int64) {
	for _, t := range db.Schema().Types {
		n += manifest.Counts[t.Name]
	}
	return n
}
