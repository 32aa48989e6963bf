package main

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

type purgeOptions struct {
	olderThan   string
	ids         []string
	yes, dryRun bool
}

func purgeCommand(p *program, common *commonOptions) *cobra.Command {
	var options purgeOptions
	cmd := &cobra.Command{
		Use:   "purge",
		Short: "Empty the trash, or erase a record with every trace of it",
		Long: "Erases what has lain in the trash for 30 days, or the records named with --id wherever they are: with\n" +
			"what belongs to them, notes (by --id also activities, tasks and documents) linked with nothing else, their\n" +
			"values in the history, and their words in the search. The history keeps that something was there, not what. It cannot be undone; backups made\n" +
			"before still hold it.",
		Example: "  crmcp purge --dry-run\n  crmcp purge --older-than 7d --yes\n  crmcp purge --id con_7",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.purge(cmd.Context(), common, options) },
	}
	flags := cmd.Flags()
	flags.StringVar(&options.olderThan, "older-than", "30d", "how long a record must have lain in the trash, in days")
	flags.StringSliceVar(&options.ids, "id", nil, "erase this record, in the trash or not")
	flags.BoolVar(&options.yes, "yes", false, "do not ask")
	flags.BoolVar(&options.dryRun, "dry-run", false, "show what would be erased")
	cmd.MarkFlagsMutuallyExclusive("older-than", "id")
	return cmd
}

func (p *program) purge(ctx context.Context, common *commonOptions, options purgeOptions) error {
	age, err := days(options.olderThan)
	if err != nil {
		return err
	}
	now, err := p.clock()
	if err != nil {
		return err
	}
	return onSession(ctx, common, p.openExisting, func(opened *session) error {
		db := opened.db
		run := func(dryRun bool) (*store.Purged, error) {
			caller := store.Caller{User: db.Caller(), Client: "crmcp", Version: programVersion()}
			if len(options.ids) == 0 {
				return db.PurgeTrash(ctx, caller, now().Add(-age), dryRun)
			}
			keys, err := purgeKeys(ctx, db, caller, options.ids)
			if err != nil {
				return nil, err
			}
			return db.Purge(ctx, caller, keys, dryRun)
		}
		tried, err := run(true)
		if err != nil {
			return err
		}
		p.printPurged(db.Schema(), tried, "would be erased")
		if options.dryRun || len(tried.Records) == 0 {
			return nil
		}
		if err := p.confirm("Erase them for good?", options.yes); err != nil {
			return err
		}
		done, err := run(false)
		if done != nil && (err == nil || len(done.Records) > 0) {
			p.printErased(db, done)
		}
		return err
	})
}

// days reads an age such as 30d.
func days(text string) (time.Duration, error) {
	n, err := strconv.Atoi(strings.TrimSuffix(text, "d"))
	if err != nil || n < 0 || n > 36_500 {
		return 0, usagef("--older-than is a number of days such as 30d, not %q", text)
	}
	return time.Duration(n) * 24 * time.Hour, nil
}

// purgeKeys finds the records that ids or uids name.
func purgeKeys(ctx context.Context, db *store.DB, caller store.Caller, ids []string) (keys []store.Key, err error) {
	err = db.View(ctx, caller, func(tx *store.Tx) error {
		for _, id := range ids {
			t, n, ok := tx.Schema().ParseID(id)
			if !ok {
				return usagef("--id takes the id of a record such as con_7, not %q", id)
			}
			if _, err := tx.Get(t, n); err != nil {
				return err
			}
			keys = append(keys, store.Key{Type: t, ID: n})
		}
		return nil
	})
	return keys, err
}

func (p *program) printPurged(types *schema.Schema, purged *store.Purged, what string) {
	for _, one := range purged.Records {
		p.print("%s  %s\n", one.Type.IDString(one.ID), one.Name)
	}
	for _, one := range purged.Kept {
		p.print("stays: %s\n", one)
	}
	line := counted(len(purged.Records), "record", "records") + " " + what
	for i, name := range slices.Sorted(maps.Keys(purged.Along)) {
		joint, several := ", along with ", name
		if i > 0 {
			joint = ", "
		}
		if t := types.Type(name); t != nil {
			several = t.Plural
		}
		line += joint + counted(purged.Along[name], strings.ReplaceAll(name, "_", " "), strings.ReplaceAll(several, "_", " "))
	}
	p.print("%s\n", line)
}

// counted is a number with the words for one or for several.
func counted(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + several
}

func (p *program) printErased(db *store.DB, done *store.Purged) {
	p.print("%s erased; backups made before still hold them (%s)\n", counted(len(done.Records), "record was", "records were"), store.BackupFolder(db.Path()))
	if !done.Overwritten {
		p.print("another program was reading the database, so that old pages may still lie in its log; they go when the last program closes it\n")
	}
}
