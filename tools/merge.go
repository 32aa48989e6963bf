package tools

import (
	"fmt"
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

const maxMerged = 50

func mergeRecords() *Tool {
	return &Tool{Name: "merge_records", Title: "Merge records", Set: "safety", Mode: Destroy, Confirms: true,
		Description: "Merge duplicates of one type: the losers' links, notes and details move to the winner, which fills its empty fields from them; their ids then lead to it. undo separates them.",
		In: []Arg{
			{Name: "winner", Required: true, Aliases: []string{"id", "into", "keep"}},
			{Name: "losers", Kind: Strings, Required: true, Aliases: []string{"ids", "loser", "records", "merge"}},
			{Name: "fields", Kind: Pairs, Doc: "phone=con_9: take it from there"},
			{Name: "dry_run", Kind: Boolean, Doc: "shows what wins and moves"},
		},
		Out: mergeOut(), Run: runMerge}
}

func mergeOut() []Member {
	text := ofType("string")
	loser := objectOf(optional(text, "id", "name", "moved")...)
	field := objectOf(Member{Name: "field", Schema: text}, Member{Name: "joined", Schema: ofType("boolean")}, Member{Name: "value", Schema: &Object{}},
		Member{Name: "from", Schema: text}, Member{Name: "instead_of", Schema: anything("the values of the others, by their ids")})
	return wroteAny(Member{Name: "merged", Schema: listSchema(loser), Always: true}, Member{Name: "fields", Schema: listSchema(field)})
}

func runMerge(c *Call) (*Object, error) {
	winner, losers := c.mergedKeys()
	if err := c.atMost("losers", len(losers), maxMerged); err != nil {
		return nil, err
	}
	from := c.chosenFields(winner, losers)
	if len(c.Problems) > 0 {
		return nil, c.Problems.Err()
	}
	plan, err := c.Tx.PlanMerge(winner, losers, from)
	if err != nil {
		return nil, err
	}
	fields, err := c.mergedFields(plan)
	if err != nil {
		return nil, err
	}
	plan.Moved = func(moved int) { c.Progress(moved, len(losers)) }
	record, err := c.Tx.Merge(plan)
	if err != nil {
		return nil, err
	}
	c.Warn(plan.Notes...)
	o, err := c.Wrote(&store.Written{Record: record})
	if err != nil {
		return nil, err
	}
	merged := mergedLosers(plan)
	o.Set("merged", merged).Put("fields", fields)
	count := 1 + len(losers)
	preview := (&Object{}).Set("count", count).Set("merged", merged[:min(len(merged), sampleSize)]).Put("fields", fields)
	return o, c.Confirm(count, fmt.Sprintf("this would merge %d records into one", count), preview)
}

// mergedKeys finds the winner and then the losers among records of its type.
func (c *Call) mergedKeys() (winner store.Key, losers []store.Key) {
	var types []*schema.Type
	for _, t := range c.Tx.Schema().Types {
		if t.Merges {
			types = append(types, t)
		}
	}
	winner, ok := c.Reference("winner", types...)
	if ok {
		types = []*schema.Type{winner.Type}
	}
	losers = c.References("losers", types...)
	for _, loser := range losers {
		if loser == winner {
			c.Problems.Add(c.Path("losers"), "losers names the winner %s itself: the losers are those that go", winner)
		}
	}
	return winner, losers
}

// chosenFields reads from which record each named field is to come.
func (c *Call) chosenFields(winner store.Key, losers []store.Key) map[string]store.Key {
	from := map[string]store.Key{}
	if winner.Type == nil {
		return from
	}
	t := winner.Type
	for i, pair := range c.Pairs("fields") {
		path := fmt.Sprintf("%s[%d]", c.Path("fields"), i)
		name := t.Canonical(pair.Name)
		if !store.Chosen(t, name) {
			near := nearestName(pair.Name, &Tool{}, t)
			if !store.Chosen(t, near) {
				near = ""
			}
			c.Problems = append(c.Problems, schema.Problem{Path: path, DidYouMean: near,
				Message: fmt.Sprintf("%s has no field %s that can be chosen: links and lists of all are kept", t.Name, quote(pair.Name))})
			continue
		}
		reference, err := scalarText(pair.Value)
		if err != nil {
			c.Problems.Add(path, `%s must be "field=id", such as "phone=%s"`, c.Path("fields"), winner)
			continue
		}
		key, ok := c.resolve(path, reference, []*schema.Type{t})
		if ok && key != winner && !slices.Contains(losers, key) {
			c.Problems.Add(path, "%s is neither the winner nor a loser: a field comes from one of them", key)
		}
		from[name] = key
	}
	return from
}

// mergedFields shows each field in which the records differ: what stands
// afterwards, from which record, and what the others had.
func (c *Call) mergedFields(plan *store.MergePlan) ([]*Object, error) {
	records := append([]*store.Record{plan.Winner}, plan.Losers...)
	look := Look{}
	for _, f := range plan.Fields {
		if !f.Field.WriteOnly {
			look.Columns = append(look.Columns, Column{Label: f.Field.Name, Field: f.Field})
		}
	}
	shown, err := c.Render(plan.Winner.Type, records, look)
	if err != nil {
		return nil, err
	}
	var rows []*Object
	for _, f := range plan.Fields {
		row := (&Object{}).Set("field", f.Field.Name)
		if f.Joined {
			rows = append(rows, row.Set("joined", true))
			continue
		}
		others := &Object{}
		for i, r := range records {
			value := shown[i].Get(f.Field.Name)
			if r.Key() == f.From {
				row.Put("value", value).Set("from", r.Key().String())
			} else {
				others.Put(r.Key().String(), value)
			}
		}
		if !f.Kept {
			row.Put("instead_of", others)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// mergedLosers names the losers with what moves from each.
func mergedLosers(plan *store.MergePlan) []*Object {
	list := make([]*Object, len(plan.Losers))
	for i, r := range plan.Losers {
		list[i] = (&Object{}).Set("id", r.Key().String()).Put("name", r.Text(r.Type.Title)).Put("moved", plan.Moves[i])
	}
	return list
}
