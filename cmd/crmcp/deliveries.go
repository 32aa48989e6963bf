package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/webhook"
)

// deliverer sends what is queued in the session's database.
func (p *program) deliverer(common *commonOptions, opened *session) (*webhook.Deliverer, error) {
	logger, err := p.logger(common)
	if err != nil {
		return nil, err
	}
	return webhook.New(opened.db, webhook.Options{Version: programVersion(), Insecure: common.insecureWebhooks, Logger: logger}), nil
}

// delivering sends events in the background for as long as work goes on.
func (p *program) delivering(ctx context.Context, common *commonOptions, opened *session, work func() error) error {
	d, err := p.deliverer(common, opened)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.Run(ctx)
	}()
	defer func() {
		stop()
		<-ended
	}()
	return work()
}

func webhooksDeliver(p *program, common *commonOptions) *cobra.Command {
	return &cobra.Command{
		Use: "deliver", Short: "Send what is due now, and end", Args: cobra.NoArgs,
		Long: "Sends the deliveries that are due. For machines on which no crmcp serve runs: call it from cron.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return onSession(cmd.Context(), common, p.openSession, func(opened *session) error {
				d, err := p.deliverer(common, opened)
				if err != nil {
					return err
				}
				tried, err := d.Once(cmd.Context())
				if err != nil {
					return err
				}
				pending, failing, err := opened.db.DeliveryQueue(cmd.Context())
				p.print("%d tried; %d waiting, %d of them after a failure\n", tried, pending, failing)
				return err
			})
		},
	}
}

func webhooksTest(p *program, common *commonOptions) *cobra.Command {
	return &cobra.Command{
		Use: "test WEBHOOK", Short: "Send a test event and say what comes back", Args: cobra.ExactArgs(1),
		Long: "Sends an event of the type " + store.TestEvent + " to a webhook, whatever it asks for.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return onSession(cmd.Context(), common, p.openSession, func(opened *session) error {
				key, err := opened.webhookKey(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				caller := opened.caller
				caller.Tool = "test_webhook"
				id, err := opened.db.SendTest(cmd.Context(), caller, key)
				if err != nil {
					return err
				}
				return p.sendNow(cmd.Context(), common, opened, id)
			})
		},
	}
}

// webhookKey finds the webhook that an id or address means.
func (s *session) webhookKey(ctx context.Context, name string) (key store.Key, err error) {
	err = s.db.View(ctx, s.caller, func(tx *store.Tx) error {
		var problems schema.Problems
		key, _ = tx.Resolve("webhook", name, []*schema.Type{tx.Schema().Type("webhook")}, store.Scope{}, &problems)
		return problems.Err()
	})
	return key, err
}

func webhooksResend(p *program, common *commonOptions) *cobra.Command {
	return &cobra.Command{
		Use: "resend DELIVERY", Short: "Send a delivery again now", Args: cobra.ExactArgs(1),
		Long: "Sends an event again under the same id, whether it had come through or not.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return onSession(cmd.Context(), common, p.openSession, func(opened *session) error {
				if _, err := opened.ask(cmd.Context(), "resend_delivery", map[string]any{"id": args[0]}); err != nil {
					return err
				}
				id, _ := store.ParseDelivery(args[0])
				return p.sendNow(cmd.Context(), common, opened, id)
			})
		},
	}
}

// sendNow sends what is due, waits where another process has taken the
// delivery that is meant, and says what has come of it.
func (p *program) sendNow(ctx context.Context, common *commonOptions, opened *session, id int64) error {
	d, err := p.deliverer(common, opened)
	if err != nil {
		return err
	}
	tried, err := d.Once(ctx)
	if err != nil {
		return err
	}
	for end := time.Now().Add(waitForDelivery); ; {
		var found *store.Delivery
		err := opened.db.View(ctx, opened.caller, func(tx *store.Tx) (err error) {
			found, err = tx.Delivery(id)
			return err
		})
		if err != nil {
			return err
		}
		if attempts := len(found.Log); found.Attempts > 0 && attempts > 0 {
			return p.printAttempt(found, found.Log[attempts-1])
		}
		if insecure := !strings.HasPrefix(found.Webhook.Name, "https://"); tried == 0 && insecure && !common.insecureWebhooks {
			return fmt.Errorf("%s waits: the address of %s does not begin with https://, and this command runs without --allow-insecure-webhooks", found, found.Webhook.Type.IDString(found.Webhook.ID))
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s waits still: crmcp webhooks deliveries shows what becomes of it", found)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (p *program) printAttempt(d *store.Delivery, last store.Attempt) error {
	if last.Error != "" {
		return fmt.Errorf("%s was not delivered: %s", d, last.Error)
	}
	p.print("%s  %s delivered: %d in %d ms\n", d, d.Type, last.Code, last.Milliseconds)
	return nil
}

type deliveriesOptions struct {
	webhook, status string
	limit           int
	asJSON          bool
}

func webhooksDeliveries(p *program, common *commonOptions) *cobra.Command {
	var o deliveriesOptions
	cmd := &cobra.Command{
		Use: "deliveries", Short: "Show what was sent in the last 30 days, and what waits", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.listDeliveries(cmd.Context(), common, o) },
	}
	cmd.Flags().StringVar(&o.webhook, "webhook", "", "of one webhook: its id or address")
	cmd.Flags().StringVar(&o.status, "status", "", "pending, delivered or failed")
	cmd.Flags().IntVar(&o.limit, "limit", 20, "how many, the newest first; at most 100")
	cmd.Flags().BoolVar(&o.asJSON, "json", false, "as JSON, one delivery a line, with every attempt")
	return cmd
}

func (p *program) listDeliveries(ctx context.Context, common *commonOptions, o deliveriesOptions) error {
	arguments := map[string]any{"limit": o.limit}
	if o.webhook != "" {
		arguments["webhook"] = o.webhook
	}
	if o.status != "" {
		arguments["status"] = o.status
	}
	return onSession(ctx, common, p.openSession, func(opened *session) error {
		rows, err := opened.askRows(ctx, "list_deliveries", "deliveries", arguments)
		if err != nil {
			return err
		}
		t := table{columns: []column{{label: "id"}, {label: "at"}, {label: "event"}, {label: "record"}, {label: "webhook"}, {label: "status"}, {label: "attempts"}, {label: "last answer"}, {label: "next attempt"}}}
		err = p.eachRow(rows, o.asJSON, func(row object) { t.rows = append(t.rows, deliveryRow(row)) })
		if err == nil && !o.asJSON {
			p.printRows(t, "no deliveries")
		}
		return err
	})
}

func deliveryRow(row object) []string {
	hook, _ := row.get("webhook").(object)
	last := ""
	if log := objects(row.get("log")); len(log) > 0 {
		newest := log[len(log)-1]
		if last = newest.text("problem"); last == "" {
			last = fmt.Sprint(newest.get("response_code"))
		}
	}
	attempts, _ := row.get("attempts").(json.Number)
	n, _ := strconv.Atoi(attempts.String())
	return []string{row.text("id"), shownText(row.text("at"), time.Local), row.text("type"), row.text("record"), hook.text("id"), row.text("status"),
		strconv.Itoa(n), last, shownText(row.text("next_attempt_at"), time.Local)}
}
