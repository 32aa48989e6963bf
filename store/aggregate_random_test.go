package store

import (
	"cmp"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// TestAggregateAgainstGo compares groups and measures of random deals with
// plain arithmetic over the same records, in time zones with summer time and
// for several first days of the week.
func TestAggregateAgainstGo(t *testing.T) {
	for i, place := range []struct{ zone, weekStart string }{
		{"Europe/Amsterdam", "monday"}, {"America/Sao_Paulo", "sunday"}, {"Asia/Amman", "saturday"}, {"UTC", "wednesday"},
	} {
		t.Run(place.zone, func(t *testing.T) {
			f := newFixture(t)
			dice := rand.New(rand.NewPCG(7, uint64(i)))
			f.update(func(tx *Tx) error {
				if _, _, err := tx.updateRecord(tx.company, map[string]any{"timezone": place.zone, "week_start": place.weekStart}); err != nil {
					return err
				}
				return randomDeals(tx, dice, place.zone)
			})
			f.view(func(tx *Tx) error {
				for _, groups := range [][]string{nil, {"stage"}, {"day(created_at)"}, {"week(created_at)"}, {"month(created_at)", "stage"},
					{"quarter(created_at)"}, {"year(created_at)"}, {"day(expected_close_on)"}, {"week(expected_close_on)"},
					{"month(expected_close_on)"}, {"quarter(expected_close_on)"}, {"year(expected_close_on)", "week(created_at)"}} {
					f.compareAggregate(tx, groups)
				}
				return nil
			})
		})
	}
}

// randomDeals have moments around the changes of the clocks, and amounts of
// any size.
func randomDeals(tx *Tx, dice *rand.Rand, zone string) error {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return err
	}
	var changes []time.Time
	for at := time.Date(2016, 1, 1, 0, 0, 0, 0, location); ; {
		_, until := at.ZoneBounds()
		if until.IsZero() || until.Year() > 2019 {
			break
		}
		changes, at = append(changes, until), until
	}
	for range 400 {
		at := time.Date(2016+dice.IntN(4), time.Month(1+dice.IntN(12)), 1+dice.IntN(28), dice.IntN(24), dice.IntN(60), 0, dice.IntN(1e9), time.UTC)
		switch {
		case len(changes) > 0 && dice.IntN(3) == 0:
			at = changes[dice.IntN(len(changes))].Add(time.Duration(dice.IntN(240)-120) * time.Minute)
		case dice.IntN(10) == 0:
			at = time.Date(1960+dice.IntN(30), time.Month(1+dice.IntN(12)), 1, 0, 0, 0, 0, location).Add(-time.Millisecond)
		}
		values := map[string]any{"name": "x", "currency": []string{"EUR", "USD"}[dice.IntN(2)], "stage": int64(1 + dice.IntN(3)),
			"created_at": schema.MillisOf(at)}
		if dice.IntN(5) > 0 {
			values["value"] = schema.Decimal(dice.Int64N([]int64{10, 1e6, 9e16}[dice.IntN(3)]) - 3)
			values["probability"] = int64(dice.IntN(101))
		}
		if dice.IntN(5) > 0 {
			values["expected_close_on"] = schema.DateOf(at.In(location)).AddDays(dice.IntN(2_000) - 1_000)
		}
		if err := tx.insertRecord(&Record{Type: tx.Schema().Type("deal"), Values: values}); err != nil {
			return err
		}
	}
	return nil
}

var comparedMeasures = []string{"count", "sum(value)", "avg(value)", "median(value)", "min(value)", "max(value)", "sum(probability)", "avg(probability)",
	"median(probability)", "count_distinct(probability)"}

// compareAggregate runs an aggregate and does the same in Go.
func (f *fixture) compareAggregate(tx *Tx, groups []string) {
	f.Helper()
	deal := tx.Schema().Type("deal")
	table, err := tx.Aggregate(AggregateQuery{Type: deal, GroupBy: groups, Measures: comparedMeasures, Limit: 10_000})
	if err != nil {
		f.Fatal(err)
	}
	var got, want []string
	for _, row := range table.Rows {
		got = append(got, rowText(row))
	}
	page, err := tx.List(Query{Type: deal, Limit: 10_000})
	if err != nil {
		f.Fatal(err)
	}
	byGroup := map[string][]*Record{}
	for _, r := range page.Records {
		key := ""
		for _, group := range groups {
			key += plainGroup(tx, r, group) + " "
		}
		byGroup[key+r.Text("currency")] = append(byGroup[key+r.Text("currency")], r)
	}
	for key, records := range byGroup {
		want = append(want, key+" "+plainMeasures(records))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		f.Errorf("by %v: got\n%s\nwant\n%s", groups, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// plainGroup is the group of a record by the calendar of package time.
func plainGroup(tx *Tx, r *Record, group string) string {
	unit, name := splitCall(group)
	var day time.Time
	switch value := r.Values[name].(type) {
	case nil:
		return "-"
	case int64:
		return map[int64]string{1: "Lead", 2: "Qualified", 3: "Proposal"}[value]
	case schema.Date:
		day = value.Time(time.UTC)
	case schema.Millis:
		year, month, date := value.Time().In(tx.clock.Location).Date()
		day = time.Date(year, month, date, 0, 0, 0, 0, time.UTC)
	}
	switch unit {
	case "week":
		for day.Weekday() != tx.clock.WeekStart {
			day = day.AddDate(0, 0, -1)
		}
		return day.Format(time.DateOnly)
	case "month":
		return day.Format("2006-01")
	case "quarter":
		return fmt.Sprintf("%d-Q%d", day.Year(), (int(day.Month())+2)/3)
	case "year":
		return day.Format("2006")
	}
	return day.Format(time.DateOnly)
}

// plainMeasures are the compared measures by exact arithmetic.
func plainMeasures(records []*Record) string {
	values, chances := numbersOf(records, "value"), numbersOf(records, "probability")
	different := len(slices.Compact(slices.Clone(chances)))
	parts := []string{fmt.Sprint(len(records)), fourPlaces(sumOfAll(values), 1, 10_000), fourPlaces(sumOfAll(values), len(values), 10_000), medianOf(values, 10_000),
		valueAt(values, 0), valueAt(values, len(values)-1), fourPlaces(sumOfAll(chances), 1, 1), fourPlaces(sumOfAll(chances), len(chances), 1), medianOf(chances, 1), fmt.Sprint(different)}
	if len(values) == 0 {
		for i := 1; i < 9; i++ {
			parts[i] = "-"
		}
	}
	return strings.Join(parts, " ")
}

// numbersOf gives the values of a field in order.
func numbersOf(records []*Record, name string) (list []int64) {
	for _, r := range records {
		switch value := r.Values[name].(type) {
		case int64:
			list = append(list, value)
		case schema.Decimal:
			list = append(list, int64(value))
		}
	}
	slices.SortFunc(list, cmp.Compare[int64])
	return list
}

func sumOfAll(list []int64) *big.Int {
	total := new(big.Int)
	for _, n := range list {
		total.Add(total, big.NewInt(n))
	}
	return total
}

func valueAt(list []int64, at int) string {
	if len(list) == 0 {
		return ""
	}
	return fourPlaces(big.NewInt(list[at]), 1, 10_000)
}

func medianOf(list []int64, unit int64) string {
	if len(list) == 0 {
		return ""
	}
	return fourPlaces(sumOfAll(list[(len(list)-1)/2:len(list)/2+1]), 2-len(list)%2, unit)
}

// fourPlaces writes n/(by×unit) with four places, rounded half away from zero by
// big.Rat, and without zeros at the end.
func fourPlaces(n *big.Int, by int, unit int64) string {
	if by == 0 {
		return ""
	}
	s := new(big.Rat).SetFrac(n, big.NewInt(int64(by)*unit)).FloatString(4)
	s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}
