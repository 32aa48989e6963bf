package text

import (
	"slices"
	"strings"
)

// Kinds of identifiers, as StoredKeys takes them. KindID is any other exact
// identifier: customer, registration and VAT numbers, external ids, LinkedIn pages.
const (
	KindEmail  = "email"
	KindPhone  = "phone"
	KindDomain = "domain"
	KindID     = "id"
)

// Prefixes of keys. A phone number whose country is known is stored in full and in
// its national forms; one whose country is not known is stored as it stands. A query
// in international form must agree with the full number, or with one of unknown
// country: +43 30 123456 never finds +49 30 123456. A query in national form finds
// both: (030) 123456 finds +49 30 123456.
const (
	emailKey         = "e:"
	phoneKey         = "p:"
	nationalPhoneKey = "n:"
	unknownPhoneKey  = "u:"
	domainKey        = "d:"
	idKey            = "i:"
)

// Shorter runs of digits would find numbers by chance.
const fewestPhoneDigits = 3

// StoredKeys returns the keys under which value is stored so that QueryKeys finds it.
// kind is one of the Kind constants; country is the ISO 3166 alpha-2 code by which a
// phone number is read, or "". A value that does not look like its kind is kept under
// its folded text, so that it is found as it was written. "" gives no keys.
func StoredKeys(kind, value, country string) []string {
	var keys []string
	switch kind {
	case KindEmail:
		keys = emailKeys(value)
	case KindPhone:
		keys = storedPhoneKeys(value, country)
	case KindDomain:
		keys = domainKeys(value)
	}
	if len(keys) == 0 {
		keys = idKeys(value)
	}
	return distinct(keys)
}

// QueryKeys returns the keys to look for when someone asks for value, whose kind is
// not known. An e-mail address asks for no domain. country is the ISO 3166 alpha-2
// code by which a phone number without + may be read, or "".
func QueryKeys(value, country string) []string {
	keys := emailKeys(value)
	if len(keys) == 0 {
		keys = append(queryPhoneKeys(value, country), domainKeys(value)...)
	}
	return distinct(append(keys, idKeys(value)...))
}

func emailKeys(value string) []string {
	if address, ok := Email(value); ok {
		return []string{emailKey + address}
	}
	return nil
}

func storedPhoneKeys(value, country string) []string {
	if !PhonePlausible(value) {
		return nil
	}
	number := parsePhone(value, country)
	if number == nil {
		return looseDigits(value, unknownPhoneKey)
	}
	keys := []string{phoneKey + e164Form(number)}
	for _, form := range nationalForms(number) {
		keys = append(keys, nationalPhoneKey+withoutZeros(form))
	}
	return keys
}

func queryPhoneKeys(value, country string) []string {
	if !PhonePlausible(value) {
		return nil
	}
	number := parsePhone(value, country)
	if number != nil && parsePhone(value, "") != nil {
		keys := []string{phoneKey + e164Form(number)}
		for _, form := range nationalForms(number) {
			keys = append(keys, unknownPhoneKey+withoutZeros(form))
		}
		return append(keys, looseDigits(value, unknownPhoneKey)...)
	}
	keys := append(looseDigits(value, nationalPhoneKey), looseDigits(value, unknownPhoneKey)...)
	if number != nil {
		return append(keys, phoneKey+e164Form(number))
	}
	if e164, ok := Phone("+"+PhoneDigits(value), ""); ok {
		return append(keys, phoneKey+e164)
	}
	return keys
}

func looseDigits(value, prefix string) []string {
	number, _ := splitExtension(trimPhone(value))
	digits := withoutZeros(PhoneDigits(number))
	if len(digits) < fewestPhoneDigits {
		return nil
	}
	return []string{prefix + digits}
}

func withoutZeros(digits string) string {
	return strings.TrimLeft(digits, "0")
}

func domainKeys(value string) []string {
	if identifier := LinkedInIdentifier(value); identifier != "" {
		return []string{idKey + Fold(identifier)}
	}
	domain, ok := Domain(value)
	if !ok || splitAddress(value).user {
		return nil
	}
	if !strings.Contains(sharedHosts, " "+domain+" ") {
		return []string{domainKey + domain}
	}
	page := strings.Trim(splitAddress(value).path, "/")
	return []string{domainKey + strings.TrimSuffix(domain+"/"+Fold(page), "/")}
}

// On these hosts the page, not the domain, tells one from the other.
const sharedHosts = " facebook.com m.facebook.com instagram.com x.com twitter.com youtube.com tiktok.com linkedin.com " +
	"xing.com github.com gitlab.com medium.com pinterest.com vk.com t.me wa.me linktr.ee sites.google.com etsy.com "

func idKeys(value string) []string {
	identifier := LinkedInIdentifier(value)
	if identifier == "" {
		identifier = value
	}
	folded := strings.Join(strings.Fields(Fold(identifier)), "")
	if folded == "" {
		return nil
	}
	return []string{idKey + folded}
}

func distinct(keys []string) []string {
	slices.Sort(keys)
	return slices.Compact(keys)
}
