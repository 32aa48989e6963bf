package store

import "testing"

// TestUpgradeNumbersCurrencies: files of the second generation hold the
// amounts in other currencies as texts.
func TestUpgradeNumbersCurrencies(t *testing.T) {
	f := newFixture(t)
	f.create("organization", map[string]any{"name": "Acme"})
	f.create("deal", map[string]any{"name": "Away", "value": "59151.42", "currency": "USD", "organizations": []any{"Acme"}})
	f.update(func(tx *Tx) error {
		if err := tx.exec(`UPDATE organization SET other_currencies = '{"USD":{"open":"59151.42"}}'`); err != nil {
			return err
		}
		return tx.exec(`UPDATE setting SET value = '2' WHERE name = 'generation'`)
	})
	db, err := Open(t.Context(), f.db.Path(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found, err := db.Check(t.Context(), true)
	if err != nil || len(found) > 0 {
		t.Error(found, err)
	}
	err = db.View(t.Context(), Caller{}, func(tx *Tx) error {
		organization := tx.Schema().Type("organization")
		where, err := tx.ParseFilter(organization, "other_currencies.USD.open > 59151.41")
		if err != nil {
			return err
		}
		n, err := tx.Count(organization, where)
		if n != 1 {
			t.Errorf("%d organizations have more than 59151.41 USD", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
