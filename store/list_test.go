package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

// names lists the titles of a whole list, page by page.
func (f *fixture) names(typ, where, sort, search string, limit int) []string {
	f.Helper()
	var names []string
	f.view(func(tx *Tx) error {
		q := f.query(tx, typ, where, sort)
		q.Search, q.Limit = search, limit
		for {
			page, err := tx.List(q)
			if err != nil {
				return err
			}
			for _, r := range page.Records {
				names = append(names, r.Title())
			}
			if len(page.Records) > limit || page.Next != "" && len(page.Records) < limit {
				f.Errorf("a page of %d has %d records", limit, len(page.Records))
			}
			if page.Next == "" {
				return nil
			}
			q.Cursor = page.Next
		}
	})
	return names
}

func (f *fixture) query(tx *Tx, typ, where, sort string) Query {
	f.Helper()
	q := Query{Type: tx.Schema().Type(typ)}
	var err error
	if where != "" {
		if q.Where, err = tx.ParseFilter(q.Type, where); err != nil {
			f.Fatalf("%s: %v", where, err)
		}
	}
	if q.Sort, err = filter.ParseSort(sort, q.Type, tx.FilterEnv()); err != nil {
		f.Fatalf("%s: %v", sort, err)
	}
	return q
}

func (f *fixture) wantNames(typ, where, sort, search, names string) {
	f.Helper()
	if got := strings.Join(f.names(typ, where, sort, search, 2), " "); got != names {
		f.Errorf("%s where %q sorted %q search %q: %q, want %q", typ, where, sort, search, got, names)
	}
}

func TestListSorts(t *testing.T) {
	f := newFixture(t)
	f.create("user", map[string]any{"first_name": "Zoe", "last_name": "Adams"})
	for i, o := range []map[string]any{
		{"name": "éclair", "city": "Paris", "employee_count": 5, "status": "closed", "owner": "Zoe Adams"},
		{"name": "Eclat", "city": "paris", "employee_count": 9},
		{"name": "Bolt", "status": "on_hold", "annual_revenue": 10},
		{"name": "Zinc", "city": "Aix", "annual_revenue": "9.5", "owner": "Zoe Adams"},
		{"name": "adze", "employee_count": 5},
	} {
		f.now = f.now.AddDate(0, 0, 1)
		r := f.create("organization", o)
		if i == 1 {
			f.change(r, map[string]any{"archived_at": "now"})
		}
	}
	f.wantNames("organization", "", "", "", "adze Zinc Bolt éclair")
	f.wantNames("organization", "", "name", "", "adze Bolt éclair Zinc")
	f.wantNames("organization", "", "-name", "", "Zinc éclair Bolt adze")
	f.wantNames("organization", "archived_at is not null or name starts with ECL", "-name", "", "Eclat éclair")
	f.wantNames("organization", "", "annual_revenue", "", "Zinc Bolt éclair adze")
	f.wantNames("organization", "", "-annual_revenue", "", "Bolt Zinc adze éclair")
	f.wantNames("organization", "", "city", "", "Zinc éclair Bolt adze")
	f.wantNames("organization", "", "employee_count, -name", "", "éclair adze Zinc Bolt")
	f.wantNames("organization", "", "-status", "", "éclair Bolt adze Zinc")
	f.wantNames("organization", "", "owner, name", "", "adze Bolt éclair Zinc")
	f.wantNames("organization", "", "owner.last_name, name", "", "éclair Zinc adze Bolt")
	f.wantNames("organization", "", "-id", "", "adze Zinc Bolt éclair")
	f.wantNames("organization", "status in (active, on_hold)", "-updated_at", "", "adze Zinc Bolt")
	f.wantNames("organization", "", "name", "par", "éclair")
	f.wantNames("organization", "", "name", "adze nothing", "")
}

// TestCursorsWalkEverything walks lists with many ties and missing values in
// pages of every kind of plan and compares with one long page.
func TestCursorsWalkEverything(t *testing.T) {
	f := newFixture(t)
	f.fill(1_300)
	for _, sort := range []string{"name", "-name", "annual_revenue", "-annual_revenue", "-updated_at", "city, -employee_count",
		"-employee_count, city, -id", "owner.last_name, -annual_revenue", "owner.last_name", "-owner.name", "-status, name", "id"} {
		for _, where := range []string{"", "status = active", "status in (active, closed)", "employee_count < 3", "owner is not null", "tags has common",
			"annual_revenue >= 2 and annual_revenue < 9", "status in (active, on_hold) and updated_at > 1970-01-01T00:00:00.007Z"} {
			f.view(func(tx *Tx) error {
				q := f.query(tx, "organization", where, sort)
				f.walk(tx, q)
				return nil
			})
		}
	}
}

// fill writes organizations with few different values straight into the table.
func (f *fixture) fill(n int) {
	f.Helper()
	f.update(func(tx *Tx) error {
		_, err := tx.Create(tx.Reader(false).Read(tx.Schema().Type("user"), map[string]any{"first_name": "Zoe", "last_name": "Adams"}, &schema.Problems{}), WriteOptions{})
		if err != nil {
			return err
		}
		tag := &Record{Type: tx.Schema().Type("tag"), Values: map[string]any{"name": "common"}}
		if err := tx.insertRecord(tag); err != nil {
			return err
		}
		t := tx.Schema().Type("organization")
		for i := range n {
			r := &Record{Type: t, Values: map[string]any{"name": fmt.Sprint("n", i*7%40), "updated_at": schema.Millis(i * 31 % 50),
				"status": t.Field("status").Options[i%3]}}
			for j, name := range []string{"annual_revenue", "employee_count", "city", "owner"} {
				if i%(j+3) == 0 {
					continue
				}
				r.Values[name] = []any{schema.Decimal(i % 11), int64(i % 7), fmt.Sprint("c", i%5), int64(i%2 + 1)}[j]
			}
			if err := tx.insertRecord(r); err != nil {
				return err
			}
			if i%10 == 0 {
				continue
			}
			if _, err := tx.insertLink(r.Key(), tag.Key(), 0); err != nil {
				return err
			}
		}
		return nil
	})
}

// walk compares the pages of a list with all of its rows put in order by Go.
func (f *fixture) walk(tx *Tx, q Query) {
	f.Helper()
	want := f.ordered(tx, q)
	total, err := tx.Count(q.Type, q.Where)
	if err != nil || int64(len(want)) != total {
		f.Fatalf("counted %d of %d: %v", total, len(want), err)
	}
	for _, q.Limit = range []int{97, 5_000} {
		var walked []int64
		for q.Cursor = ""; ; {
			page, err := tx.List(q)
			if err != nil {
				f.Fatal(err)
			}
			f.wantTotal(q, page, total)
			for _, r := range page.Records {
				walked = append(walked, r.ID)
			}
			if page.Next == "" {
				break
			}
			q.Cursor = page.Next
		}
		if !slices.Equal(walked, want) {
			f.Errorf("%v in pages of %d: %v, want %v", q.Sort, q.Limit, walked, want)
		}
	}
}

func (f *fixture) wantTotal(q Query, page *Page, total int64) {
	f.Helper()
	switch {
	case q.Cursor != "":
		if page.CountedTotal || page.Total != 0 {
			f.Errorf("a page after a cursor has the total %d", page.Total)
		}
	case !page.CountedTotal || page.TotalExact && page.Total != total || !page.TotalExact && (page.Total != 1_000 || total <= 1_000):
		f.Errorf("total %d (exact: %t) of %d", page.Total, page.TotalExact, total)
	}
}

// ordered gives the ids of a whole list as the plain order of its rows.
func (f *fixture) ordered(tx *Tx, q Query) (ids []int64) {
	f.Helper()
	l := &listing{Query: q, tx: tx, compiler: tx.compiler()}
	l.order = l.compiler.ordering(q.Type, q.Sort)
	rows, err := l.gather(1_000_000)
	if err != nil {
		f.Fatal(err)
	}
	slices.SortFunc(rows, func(a, b *listed) int { return l.order.compare(&a.position, &b.position) })
	for _, row := range rows {
		ids = append(ids, row.id)
	}
	return ids
}

func TestCursorOfAnotherList(t *testing.T) {
	f := newFixture(t)
	for i := range 5 {
		f.create("organization", map[string]any{"name": fmt.Sprint("n", i)})
	}
	f.view(func(tx *Tx) error {
		q := f.query(tx, "organization", "name starts with n and created_at > -6h", "name")
		q.Limit = 2
		page, err := tx.List(q)
		if err != nil {
			return err
		}
		for _, other := range []Query{
			f.query(tx, "organization", "name starts with x and created_at > -6h", "name"),
			f.query(tx, "organization", "name starts with n", "name"),
			f.query(tx, "organization", "name starts with n and created_at > -6h", "-name"),
			f.query(tx, "contact", "name starts with n and created_at > -6h", "name"),
		} {
			other.Cursor = page.Next
			_, err := tx.List(other)
			if e := wantCode(t, err, schema.InvalidArgument); !strings.Contains(e.Message, "drop the cursor") {
				t.Errorf("no advice in %q", e.Message)
			}
		}
		q.Cursor = "garbage"
		_, err = tx.List(q)
		wantCode(t, err, schema.InvalidArgument)
		later := f.query(tx, "organization", "name starts with n and created_at > -5h", "name")
		later.Limit, later.Cursor = 2, page.Next
		page, err = tx.List(later)
		if err == nil && len(page.Records) != 2 {
			t.Errorf("the next page has %d records", len(page.Records))
		}
		return err
	})
}
