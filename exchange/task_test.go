package exchange

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/store"
)

// momentOf is a time of a record as text; empty where it has none.
func momentOf(r *store.Record, field string) string {
	if !r.Has(field) {
		return ""
	}
	return fmt.Sprint(r.Values[field])
}

func TestTasksKeepWhenTheyWereCompleted(t *testing.T) {
	c := newCRM(t)
	c.clean("organization", "name\nAcme\nBolt\n", Options{})
	file := "external_id,name,status,completed_at,organization\n" +
		"1,Old,completed,2024-03-01T09:00:00Z,Acme\n2,Now,completed,,Bolt\n3,Told,,2023-01-02T09:00:00Z,Acme\n"
	first := c.clean("task", file, Options{Source: "crm"})
	for name, want := range map[string]string{"Old": "2024-03-01T09:00:00.000Z", "Now": "2026-05-04T10:00:00.000Z", "Told": "2023-01-02T09:00:00.000Z"} {
		task := c.one("task", "name = "+name)
		if task.Text("status") != "completed" || momentOf(task, "completed_at") != want {
			t.Errorf("%s: %v", name, task.Values)
		}
	}
	if got := momentOf(c.one("organization", "name = Acme"), "last_activity_at"); got != "2024-03-01T09:00:00.000Z" {
		t.Errorf("the last activity was at %s", got)
	}
	if again := c.clean("task", file, Options{Source: "crm"}); again.Unchanged != 3 {
		t.Errorf("%+v", again)
	}
	other := c.clean("task", "external_id,completed_at\n1,2024-04-01T09:00:00Z\n", Options{Source: "crm"})
	c.sound()
	c.undo(other.Change)
	if got := momentOf(c.one("task", "name = Old"), "completed_at"); got != "2024-03-01T09:00:00.000Z" {
		t.Errorf("after the undo it is %s", got)
	}
	c.undo(first.Change)
	if got := momentOf(c.one("organization", "name = Acme"), "last_activity_at"); got != "" {
		t.Errorf("after the undo the last activity was at %s", got)
	}
	c.sound()
	open := c.load("task", "name,status,completed_at\nOpen,in_progress,2024-03-01\n", Options{})
	if len(open.Warnings) != 1 || !strings.Contains(open.Warnings[0], "completed_at was left out, because the status is in_progress") || c.one("task", "name = Open").Has("completed_at") {
		t.Errorf("%+v", open)
	}
}
