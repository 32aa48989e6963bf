package text

import (
	"slices"
	"testing"
)

func TestPhone(t *testing.T) {
	for _, c := range []struct{ given, country, want string }{
		{"+49 30 123456", "", "+4930123456"},
		{"+49 (0)30 123456", "", "+4930123456"},
		{"0049 30 123456", "", "+4930123456"},
		{"tel:+49-30-123456", "FR", "+4930123456"},
		{"030/123456", "DE", "+4930123456"},
		{"(030) 123456", "de", "+4930123456"},
		{"030-0074321", "DE", "+49300074321"},
		{"(171) 555-7788", "GB", "+441715557788"},
		{"(5) 555-4729", "MX", ""},
		{"06 1234 5678", "IT", "+390612345678"},
		{"8 (495) 123-45-67", "RU", "+74951234567"},
		{"+1 415 555 2671 ext. 12", "", "+14155552671"},
		{"٠١٠١٢٣٤٥٦٧٨", "EG", "+201012345678"},
		{"555-1234", "US", ""},
		{"030 123456", "", ""},
		{"030 123456", "XX", ""},
		{"+49 1", "", ""},
		{"FLOWERS", "US", ""},
		{"", "DE", ""},
	} {
		got, ok := Phone(c.given, c.country)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("Phone(%q, %q) = %q, %v, want %q", c.given, c.country, got, ok, c.want)
		}
	}
}

func TestPhonePlausible(t *testing.T) {
	for given, want := range map[string]bool{
		"112": true, "030-0074321": true, "(1) 03.83.00.68": true, "+49 30/123456": true, "0221 – 0644327": true,
		"+1 415 555 2671 ext 12": true, "415 555 2671x12": true, "415 555 2671 EXT.12": true, "tel:+4930123456": true,
		"12": false, "call me": false, "030 1234 (Jane)": false, "": false, "x123": false,
		"12345678901234567890123456": false, "jane@acme.com": false, "2024-01-01T10:00": false,
	} {
		if got := PhonePlausible(given); got != want {
			t.Errorf("PhonePlausible(%q) = %v", given, got)
		}
	}
}

func TestPhoneDigits(t *testing.T) {
	for given, want := range map[string]string{
		"+49 (0)30-12": "4903012", "٠١٢٩": "0129", "०१२": "012", "１２３": "123", "𝟏𝟘": "10", "none": "",
	} {
		if got := PhoneDigits(given); got != want {
			t.Errorf("PhoneDigits(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestStoredIsFoundByQuery(t *testing.T) {
	for _, c := range []struct {
		kind, stored, country, query, queryCountry string
		found                                      bool
	}{
		{KindPhone, "+49 30 123456", "", "+4930123456", "", true},
		{KindPhone, "+49 30 123456", "", "(030) 123456", "", true},
		{KindPhone, "+49 30 123456", "", "030/123456", "DE", true},
		{KindPhone, "+49 30 123456", "", "030 123456", "NL", true},
		{KindPhone, "+49 30 123456", "", "4930123456", "", true},
		{KindPhone, "+49 30 123456", "", "0049 30 123456", "", true},
		{KindPhone, "+43 30 123456", "", "+49 30 123456", "", false},
		{KindPhone, "030 123456", "", "+49 30 123456", "", true},
		{KindPhone, "030 123456", "", "(030) 12 34 56", "", true},
		{KindPhone, "030 123456", "DE", "+49 30 123456", "", true},
		{KindPhone, "030 123456", "DE", "030 123457", "", false},
		{KindPhone, "+7 495 123-45-67", "", "8 (495) 123-45-67", "", true},
		{KindPhone, "+1 415 555 2671", "", "1-415-555-2671", "", true},
		{KindPhone, "+39 06 12345678", "", "06 12345678", "", true},
		{KindPhone, "+1 415 555 2671 ext 12", "", "415 555 2671", "", true},
		{KindPhone, "ask Jane", "", "Ask  Jane", "", true},
		{KindEmail, "Jane@Acme.com", "", "<jane@acme.com>", "", true},
		{KindEmail, "Jane@Acme.com", "", "acme.com", "", false},
		{KindDomain, "acme.com", "", "jane@acme.com", "", false},
		{KindDomain, "https://www.acme.com/about", "", "http://acme.com", "", true},
		{KindDomain, "https://facebook.com/acme", "", "facebook.com/other", "", false},
		{KindDomain, "https://facebook.com/Acme/", "", "www.facebook.com/acme", "", true},
		{KindID, "https://www.linkedin.com/in/Jane-Doe/", "", "jane-doe", "", true},
		{KindID, "jane-doe", "", "linkedin.com/in/jane-doe", "", true},
		{KindID, "NL 8001 23 456 B01", "", "nl800123456b01", "", true},
		{KindID, "C-10", "", "c-1", "", false},
	} {
		stored := StoredKeys(c.kind, c.stored, c.country)
		query := QueryKeys(c.query, c.queryCountry)
		found := slices.ContainsFunc(query, func(key string) bool { return slices.Contains(stored, key) })
		if found != c.found {
			t.Errorf("%s %q found by %q: %v; stored %q, asked %q", c.kind, c.stored, c.query, found, stored, query)
		}
	}
}

func TestKeysOfNothing(t *testing.T) {
	for _, kind := range []string{KindEmail, KindPhone, KindDomain, KindID} {
		if keys := StoredKeys(kind, "  ", "DE"); len(keys) != 0 {
			t.Errorf("StoredKeys(%s) of nothing = %q", kind, keys)
		}
	}
	if keys := QueryKeys("", ""); len(keys) != 0 {
		t.Errorf("QueryKeys of nothing = %q", keys)
	}
}
