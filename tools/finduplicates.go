package tools

import (
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// compared are the types whose records can be told to be the same.
func compared() []string { return []string{"organization", "contact"} }

func findDuplicates() *Tool {
	return &Tool{Name: "find_duplicates", Title: "Find duplicates", Set: "insight", Mode: Read, Run: runFindDuplicates, Out: pairsOut(),
		Description: "Pairs of records that may be the same, with a score (0-1) and reasons.",
		In: []Arg{
			{Name: "type", Doc: "organization or contact", Aliases: []string{"record_type"}},
			{Name: "of", Doc: "or only this record's", Aliases: []string{"id", "record"}},
			{Name: "filter", JSON: true, Aliases: []string{"where", "filters"}},
			{Name: "min_score", Kind: Number, Doc: "default 0.5", Aliases: []string{"threshold"}},
			{Name: "limit", Kind: Integer, Min: 1, Max: maxRows, Aliases: []string{"max_results"}},
		}}
}

func pairsOut() []Member {
	pair := objectOf(Member{Name: "score", Schema: ofType("number")}, Member{Name: "records", Schema: listSchema(reference())},
		Member{Name: "reasons", Schema: listSchema(ofType("string"))})
	return append(limited("pairs", pair), Member{Name: "more", Schema: described("string", "how to see others")})
}

func runFindDuplicates(c *Call) (*Object, error) {
	query, err := c.pairQuery()
	if err != nil {
		return nil, err
	}
	if len(c.Problems) > 0 {
		return nil, c.Problems.Err()
	}
	pairs, more, err := c.Tx.Duplicates(query)
	if err != nil {
		return nil, err
	}
	rows := make([]*Object, len(pairs))
	for i, pair := range pairs {
		rows[i] = (&Object{}).Set("score", schema.Decimal(pair.Score)*schema.DecimalOne/100).
			Set("records", []any{Reference(pair.First), Reference(pair.Second)}).Set("reasons", pair.Reasons)
	}
	o := (&Object{}).Set("returned", len(rows))
	if more {
		o.Set("more", "there may be others: raise min_score, or give a filter such as created_at > -30d")
	}
	return c.Fit(o, "pairs", rows, nil)
}

func (c *Call) pairQuery() (query store.PairQuery, err error) {
	query = store.PairQuery{Limit: int(c.Int("limit", defaultRows))}
	if least := c.Number("min_score"); least != nil {
		if *least < 0 || *least > schema.DecimalOne {
			c.Problems.Add(c.Path("min_score"), "min_score must lie between 0 and 1")
		}
		query.MinScore = int(max(1, *least*100/schema.DecimalOne))
	}
	t := c.TypeNamed("type", schema.Record)
	switch {
	case c.Has("type") && t == nil:
		return query, nil
	case t != nil && !slices.Contains(compared(), t.Name):
		c.Problems = append(c.Problems, schema.Problem{Path: c.Path("type"), Allowed: compared(), Message: "type must be organization or contact, not " + t.Name})
		return query, nil
	case c.Has("of"):
		return c.pairsOf(query, t), nil
	case t == nil:
		c.Problems.Add("type", "say which type of record, organization or contact, or give one record as of")
		return query, nil
	}
	query.Type = t
	query.Where, err = c.Filter(t, "filter")
	return query, err
}

// pairsOf asks for the likenesses of one record, of a type where one is given.
func (c *Call) pairsOf(query store.PairQuery, t *schema.Type) store.PairQuery {
	var types []*schema.Type
	for _, name := range compared() {
		if t == nil || t.Name == name {
			types = append(types, c.Type(name))
		}
	}
	if c.Has("filter") {
		c.Problems.Add(c.Path("filter"), "filter does not go together with of, which means one record")
	}
	if key, ok := c.Reference("of", types...); ok {
		query.Type, query.Of = key.Type, &key
	}
	return query
}
