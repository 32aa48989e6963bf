package store

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// maxCandidates is how many records a problem offers.
const maxCandidates = 5

// smallType is how many records a set-up type may have for all of its names to
// be compared, shownNames how many of them a message lists.
const (
	smallType  = 2_000
	shownNames = 12
)

// severalProblem says which records a reference may mean.
func (tx *Tx) severalProblem(reference string, keys []Key) (schema.Problem, error) {
	candidates, err := tx.candidates(keys[:min(len(keys), maxCandidates)])
	if err != nil {
		return schema.Problem{}, err
	}
	offered := described(candidates)
	if more := len(keys) - len(candidates); more > 0 {
		offered = append(offered, fmt.Sprintf("%d more", more))
	}
	message := fmt.Sprintf("%s may be %s: send the id", quoteShort(reference), orList(offered))
	return schema.Problem{Message: message, Candidates: candidates}, nil
}

// noneProblem says why a reference means nothing and what to send instead.
func (tx *Tx) noneProblem(reference string, types []*schema.Type, scope Scope) (schema.Problem, error) {
	reference = cleanReference(reference)
	if t, id, ok := tx.Schema().ParseID(reference); ok {
		message, err := tx.whyNotID(t, id, types)
		return schema.Problem{Message: message}, err
	}
	kind := nounOf(types)
	if uid, ok := parseUID(reference); ok {
		return schema.Problem{Message: fmt.Sprintf("there is no %s with the uid %s", kind, uid)}, nil
	}
	if reference == "" {
		return schema.Problem{Message: fmt.Sprintf("an empty text names no %s: send an id or a name", kind)}, nil
	}
	if narrowed, name := tx.narrow(types, reference); narrowed != nil {
		types, reference, kind = []*schema.Type{narrowed}, name, narrowed.Name
	}
	if len(reference) > longestReference {
		return schema.Problem{Message: fmt.Sprintf("%s is too long to be the name of a %s: send an id or the exact name", quoteShort(reference), kind)}, nil
	}
	message := fmt.Sprintf("no %s is called %s", kind, quoteShort(reference))
	if keys, err := tx.trashed(types, reference); err != nil || len(keys) > 0 {
		return tx.trashProblem(message, keys, err)
	}
	near, err := tx.nearest(reference, types, scope)
	if err != nil {
		return schema.Problem{}, err
	}
	if len(near) > 0 {
		return schema.Problem{Message: message + "; did you mean " + orList(described(near)) + "?", Candidates: near, DidYouMean: near[0].ID}, nil
	}
	names, err := tx.allowedNames(types, scope)
	if err == nil && len(names) > 0 {
		return schema.Problem{Message: message + "; there are " + strings.Join(names, ", "), Allowed: names}, nil
	}
	return schema.Problem{Message: message + ": send an id or the exact name, or create it first"}, err
}

// keyList names at most three records by their ids.
func keyList(keys []Key) string {
	ids := make([]string, 0, 3)
	for _, key := range keys[:min(len(keys), 3)] {
		ids = append(ids, key.String())
	}
	return strings.Join(ids, ", ")
}

// whyNotID says what is wrong with an id that leads to no shown record.
func (tx *Tx) whyNotID(t *schema.Type, id int64, types []*schema.Type) (string, error) {
	name := t.IDString(id)
	if !slices.Contains(types, t) {
		if len(types) > namedTypes {
			return fmt.Sprintf("%s is %s, which does not fit here: send %s", name, withArticle(t.Name), withArticle(orList(typeNames(types)))), nil
		}
		return fmt.Sprintf("%s is %s, not %s", name, withArticle(t.Name), withArticle(nounOf(types))), nil
	}
	r, err := tx.Get(t, id)
	var known *schema.Error
	switch {
	case errors.As(err, &known):
		return "there is no " + name, nil
	case err != nil:
		return "", err
	case r.Has("deleted_at"):
		return fmt.Sprintf("%s %s is in the trash: restore_records brings it back", name, r.Title()), nil
	}
	return name + " is hidden, because what it belongs to is in the trash: restore that with restore_records", nil
}

// nearest gives the records of these types whose names come nearest to a text.
func (tx *Tx) nearest(reference string, types []*schema.Type, scope Scope) ([]schema.Candidate, error) {
	var near []Key
	var searched []*schema.Type
	for _, t := range types {
		if t.Searchable {
			searched = append(searched, t)
			continue
		}
		keys, err := tx.nearestOf(t, reference, scope)
		if err != nil {
			return nil, err
		}
		near = append(near, keys...)
	}
	if len(searched) > 0 && len(near) < maxCandidates {
		hits, err := tx.searchNames(reference, searched, maxCandidates)
		if err != nil {
			return nil, err
		}
		near = append(near, hits...)
	}
	found, err := tx.candidates(near[:min(len(near), maxCandidates)])
	return slices.DeleteFunc(found, func(c schema.Candidate) bool { return !nearNames(reference, c.Name) }), err
}

// nearNames says whether two names may be meant for each other: each word of the
// shorter one is nearly a word of the longer. One common word ("Ltd") is not enough.
func nearNames(a, b string) bool {
	short, long := text.Words(a), text.Words(b)
	if len(short) > len(long) {
		short, long = long, short
	}
	for _, word := range short {
		limit := max(1, len([]rune(word))/4)
		near := func(other string) bool {
			return strings.HasPrefix(other, word) || text.Distance(word, other, limit) <= limit
		}
		if !slices.ContainsFunc(long, near) {
			return false
		}
	}
	return len(short) > 0
}

// nearestOf compares a text with every name of a small type.
func (tx *Tx) nearestOf(t *schema.Type, reference string, scope Scope) ([]Key, error) {
	refs, err := tx.allNames(t, scope, smallType)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(refs))
	for i, ref := range refs {
		names[i] = ref.Name
	}
	nearest, wanted := text.Nearest(reference, names), text.Fold(reference)
	var keys []Key
	for _, ref := range refs {
		folded := text.Fold(ref.Name)
		if ref.Name == nearest || strings.HasPrefix(folded, wanted) || len(wanted) > 2 && strings.Contains(folded, wanted) {
			keys = append(keys, Key{t, ref.ID})
		}
	}
	return keys, nil
}

// allowedNames lists the names of a set-up type that has only some.
func (tx *Tx) allowedNames(types []*schema.Type, scope Scope) ([]string, error) {
	if len(types) != 1 || types[0].Class != schema.Setup {
		return nil, nil
	}
	refs, err := tx.allNames(types[0], scope, shownNames+1)
	if err != nil || len(refs) > shownNames {
		return nil, err
	}
	var names []string
	for _, ref := range refs {
		names = append(names, ref.Name)
	}
	return names, nil
}

// allNames gives the shown records of a type with their names, oldest first;
// stages only of the pipeline in scope.
func (tx *Tx) allNames(t *schema.Type, scope Scope, limit int) (refs []Ref, err error) {
	if t.Title == "" {
		return nil, nil
	}
	condition, args := tx.shown(t, "t")
	if scope.Pipeline != 0 && t == tx.Schema().Type("stage") {
		condition, args = condition+" AND t.pipeline_id = ?", append(args, scope.Pipeline)
	}
	query := "SELECT t.id, t." + t.TitleField().Column() + " FROM " + t.Name + " t WHERE t." + t.TitleField().Column() + " IS NOT NULL AND " + condition + " ORDER BY t.id LIMIT ?"
	err = tx.scan(query, append(args, limit), func(rows *sql.Rows) error {
		ref := Ref{Type: t}
		err := rows.Scan(&ref.ID, &ref.Name)
		refs = append(refs, ref)
		return err
	})
	return refs, err
}

// hintFields tell records of one name apart; the first two that have a value
// are shown.
var hintFields = []string{"organization", "city", "email", "website", "stage", "due_at", "due_on", "sku", "pipeline", "category"}

// candidates describes records for a problem.
func (tx *Tx) candidates(keys []Key) ([]schema.Candidate, error) {
	list := make([]schema.Candidate, 0, len(keys))
	for _, key := range keys {
		r, err := tx.Get(key.Type, key.ID)
		if err != nil {
			return nil, err
		}
		hint, err := tx.hint(r)
		if err != nil {
			return nil, err
		}
		list = append(list, schema.Candidate{ID: key.String(), Name: text.Truncate(r.Title(), 80), Hint: hint})
	}
	return list, nil
}

// hint is what tells a record apart from others of its name.
func (tx *Tx) hint(r *Record) (string, error) {
	var parts []string
	for _, name := range hintFields {
		f := r.Type.Field(name)
		if f == nil || !r.Has(name) || len(parts) == 2 {
			continue
		}
		part, err := tx.plain(f, r.Values[name])
		if err != nil {
			return "", err
		}
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", "), nil
}

// plain gives a value as a person reads it: a reference as its name, a time as
// its day, a web address as its domain.
func (tx *Tx) plain(f *schema.Field, value any) (string, error) {
	switch v := value.(type) {
	case int64:
		if f.Kind != schema.Reference {
			return fmt.Sprint(v), nil
		}
		refs, err := tx.Refs(tx.Schema().Type(f.To), []int64{v})
		return refs[v].Name, err
	case schema.Millis:
		return schema.DateOf(v.Time().In(tx.clock.Location)).String(), nil
	case string:
		if domain, ok := text.Domain(v); ok && f.Kind == schema.URL {
			return domain, nil
		}
	}
	return text.Truncate(fmt.Sprint(value), 60), nil
}

// described gives candidates as "org_3 Acme (Paris)".
func described(candidates []schema.Candidate) []string {
	list := make([]string, len(candidates))
	for i, c := range candidates {
		list[i] = c.ID
		if c.Name != c.ID {
			list[i] += " " + c.Name
		}
		if c.Hint != "" {
			list[i] += " (" + c.Hint + ")"
		}
	}
	return list
}

// nounOf names what a reference to these types means.
func nounOf(types []*schema.Type) string {
	if len(types) == 0 || len(types) > namedTypes {
		return "record of a type that fits here"
	}
	return orList(typeNames(types))
}

// namedTypes is how many types the noun of a message lists.
const namedTypes = 4

func typeNames(types []*schema.Type) []string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = strings.ReplaceAll(t.Name, "_", " ")
	}
	return names
}

// withArticle puts "a" or "an" before a noun.
func withArticle(noun string) string {
	noun = strings.ReplaceAll(noun, "_", " ")
	if strings.ContainsRune("aeio", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// orList joins "a", "a or b", "a, b or c".
func orList(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + " or " + items[len(items)-1]
}

// quoteShort quotes what a caller sent, shortened.
func quoteShort(s string) string { return `"` + text.Truncate(cleanReference(s), 80) + `"` }
