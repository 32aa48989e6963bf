package store

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// Scope narrows what a name may mean.
type Scope struct {
	// Pipeline is the one in which stages are sought; 0: all of them.
	Pipeline int64
}

// referenceKeys are the kinds of identifier that name a record beside its
// names. They are few on purpose: an address shared by an organization and its
// people would make every reference unclear.
var referenceKeys = map[string]string{"organization": text.KindDomain, "contact": text.KindEmail}

// everyMatch bounds how many records one name can mean.
const everyMatch = 100_000

// longestReference is how many bytes a text may have that names a record: names
// have 255 characters at most, web addresses 2,048.
const longestReference = 8_192

// lookup gives every shown record of these types that a reference may mean: an
// id, a uid, "me", a name, or "type:name". What looks like an id of another
// type may be a name; that of a record which was merged into another means the
// other. Archived records are given where there are no others;
// records in the trash never.
func (tx *Tx) lookup(types []*schema.Type, reference string) ([]Key, error) {
	reference = cleanReference(reference)
	if reference == "" || len(reference) > longestReference {
		return nil, nil
	}
	if t, id, ok := tx.Schema().ParseID(reference); ok && slices.Contains(types, t) {
		return tx.standingID(Key{t, id})
	}
	if uid, ok := parseUID(reference); ok {
		return tx.byUID(types, uid)
	}
	if user := tx.Schema().Type("user"); slices.Contains(types, user) && strings.EqualFold(reference, "me") {
		return tx.shownOne(user, "t.id = ?", tx.caller.User)
	}
	keys, err := tx.named(types, reference)
	if err != nil || len(keys) > 0 {
		return keys, err
	}
	if narrowed, name := tx.narrow(types, reference); narrowed != nil {
		return tx.named([]*schema.Type{narrowed}, name)
	}
	return nil, nil
}

// cleanReference gives a reference the form that names are kept in.
func cleanReference(reference string) string {
	clean, _ := text.Clean(reference)
	return clean
}

// parseUID reads a UUID with dashes; other notations are names.
func parseUID(reference string) (string, bool) {
	if len(reference) != 36 {
		return "", false
	}
	id, err := uuid.Parse(reference)
	return id.String(), err == nil
}

// narrow takes "deal:Acme renewal" apart; nil where the part before the colon
// is no type that is allowed here.
func (tx *Tx) narrow(types []*schema.Type, reference string) (*schema.Type, string) {
	prefix, name, found := strings.Cut(reference, ":")
	name = strings.TrimSpace(name)
	if !found || name == "" {
		return nil, ""
	}
	t := schema.FindAmong(types, prefix)
	if t == nil {
		return nil, ""
	}
	return t, name
}

// shownOne gives the records of a type that meet a condition on one value and
// are shown, archived or not.
func (tx *Tx) shownOne(t *schema.Type, where string, value any) ([]Key, error) {
	condition, args := tx.shown(t, "t")
	found, err := tx.matches(t, "SELECT t.id, 0 FROM "+t.Name+" t WHERE "+where+" AND "+condition, append([]any{value}, args...))
	return found.current, err
}

func (tx *Tx) byUID(types []*schema.Type, uid string) ([]Key, error) {
	for _, t := range types {
		keys, err := tx.standing(t, "t.uid = ?", uid)
		if err != nil || len(keys) > 0 {
			return keys, err
		}
	}
	return nil, nil
}

// named gives the records of these types with exactly this name, folded, or
// with the identifier that stands for a name.
func (tx *Tx) named(types []*schema.Type, name string) ([]Key, error) {
	var found matches
	for _, t := range types {
		more, err := tx.namedOf(t, name, everyMatch)
		if err != nil {
			return nil, err
		}
		found.add(more)
		more, err = tx.identified(t, referenceKey(t, name), everyMatch)
		if err != nil {
			return nil, err
		}
		found.add(more)
	}
	return found.best(), nil
}

// namedOf gives the newest records of a type that have this name.
func (tx *Tx) namedOf(t *schema.Type, name string, limit int) (found matches, err error) {
	condition, args := tx.shown(t, "t")
	for _, field := range t.Names {
		query := "SELECT t.id, " + archivedColumn(t) + " FROM " + t.Name + " t WHERE t." + field + "_fold = ? AND " + condition + " ORDER BY t.id DESC LIMIT ?"
		more, err := tx.matches(t, query, append(append([]any{text.Fold(name)}, args...), limit))
		if err != nil {
			return found, err
		}
		found.add(more)
	}
	return found, nil
}

// referenceKey gives the keys of the identifier that a reference to a type may
// be: none where it does not look like one.
func referenceKey(t *schema.Type, reference string) []string {
	kind := referenceKeys[t.Name]
	ok := false
	switch kind {
	case text.KindEmail:
		_, ok = text.Email(reference)
	case text.KindDomain:
		_, ok = text.Domain(reference)
		ok = ok && !strings.Contains(reference, "@")
	}
	if !ok {
		return nil
	}
	return text.StoredKeys(kind, reference, "")
}

// Resolve finds the one record that a reference means. Where there is none or
// there are several it adds a problem at path that offers up to five.
func (tx *Tx) Resolve(path, reference string, types []*schema.Type, scope Scope, problems *schema.Problems) (Key, bool) {
	keys, err := tx.lookup(types, reference)
	if err == nil {
		keys, err = tx.inScope(keys, reference, scope)
	}
	none := func() (schema.Problem, error) { return tx.noneProblem(reference, types, scope) }
	key, found := tx.theOne(path, reference, keys, err, none, problems)
	if found && tx.write {
		tx.stand[key] = true
	}
	return key, found
}

// theOne is the only one of the records found; else it adds a problem that
// says that there are several or, by none, that there is none.
func (tx *Tx) theOne(path, reference string, keys []Key, err error, none func() (schema.Problem, error), problems *schema.Problems) (Key, bool) {
	if err == nil && len(keys) == 1 {
		return keys[0], true
	}
	var problem schema.Problem
	switch {
	case err != nil:
	case len(keys) > 1:
		problem, err = tx.severalProblem(reference, keys)
	default:
		problem, err = none()
	}
	if err != nil {
		problem = schema.Problem{Message: "could not be looked up: try again"}
	}
	problem.Path = path
	*problems = append(*problems, problem)
	return Key{}, false
}

// inScope keeps the stages of the pipeline in scope. An id or uid means its
// record whatever the scope.
func (tx *Tx) inScope(keys []Key, reference string, scope Scope) ([]Key, error) {
	_, _, isID := tx.Schema().ParseID(cleanReference(reference))
	_, isUID := parseUID(cleanReference(reference))
	if scope.Pipeline == 0 || isID || isUID {
		return keys, nil
	}
	var kept []Key
	for _, key := range keys {
		if key.Type == tx.Schema().Type("stage") {
			r, err := tx.Get(key.Type, key.ID)
			if err != nil {
				return nil, err
			}
			if r.Int("pipeline") != scope.Pipeline {
				continue
			}
		}
		kept = append(kept, key)
	}
	return kept, nil
}
