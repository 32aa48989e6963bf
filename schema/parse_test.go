package schema

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func newReader() *Reader {
	return &Reader{Clock: Clock{Now: time.Date(2026, 5, 20, 8, 0, 0, 0, time.UTC), Location: time.FixedZone("east", 3600)}}
}

// What a day means is said where a field is declared, whatever it is called.
func TestDaysOfMoments(t *testing.T) {
	s := New()
	deal := s.Type("deal")
	s.AddFields(deal, []*Field{{Name: "due_at", Label: "Due", Kind: DateTime, Custom: true, ID: 1}})
	for _, c := range []struct {
		field     *Field
		day, want string
	}{
		{s.Type("task").Field("due_at"), "2026-05-05", "2026-05-05T22:59:59.999Z"},
		{s.Type("task").Field("due_at"), "2026-05-05T10:00", "2026-05-05T09:00:00.000Z"},
		{s.Type("activity").Field("occurred_at"), "2026-05-05", "2026-05-04T23:00:00.000Z"},
		{deal.Field("due_at"), "2026-05-05", "2026-05-04T23:00:00.000Z"},
		{deal.Field("due_at"), "today", "2026-05-19T23:00:00.000Z"},
	} {
		got, err := newReader().Parse(c.field, c.day)
		if m, ok := got.(Millis); err != nil || !ok || m.String() != c.want {
			t.Errorf("%s %s: %v, %v; want %s", c.field.Name, c.day, got, err, c.want)
		}
	}
}

func TestUUIDs(t *testing.T) {
	const id = "018f3f6e-9d1c-7c3a-8f4b-2b1d5e6f7a8b"
	field := New().Type("deal").Field("uid")
	if got, err := newReader().Parse(field, strings.ToUpper(id)); err != nil || got != id {
		t.Errorf("got %v, %v; want %s", got, err, id)
	}
	if got, err := newReader().Parse(field, "abc"); err == nil || err.Error() != `must be a UUID, not "abc"` {
		t.Errorf("abc: got %v, %v", got, err)
	}
	if got, err := newReader().Parse(&Field{Name: "uid", Kind: Code}, "abc"); err != nil || got != "abc" {
		t.Errorf("a field that is called uid but is none: got %v, %v", got, err)
	}
}

func TestTextsAreCleaned(t *testing.T) {
	const given = " a\u200bb  \n c "
	for _, c := range []struct {
		kind   Kind
		want   any
		warned bool
	}{
		{Text, "ab c", true}, {Code, "ab c", true}, {LongText, " ab  \n c ", true}, {Content, given, false},
	} {
		reader := newReader()
		warned := false
		reader.Warn = func(string) { warned = true }
		got, err := reader.Parse(&Field{Name: "x", Kind: c.kind}, given)
		if err != nil || got != c.want || warned != c.warned {
			t.Errorf("%s: got %q, %v, warned %t; want %q", c.kind, got, err, warned, c.want)
		}
	}
	for _, kind := range []Kind{Text, LongText} {
		if got, err := newReader().Parse(&Field{Name: "x", Kind: kind}, " \n\u200b "); err != nil || got != nil {
			t.Errorf("%s without a character that is seen: got %q, %v", kind, got, err)
		}
	}
	if _, err := newReader().Parse(&Field{Name: "x", Kind: Text, Max: 3}, "abcd"); err == nil {
		t.Error("a text that is too long was kept")
	}
}

// An option is not meant by a text that says its opposite.
func TestOptionsArePlainNames(t *testing.T) {
	status := New().Type("organization").Field("status")
	for _, c := range []struct{ given, want string }{
		{"On Hold", "on_hold"}, {"onHold", "on_hold"}, {"ON_HOLD", "on_hold"}, {"active", "active"},
		{"!active", ""}, {"-active", ""}, {"+active", ""}, {"<>active", ""}, {"(active)", ""},
	} {
		got, err := newReader().Parse(status, c.given)
		if c.want == "" && err == nil || c.want != "" && got != c.want {
			t.Errorf("%s: %v, %v", c.given, got, err)
		}
	}
}

func TestCodesBeginWithALetter(t *testing.T) {
	country := New().Type("organization").Field("country")
	for given, want := range map[string]any{"nl": "NL", "Netherlands": "NL", "!NL": nil, "-NL": nil, "<>NL": nil} {
		if got, err := newReader().Parse(country, given); got != want || (err == nil) != (want != nil) {
			t.Errorf("%s: %v, %v", given, got, err)
		}
	}
}

// A text such as 12.500 is twelve and a half, but people may mean thousands.
func TestDotsThatMayGroupThousands(t *testing.T) {
	value := New().Type("deal").Field("value")
	for _, c := range []struct {
		given  any
		warned bool
	}{
		{"12.500", true}, {"1.000", true}, {json.Number("12.500"), false}, {12.5, false}, {"0.125", false}, {"12.50", false}, {"1234.500", false}, {"12500", false},
	} {
		reader, warned := newReader(), ""
		reader.Warn = func(message string) { warned = message }
		if _, err := reader.Parse(value, c.given); err != nil || (warned != "") != c.warned {
			t.Errorf("%v: %q, %v", c.given, warned, err)
		}
	}
}
