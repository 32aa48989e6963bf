package main

import (
	"strings"
	"time"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"
)

// regionOf reads the country (ISO 3166) and its currency (ISO 4217) off a
// locale such as nl_NL.UTF-8. Both are empty where it names no country.
func regionOf(locale string) (country, code string) {
	locale, modifier, _ := strings.Cut(locale, "@")
	name, _, _ := strings.Cut(locale, ".")
	if modifier == "euro" {
		code = "EUR"
	}
	tag, err := language.Parse(strings.ReplaceAll(name, "_", "-"))
	if err != nil {
		return "", code
	}
	region, confidence := tag.Region()
	if confidence != language.Exact || !region.IsCountry() {
		return "", code
	}
	if unit, ok := currency.FromRegion(region); ok && code == "" {
		code = unit.String()
	}
	return region.String(), code
}

// timeZone is the IANA name of the system's time zone, read off the variable
// TZ, else off the target of /etc/localtime; empty: unknown.
func timeZone(variable, localtime string) string {
	for _, source := range []string{variable, localtime} {
		name := strings.TrimPrefix(source, ":")
		if at := strings.LastIndex(name, "zoneinfo/"); at >= 0 {
			name = name[at+len("zoneinfo/"):]
		}
		if name == "" || name == "Local" {
			continue
		}
		if _, err := time.LoadLocation(name); err == nil {
			return name
		}
	}
	return ""
}
