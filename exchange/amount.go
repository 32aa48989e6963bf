package exchange

import (
	"slices"
	"strings"

	"github.com/crmcp/crmcp/text"
)

// amount is a cell that said its currency.
type amount struct {
	column   *Column
	currency string
}

// splitAmount takes a currency's sign or code from before or after a number:
// "€ 1,200.50", "1.200,50 €", "USD 1200". What is no such amount comes back as
// it is. A sign of several currencies means the company's own where it is one
// of them.
func splitAmount(cell, company string) (number, currency string) {
	first, last := strings.IndexAny(cell, "0123456789"), strings.LastIndexAny(cell, "0123456789")
	if first < 0 {
		return cell, ""
	}
	before, after := strings.TrimSpace(cell[:first]), strings.TrimSpace(strings.TrimPrefix(cell[last+1:], ",-"))
	mark := ""
	if strings.HasSuffix(before, ".") || strings.HasSuffix(before, ",") {
		before, mark = strings.TrimSpace(before[:len(before)-1]), before[len(before)-1:]
	}
	sign := ""
	if bare := strings.Trim(before, "+-"); len(bare) == len(before)-1 {
		sign, before = strings.Trim(before, bare), strings.TrimSpace(bare)
	}
	if (before == "") == (after == "") {
		return cell, ""
	}
	currency = currencyOf(before+after, company)
	if currency == "" {
		return cell, ""
	}
	return sign + mark + cell[first:last+1], currency
}

// shared are the signs that several currencies have.
var shared = map[string][]string{
	"$": {"AUD", "CAD", "HKD", "MXN", "NZD", "SGD", "TWD", "USD"},
	"¥": {"CNY", "JPY"},
}

func currencyOf(sign, company string) string {
	if slices.Contains(shared[sign], company) {
		return company
	}
	code, _ := text.Currency(sign)
	return code
}

// finishAmounts gives a row the currency that its amounts are in, unless a
// column gives another.
func (im *importer) finishAmounts(r *row) {
	for _, a := range r.amounts {
		f := a.column.aim.field
		has, given := im.tx.Company().Text("currency"), true
		if f.Currency != "" {
			has, given = r.in.Values[f.Currency].(string)
		}
		switch {
		case !given:
			r.in.Values[f.Currency] = a.currency
		case has != a.currency:
			r.problems.Add(headerOf(*a.column), "%s is in %s but %s is %s: write all of a row in one currency", f.Name, a.currency, orCompany(f.Currency), has)
		}
	}
}

func orCompany(field string) string {
	if field == "" {
		return "the company's currency"
	}
	return field
}
