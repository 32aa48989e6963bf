package oracle_test

import (
	"testing"
	"time"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/filter/oracle"
	"github.com/crmcp/crmcp/schema"
)

// record is a record in memory: values by field or metadata key, related
// records by relation.
type record struct {
	values  map[string]any
	related map[string][]oracle.Record
}

func (r *record) Value(field *schema.Field, key string) any {
	if key != "" {
		return r.values["metadata."+key]
	}
	return r.values[field.Name]
}

func (r *record) Related(relation *schema.Relation) []oracle.Record { return r.related[relation.Name] }

func acme() *record {
	task := &record{values: map[string]any{"id": int64(1), "name": "Call", "status": "completed"}}
	won := &record{values: map[string]any{"id": int64(1), "status": "won", "value": schema.Decimal(50_000)},
		related: map[string][]oracle.Record{"tasks": {task}}}
	open := &record{values: map[string]any{"id": int64(2), "status": "open"}, related: map[string][]oracle.Record{"tasks": {task}}}
	return &record{
		values: map[string]any{
			"id": int64(7), "name": "Café Ørsted 100%", "status": "active", "owner": int64(3), "email": "",
			"created_at": schema.Millis(1_700_000_000_000), "employee_count": int64(12), "annual_revenue": schema.Decimal(10_005_000),
			"emails":      []schema.Detail{{Label: "work", Value: "a@cafe.example"}, {Value: "b@cafe.example"}},
			"identifiers": []string{"a@cafe.example", "cafe.example"}, "birthday": schema.Date(501),
			"metadata": map[string]any{"plan": "gold"}, "metadata.plan": "gold", "metadata.score": schema.Decimal(50_000), "metadata.ok": true,
		},
		related: map[string][]oracle.Record{"deals": {won, open}},
	}
}

func TestMatch(t *testing.T) {
	s := schema.New()
	env := &filter.Env{
		Schema: s, Clock: schema.Clock{Now: time.UnixMilli(1_700_000_000_000), Location: time.UTC},
		Resolve: func([]*schema.Type, string) ([]int64, error) { return []int64{3}, nil },
		Names:   func(*schema.Type, int) []string { return nil },
	}
	cases := map[string]bool{
		"": true, `name = "cafe orsted 100%"`: true, `name == "cafe orsted 100%"`: false, "name ~ CAFÉ": true,
		`name starts with "orsted"`: false, `name ends with "100%"`: true, `name like "caf_ %100\%"`: true, `name like "cafe"`: false,
		"industry = x": false, "industry != x": true, "not industry contains x": true, "industry is null": true,
		"email is empty": true, "name is not null": true, "status in (closed, active)": true, "status not in (active)": false,
		"owner = me": true, "created_at = today": true, "created_at < today": false, "created_at >= -1d": true,
		"created_at = 2023-Q4": true, "created_at != 2023q4": false, "created_at in (2023-Q1, 2023-Q3)": false, "created_at > 2023-Q3": true,
		"created_at < 2023-Q4": false, "created_at between 2023-Q3 and 2023-Q4": true,
		"employee_count > 11 and employee_count <= 12": true, "annual_revenue = 1000.5": true, "annual_revenue between 1 and 1000.4": false,
		"emails contains cafe": true, "emails has all (A@cafe.example, b@cafe.example)": true, "emails has c@cafe.example": false,
		"identifiers in (x, cafe.example)": true, "metadata is not null": true, "metadata.plan = GOLD": true,
		"metadata.score = 5": true, "metadata.score > 4.5": true, "metadata.plan > 4": false, "metadata.ok = true": true, "metadata.none = x": false,
		"deals.status = won": true, "deals.status != won": false, "exists(deals where status != won)": true, "exists(tasks)": false,
		"deals.value is null": false, "exists(deals where value is null)": true, "deals is not empty": true,
		"count(deals) = 2": true, "count(deals.tasks) = 1": true, "count(deals where status = open) >= 2": false, "count(tasks) = 0": true,
		"status = closed or (status = active and not name = x)": true,
	}
	for text, want := range cases {
		f, err := filter.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		e, err := filter.Check(f, s.Type("organization"), env)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := oracle.Match(e, acme()); got != want {
			t.Errorf("%s: got %t, want %t", text, got, want)
		}
	}
}

func TestBirthdaysAndRanges(t *testing.T) {
	field := &schema.Field{Name: "birthday"}
	cases := []struct {
		op    filter.Op
		part  string
		held  any
		asked any
		want  bool
	}{
		{filter.Eq, "", schema.Date(501), schema.Date(19900501), true},
		{filter.Eq, "", schema.Date(19850501), schema.Date(501), true},
		{filter.Eq, "", schema.Date(19850501), schema.Date(19900501), false},
		{filter.Lt, "", schema.Date(19850501), schema.Date(19900101), true},
		{filter.Gte, "start", schema.Range{Start: 20260101, End: 20260131}, schema.Date(20260102), false},
		{filter.Gte, "end", schema.Range{Start: 20260101, End: 20260131}, schema.Date(20260102), true},
		{filter.HasAll, "", []string{"red", "blue"}, "red", true},
		{filter.HasAny, "", []string{"red", "blue"}, "green", false},
	}
	for _, c := range cases {
		e := filter.Compare{Field: field, Part: c.part, Op: c.op, Values: []any{c.asked}}
		if got := oracle.Match(e, &record{values: map[string]any{"birthday": c.held}}); got != c.want {
			t.Errorf("%v op %d %v: got %t", c.held, c.op, c.asked, got)
		}
	}
}
