package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// table runs an aggregate and writes its rows as lines.
func (f *fixture) table(typ, where string, q AggregateQuery) string {
	f.Helper()
	var lines []string
	f.view(func(tx *Tx) (err error) {
		q.Type = tx.Schema().Type(typ)
		if where != "" {
			if q.Where, err = tx.ParseFilter(q.Type, where); err != nil {
				return err
			}
		}
		t, err := tx.Aggregate(q)
		if err != nil {
			return err
		}
		for _, row := range t.Rows {
			lines = append(lines, rowText(row))
		}
		if t.Groups != int64(len(t.Rows)) && q.Limit == 0 {
			f.Errorf("%d groups in %d rows", t.Groups, len(t.Rows))
		}
		return nil
	})
	return strings.Join(lines, "\n")
}

func rowText(row []any) string {
	cells := make([]string, len(row))
	for i, value := range row {
		switch v := value.(type) {
		case nil:
			cells[i] = "-"
		case Ref:
			cells[i] = v.Name
		default:
			cells[i] = fmt.Sprint(v)
		}
	}
	return strings.Join(cells, " ")
}

// by asks for groups and measures in one line: "stage, tags: count, sum(amount)".
func by(groups string, measures ...string) AggregateQuery {
	q := AggregateQuery{Measures: measures}
	for name := range strings.SplitSeq(groups, ",") {
		if name = strings.TrimSpace(name); name != "" {
			q.GroupBy = append(q.GroupBy, name)
		}
	}
	return q
}

func (f *fixture) wantTable(typ, where string, q AggregateQuery, want ...string) {
	f.Helper()
	if got := f.table(typ, where, q); got != strings.Join(want, "\n") {
		f.Errorf("%s where %q %v: got\n%s\nwant\n%s", typ, where, q, got, strings.Join(want, "\n"))
	}
}

// newSales is a database with a few deals in two currencies.
func newSales(t *testing.T) *fixture {
	f := newFixture(t)
	f.create("user", map[string]any{"first_name": "Zoe", "last_name": "Adams"})
	f.create("organization", map[string]any{"name": "Acme", "industry": "IT", "tags": []any{"VIP", "Old"}})
	f.create("organization", map[string]any{"name": "Bolt", "industry": "it", "country": "FR", "tags": []any{"VIP"}})
	f.create("organization", map[string]any{"name": "Zinc", "industry": "Mining", "annual_revenue": 5, "currency": "USD"})
	f.create("organization", map[string]any{"name": "Bare"})
	for _, d := range []map[string]any{
		{"name": "a", "value": "100.25", "organizations": []any{"Acme", "Bolt"}, "stage": "Proposal", "expected_close_on": "2026-05-03", "probability": 50},
		{"name": "b", "value": "200", "organizations": []any{"Acme", "Zinc"}, "stage": "Proposal", "expected_close_on": "2026-05-04", "probability": 25},
		{"name": "c", "value": "0.0001", "currency": "USD", "organizations": []any{"Bolt"}, "stage": "Lead", "owner": "Zoe Adams", "expected_close_on": "2025-12-31"},
		{"name": "d", "stage": "Won", "organizations": []any{"Acme"}},
		{"name": "e", "value": "7", "stage": "Lead"},
	} {
		f.create("deal", d)
	}
	return f
}

func TestAggregateGroups(t *testing.T) {
	f := newSales(t)
	f.wantTable("deal", "", AggregateQuery{}, "5")
	f.wantTable("deal", "name = none", AggregateQuery{}, "0")
	f.wantTable("deal", "name = none", by("stage"))
	f.wantTable("deal", "", by("stage"), "Lead 2", "Proposal 2", "Won 1")
	f.wantTable("deal", "", by("stage, owner"), "Lead Ada Owner 1", "Lead Zoe Adams 1", "Proposal Ada Owner 2", "Won Ada Owner 1")
	f.wantTable("deal", "", by("organization.industry"), "IT 4", "- 1")
	f.wantTable("deal", "", by("organizations.industry"), "IT 4", "Mining 1", "- 1")
	f.wantTable("deal", "", by("organizations"), "Acme 3", "Bolt 2", "Zinc 1", "- 1")
	f.wantTable("deal", "", by("organizations.tags"), "VIP 4", "Old 3", "- 2")
	f.wantTable("deal", "organization = Acme", by("organizations.tags, stage"), "Old Proposal 2", "VIP Proposal 2", "Old Won 1", "VIP Won 1", "- Proposal 1")
	f.wantTable("organization", "", by("tags"), "VIP 2", "- 2", "Old 1")
	f.wantTable("organization", "", by("type, country"), "prospect FR 1", "prospect - 3")
	f.wantTable("organization", "deals.stage = Proposal", by("industry"), "IT 2", "Mining 1")
	f.wantTable("organization", "", by("industry, tags"), "IT VIP 2", "IT Old 1", "Mining - 1", "- - 1")
	f.create("organization", map[string]any{"name": "Cold", "industry": "it"})
	f.wantTable("organization", "", by("industry, country"), "IT - 2", "IT FR 1", "Mining - 1", "- - 1")
	f.wantTable("service", "", by("is_active"))
}

func TestAggregateMeasures(t *testing.T) {
	f := newSales(t)
	f.wantTable("deal", "", by("", "sum(value)", "avg(value)", "median(value)", "min(amount)", "max(amount)", "count", "count(value)"),
		"EUR 307.25 102.4167 100.25 7 200 4 3", "USD 0.0001 0.0001 0.0001 0.0001 0.0001 1 1")
	f.wantTable("deal", "status = won", by("stage", "sum(value)", "avg(value)", "median(value)"), "Won EUR - - -")
	f.wantTable("deal", "stage = Proposal", by("", "avg(probability)", "median(probability)", "sum(probability)"), "37.5 37.5 75")
	f.wantTable("deal", "", by("", "count_distinct(owner)", "count_distinct(organization.industry)", "count(distinct stage)", "count(owner)"), "2 1 3 5")
	f.wantTable("deal", "", by("currency", "sum(value)"), "EUR 307.25", "USD 0.0001")
	f.wantTable("deal", "", by("", "min(expected_close_on)", "max(expected_close_on)"), "2025-12-31 2026-05-04")
	f.wantTable("deal", "", by("", "max(created_at)", "avg(created_at)"), "2026-05-04T10:00:00.000Z 2026-05-04T10:00:00.000Z")
	f.wantTable("deal", "", by("", "Average(Value)", "COUNT(*)"), "EUR 102.4167 4", "USD 0.0001 1")
	f.wantTable("organization", "", by("", "sum(annual_revenue)"), "USD 5", "EUR -")
	f.wantTable("organization", "", by("", "sum(open_deal_value)", "count"), "EUR 600.5 4")
}

func TestAggregateOfGreatAmounts(t *testing.T) {
	f := newFixture(t)
	for range 12 {
		f.create("deal", map[string]any{"name": "x", "value": "90000000000000"})
	}
	f.wantTable("deal", "", by("", "avg(value)", "median(value)"), "EUR 90000000000000 90000000000000")
	f.view(func(tx *Tx) error {
		_, err := tx.Aggregate(AggregateQuery{Type: tx.Schema().Type("deal"), Measures: []string{"sum(value)"}})
		wantCode(t, err, schema.InvalidArgument)
		return nil
	})
}

func TestAggregateSortsAndHaving(t *testing.T) {
	f := newSales(t)
	q := by("stage", "count", "sum(value)")
	q.Sort = "-sum(Value), stage"
	f.wantTable("deal", "", q, "Proposal EUR 2 300.25", "Lead EUR 1 7", "Lead USD 1 0.0001", "Won EUR 1 -")
	q.Sort = "sum( value ) desc, -stage"
	q.Having = "count = 1 and not sum(value) is null"
	f.wantTable("deal", "", q, "Lead EUR 1 7", "Lead USD 1 0.0001")
	q.Sort, q.Having, q.Limit = "-stage", "", 2
	f.wantTable("deal", "", q, "Won EUR 1 -", "Proposal EUR 2 300.25")
	q = by("organizations")
	q.Sort = "organizations"
	f.wantTable("deal", "", q, "Acme 3", "Bolt 2", "Zinc 1", "- 1")
}

func TestAggregateShowsWhatListsShow(t *testing.T) {
	f := newSales(t)
	f.update(func(tx *Tx) error {
		_, err := tx.Delete([]Key{{tx.Schema().Type("organization"), 1}, {tx.Schema().Type("deal"), 2}})
		return err
	})
	f.change(&Record{Type: f.db.Schema().Type("deal"), ID: 5}, map[string]any{"archived_at": "now"})
	f.wantTable("deal", "", by("organizations"), "Bolt 2", "- 1")
	f.wantTable("deal", "archived_at is not null", by("stage"), "Lead 1")
	f.wantTable("deal", "", by("organizations.tags"), "VIP 2", "- 1")
	f.create("note", map[string]any{"body": "secret", "organizations": []any{"Bolt"}, "is_private": true, "author": "Zoe Adams"})
	f.create("note", map[string]any{"body": "open", "organizations": []any{"Bolt"}})
	f.wantTable("note", "", by("organizations"), "Bolt 1")
	f.wantTable("organization", "name = Bolt", by("notes", "count"), " 1")
}

func TestAggregateOfParts(t *testing.T) {
	f := newSales(t)
	f.create("service", map[string]any{"name": "Hour", "amount": 10})
	f.create("service", map[string]any{"name": "Stunde", "amount": 5, "currency": "USD"})
	f.create("deal", map[string]any{"name": "x", "services": []any{map[string]any{"service": "Hour", "quantity": 3}}})
	f.create("deal", map[string]any{"name": "y", "currency": "USD", "services": []any{map[string]any{"service": "Stunde", "quantity": 2}}})
	f.wantTable("line", "", by("service", "sum(total)", "sum(quantity)"), "Hour EUR 30 3", "Stunde USD 10 2")
	f.create("segment", map[string]any{"title": "ITs", "filter": "industry = it"})
	f.create("segment", map[string]any{"title": "Hand", "organizations": []any{"Bolt"}})
	f.wantTable("organization", "", by("segments"), "ITs 2", "- 2", "Hand 1")
}

func TestAggregateOfCustomFields(t *testing.T) {
	f := newFixture(t)
	for _, d := range []FieldDefinition{{Key: "level", Kind: "single_select", Options: []string{"silver", "Gold"}}, {Key: "langs", Kind: "multi_select", Options: []string{"Go", "C"}},
		{Key: "budget", Kind: "currency"}, {Key: "since", Kind: "date"}, {Key: "area", Kind: "text"}, {Key: "fan", Kind: "user"}, {Key: "story", Kind: "long_text"}} {
		f.define(d, "organization")
	}
	f.create("organization", map[string]any{"name": "a", "level": "Gold", "langs": []any{"Go", "C"}, "budget": "10.5", "since": "2026-02-28", "area": "Été", "fan": "me"})
	f.create("organization", map[string]any{"name": "b", "level": "silver", "langs": []any{"Go"}, "budget": "4.5", "since": "2026-03-01", "area": "ete"})
	f.create("organization", map[string]any{"name": "c", "budget": 1})
	f.wantTable("organization", "", by("level", "sum(budget)", "median(budget)"), "silver EUR 4.5 4.5", "Gold EUR 10.5 10.5", "- EUR 1 1")
	f.wantTable("organization", "", by("langs"), "Go 2", "C 1", "- 1")
	f.wantTable("organization", "", by("month(since)", "min(since)"), "2026-02 2026-02-28", "2026-03 2026-03-01", "- -")
	f.wantTable("organization", "", by("area"), "ete 2", "- 1")
	f.wantTable("organization", "", by("fan", "count_distinct(area)", "count(level)"), "Ada Owner 1 1", "- 1 1")
	f.view(func(tx *Tx) error {
		_, err := tx.Aggregate(AggregateQuery{Type: tx.Schema().Type("organization"), GroupBy: []string{"story"}})
		wantCode(t, err, schema.InvalidArgument)
		return nil
	})
}

func TestAggregateProblems(t *testing.T) {
	f := newSales(t)
	for _, c := range []struct {
		q                   AggregateQuery
		path, want, allowed string
	}{
		{by("stge"), "group_by[0]", `did you mean "stage"?`, ""},
		{by("description"), "group_by[0]", "it is a long_text; group by a choice", "stage"},
		{by("stage, metadata"), "group_by[1]", "it is a json", "owner"},
		{by("fortnight(created_at)"), "group_by[0]", `no group "fortnight"(…)`, "week"},
		{by("month(name)"), "group_by[0]", "month(…) takes a date or time", "created_at"},
		{by("stage, owner, source, currency"), "group_by", "at most 3", ""},
		{by("", "sum(vlaue)"), "measures[0]", `did you mean "value"?`, ""},
		{by("", "sun(value)"), "measures[0]", `did you mean "sum"?`, "median"},
		{by("", "sum(name)"), "measures[0]", "sum takes no text such as", "amount"},
		{by("", "sum"), "measures[0]", "in brackets, such as sum(amount)", "probability"},
		{by("", "sum(organizations.annual_revenue)"), "measures[0]", `aggregate the type "organization" instead`, ""},
		{by("", "avg(owner)"), "measures[0]", "avg takes no relation", "created_at"},
		{by("", "sum(value)", "sum(organization.open_deal_value)"), "measures", "ask for them in two calls", ""},
		{AggregateQuery{Having: "cuont > 1"}, "having", `did you mean "count"?`, "count"},
		{AggregateQuery{Having: "sum(amount) > 1"}, "having", "add it to measures", "count"},
		{AggregateQuery{Sort: "-cuont"}, "sort", `did you mean "count"?`, "count"},
		{AggregateQuery{Sort: "-amount"}, "sort", "add sum(amount) to measures", "count"},
		{AggregateQuery{Sort: "-sum(amount)"}, "sort", "add it to measures", "count"},
		{AggregateQuery{Sort: "stage"}, "sort", "add it to group_by", "count"},
		{AggregateQuery{Measures: []string{"sum(amount)"}, Sort: "-amount"}, "sort", `did you mean "sum(amount)"?`, "sum(amount)"},
	} {
		f.view(func(tx *Tx) error {
			c.q.Type = tx.Schema().Type("deal")
			_, err := tx.Aggregate(c.q)
			e := wantCode(t, err, schema.InvalidArgument)
			if c.allowed != "" && !slices.Contains(e.Problems[0].Allowed, c.allowed) {
				t.Errorf("%v: %v lacks %s", c.q, e.Problems[0].Allowed, c.allowed)
			}
			if p := e.Problems[0]; p.Path != c.path || !strings.Contains(p.Message, c.want) {
				t.Errorf("%v: got %s: %s, want %s: %s", c.q, p.Path, p.Message, c.path, c.want)
			}
			return nil
		})
	}
}

func TestMoves(t *testing.T) {
	f := newSales(t)
	deal := f.db.Schema().Type("deal")
	before := f.now
	f.now = f.now.AddDate(0, 0, 1)
	f.change(&Record{Type: deal, ID: 5}, map[string]any{"stage": "Qualified", "name": "e2"})
	f.change(&Record{Type: deal, ID: 5}, map[string]any{"description": "no move"})
	f.change(&Record{Type: deal, ID: 1}, map[string]any{"stage": "Won"})
	moves := func(where string, since time.Time) (lines []string) {
		f.view(func(tx *Tx) error {
			q := f.query(tx, "deal", where, "")
			found, err := tx.Moves(deal, deal.Field("stage"), q.Where, schema.MillisOf(since))
			for _, m := range found {
				lines = append(lines, fmt.Sprint(m.Record, " ", m.From, ">", m.To))
			}
			return err
		})
		return lines
	}
	if got := strings.Join(moves("", f.now), ", "); got != "5 1>2, 1 3>5" {
		t.Errorf("moves since today: %s", got)
	}
	if got := strings.Join(moves("stage != Won", before), ", "); got != "2 0>3, 3 0>1, 5 0>1, 5 1>2" {
		t.Errorf("moves of deals that are not won: %s", got)
	}
}
