package store

import (
	"database/sql"
	"fmt"

	"github.com/crmcp/crmcp/schema"
)

// lineDraft is a service of a deal with its reference resolved.
type lineDraft struct {
	in      schema.LineInput
	service Key
}

// Line is a service that a deal contains.
type Line struct {
	ID              int64
	Service         Ref
	Quantity        schema.Decimal
	UnitPrice       *schema.Decimal
	DiscountPercent *schema.Decimal
	Total           *schema.Decimal
}

func (tx *Tx) draftLines(d *draft) {
	if d.in.Lines == nil {
		return
	}
	d.lines = []lineDraft{}
	services := tx.Schema().Type("service")
	seen := map[Key]bool{}
	for i, in := range d.in.Lines {
		path := fmt.Sprintf("services[%d]", i)
		key, ok := tx.Resolve(path+".service", in.Service, []*schema.Type{services}, Scope{}, d.problems)
		if ok && seen[key] {
			d.problems.Add(path, "%s names %s a second time; a deal has one line a service: give it the whole quantity", path, tx.called(key))
		}
		seen[key] = true
		d.lines = append(d.lines, lineDraft{in, key})
	}
	delete(d.links, "services")
}

// writeLines makes the deal's lines the list that was given: a line that was
// there keeps what is not said of it.
func (tx *Tx) writeLines(d *draft, r *Record) error {
	if d.lines == nil {
		return nil
	}
	relation := d.typ.Relation("services")
	old, err := tx.ends(relation, r.ID)
	if err != nil {
		return err
	}
	keep := map[int64]bool{}
	for i, line := range d.lines {
		keep[line.service.ID] = true
		changed, err := tx.writeLine(r, relation, line, int64(i))
		if err != nil {
			return err
		}
		d.changed = d.changed || changed
	}
	for _, id := range old {
		if keep[id] || !tx.removable(Key{relation.To, id}) {
			continue
		}
		row, err := tx.middleRow(relation, r.ID, id)
		if err == nil {
			err = tx.trash(row)
		}
		if err != nil {
			return err
		}
		d.changed = true
		d.removed = append(d.removed, tx.called(Key{relation.To, id}))
	}
	return nil
}

func (tx *Tx) writeLine(deal *Record, relation *schema.Relation, line lineDraft, position int64) (changed bool, err error) {
	values := map[string]any{"position": position}
	for name, given := range map[string]*schema.Decimal{"quantity": line.in.Quantity, "unit_price": line.in.Price, "discount_percent": line.in.Discount} {
		if given != nil {
			values[name] = *given
		}
	}
	row, err := tx.middleRow(relation, deal.ID, line.service.ID)
	if err == nil {
		if err := checkTotal(row, values); err != nil {
			return false, err
		}
		row, changed, err = tx.updateRecord(row, values)
		if err != nil || !changed {
			return changed, err
		}
		return true, tx.countParents(row)
	}
	if values["quantity"] == nil {
		values["quantity"] = schema.DecimalOne
	}
	if values["unit_price"] == nil {
		price, err := tx.listPrice(deal, line.service)
		if err != nil {
			return false, err
		}
		values["unit_price"] = price
	}
	values[relation.Near.Name], values[relation.Far.Name] = deal.ID, line.service.ID
	row = &Record{Type: relation.Middle, Values: mergeValues(nil, values)}
	if err := checkTotal(row, nil); err != nil {
		return false, err
	}
	if err := tx.insertRecord(row); err != nil {
		return false, err
	}
	return true, tx.countParents(row)
}

// checkTotal refuses a line whose total is too large to keep.
func checkTotal(row *Record, values map[string]any) error {
	r := &Record{Type: row.Type, Values: mergeValues(row.Values, values)}
	if _, err := lineTotal(r.Decimal("quantity"), r.Decimal("unit_price"), r.Decimal("discount_percent")); err != nil {
		return schema.Errorf(schema.InvalidArgument, "the total of a line %v", err)
	}
	return nil
}

// listPrice is what a line costs unless it is said: the service's amount,
// where that is in the deal's currency.
func (tx *Tx) listPrice(deal *Record, service Key) (any, error) {
	s, err := tx.get(service)
	if err != nil || !s.Has("amount") {
		return nil, err
	}
	if s.Text("currency") != deal.Text("currency") {
		return nil, schema.Errorf(schema.InvalidArgument, "%s costs %s %s but the deal is in %s: give unit_price",
			s.Title(), s.Decimal("amount"), s.Text("currency"), deal.Text("currency"))
	}
	return s.Decimal("amount"), nil
}

// Lines gives the services of deals, in order.
func (tx *Tx) Lines(ids []int64) (map[int64][]Line, error) {
	lines := map[int64][]Line{}
	service := tx.Schema().Type("service")
	err := chunks(ids, func(ids []int64) error {
		return tx.scan(`SELECT l.deal_id, l.id, l.service_id, s.name, l.quantity, l.unit_price, l.discount_percent, l.total FROM line l
 JOIN service s ON s.id = l.service_id WHERE l.deleted_at IS NULL AND s.deleted_at IS NULL AND l.deal_id IN (`+placeholders(len(ids))+`) ORDER BY l.deal_id, l.position, l.id`,
			numbers(ids), func(rows *sql.Rows) error {
				var deal int64
				line := Line{Service: Ref{Type: service}}
				var quantity, price, discount, total *int64
				if err := rows.Scan(&deal, &line.ID, &line.Service.ID, &line.Service.Name, &quantity, &price, &discount, &total); err != nil {
					return err
				}
				if quantity != nil {
					line.Quantity = schema.Decimal(*quantity)
				}
				line.UnitPrice, line.DiscountPercent, line.Total = decimal(price), decimal(discount), decimal(total)
				lines[deal] = append(lines[deal], line)
				return nil
			})
	})
	return lines, err
}

func decimal(n *int64) *schema.Decimal {
	if n == nil {
		return nil
	}
	d := schema.Decimal(*n)
	return &d
}
