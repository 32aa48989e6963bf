package store

import (
	"maps"
	"reflect"
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// MergePlan is what a merge is going to do.
type MergePlan struct {
	// Moved, where set, hears after each loser how many have been moved; it must
	// not wait.
	Moved  func(losers int)
	Winner *Record
	// Losers are the records that go to the trash and lead to the winner.
	Losers []*Record
	// Fields are those in which the records differ, in declared order.
	Fields []MergedField
	// Notes say in words what could not be kept of both; Merge writes them.
	Notes []string
	// Moves says in words what each loser hands over: "3 deals, 1 note".
	Moves []string

	values  map[string]any
	primary map[string]string
}

// MergedField is a field in which merged records differ.
type MergedField struct {
	Field *schema.Field
	// From is the record whose value stands afterwards.
	From Key
	// Joined: the values of all are put together.
	Joined bool
	// Kept: the values of the others stay beside it, as contact details do.
	Kept bool
}

// completedBy are the fields that come from the same record as the one that they
// complete.
var completedBy = map[string]map[string][]string{
	"organization": {"annual_revenue": {"currency"}, "external_id": {"external_source"}},
	"contact":      {"name": {"first_name", "last_name"}, "external_id": {"external_source"}},
	"deal": {"value": {"currency"}, "external_id": {"external_source"},
		"stage": {"pipeline", "probability", "closed_on", "stage_changed_at", "lost_reason"}},
	"service": {"amount": {"currency"}, "external_id": {"external_source"}},
	"task":    {"status": {"completed_at"}, "external_id": {"external_source"}},
	"project": {"external_id": {"external_source"}},
	"tag":     {"external_id": {"external_source"}},
}

// addressFields make one address: parts of two are never mixed.
var addressFields = []string{"street", "postal_code", "city", "region", "country"}

// joinedKinds are the fields in which nothing has to give way.
var joinedKinds = []schema.Kind{schema.JSONObject, schema.Participants, schema.MultiEnum}

// Chosen says whether a merge can be told from which record a field comes.
func Chosen(t *schema.Type, name string) bool {
	f := t.Field(name)
	if f == nil {
		return false
	}
	return completedBy[t.Name][name] != nil || f.Kept != "" || slices.Contains(mergedFields(t), f)
}

// mergedFields are the fields whose values a merge decides: not those that
// belong to the record as such.
func mergedFields(t *schema.Type) []*schema.Field {
	own := []string{"uid", "archived_at", mergedInto}
	follow := []string{}
	for _, names := range completedBy[t.Name] {
		follow = append(follow, names...)
	}
	return slices.DeleteFunc(slices.Clone(t.Held()), func(f *schema.Field) bool {
		return f.Computed || f.Kept != "" || slices.Contains(own, f.Name) || f.Kind == schema.RecordID ||
			f.ReadOnly && !slices.Contains(follow, f.Name)
	})
}

// PlanMerge decides what every field of a merge will be: that of the record
// named in from by the field's name, else the winner's, else the first
// loser's that has one. What cannot be merged is an error.
func (tx *Tx) PlanMerge(winner Key, losers []Key, from map[string]Key) (*MergePlan, error) {
	p := &MergePlan{values: map[string]any{}, primary: map[string]string{}}
	var err error
	if p.Winner, err = tx.Live(winner.Type, winner.ID); err != nil {
		return nil, err
	}
	for _, key := range losers {
		r, err := tx.Live(key.Type, key.ID)
		if err != nil {
			return nil, err
		}
		p.Losers = append(p.Losers, r)
		moves, err := tx.moves(r)
		if err != nil {
			return nil, err
		}
		p.Moves = append(p.Moves, moves)
	}
	p.decide(from)
	p.decideDetails(from)
	if err := tx.checkCurrencies(p); err != nil {
		return nil, err
	}
	return p, tx.breakCircles(p)
}

// all are the records of the merge, the winner first.
func (p *MergePlan) all() []*Record { return append([]*Record{p.Winner}, p.Losers...) }

// holds says whether a record is part of the merge.
func (p *MergePlan) holds(key Key) bool {
	return slices.ContainsFunc(p.all(), func(r *Record) bool { return r.Key() == key })
}

func (p *MergePlan) record(key Key) *Record {
	at := slices.IndexFunc(p.all(), func(r *Record) bool { return r.Key() == key })
	return p.all()[max(at, 0)]
}

func (p *MergePlan) decide(from map[string]Key) {
	t := p.Winner.Type
	from = maps.Clone(from)
	fields := mergedFields(t)
	lead := map[string]string{}
	for name, followers := range completedBy[t.Name] {
		_, chosen := from[name]
		if !chosen && !slices.Contains(fields, t.Field(name)) {
			continue
		}
		for _, follower := range followers {
			lead[follower] = name
		}
	}
	source := map[string]*Record{}
	for _, f := range append(slices.Clone(fields), leadOnly(t)...) {
		source[f.Name] = p.source(f, from)
	}
	for _, f := range fields {
		r := source[f.Name]
		if _, chosen := from[f.Name]; !chosen && lead[f.Name] != "" {
			r = source[lead[f.Name]]
		}
		p.take(f, r)
	}
}

// leadOnly are the computed fields that stand for others, such as a name.
func leadOnly(t *schema.Type) (fields []*schema.Field) {
	for _, f := range t.Fields {
		if f.Computed && completedBy[t.Name][f.Name] != nil {
			fields = append(fields, f)
		}
	}
	return fields
}

// source is the record from which a field comes.
func (p *MergePlan) source(f *schema.Field, from map[string]Key) *Record {
	if key, chosen := from[f.Name]; chosen {
		return p.record(key)
	}
	for _, r := range p.all() {
		if r.Has(f.Name) && (r == p.Winner || !slices.Contains(addressFields, f.Name) || oneAddress(p.Winner, r)) {
			return r
		}
	}
	return p.Winner
}

// oneAddress says that nothing of two addresses differs.
func oneAddress(a, b *Record) bool {
	return !slices.ContainsFunc(addressFields, func(name string) bool {
		return a.Has(name) && b.Has(name) && text.Fold(a.Text(name)) != text.Fold(b.Text(name))
	})
}

// take notes a field's value, and the field where the records differ in it.
func (p *MergePlan) take(f *schema.Field, r *Record) {
	value := r.Values[f.Name]
	joins := slices.Contains(joinedKinds, f.Kind)
	if joins {
		value = p.join(f)
	}
	p.values[f.Name] = value
	differs := slices.ContainsFunc(p.all(), func(other *Record) bool {
		return other.Has(f.Name) && !reflect.DeepEqual(other.Values[f.Name], value)
	})
	if differs || !reflect.DeepEqual(value, p.Winner.Values[f.Name]) {
		p.Fields = append(p.Fields, MergedField{Field: f, From: r.Key(), Joined: joins})
	}
}

// join puts the values of a field together; the winner's come first.
func (p *MergePlan) join(f *schema.Field) any {
	object, list, options := map[string]any{}, []schema.Participant{}, []string{}
	for _, r := range p.all() {
		switch v := r.Values[f.Name].(type) {
		case map[string]any:
			for name, value := range v {
				if _, taken := object[name]; !taken {
					object[name] = value
				}
			}
		case []schema.Participant:
			list = addNew(list, v)
		case []string:
			options = addNew(options, v)
		}
	}
	switch {
	case len(options) > 0:
		return options
	case len(object) > 0:
		return object
	case len(list) > 0:
		return list
	}
	return nil
}

func addNew[T comparable](list, more []T) []T {
	for _, one := range more {
		if !slices.Contains(list, one) {
			list = append(list, one)
		}
	}
	return list
}

// decideDetails finds the primary contact detail of each kind.
func (p *MergePlan) decideDetails(from map[string]Key) {
	for _, kind := range schema.DetailKinds {
		f := p.Winner.Type.Field(kind)
		if f == nil || f.Kept == "" {
			continue
		}
		key, chosen := from[kind+"s"]
		if _, one := from[kind]; one {
			key, chosen = from[kind], true
		}
		r := p.source(f, nil)
		if chosen && p.record(key).Has(kind) {
			r = p.record(key)
		}
		if !r.Has(kind) {
			continue
		}
		p.primary[kind] = r.Text(kind)
		if slices.ContainsFunc(p.all(), func(other *Record) bool { return other.Has(kind) && other.Text(kind) != r.Text(kind) }) || r != p.Winner {
			p.Fields = append(p.Fields, MergedField{Field: f, From: r.Key(), Kept: true})
		}
	}
}

// checkCurrencies refuses a merge that would read the prices of lines in
// another currency than that in which they were written.
func (tx *Tx) checkCurrencies(p *MergePlan) error {
	t := p.Winner.Type
	for _, relation := range t.Relations {
		if t.Field("currency") == nil || relation.Middle == nil || relation.Middle.Field("unit_price") == nil || relation.Middle.Fields[0] != relation.Near {
			continue
		}
		for _, r := range p.all() {
			ids, err := tx.ends(relation, r.ID)
			if err != nil {
				return err
			}
			if len(ids) > 0 && r.Values["currency"] != p.values["currency"] {
				return schema.Errorf(schema.Conflict, "%s has prices in %s, but the merged %s would be in %v: give both the same currency first, or choose the other's value with fields",
					tx.called(r.Key()), r.Text("currency"), t.Name, p.values["currency"])
			}
		}
	}
	return nil
}

// empty leaves a field without a value, which no record of the merge gives then.
func (p *MergePlan) empty(f *schema.Field) {
	p.values[f.Name] = nil
	p.Fields = slices.DeleteFunc(p.Fields, func(m MergedField) bool { return m.Field == f })
}

// breakCircles empties references of the winner that would lead to itself,
// also over records that now point to it.
func (tx *Tx) breakCircles(p *MergePlan) error {
	t := p.Winner.Type
	for _, f := range mergedFields(t) {
		if id, ok := p.values[f.Name].(string); ok && f.Kind == schema.AnyRecord {
			if to, number, ok := tx.Schema().ParseID(id); ok && p.holds(Key{to, number}) {
				p.empty(f)
			}
		}
		if f.Kind != schema.Reference || f.To != t.Name {
			continue
		}
		id, _ := p.values[f.Name].(int64)
		for steps := 0; id != 0 && steps < 100; steps++ {
			if p.holds(Key{t, id}) {
				p.empty(f)
				break
			}
			above, err := tx.get(Key{t, id})
			if err != nil {
				return err
			}
			id = above.Int(f.Name)
		}
	}
	return nil
}
