package store

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

// operatorFilters are one or more filters for each operator and each way in
// which a value or relation is kept.
var operatorFilters = []string{
	`organization: name = "Café"`,
	`organization: name == "Café"`,
	`organization: name != "Café"`,
	`organization: name in (a, B)`,
	`organization: name not in (a, b)`,
	`organization: name contains "50%_"`,
	`organization: name starts with "Ca"`,
	`organization: not name ends with "fé"`,
	`organization: name like "C%f_"`,
	`organization: city is null`,
	`organization: city is not null`,
	`organization: status = active`,
	`organization: type in (customer, partner) and not status = closed`,
	`organization: country = Netherlands or is_enriched = true`,
	`organization: employee_count > 5 and annual_revenue <= 10.5`,
	`organization: employee_count between 5 and 9`,
	`organization: employee_count not between 5 and 9`,
	`organization: created_at = today`,
	`organization: archived_at is not null`,
	`organization: owner = me`,
	`organization: owner is null`,
	`organization: id in (org_1, org_2)`,
	`organization: emails contains "@a.example"`,
	`organization: phones is empty`,
	`organization: identifiers = "a@b.example"`,
	`organization: participants is not null`,
	`organization: metadata is null`,
	`organization: metadata.score = 2`,
	`organization: metadata.score > 1.5`,
	`organization: metadata.score is null`,
	`organization: metadata.a.b contains x`,
	`organization: tags has "VIP"`,
	`organization: tags has all ("VIP", "Late")`,
	`organization: not tags has any ("VIP", "Late")`,
	`organization: tags is empty`,
	`organization: contacts is not empty`,
	`organization: members.role = decision_maker`,
	`organization: contacts.name = "Jane"`,
	`organization: parent.owner = me`,
	`organization: exists(children)`,
	`organization: count(children) > 2`,
	`organization: count(children) <= 2`,
	`organization: deals.stage != Won`,
	`organization: exists(deals where stage != Won and value > 5)`,
	`organization: count(deals) = 0`,
	`organization: count(deals where status = open) >= 2`,
	`organization: count(deals.tasks) > 1`,
	`organization: segments has "Big"`,
	`organization: count(segments) > 1`,
	`organization: exists(notes where body contains x)`,
	`organization: custom_text = "Gold"`,
	`organization: custom_text == "Gold"`,
	`organization: custom_number > 5`,
	`organization: custom_single_select = Gold`,
	`organization: custom_multi_select has all (Gold, silver)`,
	`organization: custom_date_range contains 2026-05-01`,
	`organization: custom_user = me`,
	`organization: custom_user.last_name is null`,
	`contact: birthday = 1990-05-01`,
	`contact: birthday >= --05-01`,
	`contact: organizations.city = x`,
	`deal: organization = "Acme"`,
	`deal: expected_close_on < 2026-05-01`,
	`task: due_at < 2026-05-01T10:00:00Z`,
	`note: flagged = true`,
	`segment: organizations = "Acme"`,
}

// TestOperatorSQL shows the SQL of every operator: its condition, its values,
// and how the engine gathers the records that meet it.
func TestOperatorSQL(t *testing.T) {
	f := newFixture(t)
	f.organizationWithEverything()
	var b strings.Builder
	f.view(func(tx *Tx) error {
		for _, line := range operatorFilters {
			name, text, _ := strings.Cut(line, ": ")
			typ := tx.Schema().Type(name)
			e, err := tx.ParseFilter(typ, text)
			if err != nil {
				return fmt.Errorf("%s: %w", line, err)
			}
			condition := tx.compiler().condition(e, typ, "t")
			fmt.Fprintf(&b, "%s\n  %s\n", line, condition.sql)
			if len(condition.args) > 0 {
				fmt.Fprintf(&b, "  %s\n", strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", condition.args), "[]interface {}{"), "}"))
			}
			plan, err := tx.plan(typ, e)
			if err != nil {
				return fmt.Errorf("%s: %w", line, err)
			}
			b.WriteString(plan + "\n")
		}
		return nil
	})
	golden(t, "operators.golden", b.String())
}

// plan tells how the records that meet a filter are gathered.
func (tx *Tx) plan(t *schema.Type, e filter.Expr) (string, error) {
	statement := tx.compiler().matching(t, e, nil).selectFrom("t.id", clause{})
	var b strings.Builder
	err := tx.scan("EXPLAIN QUERY PLAN "+statement.sql, statement.args, func(rows *sql.Rows) error {
		var id, parent, unused int
		var step string
		err := rows.Scan(&id, &parent, &unused, &step)
		b.WriteString("    " + step + "\n")
		return err
	})
	return b.String(), err
}

// organizationWithEverything makes what the filters of these tests name.
func (f *fixture) organizationWithEverything() *Record {
	f.Helper()
	w := &world{fixture: f}
	f.update(w.defineFields)
	for _, name := range []string{"VIP", "Late"} {
		f.create("tag", map[string]any{"name": name})
	}
	f.create("segment", map[string]any{"title": "Big", "filter": "employee_count > 100"})
	f.create("segment", map[string]any{"title": "By hand"})
	f.create("organization", map[string]any{"name": "Acme", "employee_count": 500, "tags": "VIP", "emails": []any{"a@a.example", "work: b@b.example"},
		"metadata": map[string]any{"score": 2, "a.b": "xyz", "deep": map[string]any{"er": "Größe"}}, "custom_multi_select": []any{"Gold", "silver"}, "phone": "+31 20 123 4567"})
	return f.create("organization", map[string]any{"name": "Bolt", "employee_count": 5, "parent": "Acme", "segments": "By hand",
		"metadata": map[string]any{"score": "2"}, "custom_text": "gold", "website": "https://www.bolt.example/"})
}

func TestFiltersFind(t *testing.T) {
	f := newFixture(t)
	f.organizationWithEverything()
	f.create("contact", map[string]any{"first_name": "Jane", "organization": "Acme"})
	f.create("deal", map[string]any{"name": "Big deal", "organization": "Acme", "value": 5})
	for filter, want := range map[string]string{
		`metadata.score = 2`:                             "Acme Bolt",
		`metadata.score contains 2`:                      "Bolt",
		`metadata.score > 1`:                             "Acme",
		`metadata.a.b starts with X`:                     "Acme",
		`metadata.deep.er = GROSSE`:                      "Acme",
		`metadata.none is null`:                          "Acme Bolt",
		`identifiers = "020 1234567"`:                    "Acme",
		`identifiers in ("bolt.example", "B@b.example")`: "Acme Bolt",
		`emails has "B@B.example"`:                       "Acme",
		`segments has Big`:                               "Acme",
		`segments has "By hand"`:                         "Bolt",
		`not segments has Big`:                           "Bolt",
		`count(segments) = 1`:                            "Acme Bolt",
		`segments.title contains hand`:                   "Bolt",
		`custom_text = GOLD`:                             "Bolt",
		`custom_text == GOLD`:                            "",
		`custom_multi_select has all (gold, silver)`:     "Acme",
		`deals.stage != Won`:                             "Acme Bolt",
		`deals.stage != Lead`:                            "Bolt",
		`parent = Acme`:                                  "Bolt",
		`exists(children)`:                               "Acme",
		`count(children) < 1`:                            "Bolt",
		`count(contacts.organizations) > 0`:              "Acme",
	} {
		f.wantNames("organization", filter, "name", "", want)
	}
	f.wantNames("segment", "organizations = Acme", "title", "", "Big")
	f.wantNames("segment", "count(organizations where name = Bolt) = 1", "title", "", "By hand")
	f.wantNames("contact", "segments is empty", "", "", "Jane")
}

func TestBrokenSegmentIsNamed(t *testing.T) {
	f := newFixture(t)
	f.organizationWithEverything()
	f.update(func(tx *Tx) error { return tx.exec(`UPDATE segment SET filter = 'nonsense = 1' WHERE title = 'Big'`) })
	f.wantNames("organization", "segments is not null", "name", "", "Bolt")
	err := f.db.View(t.Context(), Caller{}, func(tx *Tx) error {
		_, err := tx.List(f.query(tx, "organization", "segments has Big", ""))
		return err
	})
	if e := wantCode(t, err, schema.InvalidArgument); !strings.Contains(e.Message, `"Big"`) {
		t.Errorf("no name in %q", e.Message)
	}
}

func TestErrorsNameTheFew(t *testing.T) {
	f := newFixture(t)
	f.view(func(tx *Tx) error {
		_, err := tx.ParseFilter(tx.Schema().Type("deal"), "stage = Wonn")
		if e := wantCode(t, err, schema.InvalidArgument); !strings.Contains(e.Error(), "Lead, Qualified, Proposal, Negotiation, Won, Lost") {
			t.Errorf("stages are not named in their order: %v", e)
		}
		return nil
	})
}
