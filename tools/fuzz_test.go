package tools

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

// FuzzListOrganizations: whatever stands in the arguments of a list, there is
// one answer in JSON, and no internal error.
func FuzzListOrganizations(f *testing.F) {
	for _, seed := range [][4]string{
		{`type in (customer, partner) and not tags has "VIP" and last_activity_at < -30d`, "-open_deal_value, name", "name, city", ""},
		{`exists(deals where stage = Negotiation and amount > 5000) or count(contacts) >= 2`, "parent.name", "organizations.name", "eyJ4Ijo="},
		{`[{"field":"status","operator":"in","value":["active"]},{"or":[{"field":"name","operator":"contains","value":"a"}]}]`, "name desc", "tags", "4"},
		{`metadata.a.b = 1e400 and created_at between -1y and now`, "created_at", "metadata", ""},
		{`name like "%\_" && !(parent is empty) || website ~ 'x'`, ",", "*", "AAAA"},
		{`identifiers in ("+31 20 1234567", "a@b.c") and birthday = --02-30`, "-", "id,uid", "\x00"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	s := fuzzedService(f)
	f.Fuzz(func(t *testing.T, where, sort, fields, cursor string) {
		for _, arguments := range []map[string]any{{"filter": where, "sort": sort}, {"fields": fields, "cursor": cursor}, {"filter": where, "sort": sort, "cursor": cursor, "search": fields}} {
			sent := jsonOf(arguments)
			answer := s.Call(t.Context(), store.Caller{}, "list_organizations", json.RawMessage(sent))
			if answer.Code == schema.Internal || !json.Valid(answer.JSON) || !utf8.Valid(answer.JSON) {
				t.Errorf("%s: %s", sent, answer.Text)
			}
			if answer.IsError && len(answer.JSON) > longestError {
				t.Errorf("%s: the error has %d bytes: %s", sent, len(answer.JSON), text.Truncate(answer.Text, 200))
			}
		}
	})
}

func fuzzedService(f *testing.F) *Service {
	f.Helper()
	db, err := store.Open(f.Context(), f.TempDir()+"/crm.db", store.Options{Country: "NL"})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = db.Close() })
	s, err := New(db, Options{Toolsets: "all", MaxText: 8_192})
	if err != nil {
		f.Fatal(err)
	}
	for _, arguments := range []string{`{"name":"Acme","tags":["VIP"],"city":"Paris","metadata":{"a":{"b":1}}}`, `{"name":"Beta","parent":"Acme"}`} {
		if answer := s.Call(f.Context(), store.Caller{}, "create_organization", json.RawMessage(arguments)); answer.IsError {
			f.Fatal(answer.Text)
		}
	}
	return s
}
