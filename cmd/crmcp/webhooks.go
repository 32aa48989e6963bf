package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// webhookOptions are the flags of crmcp webhooks add and change.
type webhookOptions struct {
	url, description string
	events           []string
	enabled          bool
}

func webhooksCommand(p *program, common *commonOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "webhooks",
		Short: "Set up which programs are told of changes",
		Long: "A webhook is an https address that is sent an event for each change it asks for, signed by the\n" +
			"Standard Webhooks scheme. Events are sent by whatever crmcp runs: serve, or webhooks deliver.\n" +
			"A failed delivery is tried ten times within about three days.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.listWebhooks(cmd.Context(), common, false) },
	}
	insecureFlag(cmd, common)
	cmd.AddCommand(webhooksAdd(p, common), webhooksList(p, common), webhooksChange(p, common), webhooksRemove(p, common), webhooksRotate(p, common),
		webhooksDeliveries(p, common), webhooksResend(p, common), webhooksTest(p, common), webhooksDeliver(p, common))
	return cmd
}

// insecureFlag lets a command reach addresses that are refused otherwise.
func insecureFlag(cmd *cobra.Command, common *commonOptions) {
	cmd.PersistentFlags().BoolVar(&common.insecureWebhooks, "allow-insecure-webhooks", false, "let webhooks have http addresses, and those of this machine and of private networks (of IPv6 this machine alone)")
}

func webhooksAdd(p *program, common *commonOptions) *cobra.Command {
	var o webhookOptions
	cmd := &cobra.Command{
		Use: "add URL", Short: "Send events to an address", Args: cobra.ExactArgs(1),
		Long: "Makes a webhook and prints its secret, with which the receiver verifies what it gets. The secret is\n" +
			"shown this once; crmcp webhooks rotate makes another.",
		Example: "  crmcp webhooks add https://example.com/crm --events deal.won,contact.created\n  crmcp webhooks add https://example.com/crm --events 'deal.*'\n  crmcp webhooks add https://example.com/all --events '*'",
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.setWebhook(cmd.Context(), common, "create_webhook", o.arguments(cmd, map[string]any{"url": args[0]}))
		},
	}
	o.flags(cmd)
	return cmd
}

func (o *webhookOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&o.events, "events", nil, "deal.won, contact.* or *; several with commas")
	cmd.Flags().StringVar(&o.description, "description", "", "what it is for")
}

// arguments adds the flags that were given to those of a tool.
func (o *webhookOptions) arguments(cmd *cobra.Command, arguments map[string]any) map[string]any {
	for flag, argument := range map[string]struct {
		name  string
		value any
	}{"events": {"events", o.events}, "description": {"description", o.description}, "url": {"url", o.url}, "enabled": {"is_enabled", o.enabled}} {
		if cmd.Flags().Changed(flag) {
			arguments[argument.name] = argument.value
		}
	}
	return arguments
}

func webhooksChange(p *program, common *commonOptions) *cobra.Command {
	var o webhookOptions
	cmd := &cobra.Command{
		Use: "change WEBHOOK", Short: "Change, pause or resume a webhook", Args: cobra.ExactArgs(1),
		Example: "  crmcp webhooks change hook_1 --enabled=false\n  crmcp webhooks change hook_1 --events 'deal.*,task.completed'",
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.setWebhook(cmd.Context(), common, "update_webhook", o.arguments(cmd, map[string]any{"id": args[0]}))
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&o.url, "url", "", "another address")
	cmd.Flags().BoolVar(&o.enabled, "enabled", true, "send to it; --enabled=false pauses it, and what has been queued waits")
	return cmd
}

func webhooksRotate(p *program, common *commonOptions) *cobra.Command {
	return &cobra.Command{
		Use: "rotate WEBHOOK", Short: "Give a webhook another secret", Args: cobra.ExactArgs(1),
		Long: "Makes another secret and prints it. For 24 hours both secrets sign, so that the receiver can take its\ntime to change over.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.setWebhook(cmd.Context(), common, "update_webhook", map[string]any{"id": args[0], "rotate_secret": true})
		},
	}
}

// setWebhook calls a tool and prints the webhook as it stands, and a secret
// where there is one.
func (p *program) setWebhook(ctx context.Context, common *commonOptions, tool string, arguments map[string]any) error {
	return onSession(ctx, common, p.openSession, func(opened *session) error {
		done, err := opened.askObject(ctx, tool, arguments)
		if err != nil {
			return err
		}
		record, _ := done.get("record").(object)
		p.print("%s  %s  %s%s\n", record.text("id"), record.text("url"), shownValue(record.get("events"), nil), webhookState(record))
		if secret := done.text("secret"); secret != "" {
			p.print("secret: %s\n", secret)
			_, _ = fmt.Fprintln(p.err, "The secret is shown this once: give it to the receiver now.")
		}
		return nil
	})
}

func webhookState(record object) string {
	if record.get("is_enabled") == true {
		return ""
	}
	if reason := record.text("disabled_reason"); reason != "" {
		return "  (disabled: " + reason + ")"
	}
	return "  (disabled)"
}

func webhooksList(p *program, common *commonOptions) *cobra.Command {
	return listOfKind("List the webhooks", "webhook", func(ctx context.Context, asJSON bool) error { return p.listWebhooks(ctx, common, asJSON) })
}

func (p *program) listWebhooks(ctx context.Context, common *commonOptions, asJSON bool) error {
	return onSession(ctx, common, p.openSession, func(opened *session) error {
		rows, err := opened.askRows(ctx, "list_setup", "webhooks", map[string]any{"kinds": "webhooks"})
		if err != nil {
			return err
		}
		t := table{columns: []column{{label: "id"}, {label: "url"}, {label: "events"}, {label: "description"}, {label: "state"}}}
		err = p.eachRow(rows, asJSON, func(row object) {
			state := "enabled"
			if off := webhookState(row); off != "" {
				state = strings.Trim(off, " ()")
			}
			t.rows = append(t.rows, []string{row.text("id"), row.text("url"), shownValue(row.get("events"), nil), row.text("description"), state})
		})
		if err == nil && !asJSON {
			p.printRows(t, "no webhooks; crmcp webhooks add makes one")
		}
		return err
	})
}

func webhooksRemove(p *program, common *commonOptions) *cobra.Command {
	return &cobra.Command{
		Use: "remove WEBHOOK", Short: "Delete a webhook", Args: cobra.ExactArgs(1),
		Long: "Deletes a webhook; what is queued for it is not sent. crmcp call undo brings it back, with its secret.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return onSession(cmd.Context(), common, p.openSession, func(opened *session) error {
				done, err := opened.askObject(cmd.Context(), "delete_setup", map[string]any{"id": args[0], "kind": "webhooks"})
				if err != nil {
					return err
				}
				gone, _ := done.get("deleted").(object)
				p.print("%s  %s is deleted (%s)\n", gone.text("id"), gone.text("url"), done.text("change"))
				return nil
			})
		},
	}
}

// waitForDelivery is how long a command waits for another process that has
// taken the delivery.
const waitForDelivery = 20 * time.Second
