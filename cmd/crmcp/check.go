package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/crmcp/crmcp/store"
)

type checkOptions struct {
	deep, repair bool
}

func checkCommand(p *program, common *commonOptions) *cobra.Command {
	var options checkOptions
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check that the database is whole",
		Long: "Compares the database with itself: its pages, indexes and references, the checksums of the history,\n" +
			"the counters, and all that follows from other data (search, identifiers, computed fields) with what it\n" +
			"follows from. --deep also makes every record and link anew from the history and compares each field.\n" +
			"What is wrong is listed, one line each, and the exit code is 1.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.check(cmd.Context(), common, options) },
	}
	cmd.Flags().BoolVar(&options.deep, "deep", false, "compare every record with its history, field by field")
	cmd.Flags().BoolVar(&options.repair, "repair", false, "make anew what follows from other data; records stay as they are")
	return cmd
}

func (p *program) check(ctx context.Context, common *commonOptions, options checkOptions) error {
	return onSession(ctx, common, p.openExisting, func(opened *session) error {
		db := opened.db
		found, err := db.Check(ctx, options.deep)
		if err != nil {
			return err
		}
		if options.repair {
			if err := db.Repair(ctx); err != nil {
				return err
			}
			p.print("search, identifiers and computed fields were made anew\n")
			if found, err = db.Check(ctx, options.deep); err != nil {
				return err
			}
		}
		return p.printFindings(db, found)
	})
}

func (p *program) printFindings(db *store.DB, found []store.Finding) error {
	if len(found) == 0 {
		p.print("%s is whole\n", db.Path())
		return nil
	}
	derived := 0
	for _, one := range found {
		p.print("%s\n", one)
		if one.Derived {
			derived++
		}
	}
	if derived == len(found) {
		p.complain(errors.New("all of that follows from other data: crmcp check --repair makes it anew"))
	} else {
		p.complain(errors.New("records are not what was written to them: crmcp restore brings a backup back"))
	}
	return errReported
}
