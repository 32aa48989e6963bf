package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crmcp/crmcp/schema"
)

func usersCommand(p *program, common *commonOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "users",
		Short: "List, add, change and deactivate users",
		Long: "Users are the colleagues who own records and call tools. Viewers read; members create, change and link, of\n" +
			"organizations only change, and delete what is their own; consultants write all records; admins also set up\n" +
			"users, fields, pipelines and the company.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.listUsers(cmd.Context(), common, false) },
	}
	cmd.AddCommand(usersList(p, common), usersAdd(p, common), usersChange(p, common), usersDeactivate(p, common))
	return cmd
}

func usersList(p *program, common *commonOptions) *cobra.Command {
	return listOfKind("List the users", "user", func(ctx context.Context, asJSON bool) error { return p.listUsers(ctx, common, asJSON) })
}

// userFlags are the flags that set fields of a user.
func userFlags(cmd *cobra.Command) func() map[string]any {
	names := map[string]string{"first-name": "", "last-name": "", "email": "", "role": strings.Join(schema.Roles(), ", "), "timezone": "such as Europe/Paris"}
	values := map[string]*string{}
	for name, doc := range names {
		values[name] = cmd.Flags().String(name, "", doc)
	}
	return func() map[string]any {
		arguments := map[string]any{}
		for name, value := range values {
			if cmd.Flags().Changed(name) {
				arguments[strings.ReplaceAll(name, "-", "_")] = *value
			}
		}
		return arguments
	}
}

func usersAdd(p *program, common *commonOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use: "add", Short: "Add a user", Args: cobra.NoArgs,
		Example: "  crmcp users add --first-name Bob --last-name Berg --email bob@acme.example --role consultant",
	}
	arguments := userFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return p.writeUser(cmd.Context(), common, "create_user", arguments())
	}
	return cmd
}

func usersChange(p *program, common *commonOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use: "change USER", Short: "Change a user", Args: cobra.ExactArgs(1),
		Long:    "Changes what is given of a user, who is named by id, name or e-mail. --active lets a deactivated one in again.",
		Example: "  crmcp users change bob@acme.example --role admin\n  crmcp users change \"Bob Berg\" --active",
	}
	active := cmd.Flags().Bool("active", false, "let the user in again")
	arguments := userFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		changes := arguments()
		if *active {
			changes["status"] = "active"
		}
		if len(changes) == 0 {
			return usagef("say what to change: --role, --email, --first-name, --last-name, --timezone or --active")
		}
		changes["id"] = args[0]
		return p.writeUser(cmd.Context(), common, "update_user", changes)
	}
	return cmd
}

func usersDeactivate(p *program, common *commonOptions) *cobra.Command {
	return &cobra.Command{
		Use: "deactivate USER", Short: "End a user's access", Args: cobra.ExactArgs(1),
		Long: "A deactivated user can do nothing, and no key of theirs works. What they own and wrote stays theirs.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.writeUser(cmd.Context(), common, "delete_setup", map[string]any{"id": args[0], "kind": "users"})
		},
	}
}

func (p *program) listUsers(ctx context.Context, common *commonOptions, asJSON bool) error {
	return onSession(ctx, common, p.openSession, func(opened *session) error {
		rows, err := opened.askRows(ctx, "list_users", "records", map[string]any{"fields": []string{"name", "email", "role", "status", "timezone"}, "limit": 200})
		if err != nil {
			return err
		}
		t := table{columns: []column{{label: "id"}, {label: "name"}, {label: "email"}, {label: "role"}, {label: "status"}, {label: "timezone"}}}
		err = p.eachRow(rows, asJSON, func(user object) {
			t.rows = append(t.rows, []string{user.text("id"), user.text("name"), user.text("email"), user.text("role"), user.text("status"), user.text("timezone")})
		})
		if err == nil && !asJSON {
			p.printTable(t)
		}
		return err
	})
}

// writeUser calls a tool that writes a user and shows them as they now stand.
func (p *program) writeUser(ctx context.Context, common *commonOptions, tool string, arguments map[string]any) error {
	return onSession(ctx, common, p.openSession, func(opened *session) error {
		done, err := opened.askObject(ctx, tool, arguments)
		if err != nil {
			return err
		}
		for _, name := range []string{"record", "deleted"} {
			if user, ok := done.get(name).(object); ok {
				p.print("%s  %s  %s  %s\n", user.text("id"), user.text("name"), user.text("role"), user.text("status"))
			}
		}
		if warnings := shownValue(done.get("warnings"), nil); warnings != "" {
			_, _ = fmt.Fprintf(p.err, "warning: %s\n", warnings)
		}
		return nil
	})
}
