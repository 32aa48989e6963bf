package tools

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

const (
	agendaDays = 7
	// quietDays is how long a customer with open deals may hear nothing.
	quietDays = 30
	// agendaRows is how many records a part of the agenda shows.
	agendaRows = 20
	// agendaDeals is how many deals in other currencies are looked at.
	agendaDeals = 200
)

func agenda() *Tool {
	return &Tool{Name: "agenda", Title: "Agenda", Set: "insight", Mode: Read, Run: runAgenda, Out: agendaOut(),
		Description: "What needs attention: overdue and coming tasks, deals past their close date, customers gone quiet, birthdays. For \"what should I do today?\"",
		In: []Arg{
			{Name: "owner", Doc: "default me; or all", Aliases: []string{"user", "assignee", "for"}},
			{Name: "days", Kind: Integer, Min: 1, Max: 180, Doc: "look ahead, default 7", Aliases: []string{"ahead", "horizon"}},
		}}
}

func agendaOut() []Member {
	day := ofType("string").Set("format", "date")
	out := []Member{{Name: "today", Schema: day, Always: true}, {Name: "until", Schema: day, Always: true}}
	for _, part := range agendaParts(agendaDays) {
		record := componentOf(part.typ)
		if part.name == birthdays {
			record = with(record, Member{Name: "on", Schema: day}, Member{Name: "turns", Schema: ofType("integer")})
		}
		out = append(out, Member{Name: part.name, Schema: listSchema(record)}, Member{Name: part.name + "_total", Schema: count("where not all are shown")})
	}
	return out
}

// agendaPart is one list of the agenda: a filter and an order in the language.
type agendaPart struct {
	name, typ, where, sort string
	fields                 []string
	// atStake puts first those with the greatest amount in any currency.
	atStake bool
}

func agendaParts(days int64) []agendaPart {
	undone := "status not in (completed, cancelled) and due_at "
	quiet := fmt.Sprintf("open_deal_count > 0 and (last_activity_at < -%[1]dd or last_activity_at is null and created_at < -%[1]dd)", quietDays)
	task := []string{"name", "type", "priority", "due_at", "organization", "contact", "deal"}
	party := []string{"name", "open_deal_count", "open_deal_value", "last_activity_at"}
	return []agendaPart{
		{name: "overdue_tasks", typ: "task", where: undone + "< now", sort: "due_at", fields: task},
		{name: "coming_tasks", typ: "task", where: undone + fmt.Sprintf(">= now and due_at <= +%dd", days), sort: "due_at", fields: task},
		{name: "late_deals", typ: "deal", where: "status = open and expected_close_on < today", sort: "expected_close_on",
			fields: []string{"name", "amount", "currency", "stage", "expected_close_on", "organization"}},
		{name: "quiet_organizations", typ: "organization", where: quiet, sort: "-open_deal_value", fields: party, atStake: true},
		{name: "quiet_contacts", typ: "contact", where: quiet, sort: "-open_deal_value", fields: party, atStake: true},
		{name: birthdays, typ: "contact", where: fmt.Sprintf("birthday = next_%d_days", days), sort: "birthday", fields: []string{"name", "organization"}},
	}
}

// birthdays is the part whose records come in the order of the calendar.
const birthdays = "birthdays"

func runAgenda(c *Call) (*Object, error) {
	owner := c.agendaOwner()
	if len(c.Problems) > 0 {
		return nil, c.Problems.Err()
	}
	days := c.Int("days", agendaDays)
	found := map[string][]*Object{}
	totals := map[string]int64{}
	for _, part := range agendaParts(days) {
		rows, total, err := c.agendaRows(part, owner)
		if err != nil {
			return nil, err
		}
		found[part.name], totals[part.name] = rows, total
	}
	for each := agendaRows; ; each /= 2 {
		o := (&Object{}).Set("today", c.Tx.Clock().Today()).Set("until", c.Tx.Clock().Today().AddDays(int(days)))
		for _, part := range agendaParts(days) {
			rows := found[part.name]
			o.Put(part.name, rows[:min(len(rows), each)])
			if totals[part.name] > int64(each) {
				o.Set(part.name+"_total", totals[part.name])
			}
		}
		lines, err := o.Lines()
		if err != nil || each == 1 || c.maxText() == 0 || len(lines)+reserved <= c.maxText() {
			return o, err
		}
	}
}

// agendaOwner is the condition on whose agenda it is; empty: everybody's.
func (c *Call) agendaOwner() string {
	switch strings.ToLower(c.Text("owner")) {
	case "":
		return "owner = me"
	case "all", "everyone", "anyone", "team":
		return ""
	}
	key, ok := c.Reference("owner", c.Type("user"))
	if !ok {
		return ""
	}
	return "owner = " + key.String()
}

func (c *Call) agendaRows(part agendaPart, owner string) (rows []*Object, total int64, err error) {
	t := c.Type(part.typ)
	query := store.Query{Type: t, Limit: agendaRows}
	if part.name == birthdays {
		query.Limit = maxRows
	}
	if query.Where, err = c.Tx.ParseFilter(t, both(owner, part.where)); err != nil {
		return nil, 0, err
	}
	if query.Sort, err = filter.ParseSort(part.sort, t, c.Tx.FilterEnv()); err != nil {
		return nil, 0, err
	}
	page, err := c.Tx.List(query)
	if err == nil && part.atStake {
		err = c.rankByStake(query, owner, page)
	}
	if err != nil {
		return nil, 0, err
	}
	if part.name == birthdays {
		slices.SortStableFunc(page.Records, func(a, b *store.Record) int { return cmp.Compare(c.nextBirthday(a), c.nextBirthday(b)) })
	}
	rows, err = c.Render(t, page.Records, Look{Columns: namedColumns(t, part.fields)})
	if part.name == birthdays {
		for i, r := range page.Records {
			c.addBirthday(rows[i], r)
		}
	}
	return rows, page.Total, err
}

// rankByStake puts first the records with the greatest open amount in any
// currency. The order of the page knows the company's currency alone, so the
// greatest deals in others lead to the records that it may have missed.
func (c *Call) rankByStake(query store.Query, owner string, page *store.Page) error {
	if page.Total > int64(len(page.Records)) {
		missed, err := c.withForeignDeals(query, owner)
		if err != nil {
			return err
		}
		for _, r := range missed {
			if !slices.ContainsFunc(page.Records, func(known *store.Record) bool { return known.ID == r.ID }) {
				page.Records = append(page.Records, r)
			}
		}
	}
	slices.SortStableFunc(page.Records, func(a, b *store.Record) int { return cmp.Compare(stake(b), stake(a)) })
	page.Records = page.Records[:min(len(page.Records), agendaRows)]
	return nil
}

// withForeignDeals gives the records of a query that have the greatest of the
// owner's open deals in other currencies than the company's.
func (c *Call) withForeignDeals(query store.Query, owner string) ([]*store.Record, error) {
	deal := c.Type("deal")
	foreign := both(owner, fmt.Sprintf("status = open and currency is not null and currency != %q", c.Tx.Company().Text("currency")))
	greatest := store.Query{Type: deal, Limit: agendaDeals, Sort: []filter.SortKey{{Field: deal.Field("amount"), Desc: true}}}
	var err error
	if greatest.Where, err = c.Tx.ParseFilter(deal, foreign); err != nil {
		return nil, err
	}
	deals, err := c.Tx.List(greatest)
	if err != nil || len(deals.Records) == 0 {
		return nil, err
	}
	one := filter.Compare{Field: deal.Field("id"), Op: filter.In}
	for _, r := range deals.Records {
		one.Values = append(one.Values, r.ID)
	}
	query.Where = filter.And{query.Where, filter.Related{Relation: query.Type.Relation("deals"), Where: one}}
	query.Limit = maxRows
	page, err := c.Tx.List(query)
	if err != nil {
		return nil, err
	}
	return page.Records, nil
}

// stake is the greatest open amount of a record in any currency. Amounts of
// different currencies are never added; without rates their numbers compare.
func stake(r *store.Record) schema.Decimal {
	greatest, _ := r.Values["open_deal_value"].(schema.Decimal)
	amounts, _ := r.Values[otherCurrencies].(map[string]any)
	for _, one := range amounts {
		byStatus, _ := one.(map[string]any)
		if amount, err := schema.ParseDecimal(fmt.Sprint(byStatus["open"])); err == nil {
			greatest = max(greatest, amount)
		}
	}
	return greatest
}

// nextBirthday is the day on which a contact has a birthday next. That of 29
// February is kept on 1 March in other years.
func (c *Call) nextBirthday(r *store.Record) schema.Date {
	born, _ := r.Values["birthday"].(schema.Date)
	today := c.Tx.Clock().Today()
	for _, year := range []schema.Date{today / 10_000, today/10_000 + 1} {
		day := (year*10_000 + born%10_000).AddDays(0)
		if day >= today {
			return day
		}
	}
	return today
}

// addBirthday says when a birthday is and, where the year is known, which one.
func (c *Call) addBirthday(row *Object, r *store.Record) {
	born, _ := r.Values["birthday"].(schema.Date)
	day := c.nextBirthday(r)
	row.Set("on", day)
	if born >= 10_000 {
		row.Set("turns", int64(day/10_000-born/10_000))
	}
}
