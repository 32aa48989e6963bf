package main

import (
	"path/filepath"
	"testing"
)

func TestRegionOfLocale(t *testing.T) {
	for locale, want := range map[string][2]string{
		"nl_NL.UTF-8":    {"NL", "EUR"},
		"en_GB":          {"GB", "GBP"},
		"ja_JP.eucJP":    {"JP", "JPY"},
		"de_CH.UTF-8":    {"CH", "CHF"},
		"ca_ES@valencia": {"ES", "EUR"},
		"de_DE@euro":     {"DE", "EUR"},
		"en":             {"", ""},
		"C.UTF-8":        {"", ""},
		"POSIX":          {"", ""},
		"":               {"", ""},
	} {
		if country, currency := regionOf(locale); country != want[0] || currency != want[1] {
			t.Errorf("%q: %q %q, want %v", locale, country, currency, want)
		}
	}
}

func TestTimeZone(t *testing.T) {
	for _, one := range []struct{ variable, link, want string }{
		{"Europe/Amsterdam", "/usr/share/zoneinfo/Asia/Tokyo", "Europe/Amsterdam"},
		{":America/New_York", "", "America/New_York"},
		{"/usr/share/zoneinfo/Asia/Tokyo", "", "Asia/Tokyo"},
		{"", "../usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo"},
		{"", "/var/db/timezone/zoneinfo/America/Argentina/Ushuaia", "America/Argentina/Ushuaia"},
		{"Nowhere/Else", "/usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo"},
		{"", "", ""},
	} {
		if got := timeZone(one.variable, one.link); got != one.want {
			t.Errorf("%q %q: %q, want %q", one.variable, one.link, got, one.want)
		}
	}
}

func TestDefaultDatabase(t *testing.T) {
	home := filepath.FromSlash("/home/ada")
	for _, one := range []struct{ system, home, data, want string }{
		{"linux", home, "", "/home/ada/.local/share/crmcp/crm.db"},
		{"linux", home, "/data", "/data/crmcp/crm.db"},
		{"linux", home, "not/absolute", "/home/ada/.local/share/crmcp/crm.db"},
		{"linux", "", "/data", "/data/crmcp/crm.db"},
		{"freebsd", home, "/data", "/data/crmcp/crm.db"},
		{"darwin", home, "/data", "/home/ada/Library/Application Support/crmcp/crm.db"},
		{"windows", home, "", "/home/ada/.crmcp/crm.db"},
		{"windows", "", "", ""},
		{"linux", "", "", ""},
	} {
		if filepath.Separator == '\\' && one.data != "" {
			continue
		}
		if got := defaultDatabase(one.system, one.home, one.data); got != filepath.FromSlash(one.want) {
			t.Errorf("%v: %q", one, got)
		}
	}
}
