package store

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// twins are the fields by which a part of a winner is the same as one of a
// loser, beside what must be unique.
var twins = map[string][]string{"contact_detail": {"kind", "normal"}}

// sameInOtherLetters are the fields of twins that say the same in other letters.
var sameInOtherLetters = map[string]string{"contact_detail": "value"}

// addedUp are the parts that are counted rather than compared where records of
// a type are merged: two services that become one were both sold, while two
// deals that become one say the same twice.
var addedUp = map[string]string{"line": "service"}

// joinTwins lets the winner's own part stand for both: it takes over what it
// lacks, and what it says otherwise is noted.
func (m *merging) joinTwins(own, row *Record, f *schema.Field) (*Record, error) {
	values := map[string]any{}
	if addedUp[row.Type.Name] == f.Name {
		values = m.addUp(own, row)
	} else {
		m.noteLost(own, row)
	}
	for _, field := range row.Type.Held() {
		if !field.System && !field.Computed && field.Name != "is_primary" && row.Has(field.Name) && isUnsaid(own, field) {
			values[field.Name] = row.Values[field.Name]
		}
	}
	after, changed, err := m.tx.updateRecord(own, values)
	if err == nil && changed {
		err = m.tx.countParents(after)
	}
	if err != nil {
		return nil, err
	}
	return after, m.tx.trash(row)
}

// addUp makes one line of two: of both quantities, at the price that keeps the
// total where the prices differ.
func (m *merging) addUp(own, row *Record) map[string]any {
	quantity := own.Decimal("quantity") + row.Decimal("quantity")
	values := map[string]any{"quantity": quantity}
	if quantity == 0 || own.Decimal("unit_price") == row.Decimal("unit_price") && own.Decimal("discount_percent") == row.Decimal("discount_percent") {
		return values
	}
	total := own.Decimal("total") + row.Decimal("total")
	price := new(big.Int).Mul(big.NewInt(int64(total)), big.NewInt(int64(schema.DecimalOne)))
	price.Add(price, big.NewInt(int64(quantity)/2)).Div(price, big.NewInt(int64(quantity)))
	mean := schema.Decimal(price.Int64())
	values["unit_price"], values["discount_percent"] = mean, nil
	note := fmt.Sprintf("%s has both services at different prices: %s in all at a mean price of %s",
		m.otherOf(own), quantity, mean)
	if sum, err := mean.Times(quantity); err == nil && sum != total {
		note += fmt.Sprintf(", %s instead of %s", sum, total)
	}
	m.plan.Notes = append(m.plan.Notes, note)
	return values
}

// noteLost notes what the loser's part says and the winner's own does not.
func (m *merging) noteLost(own, row *Record) {
	var lost []string
	for _, field := range row.Type.Held() {
		quiet := field.System || field.Computed || field.Internal || field.Kind == schema.Reference || field.Name == "is_primary" || slices.Contains(twins[row.Type.Name], field.Name) || sameInOtherLetters[row.Type.Name] == field.Name
		if quiet || !row.Has(field.Name) || isUnsaid(own, field) || text.Fold(shownPart(row, field)) == text.Fold(shownPart(own, field)) || isUnsaid(row, field) {
			continue
		}
		lost = append(lost, fmt.Sprintf("%s %s goes, %s stays", field.Name, shownPart(row, field), shownPart(own, field)))
	}
	if len(lost) > 0 {
		m.plan.Notes = append(m.plan.Notes, fmt.Sprintf("both have a %s with %s: %s", row.Type.Name, m.otherOf(row), strings.Join(lost, "; ")))
	}
}

// otherOf names what a part has beside the merged record.
func (m *merging) otherOf(row *Record) string {
	for _, f := range row.Type.Fields {
		if f.Kind == schema.Reference && !f.System && f.To != m.t.Name && row.Int(f.Name) != 0 {
			return m.tx.called(Key{m.tx.Schema().Type(f.To), row.Int(f.Name)})
		}
	}
	return row.Key().String()
}

func shownPart(r *Record, f *schema.Field) string { return fmt.Sprint(r.Values[f.Name]) }

// isUnsaid says that a part has no value in a field, or the choice that is made
// where nobody chooses.
func isUnsaid(r *Record, f *schema.Field) bool {
	return !r.Has(f.Name) || f.Kind == schema.Enum && r.Text(f.Name) == f.Default
}

// isTwin says that two parts, one of a loser and one of the winner, cannot
// both belong to the same record.
func isTwin(row, other *Record, f *schema.Field) bool {
	names := twins[row.Type.Name]
	for _, group := range row.Type.Uniques {
		if slices.Contains(group, f.Name) {
			names = slices.DeleteFunc(slices.Clone(group), func(name string) bool { return name == f.Name })
		}
	}
	if len(names) == 0 {
		return false
	}
	return !slices.ContainsFunc(names, func(name string) bool { return partKey(row, name) != partKey(other, name) })
}

// partKey is what a part is compared by in one field: a contact detail without
// a normal form by its value.
func partKey(r *Record, name string) string {
	value := r.Values[name]
	if value == nil && name == "normal" {
		value = r.Values["value"]
	}
	return text.Fold(fmt.Sprint(value))
}
