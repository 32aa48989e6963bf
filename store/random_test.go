package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/filter/oracle"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// manyFilters is the variable of the environment that says how many random
// filters are compared.
const manyFilters = "CRMCP_FILTERS"

// TestFiltersMeanTheSame compares random filters over random records in SQL
// and in plain Go.
func TestFiltersMeanTheSame(t *testing.T) {
	seeds, filters := 3, 1_500
	if wanted := os.Getenv(manyFilters); wanted != "" {
		n, err := strconv.Atoi(wanted)
		if err != nil || n < 1 {
			t.Fatalf("%s=%s is no number of filters", manyFilters, wanted)
		}
		seeds = max(seeds, n/filters)
		filters = (n + seeds - 1) / seeds
	}
	for seed := range uint64(seeds) {
		w := newWorld(newFixture(t), rand.New(rand.NewPCG(seed, 7)))
		some := 0
		for range filters {
			typ := w.db.Schema().Type(pick(w, worldTypes))
			e := w.filter(typ, 3)
			want := w.matches(typ, e)
			if len(want) > 0 && len(want) < len(w.records[typ])/2 {
				some++
			}
			w.view(func(tx *Tx) error { return w.compareSQL(tx, typ, e, want) })
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
		if some < filters/10 {
			t.Errorf("seed %d: only %d filters matched some records", seed, some)
		}
	}
}

// matches gives the ids of the records that meet a filter in memory.
func (w *world) matches(t *schema.Type, e filter.Expr) (ids []int64) {
	for _, m := range w.records[t] {
		archived := m.Has("archived_at") && !filter.Uses(e, "archived_at")
		if m.shown() && !archived && oracle.Match(e, m) {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// compareSQL asks for the same by the statement that is driven by one of the
// conditions, by the one in order, and by the count.
func (w *world) compareSQL(tx *Tx, t *schema.Type, e filter.Expr, want []int64) error {
	ids, err := tx.IDs(t, e, 0)
	if err != nil {
		return err
	}
	n, err := tx.Count(t, e)
	if err != nil {
		return err
	}
	tx.unnarrowed = true
	asItStands, err := tx.IDs(t, e, 0)
	if err != nil {
		return err
	}
	tx.unnarrowed = false
	byWords, counted, err := eagerly(tx, t, e)
	if err != nil {
		return err
	}
	l := &listing{Query: Query{Type: t, Where: e, Limit: 1_000, Sort: []filter.SortKey{{Field: t.Field("id")}}}, tx: tx, compiler: tx.compiler()}
	l.order = l.compiler.ordering(t, l.Sort)
	rows, err := l.inOrder(nil)
	if err != nil {
		return err
	}
	var ordered []int64
	for _, row := range rows {
		ordered = append(ordered, row.id)
	}
	if !slices.Equal(ids, want) || !slices.Equal(asItStands, want) || !slices.Equal(ordered, want) || !slices.Equal(byWords, want) ||
		n != int64(len(want)) || counted != n {
		var b strings.Builder
		outline(&b, e)
		c := tx.compiler()
		condition := c.condition(e, t, "t")
		w.Errorf("%s where %s\n%s %v\nSQL gives %v, as it stands %v, in order %v, by words %v, counted %d and %d\nwant %v",
			t.Name, b.String(), condition.sql, condition.args, ids, asItStands, ordered, byWords, n, counted, want)
	}
	return nil
}

// eagerly asks for the same as of a large table, where filters are followed
// from words.
func eagerly(tx *Tx, t *schema.Type, e filter.Expr) (ids []int64, n int64, err error) {
	tx.eager = true
	defer func() { tx.eager = false }()
	page, err := tx.List(Query{Type: t, Where: e, Limit: 1_000, Sort: []filter.SortKey{{Field: t.Field("id")}}})
	if err != nil {
		return nil, 0, err
	}
	for _, r := range page.Records {
		ids = append(ids, r.ID)
	}
	n, err = tx.Count(t, e)
	return ids, n, err
}

// filter makes a random filter on a type.
func (w *world) filter(t *schema.Type, depth int) filter.Expr {
	choice := w.dice.IntN(10)
	switch {
	case depth == 0 || choice < 3:
		return w.comparison(t)
	case choice == 3:
		return filter.And{w.filter(t, depth-1), w.filter(t, depth-1)}
	case choice == 4:
		return filter.Or{w.filter(t, depth-1), w.filter(t, depth-1)}
	case choice == 5:
		return filter.Not{X: w.filter(t, depth-1)}
	case choice == 6:
		path := []*schema.Relation{w.relation(t)}
		if last := path[0].To; w.chance(40) {
			path = append(path, w.relation(last))
		}
		count := filter.Count{Path: path, Op: pick(w, []filter.Op{filter.Eq, filter.Lt, filter.Lte, filter.Gt, filter.Gte}), N: w.dice.Int64N(4)}
		if w.chance(70) {
			count.Where = w.filter(path[len(path)-1].To, depth-1)
		}
		return count
	}
	r := w.relation(t)
	if w.chance(15) {
		return filter.Related{Relation: r}
	}
	return filter.Related{Relation: r, Where: w.filter(r.To, depth-1)}
}

func (w *world) relation(t *schema.Type) *schema.Relation {
	for {
		if r := t.Relation(pick(w, t.Words())); r != nil {
			return r
		}
	}
}

// comparison makes a random condition on one field.
func (w *world) comparison(t *schema.Type) filter.Expr {
	for {
		f := pick(w, t.Fields)
		if f.WriteOnly || f.Kind == schema.Content || f.Kind == schema.Identifiers {
			continue
		}
		e := filter.Compare{Field: f, Op: filter.NotNull}
		if f.Kind == schema.JSONObject && w.chance(90) {
			return w.metadataComparison(f)
		}
		if w.chance(12) || f.Kind == schema.JSONObject || f.Kind == schema.Participants {
			return e
		}
		e.Op = pick(w, opsOf(f))
		if f.Kind == schema.DateRange || f.Kind == schema.DateTimeRange {
			e.Part = pick(w, []string{"start", "end"})
		}
		for range 1 + w.dice.IntN(3) {
			e.Values = append(e.Values, w.wanted(t, f, e.Op))
			if e.Op != filter.In && e.Op != filter.HasAny && e.Op != filter.HasAll {
				break
			}
		}
		if !slices.Contains(e.Values, nil) {
			return e
		}
	}
}

func opsOf(f *schema.Field) []filter.Op {
	ordered := []filter.Op{filter.Eq, filter.In, filter.Lt, filter.Lte, filter.Gt, filter.Gte}
	switch f.Kind {
	case schema.MultiEnum:
		return []filter.Op{filter.HasAny, filter.HasAll}
	case schema.DateRange, schema.DateTimeRange:
		return []filter.Op{filter.Eq, filter.Lt, filter.Lte, filter.Gt, filter.Gte}
	case schema.Integer, schema.Number, schema.Money, schema.DateOnly, schema.PartialDate, schema.DateTime:
		return ordered
	case schema.DetailList:
		return []filter.Op{filter.Eq, filter.In, filter.Exact, filter.Contains, filter.StartsWith, filter.EndsWith, filter.Like}
	}
	if f.Kind.IsText() {
		return []filter.Op{filter.Eq, filter.In, filter.Exact, filter.Contains, filter.StartsWith, filter.EndsWith, filter.Like}
	}
	return []filter.Op{filter.Eq, filter.In}
}

// wanted makes a value to compare with: mostly one that a record has.
func (w *world) wanted(t *schema.Type, f *schema.Field, op filter.Op) any {
	var one any
	if len(w.records[t]) > 0 {
		one = pick(w, w.records[t]).Value(f, "")
	}
	if one == nil || w.chance(20) {
		one = w.random(f, map[string][]int64{})
	}
	switch v := one.(type) {
	case []schema.Detail:
		return w.distorted(v[0].Value, op)
	case []string:
		return pick(w, v)
	case schema.Range:
		if f.Kind == schema.DateRange {
			return schema.Date(v.End)
		}
		return schema.Millis(v.Start)
	case string:
		if f.Kind.IsText() || f.Kind == schema.DetailList {
			return w.distorted(v, op)
		}
	case schema.Date:
		if f.Kind == schema.PartialDate && w.chance(30) {
			return v % 10_000
		}
	}
	return one
}

// distorted spells a text otherwise, or takes a part of it.
func (w *world) distorted(s string, op filter.Op) string {
	runes := []rune(s)
	if op != filter.Exact && w.chance(50) {
		runes = []rune(pick(w, []string{strings.ToUpper(s), text.Fold(s), s}))
	}
	from, to := 0, len(runes)
	if op == filter.Contains || op == filter.EndsWith {
		from = w.dice.IntN(to)
	}
	if op == filter.Contains || op == filter.StartsWith {
		to = from + 1 + w.dice.IntN(to-from)
	}
	if op == filter.Like {
		runes[w.dice.IntN(len(runes))] = pick(w, []rune{'%', '_', '\\', 'x'})
	}
	return string(runes[from:to])
}

func (w *world) metadataComparison(f *schema.Field) filter.Expr {
	e := filter.Compare{Field: f, Key: pick(w, []string{"score", `odd "key"`, "deep.er", "a.b", "none"}),
		Op: pick(w, []filter.Op{filter.NotNull, filter.In, filter.Exact, filter.Lt, filter.Gte, filter.Contains, filter.StartsWith})}
	value := pick(w, []any{schema.Decimal(15_000), schema.Decimal(20_000), schema.Decimal(-1), true, false, "Ärger", "true", "2", "%"})
	_, isText := value.(string)
	_, isBool := value.(bool)
	switch {
	case e.Op == filter.NotNull:
		return e
	case isText:
		e.Values = []any{value}
	case isBool || e.Op == filter.Exact || e.Op == filter.Contains || e.Op == filter.StartsWith:
		e.Op, e.Values = filter.In, []any{value, "ärger"}
	default:
		e.Values = []any{value}
	}
	return e
}

// random makes a value of a field.
func (w *world) random(f *schema.Field, ids map[string][]int64) any {
	day := schema.NewDate(2026, time.Month(1+w.dice.IntN(3)), 1+w.dice.IntN(28))
	switch f.Kind {
	case schema.Boolean:
		return w.chance(50)
	case schema.Integer:
		return w.dice.Int64N(6)
	case schema.Number, schema.Money:
		return schema.Decimal(w.dice.Int64N(5) * 12_345)
	case schema.DateOnly:
		return day
	case schema.PartialDate:
		return pick(w, []schema.Date{day, day - 100_000, day % 10_000})
	case schema.DateTime:
		return schema.MillisOf(day.Time(time.UTC))
	case schema.DateRange:
		return schema.Range{Start: int64(day), End: int64(day) + 200}
	case schema.DateTimeRange:
		return schema.Range{Start: int64(day), End: int64(day) + 3}
	case schema.Enum:
		return pick(w, f.Options)
	case schema.MultiEnum:
		return slices.Clone(f.Options[w.dice.IntN(3):][:1+w.dice.IntN(2)])[:1]
	case schema.Reference:
		if len(ids[f.To]) == 0 {
			return nil
		}
		return pick(w, ids[f.To])
	case schema.RecordID:
		return w.dice.Int64N(30)
	case schema.AnyRecord:
		return fmt.Sprint(pick(w, []string{"org_", "deal_", "task_"}), 1+w.dice.IntN(3))
	case schema.Country:
		return pick(w, []string{"NL", "DE"})
	case schema.Language:
		return pick(w, []string{"nl", "pt-BR"})
	case schema.TimeZone:
		return "Europe/Amsterdam"
	case schema.JSONObject:
		return map[string]any{"score": pick(w, []any{1.5, 2.0, "2", true, "ärger", nil}), `odd "key"`: "Ärger%",
			"deep": map[string]any{"er": pick(w, []any{2.0, "x"})}, "a.b": pick(w, []any{false, "Ärger mit x"})}
	case schema.Participants:
		return []schema.Participant{{System: "s", ID: pick(w, someTexts)}}
	}
	return pick(w, someTexts)
}
