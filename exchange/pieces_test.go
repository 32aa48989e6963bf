package exchange

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// many are so many contacts of a few organizations that they need pieces.
func (c *crm) many(n int) string {
	c.Helper()
	c.clean("organization", "external_id,name\n1,Acme\n2,Zenith\n", Options{Source: "erp"})
	var b strings.Builder
	b.WriteString("external_id,first_name,last_name,email,organization_external_id\n")
	for i := range n {
		fmt.Fprintf(&b, "c%d,First%d,Last%d,p%d@example.com,%d\n", i, i, i, i, i%2+1)
	}
	return b.String()
}

// standing is every contact outside the trash as text, without what counts.
func (c *crm) standing() string {
	c.Helper()
	var b strings.Builder
	for _, typ := range []string{"organization", "contact"} {
		for _, r := range c.find(typ, "archived_at is null") {
			fmt.Fprintln(&b, r.Key(), r.Text("name"), r.Text("email"), r.Int("organization"), r.Int("contact_count"))
		}
	}
	return b.String()
}

func (c *crm) changes() (list []store.Change) {
	c.Helper()
	c.view(func(tx *store.Tx) (err error) {
		list, _, err = tx.History(store.HistoryQuery{})
		return err
	})
	return list
}

func (c *crm) undo(change int64) {
	c.Helper()
	err := c.db.Update(c.Context(), store.Caller{Client: "test", Tool: "undo"}, func(tx *store.Tx) error {
		done, err := tx.Undo([]int64{change}, false)
		if err == nil && len(done.Conflicts) > 0 {
			c.Errorf("conflicts: %v", done.Conflicts)
		}
		return err
	})
	if err != nil {
		c.Fatal(err)
	}
}

// sound checks the whole database against its history.
func (c *crm) sound() {
	c.Helper()
	found, err := c.db.Check(c.Context(), true)
	if err != nil {
		c.Fatal(err)
	}
	for _, finding := range found {
		c.Errorf("check: %s %s %s", finding.Record, finding.Field, finding.Message)
	}
}

func TestALongImportIsOneChange(t *testing.T) {
	c := newCRM(t)
	file := c.many(1_100)
	before := c.standing()
	report := c.clean("contact", file, Options{Source: "erp"})
	if report.Created != 1_100 {
		t.Fatalf("%d created", report.Created)
	}
	change := c.changes()[0]
	if change.ID != report.Change || change.Incomplete || change.Tool != "import" || change.Rows != 3*1_100 {
		t.Errorf("the history shows %+v, not %d", change, report.Change)
	}
	c.sound()
	c.undo(report.Change)
	if after := c.standing(); after != before {
		t.Errorf("after the undo there is\n%s\nand not\n%s", after, before)
	}
	c.sound()
}

// A writer that asks while a long import runs is let in before the import ends.
func TestOthersWriteDuringALongImport(t *testing.T) {
	c := newCRM(t)
	file := c.many(1_300)
	written := make(chan error, 1)
	var at int
	progress := func(done, _ int) {
		if done == 100 {
			go func() {
				written <- c.db.Update(context.Background(), store.Caller{Tool: "other"}, func(tx *store.Tx) error {
					_, err := tx.Create(&schema.Input{Type: tx.Schema().Type("organization"), Values: map[string]any{"name": "Other"}}, store.WriteOptions{})
					return err
				})
			}()
		}
		select {
		case err := <-written:
			if err != nil {
				t.Error(err)
			}
			at = done
		default:
		}
	}
	c.clean("contact", file, Options{Source: "erp", Progress: progress})
	if at == 0 {
		t.Error("the other writer was not let in before the end of the import")
	}
	c.sound()
}

func TestAnImportThatIsCutShort(t *testing.T) {
	c := newCRM(t)
	file := c.many(1_300)
	before := c.standing()
	ctx, stop := context.WithCancel(t.Context())
	_, err := ImportCSV(ctx, c.db, store.Caller{Tool: "import"}, c.db.Schema().Type("contact"), strings.NewReader(file),
		Options{Source: "erp", Progress: func(done, _ int) {
			if done >= 1_050 {
				stop()
			}
		}})
	change := c.changes()[0]
	if err == nil || !strings.Contains(err.Error(), "are written as "+store.ChangeString(change.ID)+", which is incomplete") {
		t.Fatalf("the error is %v", err)
	}
	if !change.Incomplete || len(c.find("contact", "archived_at is null")) == 0 {
		t.Errorf("the history shows %+v", change)
	}
	c.sound()
	again := c.clean("contact", file, Options{Source: "erp"})
	if again.Created == 0 || again.Unchanged == 0 || again.Created+again.Unchanged != 1_300 {
		t.Errorf("run again: %d created, %d unchanged", again.Created, again.Unchanged)
	}
	c.sound()
	c.undo(again.Change)
	c.undo(change.ID)
	if after := c.standing(); after != before {
		t.Errorf("after the undo there is\n%s\nand not\n%s", after, before)
	}
	c.sound()
}

// An import that is undone while it runs goes on with nothing.
func TestUndoDuringAnImport(t *testing.T) {
	c := newCRM(t)
	file := c.many(1_300)
	before := c.standing()
	var once bool
	undone := make(chan error, 1)
	progress := func(done, _ int) {
		if done < 1_050 || once {
			return
		}
		once = true
		go func() {
			undone <- c.db.Update(context.Background(), store.Caller{Client: "test", Tool: "undo"}, func(tx *store.Tx) error {
				last, err := tx.LastChange()
				if err == nil {
					_, err = tx.Undo([]int64{last}, false)
				}
				return err
			})
		}()
	}
	_, err := c.try("contact", file, Options{Source: "erp", Progress: progress})
	if err := <-undone; err != nil {
		t.Fatal(err)
	}
	if err == nil || !strings.Contains(err.Error(), "was undone while it was being written") {
		t.Fatalf("the error is %v", err)
	}
	if after := c.standing(); after != before {
		t.Errorf("there is\n%s", after)
	}
	c.sound()
}

// A dry run of many rows tells exactly what the import then does, and leaves
// nothing behind.
func TestALongDryRun(t *testing.T) {
	c := newCRM(t)
	file := c.many(1_050) + "c5,Other,Name,other@example.com,1\nc9,No,Body,n@example.com,77\n"
	before := c.changes()
	trial := c.load("contact", file, Options{Source: "erp", DryRun: true})
	if len(c.changes()) != len(before) || c.find("contact", "archived_at is null") != nil {
		t.Error("a dry run wrote something")
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(c.db.Path()), ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	report := c.load("contact", file, Options{Source: "erp"})
	if trial.Created != report.Created || trial.Updated != report.Updated || len(trial.Refused) != len(report.Refused) || trial.Change != 0 {
		t.Errorf("the trial told %d, %d, %d; the import did %d, %d, %d", trial.Created, trial.Updated, len(trial.Refused), report.Created, report.Updated, len(report.Refused))
	}
	if report.Created != 1_050 || report.Updated != 1 || len(report.Refused) != 1 {
		t.Errorf("%d created, %d updated, %d refused", report.Created, report.Updated, len(report.Refused))
	}
}

// Rows that are refused when they are half written, alone in a piece and among
// many, leave nothing behind and do not stand in the way of the others.
func TestRefusedRowsOfALongImport(t *testing.T) {
	c := newCRM(t)
	file := c.many(1_050) + "c7,Again,Seven,again@example.com,1\nc8,Again,Eight,,2\nlast,Really,Last,last@example.com,2\n"
	report := c.load("contact", file, Options{Source: "erp", IfExists: CreateAnyway})
	if refused := refusedLines(report); report.Created != 1_051 || len(refused) != 2 || refused[1_052] == "" || refused[1_053] == "" {
		t.Errorf("%d created, refused %v", report.Created, refused)
	}
	if c.one("contact", "name = 'Really Last'").Text("email") != "last@example.com" {
		t.Error("the last row is not there")
	}
	if again := c.find("contact", "first_name = Again"); len(again) > 0 {
		t.Errorf("%v stands", again[0])
	}
	c.sound()
}
