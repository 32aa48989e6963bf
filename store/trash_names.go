package store

import (
	"fmt"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// InTrash finds the one record that a reference means to someone who wants it
// back: by its id or uid, or by the name of a record in the trash, also as
// "type:name". Where there is none or there are several it adds a problem at
// path that says what to send.
func (tx *Tx) InTrash(path, reference string, problems *schema.Problems) (Key, bool) {
	if t, id, ok := tx.Schema().ParseID(cleanReference(reference)); ok {
		return Key{t, id}, true
	}
	types, name := tx.Schema().OfClass(schema.Record), cleanReference(reference)
	if narrowed, rest := tx.narrow(types, name); narrowed != nil {
		types, name = []*schema.Type{narrowed}, rest
	}
	keys, err := tx.trashed(types, name)
	none := func() (schema.Problem, error) { return tx.noTrashProblem(reference, types, name) }
	return tx.theOne(path, reference, keys, err, none, problems)
}

// trashed gives the records of these types in the trash that have a uid or a name.
func (tx *Tx) trashed(types []*schema.Type, name string) (keys []Key, err error) {
	for _, t := range types {
		fields, wanted := []string{}, text.Fold(name)
		for _, field := range t.Names {
			fields = append(fields, field+"_fold")
		}
		if uid, ok := parseUID(name); ok {
			fields, wanted = []string{"uid"}, uid
		}
		readable, args := tx.mayRead(t, "t")
		var found matches
		for _, field := range fields {
			more, err := tx.matches(t, "SELECT t.id, 0 FROM "+t.Name+" t WHERE t."+field+" = ? AND t.deleted_at IS NOT NULL"+readable+" ORDER BY t.id DESC LIMIT ?",
				append(append([]any{wanted}, args...), everyMatch))
			if err != nil {
				return nil, err
			}
			found.add(more)
		}
		keys = append(keys, found.current...)
	}
	return keys, nil
}

// noTrashProblem says that nothing in the trash is so called, and what outside
// of it is.
func (tx *Tx) noTrashProblem(reference string, types []*schema.Type, name string) (schema.Problem, error) {
	problem := schema.Problem{Message: fmt.Sprintf("nothing in the trash is called %s: send the id, which history shows", quoteShort(reference))}
	live, err := tx.lookup(types, name)
	if err != nil || len(live) == 0 {
		return problem, err
	}
	problem.Message = tx.called(live[0]) + " is not in the trash"
	return problem, nil
}
