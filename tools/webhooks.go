package tools

import (
	"fmt"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

// webhookTools set up where events are sent. Admins call them with a key, or
// in the shell; an assistant on a connection without a key is refused.
func webhookTools(s *schema.Schema) []*Tool {
	return []*Tool{createWebhook(s), updateWebhook(s), listDeliveries(), resendDelivery()}
}

func createWebhook(s *schema.Schema) *Tool {
	fields := fieldArgs(s.Type("webhook"), []Arg{{Name: "url"}, {Name: "events", Doc: "deal.won, contact.*, *"}, {Name: "description"}, {Name: "is_enabled", Hidden: true}}, false)
	for i := range fields {
		fields[i].Enum, fields[i].Required = nil, fields[i].Name == "url" || fields[i].Name == "events"
	}
	return &Tool{Name: "create_webhook", Title: "Create webhook", Set: "admin", Mode: Write, OpenWorld: true, Of: "webhook",
		Description: "Send events to a URL, signed. The secret is shown once.",
		In:          fields, Out: wrote("webhook", secretMember()), Run: runCreateWebhook}
}

func secretMember() Member {
	return Member{Name: "secret", Schema: described("string", "signs what is sent; shown this once")}
}

func runCreateWebhook(c *Call) (*Object, error) {
	if err := c.Tx.MaySend(); err != nil {
		return nil, err
	}
	w, secret, err := c.Tx.CreateWebhook(c.Input(c.Type("webhook"), true), c.WriteOptions())
	if err != nil {
		return nil, err
	}
	o, err := c.Wrote(w)
	if err != nil {
		return nil, err
	}
	return c.showOnce(o, secret), nil
}

// showOnce puts a secret into the answer; the answer that is kept for a call
// sent again has none, and neither has a dry run, whose secret is nobody's.
func (c *Call) showOnce(o *Object, secret string) *Object {
	if c.IsDryRun() {
		return o
	}
	c.once = secret
	return o.Set("secret", secret)
}

func updateWebhook(s *schema.Schema) *Tool {
	fields := fieldArgs(s.Type("webhook"), []Arg{{Name: "url"}, {Name: "events"}, {Name: "is_enabled"}, {Name: "description", Hidden: true}}, false)
	for i := range fields {
		fields[i].Enum, fields[i].Required = nil, false
	}
	in := append([]Arg{{Name: "id", Required: true, Aliases: []string{"webhook"}}}, fields...)
	return &Tool{Name: "update_webhook", Title: "Update webhook", Set: "admin", Mode: Write, OpenWorld: true, Of: "webhook",
		Description: "Change, pause or resume a webhook, or rotate its secret: the old one signs too for 24 hours.",
		In:          append(in, Arg{Name: "rotate_secret", Kind: Boolean, Aliases: []string{"rotate"}}),
		Out:         wrote("webhook", secretMember()), Run: runUpdateWebhook}
}

// runUpdateWebhook: a new secret is no part of the change, so that an undo
// does not bring the old one back.
func runUpdateWebhook(c *Call) (*Object, error) {
	if err := c.Tx.MaySend(); err != nil {
		return nil, err
	}
	t := c.Type("webhook")
	key, found := c.Reference("id", t)
	in := c.Input(t, false)
	if !found {
		return nil, c.Problems.Err()
	}
	w, err := c.Tx.Update(key, in, c.WriteOptions())
	if err != nil {
		return nil, err
	}
	o, err := c.Wrote(w)
	if err != nil || !c.Bool("rotate_secret") {
		return o, err
	}
	secret, err := c.Tx.RotateSecret(key)
	if err != nil {
		return nil, err
	}
	return c.showOnce(o, secret), nil
}

// removeWebhook deletes a webhook; what waits is not sent.
func removeWebhook(c *Call, key store.Key) (*Object, error) {
	if err := c.Tx.MaySend(); err != nil {
		return nil, err
	}
	r, err := c.Tx.Live(key.Type, key.ID)
	if err != nil {
		return nil, err
	}
	row, err := c.RenderOne(r, Short(key.Type))
	if err != nil {
		return nil, err
	}
	_, err = c.Tx.Delete([]store.Key{key})
	return (&Object{}).Set("deleted", row), err
}

// maxDeliveries is how many deliveries one answer lists.
const maxDeliveries = 100

func listDeliveries() *Tool {
	return &Tool{Name: "list_deliveries", Title: "List deliveries", Set: "admin", Mode: Read, Large: true, Role: schema.Admin,
		Description: "What was sent to webhooks in the last 30 days, newest first, with each attempt.",
		In: []Arg{
			{Name: "webhook", Aliases: []string{"of", "hook"}},
			{Name: "status", Enum: store.DeliveryStatuses()},
			{Name: "limit", Kind: Integer, Min: 1, Max: maxDeliveries},
			{Name: "cursor"},
		},
		Out: []Member{{Name: "deliveries", Schema: listSchema(ofType("object")), Always: true}, {Name: "next_cursor", Schema: ofType("string")}, {Name: "truncated", Schema: ofType("boolean")}},
		Run: runListDeliveries}
}

func runListDeliveries(c *Call) (*Object, error) {
	if err := c.Tx.MaySend(); err != nil {
		return nil, err
	}
	q := store.DeliveryQuery{Status: c.Text("status"), Limit: int(c.Int("limit", 0)), Cursor: c.Text("cursor")}
	if c.Has("webhook") {
		key, found := c.Reference("webhook", c.Type("webhook"))
		if !found {
			return nil, c.Problems.Err()
		}
		q.Webhook = key.ID
	}
	list, next, err := c.Tx.Deliveries(q)
	if err != nil {
		return nil, err
	}
	rows := make([]*Object, len(list))
	for i := range list {
		rows[i] = deliveryObject(&list[i])
	}
	o, err := c.Fit(&Object{}, "deliveries", rows, func(last int) (string, error) { return list[last].String(), nil })
	if err == nil && o.Get("next_cursor") == nil {
		o.Put("next_cursor", next)
	}
	return o, err
}

// deliveryObject shows a delivery with its attempts.
func deliveryObject(d *store.Delivery) *Object {
	o := (&Object{}).Set("id", d.String()).Set("event", d.Event).Set("type", d.Type).Set("at", d.At)
	if d.Record.Type != nil {
		o.Set("record", d.Record.String())
	}
	o.Set("webhook", Reference(d.Webhook)).Set("status", d.Status).Set("attempts", d.Attempts)
	if d.Next != 0 {
		o.Set("next_attempt_at", d.Next)
	}
	log := make([]any, len(d.Log))
	for i, one := range d.Log {
		attempt := (&Object{}).Set("at", one.At)
		if one.Code != 0 {
			attempt.Set("response_code", one.Code)
		}
		log[i] = attempt.Put("problem", one.Error).Set("ms", one.Milliseconds)
	}
	return o.Put("log", log)
}

func resendDelivery() *Tool {
	return &Tool{Name: "resend_delivery", Title: "Resend delivery", Set: "admin", Mode: Write, OpenWorld: true,
		Description: "Send a delivery again now, under the same event id.",
		Lasting:     "what was sent cannot be called back",
		In:          []Arg{{Name: "id", Required: true, Aliases: []string{"delivery"}}},
		Out:         []Member{{Name: "delivery", Schema: ofType("object"), Always: true}}, Run: runResend}
}

// runResend changes no record, so that there is nothing to undo.
func runResend(c *Call) (*Object, error) {
	if err := c.Tx.MaySend(); err != nil {
		return nil, err
	}
	id, ok := store.ParseDelivery(c.Text("id"))
	if !ok {
		c.Problems.Add(c.Path("id"), "%s is no delivery: send an id such as dlv_7, which list_deliveries gives", quote(text.Truncate(strings.TrimSpace(c.Text("id")), 60)))
		return nil, c.Problems.Err()
	}
	d, err := c.Tx.Resend(id)
	if err != nil {
		return nil, fmt.Errorf("resending: %w", err)
	}
	return (&Object{}).Set("delivery", deliveryObject(d)), nil
}
