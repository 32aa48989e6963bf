package store

import (
	"fmt"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

// mostHidden is up to how many archived and deleted records of a type the
// links are counted that may lead to them.
const mostHidden = 4_000

// manyLinked tells from the links alone that a list of what is linked with one
// record (has a tag) is long. Some links may lead to records that are archived
// or in the trash; where there are more links than a long list needs and such
// records together, enough of them lead to shown ones.
func (l *listing) manyLinked() (bool, error) {
	parts := conjuncts(l.Where)
	if len(parts) != 1 || l.words != nil || !tallied(l.Type) {
		return false, nil
	}
	e, ok := parts[0].(filter.Related)
	if !ok || e.Relation.Via != schema.ViaLink || IsDecided(e.Relation) || e.Relation.To.Private {
		return false, nil
	}
	ids := wantedIDs(e.Where)
	if len(ids) != 1 {
		return false, nil
	}
	enough, err := l.enough()
	if err != nil || enough == 0 {
		return false, err
	}
	near, far := linkSides(e.Relation)
	statement := fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM link WHERE %[1]s_type = %[2]d AND %[1]s_id = ? AND %[3]s_type = %[4]d LIMIT ?) counted",
		far, e.Relation.To.Code, near, l.Type.Code)
	live, err := l.tx.isLive(Key{e.Relation.To, asID(ids[0])})
	if err != nil || !live {
		return false, err
	}
	found := int64(0)
	_, err = l.tx.one(statement, []any{ids[0], enough}, &found)
	return found == enough, err
}

// manyCustom tells a list by one condition on a custom field that an index
// counts to be long, however many records with such a value are hidden.
func (l *listing) manyCustom() (bool, error) {
	parts := conjuncts(l.Where)
	if len(parts) != 1 || l.words != nil || !tallied(l.Type) {
		return false, nil
	}
	e, ok := parts[0].(filter.Compare)
	if !ok || !e.Field.Custom || !byCustomIndex(e) || hasSeveralRows(e.Field) {
		return false, nil
	}
	enough, err := l.enough()
	if err != nil || enough == 0 {
		return false, err
	}
	return l.compiler.customFound(e, l.Type, enough) == enough, l.compiler.err
}

// enough is of how many records, hidden ones among them, more than a thousand
// are sure to be shown; 0 where that cannot be told.
func (l *listing) enough() (int64, error) {
	sum, err := l.tx.tally(l.Type)
	if err != nil || sum.hidden > mostHidden || sum.shown <= exactTotal {
		return 0, err
	}
	return exactTotal + 1 + sum.hidden, nil
}

func asID(value any) int64 {
	id, _ := value.(int64)
	return id
}
