package store

import (
	"database/sql"
	"fmt"
	"slices"

	"github.com/crmcp/crmcp/schema"
)

// Lists ordered by a field of what sets the CRM up (owner.last_name,
// stage.position) are read part by part: those records are few, and an index
// leads from each of them to its own.

// mostRanks is how many records a relation may lead to.
const mostRanks = 500

// rank is one place of the order: a value of the sort key, and the records
// that have it.
type rank struct {
	key any
	ids []any
}

// ranked gives the places of an order by one field of a relation to one; nil
// where the list is not ordered so, or no index leads by the relation.
func (l *listing) ranked() ([]rank, error) {
	if len(l.order.keys) != 1 || len(l.Sort[0].Path) != 1 || l.words != nil || l.Sort[0].Field.Custom {
		return nil, nil
	}
	r := l.Sort[0].Path[0]
	leads := func(names []string) bool { return r.Field != nil && names[0] == r.Field.Name }
	if r.Via != schema.ViaColumn || r.Field.Custom || r.To.Class != schema.Setup || !slices.ContainsFunc(l.Type.Lookups, leads) {
		return nil, nil
	}
	statement, err := l.rankRows(r)
	if err != nil {
		return nil, err
	}
	ranks := []rank{}
	count := 0
	err = l.tx.scan(statement.sql, statement.args, func(rows *sql.Rows) error {
		var id int64
		var key any
		if err := rows.Scan(&id, &key); err != nil {
			return err
		}
		if last := len(ranks) - 1; last >= 0 && compareStored(ranks[last].key, key) == 0 {
			ranks[last].ids = append(ranks[last].ids, id)
		} else {
			ranks = append(ranks, rank{key, []any{id}})
		}
		count++
		return nil
	})
	if count > mostRanks {
		return nil, err
	}
	return ranks, err
}

// rankRows is the statement of the shown records that a relation may lead to,
// with what they are ordered by.
func (l *listing) rankRows(r *schema.Relation) (clause, error) {
	var none ordering
	c := l.compiler
	key := c.sortValue(&none, l.Sort[0].Field, r.To, "t")
	where := allOf(c.shownAs(r.To, "t"), key.then(" IS NOT NULL"))
	statement := sqlText("SELECT t.id, ").plus(key).then(" FROM " + r.To.Name + " t WHERE ").plus(where).
		then(" ORDER BY ").plus(key).then(direction(l.Sort[0].Desc) + fmt.Sprintf(" LIMIT %d", mostRanks+1))
	return statement, c.err
}

// rankBranches are the parts of the list, or of what follows a position in it:
// one for each place of the order, then what has none.
func (l *listing) rankBranches(ranks []rank) []branch {
	column := sqlText("t." + l.Sort[0].Path[0].Field.Column())
	var list []branch
	var all []any
	reached := l.after == nil
	beyondTie := func(where []clause) []clause {
		return append(where, sqlText("t.id"+beyond(l.order.desc)+"?", l.after.id))
	}
	for _, one := range ranks {
		all = append(all, one.ids...)
		where := []clause{isOneOf(column, one.ids)}
		switch {
		case reached:
		case l.after.keys[0] != nil && compareStored(l.after.keys[0], one.key) == 0:
			reached, where = true, beyondTie(where)
		case l.after.keys[0] != nil && turned(compareStored(one.key, l.after.keys[0]), l.order.keys[0].desc) > 0:
			reached = true
		default:
			continue
		}
		list = append(list, branch{where: where, first: 1})
	}
	rest := []clause{oneOf(column.then(" IS NULL"), without(column, all))}
	if l.after != nil && l.after.keys[0] == nil {
		rest = beyondTie(rest)
	}
	return append(list, branch{where: rest, first: 1})
}

func without(column clause, ids []any) clause {
	if len(ids) == 0 {
		return column.then(" IS NOT NULL")
	}
	return column.then(" NOT IN ("+placeholders(len(ids))+")", ids...)
}
