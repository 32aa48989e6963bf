package exchange

import (
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// Systems with one field for notes export it as a column. Each of its texts
// becomes a note on the record, once however often the file is imported.

// takesNote says whether records of a type have notes.
func takesNote(t *schema.Type) bool {
	relation := t.Relation("notes")
	return relation != nil && relation.Settable
}

// readNote reads the text of a note.
func (im *importer) readNote(r *row, c *Column, cell string) {
	body, err := im.reader.Parse(im.tx.Schema().Type("note").Field("body"), cell)
	if err != nil {
		r.problems.Add(headerOf(*c), "note %v", err)
		return
	}
	r.note, _ = body.(string)
}

// addNote attaches a row's note to its record unless that has one of this text;
// added says whether it did.
func (im *importer) addNote(r *row, record *store.Record, existed bool) (added bool, err error) {
	if r.note == "" {
		return false, nil
	}
	if existed {
		if there, err := im.hasNote(record, r.note); err != nil || there {
			return false, err
		}
	}
	note := im.tx.Schema().Type("note")
	in := &schema.Input{Type: note, Values: map[string]any{"body": r.note}, Links: map[string][]string{}}
	for _, relation := range note.Relations {
		if attaches(note, relation) && relation.To == record.Type {
			in.Links[relation.Name] = []string{record.Key().String()}
		}
	}
	_, err = im.tx.Create(in, store.WriteOptions{Importing: true})
	return true, err
}

func (im *importer) hasNote(record *store.Record, body string) (bool, error) {
	linked, err := im.tx.Linked(record.Type.Relation("notes"), []int64{record.ID}, 0)
	if err != nil {
		return false, err
	}
	for _, ref := range linked[record.ID] {
		note, err := im.tx.Get(ref.Type, ref.ID)
		if err != nil {
			return false, err
		}
		if note.Text("body") == body {
			return true, nil
		}
	}
	return false, nil
}
