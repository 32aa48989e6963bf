package store

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// planned are lists as the tools ask for them: the default order of each, and
// filters as their descriptions show them and people use them. Walked are
// those that read their whole table, because no index answers them.
var planned = []struct {
	typ, where, sort string
	walked           bool
}{
	{typ: "organization"},
	{typ: "organization", sort: "name"},
	{typ: "organization", sort: "-open_deal_value"},
	{typ: "organization", sort: "-last_activity_at"},
	{typ: "organization", where: `status = active`},
	{typ: "organization", where: `type in (customer, partner) and not tags has "VIP" and not last_activity_at > -30d`},
	{typ: "organization", where: `owner = me and status = active`},
	{typ: "organization", where: `tags has "VIP"`, sort: "name"},
	{typ: "organization", where: `city = Utrecht and industry = Retail`, sort: "name"},
	{typ: "organization", where: `name contains "bakery"`, sort: "name"},
	{typ: "organization", where: `name starts with "bak"`, sort: "name"},
	{typ: "organization", where: `contacts.name = "Jane Doe"`},
	{typ: "organization", where: `deals.amount > 10000`},
	{typ: "organization", where: `identifiers in ("info@acme.example")`},
	{typ: "organization", where: `created_at = this_week`, sort: "-created_at"},
	{typ: "organization", where: `open_deal_value > 10000`, sort: "-open_deal_value"},
	{typ: "organization", where: `emails contains "@acme.example"`},
	{typ: "organization", where: `employee_count > 100`, walked: true},
	{typ: "contact"},
	{typ: "contact", sort: "last_name"},
	{typ: "contact", where: `organization = org_1`, sort: "name"},
	{typ: "contact", where: `owner = me`},
	{typ: "contact", where: `organizations.city = Paris`},
	{typ: "contact", where: `organization.deals.amount > 10000`},
	{typ: "contact", where: `job_title contains CEO`, walked: true},
	{typ: "deal"},
	{typ: "deal", sort: "-amount"},
	{typ: "deal", where: `status = open and owner = me and (amount >= 10000 or organization.industry = IT) and expected_close_on = this_quarter`},
	{typ: "deal", where: `status = open and amount >= 10000`, sort: "-amount"},
	{typ: "deal", where: `status = open and expected_close_on <= today`, sort: "expected_close_on"},
	{typ: "deal", where: `stage = Lead`},
	{typ: "deal", where: `stage.kind = open and owner = me`},
	{typ: "deal", where: `organization = org_1`},
	{typ: "deal", where: `organization.city = Paris`, sort: "-amount"},
	{typ: "deal", where: `closed_on = last_month`, sort: "-closed_on"},
	{typ: "task", sort: "due_at"},
	{typ: "task", where: `owner = me and status not in (completed, cancelled) and due_at <= today`, sort: "due_at"},
	{typ: "task", where: `status = not_started`, sort: "due_at"},
	{typ: "task", where: `organizations = org_1`, sort: "due_at"},
	{typ: "service", where: `is_active = true and amount between 10 and 100`, sort: "name"},
	{typ: "project", where: `status = active`, sort: "due_on"},
	{typ: "document", sort: "-created_at"},
	{typ: "note", sort: "-created_at"},
	{typ: "note", where: `organizations = org_1`, sort: "-created_at"},
	{typ: "note", where: `category = decision and author = me and created_at = last_week`, sort: "-created_at"},
	{typ: "activity", sort: "-occurred_at"},
	{typ: "activity", where: `type = call and occurred_at = this_month`, sort: "-occurred_at"},
	{typ: "membership", where: `organization = org_1`, sort: "id"},
	{typ: "membership", where: `role = decision_maker and ended_on is empty`, walked: true},
	{typ: "contact_detail", where: `contact = con_1`, sort: "kind, -is_primary, id"},
	{typ: "user", sort: "name"},
}

// TestPlans keeps the plans of the lists' statements: the one that gathers what
// meets a filter, and the first one that reads in order. A table may be
// walked only in the order of an index, until the page is full, or where it
// holds what sets the CRM up.
func TestPlans(t *testing.T) {
	f := newFixture(t)
	f.create("organization", map[string]any{"name": "Acme", "tags": []any{"VIP"}, "city": "Paris", "industry": "IT"})
	f.create("contact", map[string]any{"first_name": "Jane", "last_name": "Doe", "organization": "Acme"})
	f.create("deal", map[string]any{"name": "Ovens", "value": 20_000, "organization": "Acme"})
	var b strings.Builder
	for _, p := range planned {
		f.view(func(tx *Tx) error {
			q := f.query(tx, p.typ, p.where, p.sort)
			if len(q.Sort) == 0 {
				q.Sort = newestFirst(q.Type)
			}
			q.Limit = 20
			fmt.Fprintf(&b, "list %s where %s sorted %s\n", q.Type.Plural, p.where, p.sort)
			l := &listing{Query: q, tx: tx, compiler: tx.compiler()}
			l.order = l.compiler.ordering(q.Type, q.Sort)
			l.Where = l.compiler.narrowedIn(q.Type, q.Where)
			alternatives := l.indexed()
			if alternatives == nil && p.where != "" {
				plan := f.explained(func() error { _, err := l.gather(exactTotal + 1); return err })
				writePlan(&b, "gathered", plan)
				if scan := slices.IndexFunc(plan, walks); scan >= 0 && !p.walked {
					t.Errorf("%s where %s: %s", p.typ, p.where, plan[scan])
				}
			}
			if l.ordered() {
				plan := f.explained(func() error { _, err := l.inOrder(alternatives); return err })
				writePlan(&b, "in order", plan)
				if slices.ContainsFunc(plan, func(step string) bool { return p.where == "" && strings.Contains(step, "ORDER BY") || step == "SCAN t" }) {
					t.Errorf("%s where %s sorted %s is put in order:\n%s", p.typ, p.where, p.sort, strings.Join(plan, "\n"))
				}
			}
			return nil
		})
	}
	golden(t, "plans.golden", b.String())
}

// ordered says that an index has the order of the list.
func (l *listing) ordered() bool { return len(l.order.keys) == 1 && l.sortIndexed() }

func writePlan(b *strings.Builder, name string, plan []string) {
	fmt.Fprintf(b, "  %s\n", name)
	for _, step := range plan {
		fmt.Fprintf(b, "    %s\n", step)
	}
}

// walks tells the step of a plan that reads a table of records from end to end,
// or an index that is not a narrow one of texts.
func walks(step string) bool {
	rest, ok := strings.CutPrefix(step, "SCAN ")
	return ok && !strings.HasPrefix(rest, "tag") && !strings.Contains(rest, "COVERING INDEX") && !strings.Contains(rest, "_named_") && !strings.Contains(rest, "_of_value") && !strings.Contains(rest, "CONSTANT ROW")
}

// explained gives the plan of the first statement of a call that reads a list.
func (f *fixture) explained(call func() error) (plan []string) {
	f.Helper()
	var query string
	var args []any
	f.db.options.Trace = func(q string, a []any) {
		if query == "" && strings.Contains(q, "LIMIT ?") && !strings.HasPrefix(q, "SELECT count(*)") {
			query, args = q, a
		}
	}
	err := call()
	f.db.options.Trace = nil
	if err != nil {
		f.Fatal(err)
	}
	f.view(func(tx *Tx) error {
		return tx.scan("EXPLAIN QUERY PLAN "+query, args, func(rows *sql.Rows) error {
			var id, parent, unused int
			var detail string
			err := rows.Scan(&id, &parent, &unused, &detail)
			plan = append(plan, detail)
			return err
		})
	})
	return plan
}
