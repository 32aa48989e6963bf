package text

import (
	"strings"
	"testing"
)

func TestCountry(t *testing.T) {
	for given, want := range map[string]string{
		"DE": "DE", "de": "DE", "deu": "DE", " Germany ": "DE", "Deutschland": "DE", "USA": "US", "U.S.A.": "US",
		"the United States": "US", "United States of America": "US", "UK": "GB", "Great Britain": "GB", "England": "GB",
		"Holland": "NL", "The Netherlands": "NL", "Nederland": "NL", "España": "ES", "espana": "ES", "Czech Republic": "CZ",
		"South Korea": "KR", "Korea, Republic of": "KR", "North Korea": "KP", "Russia": "RU", "Россия": "RU", "UAE": "AE",
		"Viet Nam": "VN", "Vietnam": "VN", "Côte d’Ivoire": "CI", "Ivory Coast": "CI", "Trinidad & Tobago": "TT",
		"St. Lucia": "LC", "Saint Lucia": "LC", "Türkiye": "TR", "TURKEY": "TR", "日本": "JP", "中国": "CN", "EL": "GR",
		"Guinea-Bissau": "GW", "Guinea": "GN", "Congo": "CG", "Niger": "NE", "Nigeria": "NG", "Sweden ": "SE",
		"Argentina": "AR", "Austria": "AT", "Belgium": "BE", "Brazil": "BR", "Canada": "CA", "Denmark": "DK", "Finland": "FI",
		"France": "FR", "Ireland": "IE", "Italy": "IT", "Mexico": "MX", "Norway": "NO", "Poland": "PL", "Portugal": "PT",
		"Spain": "ES", "Switzerland": "CH", "Venezuela": "VE", "Kosovo": "XK",
		"Atlantis": "", "": "", "ZZ": "", "the": "", "B-6000": "",
	} {
		got, ok := Country(given)
		if got != want || ok != (want != "") {
			t.Errorf("Country(%q) = %q, %v, want %q", given, got, ok, want)
		}
	}
}

func TestEveryCountryNameLeadsBack(t *testing.T) {
	count := 0
	for line := range strings.Lines(strings.TrimSpace(countryTable)) {
		fields := strings.Fields(line)
		for _, given := range []string{fields[0], fields[1], CountryName(fields[0]), strings.Join(fields[2:], " ")} {
			if got, ok := Country(given); !ok || got != fields[0] {
				t.Errorf("Country(%q) = %q, want %q", given, got, fields[0])
			}
		}
		count++
	}
	if count != 250 {
		t.Errorf("%d countries", count)
	}
}

func TestEveryCountryAliasIsItsOwn(t *testing.T) {
	owners := map[string]string{}
	for line := range strings.Lines(strings.TrimSpace(countryAliases)) {
		alpha2, aliases, _ := strings.Cut(strings.TrimSpace(line), " ")
		if CountryName(alpha2) == "" {
			t.Errorf("aliases for %q, which is no country", alpha2)
		}
		for alias := range strings.SplitSeq(aliases, "|") {
			key := countryKey(alias)
			if owner := owners[key]; owner != "" && owner != alpha2 {
				t.Errorf("%q stands for %s and %s", alias, owner, alpha2)
			}
			owners[key] = alpha2
		}
	}
}

func TestCountryName(t *testing.T) {
	for given, want := range map[string]string{"DE": "Germany", "gb": "United Kingdom", "MK": "North Macedonia", "ZZ": "", "": ""} {
		if got := CountryName(given); got != want {
			t.Errorf("CountryName(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestCurrency(t *testing.T) {
	for given, want := range map[string]string{
		"EUR": "EUR", "usd": "USD", " Chf ": "CHF", "€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "￥": "JPY", "zł": "PLN",
		"XCG": "XCG", "DEM": "", "XXX": "", "EU": "", "R U": "", "UR ": "", "": "", "dollars": "",
	} {
		got, ok := Currency(given)
		if got != want || ok != (want != "") {
			t.Errorf("Currency(%q) = %q, %v, want %q", given, got, ok, want)
		}
	}
}

func TestLanguage(t *testing.T) {
	for given, want := range map[string]string{
		"de": "de", "de_AT": "de-AT", "EN-us": "en-US", "deu": "de", "zh-hant-tw": "zh-Hant-TW", "English": "en",
		"german": "de", "Français": "fr", "Brazilian Portuguese": "pt-BR", "Thai": "th", "Русский": "ru",
		"und": "", "Klingonish": "", "": "", "qq-not-a-tag-": "", "no idea": "",
	} {
		got, ok := Language(given)
		if got != want || ok != (want != "") {
			t.Errorf("Language(%q) = %q, %v, want %q", given, got, ok, want)
		}
	}
}
