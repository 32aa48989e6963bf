package exchange

import (
	"fmt"
	"testing"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// Columns that are called like a custom field, or like its label, fill it.
func TestCustomFieldsAreImported(t *testing.T) {
	c := newCRM(t)
	err := c.db.Update(t.Context(), store.Caller{}, func(tx *store.Tx) error {
		for _, kind := range schema.CustomKinds() {
			d := store.FieldDefinition{Type: tx.Schema().Type("organization"), Key: "my_" + kind, Label: "The " + kind, Kind: kind}
			if kind == "single_select" || kind == "multi_select" {
				d.Options = []string{"Gold", "Größe"}
			}
			if _, err := tx.DefineField(d); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	c.clean("organization", "name\nAcme\n", Options{})
	c.clean("organization", "name,My Text,The long_text,my_number,my_currency,my_boolean,my_date,my_datetime,my_date_range,my_datetime_range,my_single_select,my_multi_select,my_url,my_email,my_phone,my_user,my_record\n"+
		"Globex,a,b,1.5,2,yes,2026-05-01,2026-05-01T10:00:00Z,2026-05-01/2026-05-02,2026-05-01/2026-05-01,gold,\"grosse, Gold\",x.example,a@x.example,+31 20 1234567,me,Acme\n", Options{})
	want := map[string]string{"my_text": "a", "my_long_text": "b", "my_number": "1.5", "my_currency": "2", "my_boolean": "true", "my_date": "2026-05-01",
		"my_datetime": "2026-05-01T10:00:00.000Z", "my_single_select": "Gold", "my_multi_select": "[Größe Gold]", "my_url": "x.example", "my_email": "a@x.example",
		"my_phone": "+31 20 1234567", "my_user": "1", "my_record": "org_1"}
	err = c.db.View(t.Context(), store.Caller{}, func(tx *store.Tx) error {
		r, err := tx.Get(tx.Schema().Type("organization"), 2)
		if err != nil {
			return err
		}
		for name, value := range want {
			if got := fmt.Sprint(r.Values[name]); got != value {
				t.Errorf("%s is %s, want %s", name, got, value)
			}
		}
		if !r.Has("my_date_range") || !r.Has("my_datetime_range") {
			t.Error("the ranges are empty")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
