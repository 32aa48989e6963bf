package store

import (
	"database/sql"
	"encoding/json"

	"github.com/crmcp/crmcp/schema"
)

// deriveFirsts finds the first record of each relation that has a singular.
func (tx *Tx) deriveFirsts(r *Record) (map[string]any, error) {
	values := map[string]any{}
	for _, relation := range r.Type.Relations {
		if relation.One == "" {
			continue
		}
		ids, err := tx.orderedEnds(relation, r.ID)
		if err != nil {
			return nil, err
		}
		values[relation.One] = nil
		for _, id := range ids {
			live, err := tx.isLive(Key{relation.To, id})
			if err != nil {
				return nil, err
			}
			if live {
				values[relation.One] = id
				break
			}
		}
	}
	return values, nil
}

// orderedEnds puts current memberships before ended ones.
func (tx *Tx) orderedEnds(relation *schema.Relation, id int64) ([]int64, error) {
	if relation.Via != schema.ViaMiddle || relation.Middle.Field("ended_on") == nil {
		return tx.ends(relation, id)
	}
	query := "SELECT " + relation.Far.Column() + " FROM " + relation.Middle.Name + " WHERE " + relation.Near.Column() +
		" = ? AND deleted_at IS NULL ORDER BY CASE WHEN ended_on IS NULL THEN 0 ELSE 1 END, id"
	return tx.ids64(sqlText(query, id))
}

// isLive says whether a record is there and not in the trash.
func (tx *Tx) isLive(key Key) (bool, error) {
	var one int
	return tx.one("SELECT 1 FROM "+key.Type.Name+" WHERE id = ? AND deleted_at IS NULL", []any{key.ID}, &one)
}

// deriveDetails copies the primary contact detail of each kind.
func (tx *Tx) deriveDetails(r *Record) (map[string]any, error) {
	rows, err := tx.detailRows(r.Key())
	if err != nil {
		return nil, err
	}
	values := map[string]any{"email": nil, "phone": nil, "website": nil}
	primary := map[string]bool{}
	for _, d := range rows {
		if values[d.Kind] == nil || d.Primary && !primary[d.Kind] {
			values[d.Kind] = d.Value
			primary[d.Kind] = d.Primary
		}
	}
	return values, nil
}

// deriveDeals counts a party's deals by status. Money counts those in the
// company's currency; the others are listed per currency.
func (tx *Tx) deriveDeals(r *Record) (map[string]any, error) {
	counts, sums := map[string]int64{}, map[string]schema.Decimal{}
	others := map[string]any{}
	home := tx.company.Text("currency")
	err := tx.scan(`SELECT coalesce(d.status, ''), coalesce(d.currency, ''), count(*), coalesce(sum(d.amount), 0) FROM link l JOIN deal d ON d.id = l.right_id
 WHERE l.left_type = ? AND l.left_id = ? AND l.right_type = ? AND d.deleted_at IS NULL GROUP BY 1, 2`,
		[]any{r.Type.Code, r.ID, tx.Schema().Type("deal").Code}, func(rows *sql.Rows) error {
			var status, currency string
			var n, sum int64
			if err := rows.Scan(&status, &currency, &n, &sum); err != nil {
				return err
			}
			counts[status] += n
			if currency == home || currency == "" {
				sums[status] += schema.Decimal(sum)
			} else if sum != 0 && status != "lost" {
				entry, _ := others[currency].(map[string]any)
				if entry == nil {
					entry = map[string]any{}
					others[currency] = entry
				}
				entry[status] = json.Number(schema.Decimal(sum).String())
			}
			return nil
		})
	values := map[string]any{
		"open_deal_count": counts["open"], "won_deal_count": counts["won"], "lost_deal_count": counts["lost"],
		"deal_count":      counts["open"] + counts["won"] + counts["lost"],
		"open_deal_value": sums["open"], "won_deal_value": sums["won"], "other_currencies": nil,
	}
	if len(others) > 0 {
		values["other_currencies"] = others
	}
	return values, err
}

// numberCurrencies writes amounts in other currencies as numbers, where a
// program before has written them as texts.
func (tx *Tx) numberCurrencies() error {
	for _, t := range []string{"organization", "contact"} {
		written := map[int64]map[string]map[string]json.Number{}
		err := tx.scan("SELECT id, other_currencies FROM "+t+" WHERE other_currencies IS NOT NULL", nil, func(rows *sql.Rows) error {
			var id int64
			var object string
			if err := rows.Scan(&id, &object); err != nil {
				return err
			}
			amounts, err := decodeAs[map[string]map[string]json.Number]([]byte(object))
			written[id] = amounts
			return err
		})
		if err != nil {
			return err
		}
		for id, amounts := range written {
			object, err := json.Marshal(amounts)
			if err == nil {
				err = tx.exec("UPDATE "+t+" SET other_currencies = ? WHERE id = ?", string(object), id)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// deriveWork finds a party's latest activity or completed task, those of an
// organization's members included, and its next open task.
func (tx *Tx) deriveWork(r *Record) (map[string]any, error) {
	values := map[string]any{"last_activity_at": nil, "next_task_due_at": nil}
	var last, next *int64
	keep := func(moment *int64) {
		if moment != nil && (last == nil || *moment > *last) {
			last = moment
		}
	}
	linked := func(what, table, where string, into **int64) error {
		*into = nil
		_, err := tx.one("SELECT "+what+" FROM link l JOIN "+table+" t ON t.id = l.right_id WHERE l.left_type = ? AND l.left_id = ? AND l.right_type = ? AND t.deleted_at IS NULL"+where,
			[]any{r.Type.Code, r.ID, tx.Schema().Type(table).Code}, into)
		return err
	}
	var moment *int64
	if err := linked("max(t.occurred_at)", "activity", "", &moment); err != nil {
		return nil, err
	}
	keep(moment)
	if err := linked("max(t.completed_at)", "task", " AND t.status = 'completed'", &moment); err != nil {
		return nil, err
	}
	keep(moment)
	if err := linked("min(t.due_at)", "task", " AND t.status NOT IN ('completed', 'cancelled')", &next); err != nil {
		return nil, err
	}
	if r.Type.Field("contact_count") != nil {
		_, err := tx.one(`SELECT max(c.last_activity_at) FROM membership m JOIN contact c ON c.id = m.contact_id
 WHERE m.organization_id = ? AND m.deleted_at IS NULL AND c.deleted_at IS NULL`, []any{r.ID}, &moment)
		if err != nil {
			return nil, err
		}
		keep(moment)
	}
	if last != nil {
		values["last_activity_at"] = schema.Millis(*last)
	}
	if next != nil {
		values["next_task_due_at"] = schema.Millis(*next)
	}
	return values, nil
}

func (tx *Tx) deriveMembers(r *Record) (map[string]any, error) {
	var n int64
	_, err := tx.one(`SELECT count(*) FROM membership m JOIN contact c ON c.id = m.contact_id
 WHERE m.organization_id = ? AND m.deleted_at IS NULL AND c.deleted_at IS NULL`, []any{r.ID}, &n)
	return map[string]any{"contact_count": n}, err
}

func (tx *Tx) deriveLines(r *Record) (map[string]any, error) {
	var total, quantity *int64
	_, err := tx.one(`SELECT sum(l.total), sum(l.quantity) FROM line l JOIN service s ON s.id = l.service_id
 WHERE l.deal_id = ? AND l.deleted_at IS NULL AND s.deleted_at IS NULL`, []any{r.ID}, &total, &quantity)
	values := map[string]any{"total_value": nil, "total_quantity": nil}
	if total != nil {
		values["total_value"] = schema.Decimal(*total)
	}
	if quantity != nil {
		values["total_quantity"] = schema.Decimal(*quantity)
	}
	return values, err
}

// deriveAttached hides a note when all it is attached to is in the trash.
func (tx *Tx) deriveAttached(r *Record) (map[string]any, error) {
	linked, live := false, false
	for _, relation := range r.Type.Relations {
		if relation.Via != schema.ViaLink || relation.To.Class != schema.Record {
			continue
		}
		ids, err := tx.ends(relation, r.ID)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			linked = true
			found, err := tx.isLive(Key{relation.To, id})
			if err != nil {
				return nil, err
			}
			live = live || found
		}
	}
	if linked && !live {
		return map[string]any{"is_detached": true}, nil
	}
	return map[string]any{"is_detached": nil}, nil
}
