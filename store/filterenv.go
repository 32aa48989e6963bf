package store

import (
	"database/sql"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

// FilterEnv is what filters and sorts are checked against in this transaction.
func (tx *Tx) FilterEnv() *filter.Env {
	return &filter.Env{Schema: tx.Schema(), Clock: tx.clock, Resolve: tx.resolveAll,
		Names: func(t *schema.Type, n int) []string { return tx.fewNames(t, n) }}
}

// ParseFilter reads a filter on records of a type. Its error is a
// *schema.Error with every problem, unless the database failed.
func (tx *Tx) ParseFilter(t *schema.Type, text string) (filter.Expr, error) {
	return filter.Read(text, t, tx.FilterEnv())
}

// resolveAll gives the ids of every record that a reference may mean.
func (tx *Tx) resolveAll(types []*schema.Type, reference string) ([]int64, error) {
	keys, err := tx.lookup(types, reference)
	ids := make([]int64, len(keys))
	for i, key := range keys {
		ids[i] = key.ID
	}
	return ids, err
}

// fewNames gives the different names of a type that has at most n of them,
// none where it has more. An error message does without them rather than fail;
// the transaction itself remembers a failure of the engine.
func (tx *Tx) fewNames(t *schema.Type, n int) []string {
	title := t.TitleField()
	if title == nil {
		return nil
	}
	condition, args := tx.shown(t, "t")
	order := sortColumn(title)
	if len(t.Sorts) > 0 {
		order = sortColumn(t.Field(t.Sorts[0]))
	}
	column := title.Column()
	query := "SELECT t." + column + " FROM " + t.Name + " t WHERE " + condition + " AND t." + column +
		" IS NOT NULL GROUP BY t." + column + " ORDER BY min(t." + order + "), t." + column + " LIMIT ?"
	var names []string
	err := tx.scan(query, append(args, n+1), func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		names = append(names, name)
		return err
	})
	if err != nil || len(names) > n {
		return nil
	}
	return names
}
