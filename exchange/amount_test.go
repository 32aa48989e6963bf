package exchange

import (
	"strings"
	"testing"

	"github.com/crmcp/crmcp/store"
)

func TestSplitAmount(t *testing.T) {
	for _, c := range []struct{ cell, number, currency string }{
		{"€ 1,200.50", "1,200.50", "EUR"}, {"1.200,50 €", "1.200,50", "EUR"}, {"USD 1200", "1200", "USD"}, {"1200usd", "1200", "USD"},
		{"-€5", "-5", "EUR"}, {"€ -5", "-5", "EUR"}, {"$.50", ".50", "AUD"}, {"US$ 5", "5", "USD"}, {"R$5", "5", "BRL"}, {"¥5", "5", "JPY"},
		{"1\u00a0200,50\u00a0€", "1\u00a0200,50", "EUR"}, {"€ 1.200,-", "1.200", "EUR"}, {"CHF 1'200", "1'200", "CHF"},
		{"1,200.50", "1,200.50", ""}, {"-5", "-5", ""}, {"5 apples", "5 apples", ""}, {"EUR 5 USD", "EUR 5 USD", ""}, {"€", "€", ""}, {"1e3", "1e3", ""}, {"", "", ""},
	} {
		if number, currency := splitAmount(c.cell, "AUD"); number != c.number || currency != c.currency {
			t.Errorf("%q is %q %q, want %q %q", c.cell, number, currency, c.number, c.currency)
		}
	}
}

func TestAmountsWithCurrencies(t *testing.T) {
	c := newCRM(t)
	c.clean("deal", "name;value\nA;€ 1,200.50\nB;£7,25\nC;USD 1200\nD;9\n", Options{})
	for filter, currency := range map[string]string{"value = 1200.5": "EUR", "value = 7.25": "GBP", "value = 1200": "USD", "value = 9": "EUR"} {
		if got := c.one("deal", filter).Text("currency"); got != currency {
			t.Errorf("%s is in %s, want %s", filter, got, currency)
		}
	}
	report := c.load("deal", "name,value,currency\nE,$5,USD\nF,$5,\nG,$5,GBP\n", Options{})
	if report.Created != 2 || len(report.Refused) != 1 || !strings.Contains(refusedLines(report)[4], "value is in USD but currency is GBP") {
		t.Errorf("%+v", report)
	}
	doubtful := c.load("deal", "name;value\nG;12.500\nH;7\n", Options{})
	if doubtful.Created != 1 || !strings.Contains(refusedLines(doubtful)[2], `"12.500" may mean 12500 or 12.500`) {
		t.Errorf("%+v", doubtful)
	}
	shown := c.load("service", "name,price\nH,\"1.200,50 €\"\nI,\"€ 1.234\"\n", Options{})
	if shown.Created != 2 || len(c.find("service", "amount = 1234")) != 1 {
		t.Errorf("%+v", shown)
	}
}

func TestAmountsWithoutEvidenceOfTheirMark(t *testing.T) {
	c := newCRM(t)
	err := c.db.Update(t.Context(), store.Caller{}, func(tx *store.Tx) error {
		_, err := tx.DefineField(store.FieldDefinition{Type: tx.Schema().Type("deal"), Key: "weight", Label: "Weight", Kind: "number"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	report := c.load("deal", "name,value,weight\nA,1.000,\nB,€ 1.234,\nC,7,1.234\n", Options{})
	refused := refusedLines(report)
	if report.Created != 1 || !strings.Contains(refused[2], `"1.000" may mean 1000 or 1.000: write it without the "."`) || !strings.Contains(refused[3], `"1.234" may mean`) {
		t.Errorf("%+v", report)
	}
	if len(c.find("deal", "weight = 1.234")) != 1 {
		t.Error("a plain number is not read as it stands")
	}
	if set := c.load("deal", "name\nC\n", Options{Set: []string{"value=1.000"}}); len(set.Refused) != 1 {
		t.Errorf("%+v", set)
	}
	shown := c.clean("deal", "name,value\nD,1.234\nE,12.50\n", Options{})
	if shown.Created != 2 || len(c.find("deal", "value = 1.234")) != 1 {
		t.Errorf("%+v", shown)
	}
}
