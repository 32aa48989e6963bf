package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// keyOptions are the flags of crmcp keys create.
type keyOptions struct {
	name, user, role, toolsets, expires string
	readOnly                            bool
}

func keysCommand(p *program, common *commonOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Make, list and revoke API keys",
		Long: "A key lets a program in over HTTP as one of the users. It can be narrowed to a lesser role, to reading and to\n" +
			"toolsets; it never can do more than its user. The database keeps a hash: the key itself is shown once.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.listKeys(cmd.Context(), common, false) },
	}
	cmd.AddCommand(keysCreate(p, common), keysList(p, common), keysRevoke(p, common))
	return cmd
}

func keysCreate(p *program, common *commonOptions) *cobra.Command {
	var o keyOptions
	cmd := &cobra.Command{
		Use: "create", Short: "Make a key; it is shown once", Args: cobra.NoArgs,
		Long: "Prints the key, and nothing else, on standard output. Whoever has it can do what its user can: keep it as a\n" +
			"password is kept. CRMCP_USER says who makes it, who must be an admin.",
		Example: "  crmcp keys create --name n8n --user bob@acme.example --role member --expires 90d\n" +
			"  crmcp keys create --name \"Ada's laptop\" --read-only --toolsets core > key",
		RunE: func(cmd *cobra.Command, _ []string) error { return p.createKey(cmd.Context(), common, o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.name, "name", "", "what the key is for")
	flags.StringVar(&o.user, "user", "", "whom it acts as: e-mail, name or id (default the first admin)")
	flags.StringVar(&o.role, "role", "", "narrows what it may do: "+strings.Join(schema.Roles(), ", "))
	flags.StringVar(&o.toolsets, "toolsets", "", "narrows it to toolsets, comma-separated: core, records, notes …")
	flags.StringVar(&o.expires, "expires", "", "when it ends: 90d, 1y, 2027-01-01 (default never)")
	flags.BoolVar(&o.readOnly, "read-only", false, "it may only read")
	return cmd
}

func keysList(p *program, common *commonOptions) *cobra.Command {
	return listOfKind("List the keys, also those that have ended", "key", func(ctx context.Context, asJSON bool) error { return p.listKeys(ctx, common, asJSON) })
}

func keysRevoke(p *program, common *commonOptions) *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID", Short: "End a key at once", Args: cobra.ExactArgs(1),
		Long: "Ends a key at once, also for servers that run; that cannot be taken back. ID is the one in the list.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return onSession(cmd.Context(), common, p.openSession, func(opened *session) error {
				key, err := opened.db.RevokeKey(cmd.Context(), opened.caller, args[0])
				if err != nil {
					return err
				}
				p.print("%s  %s is revoked\n", key.ID, key.Name)
				return nil
			})
		},
	}
}

func (p *program) createKey(ctx context.Context, common *commonOptions, o keyOptions) error {
	return onSession(ctx, common, p.openSession, func(opened *session) error {
		if _, err := opened.service.With(cmp.Or(o.toolsets, "all"), false, 0); err != nil {
			return err
		}
		wanted, err := opened.wantedKey(ctx, o)
		if err != nil {
			return err
		}
		caller := opened.caller
		if common.user == "" && p.getenv("CRMCP_USER") == "" {
			if caller.User, err = opened.db.FirstAdmin(ctx); err != nil {
				return err
			}
		}
		secret, made, err := opened.db.CreateKey(ctx, caller, *wanted)
		if err != nil {
			return err
		}
		p.print("%s\n", secret)
		_, _ = fmt.Fprintf(p.err, "This is the only time that the key is shown. crmcp keys revoke %s ends it.\n", made.ID)
		return nil
	})
}

// wantedKey reads the flags against the database.
func (s *session) wantedKey(ctx context.Context, o keyOptions) (*store.APIKey, error) {
	wanted := &store.APIKey{Name: o.name, Role: o.role, ReadOnly: o.readOnly, Toolsets: o.toolsets}
	if o.user == "" {
		var err error
		wanted.User, err = s.db.FirstAdmin(ctx)
		if err != nil {
			return nil, err
		}
	}
	var problems schema.Problems
	err := s.db.View(ctx, s.caller, func(tx *store.Tx) error {
		if o.user != "" {
			key, _ := tx.Resolve("user", o.user, []*schema.Type{tx.Schema().Type("user")}, store.Scope{}, &problems)
			wanted.User = key.ID
		}
		if o.expires == "" {
			return problems.Err()
		}
		moment, _, ok := tx.Clock().Moment(o.expires)
		if !ok {
			moment, _, ok = tx.Clock().Moment("+" + o.expires)
		}
		if !ok {
			problems.Add("expires", "expires is a time such as 90d, 1y or 2027-01-01, not %q", o.expires)
		}
		wanted.Expires = moment
		return problems.Err()
	})
	return wanted, err
}

func (p *program) listKeys(ctx context.Context, common *commonOptions, asJSON bool) error {
	return onSession(ctx, common, p.openSession, func(opened *session) error {
		keys, err := opened.db.Keys(ctx)
		if err != nil {
			return err
		}
		now, err := p.clock()
		if err != nil {
			return err
		}
		t := table{columns: []column{{label: "id"}, {label: "name"}, {label: "user"}, {label: "may"}, {label: "state"}, {label: "last used"}, {label: "made"}}}
		for _, key := range keys {
			shown, err := opened.shownKey(ctx, key, now())
			if err != nil {
				return err
			}
			if asJSON {
				line, err := json.Marshal(shown)
				if err != nil {
					return err
				}
				p.print("%s\n", line)
				continue
			}
			t.rows = append(t.rows, []string{shown.ID, shown.Name, strings.TrimSpace(shown.User + " " + shown.UserName), shown.May, shown.State, cmp.Or(shown.LastUsed, "never"), shown.Created})
		}
		if !asJSON {
			p.printRows(t, "no keys; crmcp keys create makes one")
		}
		return nil
	})
}

// keyLine is what is shown of a key; its secret is not known.
type keyLine struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	User     string `json:"user"`
	UserName string `json:"user_name,omitempty"`
	May      string `json:"may"`
	State    string `json:"state"`
	Created  string `json:"created_at"`
	Expires  string `json:"expires_at,omitempty"`
	LastUsed string `json:"last_used_at,omitempty"`
	Revoked  string `json:"revoked_at,omitempty"`
}

// shownKey looks at the key's user as they are now: a key never may more. That
// of a damaged key may be nobody.
func (s *session) shownKey(ctx context.Context, key *store.APIKey, now time.Time) (keyLine, error) {
	types := s.db.Schema()
	line := keyLine{ID: key.ID, Name: key.Name, User: types.Type("user").IDString(key.User),
		Created: shownTime(key.Created), Expires: shownTime(key.Expires), LastUsed: shownTime(key.LastUsed), Revoked: shownTime(key.Revoked)}
	var user *store.Record
	err := s.db.View(ctx, s.caller, func(tx *store.Tx) (err error) {
		user, err = tx.Get(types.Type("user"), key.User)
		return err
	})
	if err != nil && !key.Damaged {
		return line, err
	}
	role, active := "", false
	if err == nil {
		line.UserName, role, active = user.Title(), user.Text("role"), user.Text("status") != "inactive"
	}
	line.May, line.State = mayOf(key, role), stateOf(key, line, active, now)
	return line, nil
}

// mayOf says what a key may do in effect, given the role that its user has.
func mayOf(key *store.APIKey, role string) string {
	limits := []string{cmp.Or(schema.NarrowerRole(role, key.Role), "nothing")}
	if key.ReadOnly {
		limits = append(limits, "only reads")
	}
	if key.Toolsets != "" {
		limits = append(limits, key.Toolsets)
	}
	return strings.Join(limits, "; ")
}

// stateOf says whether a key works, and else why not.
func stateOf(key *store.APIKey, line keyLine, active bool, now time.Time) string {
	switch {
	case key.Damaged:
		return "damaged: revoke it"
	case key.Revoked != 0:
		return "revoked " + line.Revoked
	case key.Expires != 0 && key.Expires <= schema.MillisOf(now):
		return "expired " + line.Expires
	case !active:
		return "its user is inactive"
	case key.Expires != 0:
		return "until " + line.Expires
	}
	return "works"
}

// shownTime is a moment in UTC; empty for never.
func shownTime(at schema.Millis) string {
	if at == 0 {
		return ""
	}
	return at.Time().UTC().Format(time.RFC3339)
}
