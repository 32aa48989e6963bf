package exchange

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// crm is a fresh database to import into.
type crm struct {
	*testing.T
	db *store.DB
}

func newCRM(t *testing.T) *crm {
	t.Helper()
	now := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "crm.db"), store.Options{
		OwnerName: "Ada Owner", Currency: "EUR", Country: "NL", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return &crm{t, db}
}

// try imports a text and gives the error.
func (c *crm) try(typ, csv string, o Options) (*Report, error) {
	return ImportCSV(c.Context(), c.db, store.Caller{Client: "test", Tool: "import"}, c.db.Schema().Type(typ), strings.NewReader(csv), o)
}

// load imports a text and fails the test on an error.
func (c *crm) load(typ, csv string, o Options) *Report {
	c.Helper()
	report, err := c.try(typ, csv, o)
	if err != nil {
		c.Fatal(err)
	}
	return report
}

// clean imports a text of which every row must be taken without a word.
func (c *crm) clean(typ, csv string, o Options) *Report {
	c.Helper()
	report := c.load(typ, csv, o)
	for _, refused := range report.Refused {
		c.Errorf("line %d was refused: %v", refused.Row, refused.Problems)
	}
	for _, warning := range report.Warnings {
		c.Errorf("warning: %s", warning)
	}
	return report
}

func (c *crm) view(fn func(*store.Tx) error) {
	c.Helper()
	if err := c.db.View(context.Background(), store.Caller{}, fn); err != nil {
		c.Fatal(err)
	}
}

// find gives the records that meet a filter, the oldest first.
func (c *crm) find(typ, where string) (found []*store.Record) {
	c.Helper()
	t := c.db.Schema().Type(typ)
	c.view(func(tx *store.Tx) error {
		condition, err := tx.ParseFilter(t, where)
		if err != nil {
			return err
		}
		ids, err := tx.IDs(t, condition, 2_000)
		slices.Sort(ids)
		for _, id := range ids {
			r, err := tx.Get(t, id)
			if err != nil {
				return err
			}
			found = append(found, r)
		}
		return err
	})
	return found
}

func (c *crm) one(typ, where string) *store.Record {
	c.Helper()
	found := c.find(typ, where)
	if len(found) != 1 {
		c.Fatalf("%s %s: %d records instead of one", typ, where, len(found))
	}
	return found[0]
}

// phones are the phone numbers of a record as create takes them.
func (c *crm) phones(r *store.Record) (phones []string) {
	c.Helper()
	c.view(func(tx *store.Tx) error {
		all, err := tx.DetailsOf(r.Type, []int64{r.ID})
		for _, d := range all[r.ID] {
			if d.Kind == "phone" {
				phones = append(phones, schema.Detail{Label: d.Label, Value: d.Value}.String())
			}
		}
		return err
	})
	return phones
}

// refusedLines are the lines that were refused with all that is said about them.
func refusedLines(r *Report) map[int]string {
	lines := map[int]string{}
	for _, refused := range r.Refused {
		var said []string
		for _, p := range refused.Problems {
			said = append(said, p.Path+": "+p.Message)
		}
		lines[refused.Row] = strings.Join(said, "\n")
	}
	return lines
}
