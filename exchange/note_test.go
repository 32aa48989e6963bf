package exchange

import (
	"strings"
	"testing"
)

func TestNotesOfRecordsAreImportedOnce(t *testing.T) {
	files := map[string]string{
		"organization": "external_id,name,Notes\n1,Acme,\"Met at the fair.\n\nCall back\"\n2,Bolt,\n",
		"contact":      "external_id,first_name,note\n1,Jane,\"Met at the fair.\n\nCall back\"\n2,Joe,\n",
		"deal":         "external_id,name,notes\n1,Renewal,\"Met at the fair.\n\nCall back\"\n2,Other,\n",
		"task":         "external_id,name,note\n1,Call,\"Met at the fair.\n\nCall back\"\n2,Other,\n",
		"project":      "external_id,name,notes\n1,Build,\"Met at the fair.\n\nCall back\"\n2,Other,\n",
		"service":      "external_id,name,notes\n1,Audit,\"Met at the fair.\n\nCall back\"\n2,Other,\n",
	}
	for typ, file := range files {
		c := newCRM(t)
		o := Options{Source: "crm"}
		first := c.clean(typ, file, o)
		note := c.one("note", "archived_at is null")
		record := c.one(typ, "external_id = 1").Key().String()
		if first.Created != 2 || note.Text("body") != "Met at the fair.\n\nCall back" || strings.Join(c.about(note), " ") != record {
			t.Errorf("%s: %+v, a note %q about %v", typ, first, note.Text("body"), c.about(note))
		}
		if again := c.clean(typ, file, o); again.Unchanged != 2 || again.Change != 0 {
			t.Errorf("%s again: %+v", typ, again)
		}
		more := c.clean(typ, strings.Replace(file, "Call back", "Called", 1), o)
		if more.Updated != 1 || more.Unchanged != 1 || len(c.find("note", "archived_at is null")) != 2 {
			t.Errorf("%s with another note: %+v", typ, more)
		}
		c.sound()
		c.undo(more.Change)
		c.undo(first.Change)
		if len(c.find("note", "archived_at is null"))+len(c.find(typ, "archived_at is null")) != 0 {
			t.Errorf("%s: something is left after the undo", typ)
		}
	}
}
