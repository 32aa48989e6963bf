package text

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

const family = "👩\u200d👩\u200d👧\u200d👦"

func TestClean(t *testing.T) {
	for _, c := range []struct {
		given, want string
		removed     bool
	}{
		{"", "", false},
		{"  Acme Corp ", "Acme Corp", false},
		{"Mataderos  2312", "Mataderos  2312", false},
		{"\tline one\r\nline  two\n", "line one line  two", false},
		{"a \n\t b", "a b", false},
		{"a\u2028b\u0085c\vd", "a b c d", false},
		{"\u00a0\u3000x\u00a0y\u2003", "x\u00a0y", false},
		{"e\u0301", "é", false},
		{"nul\x00byte", "nulbyte", true},
		{"\x1b[31mred\x7f", "[31mred", true},
		{"zero\u200bwidth\u2060joined", "zerowidthjoined", true},
		{"\ufeffbom", "bom", true},
		{"\u200b x", "x", true},
		{"abc\u202edef\u2066ghi\u2069", "abcdefghi", true},
		{"soft\u00adhyphen", "softhyphen", true},
		{"tag\U000e0041\U000e007f", "tag", true},
		{"می\u200cخواهم", "می\u200cخواهم", false},
		{"क्\u200dष", "क्\u200dष", false},
		{family, family, false},
		{"❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥", false},
		{"word\u200d", "word", true},
		{"\u200cword \u200d word", "word  word", true},
		{"a\u200d\u200d\u200db", "a\u200db", true},
		{"葛\U000e0100城", "葛\U000e0100城", false},
		{"x\ufe01\ufe02\ufe03", "x\ufe01", true},
		{"bad\xffbyte", "bad\ufffdbyte", true},
		{"honest \ufffd", "honest \ufffd", false},
	} {
		got, removed := Clean(c.given)
		if got != c.want || removed != c.removed {
			t.Errorf("Clean(%q) = %q, %v, want %q, %v", c.given, got, removed, c.want, c.removed)
		}
	}
}

func TestCleanLong(t *testing.T) {
	for _, c := range []struct {
		given, want string
		removed     bool
	}{
		{"  # Title\r\n\n\t- point  \n", "  # Title\r\n\n\t- point  \n", false},
		{"e\u0301\u00a0" + family, "e\u0301\u00a0" + family, false},
		{"a\x00b\x1b\v\f\u0085c", "abc", true},
		{"see\u200b this\u202e\ufeff", "see this", true},
		{"hidden\U000e0068\U000e0069 text", "hidden text", true},
		{"bad\xff", "bad\ufffd", true},
	} {
		got, removed := CleanLong(c.given)
		if got != c.want || removed != c.removed {
			t.Errorf("CleanLong(%q) = %q, %v, want %q, %v", c.given, got, removed, c.want, c.removed)
		}
	}
}

func TestCleanIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		given := anyText().Draw(t, "text")
		line, _ := Clean(given)
		if again, removed := Clean(line); again != line || removed {
			t.Fatalf("cleaned once %q, twice %q, removed %v", line, again, removed)
		}
		if !utf8.ValidString(line) || !norm.NFC.IsNormalString(line) || strings.ContainsAny(line, "\n\t\x00\u200b") {
			t.Fatalf("not clean: %q", line)
		}
		long, removed := CleanLong(given)
		if removed != (long != given) {
			t.Fatalf("CleanLong(%q) = %q, removed %v", given, long, removed)
		}
		if again, _ := CleanLong(long); again != long {
			t.Fatalf("cleaned once %q, twice %q", long, again)
		}
	})
}

func TestCleanTakesLongRunsOfJoiners(t *testing.T) {
	given := "a" + strings.Repeat("\u200d\u200b", 200_000)
	if got, removed := Clean(given); got != "a" || !removed {
		t.Errorf("Clean left %d bytes, removed %v", len(got), removed)
	}
}

func TestFieldName(t *testing.T) {
	for given, want := range map[string]string{
		"createdAt": "created_at", "Created At": "created_at", "created-at": "created_at", "CREATED_AT": "created_at",
		"created_at": "created_at", "vatNumber": "vat_number", "VATNumber": "vat_number", "URL": "url",
		"linkedinURL": "linkedin_url", "LinkedIn URL": "linkedin_url", "LinkedInUrl": "linkedin_url",
		"Address 2": "address_2", "address2": "address2", "address2Line": "address2_line", "contactIDs": "contact_ids",
		"HTTPServerName": "http_server_name", "sha256": "sha256", "B2B": "b2b", " __Name__ ": "name", "E-mail": "e_mail",
		"Größe (cm)": "grosse_cm", "Customer's name": "customers_name", "": "", "%": "", "Название": "название",
	} {
		if got := FieldName(given); got != want {
			t.Errorf("FieldName(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestFieldNameIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := FieldName(anyText().Draw(t, "text"))
		if twice := FieldName(once); twice != once {
			t.Fatalf("named once %q, twice %q", once, twice)
		}
	})
}

func TestPlainNames(t *testing.T) {
	for name, want := range map[string]bool{"value": true, " Created At ": true, "address-2": true, "organization.city": true, "Größe": true, "客户": true, "_note": true,
		"": false, " ": false, "tags+": false, "tags-": false, "value>": false, "name!": false, "a b?": false, "(x)": false, ".x": false} {
		if got := IsPlainName(name); got != want {
			t.Errorf("IsPlainName(%q) = %v", name, got)
		}
	}
}
