package store

import (
	"database/sql"
	"strconv"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// Delivery is an event on its way to a webhook, or there.
type Delivery struct {
	ID int64
	// Event is the event's id, Type its name, At when it happened.
	Event, Type string
	At          schema.Millis
	// Record is what the event is about; its type is nil where it is no more.
	Record Key
	// Webhook is where it goes; its name is the address.
	Webhook Ref
	// Status is pending, delivered or failed.
	Status   string
	Attempts int
	// Next is when the next attempt is due; 0: never.
	Next schema.Millis
	// Log are the newest attempts, the oldest first.
	Log []Attempt
}

func (r Ref) key() Key { return Key{r.Type, r.ID} }

// String is the short id of the delivery.
func (d *Delivery) String() string { return deliveryPrefix + "_" + strconv.FormatInt(d.ID, 10) }

// ParseDelivery reads the short id of a delivery.
func ParseDelivery(id string) (int64, bool) {
	number, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(id)), deliveryPrefix+"_")
	n, err := strconv.ParseInt(number, 10, 64)
	return n, found && err == nil && n > 0
}

// DeliveryQuery asks for deliveries, the newest first. Empty parts ask for all.
type DeliveryQuery struct {
	Webhook int64
	Status  string
	// Limit is how many are given; 0: 20.
	Limit int
	// Cursor goes on where an earlier answer ended.
	Cursor string
}

// Deliveries gives deliveries and the cursor of the next ones; empty at the end.
func (tx *Tx) Deliveries(q DeliveryQuery) (list []Delivery, next string, err error) {
	before, err := deliveryCursor(q.Cursor)
	if err != nil {
		return nil, "", err
	}
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	where, args := "", []any{}
	for _, condition := range []struct {
		on   bool
		text string
		arg  any
	}{
		{q.Webhook != 0, "d.webhook_id = ?", q.Webhook},
		{q.Status != "", "d.status = ?", q.Status},
		{before != 0, "d.id < ?", before},
	} {
		if condition.on {
			where, args = where+" AND "+condition.text, append(args, condition.arg)
		}
	}
	where = strings.Replace(where, " AND", " WHERE", 1)
	list, err = tx.deliveries(where, args, q.Limit+1)
	if err == nil && len(list) > q.Limit {
		list = list[:q.Limit]
		next = list[q.Limit-1].String()
	}
	return list, next, err
}

// deliveryCursor reads the delivery after which to go on; 0: none.
func deliveryCursor(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	before, ok := ParseDelivery(cursor)
	if !ok {
		return 0, schema.Errorf(schema.InvalidArgument, "cursor: send the next_cursor of the answer before, or leave it out")
	}
	return before, nil
}

// Delivery gives one delivery.
func (tx *Tx) Delivery(id int64) (*Delivery, error) {
	list, err := tx.deliveries(` WHERE d.id = ?`, []any{id}, 1)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errNoDelivery(id)
	}
	return &list[0], nil
}

func (tx *Tx) deliveries(where string, args []any, limit int) (list []Delivery, err error) {
	query := `SELECT d.id, e.uid, e.type, e.at, e.record_type, e.record_id, d.webhook_id, coalesce(w.url, ''), d.status, d.attempts, coalesce(d.next_at, 0), d.log
 FROM delivery d JOIN event e ON e.id = d.event_id LEFT JOIN webhook w ON w.id = d.webhook_id` + where + ` ORDER BY d.id DESC LIMIT ?`
	err = tx.scan(query, append(args, limit), func(rows *sql.Rows) error {
		d := Delivery{Webhook: Ref{Type: tx.Schema().Type("webhook")}}
		var code int64
		var log string
		err := rows.Scan(&d.ID, &d.Event, &d.Type, &d.At, &code, &d.Record.ID, &d.Webhook.ID, &d.Webhook.Name, &d.Status, &d.Attempts, &d.Next, &log)
		d.Record.Type, d.Log = tx.typeOf(code), readLog(log)
		list = append(list, d)
		return err
	})
	return list, err
}
