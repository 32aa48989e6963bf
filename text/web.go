package text

import (
	"net/netip"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Domain returns the domain that s stands for, be it a web address, a bare domain or
// an e-mail address: lower case, without scheme, "www.", port, path and trailing dot.
// ok is false unless it has a dot and valid labels; letters of any script are valid.
func Domain(s string) (domain string, ok bool) {
	parts := splitAddress(s)
	host := strings.TrimSuffix(parts.host, ".")
	if bare := strings.TrimPrefix(host, "www."); strings.Contains(bare, ".") {
		host = bare
	}
	if !isDomain(host) || !isPort(parts.port) {
		return "", false
	}
	return host, true
}

// URL returns s trimmed and whether it is a plausible web address. The scheme may be
// left out; if given it is http or https, and then a host without a dot or an
// address in numbers will do.
func URL(s string) (address string, ok bool) {
	address = strings.TrimSpace(s)
	if strings.ContainsFunc(address, isForbiddenInURL) {
		return address, false
	}
	parts := splitAddress(address)
	parts.host = strings.TrimSuffix(parts.host, ".")
	switch parts.scheme {
	case "":
		return address, !parts.user && isDomain(parts.host) && isPort(parts.port)
	case "http", "https":
		return address, isHost(parts.host) && isPort(parts.port)
	}
	return address, false
}

// LinkedInIdentifier returns the public identifier in the address of a LinkedIn page
// of a person, company or school, unescaped; "" if s is no such address.
func LinkedInIdentifier(s string) string {
	host, ok := Domain(s)
	if !ok || host != "linkedin.com" && !strings.HasSuffix(host, ".linkedin.com") {
		return ""
	}
	kind, rest, _ := strings.Cut(strings.TrimLeft(splitAddress(s).path, "/"), "/")
	switch strings.ToLower(kind) {
	case "in", "company", "school":
	default:
		return ""
	}
	escaped, _, _ := strings.Cut(rest, "/")
	identifier, err := url.PathUnescape(escaped)
	if err != nil {
		identifier = escaped
	}
	clean, _ := Clean(identifier)
	return clean
}

type addressParts struct {
	scheme, host, port, path string
	user                     bool
}

// splitAddress takes an address apart without judging it.
func splitAddress(s string) addressParts {
	var parts addressParts
	rest := strings.TrimSpace(s)
	if before, after, found := strings.Cut(rest, "://"); found && isScheme(before) {
		parts.scheme, rest = strings.ToLower(before), after
	} else if after, found := cutPrefixFold(rest, "mailto:"); found {
		parts.scheme, rest = "mailto", after
	}
	rest = strings.TrimPrefix(rest, "//")
	if end := strings.IndexAny(rest, "/?#\\"); end >= 0 {
		path := rest[end:]
		if cut := strings.IndexAny(path, "?#"); cut >= 0 {
			path = path[:cut]
		}
		parts.path, rest = path, rest[:end]
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		parts.user, rest = true, rest[at+1:]
	}
	if colon := strings.LastIndexByte(rest, ':'); colon >= 0 && !strings.HasSuffix(rest, "]") {
		parts.port, rest = rest[colon:], rest[:colon]
	}
	parts.host = strings.ToLower(norm.NFKC.String(rest))
	return parts
}

func isScheme(s string) bool {
	if s == "" || !isASCIILetter(s[0]) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("+-.", r)
	})
}

func isForbiddenInURL(r rune) bool {
	return unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune("<>\"`", r)
}

// isPort takes the port with its colon, or nothing.
func isPort(s string) bool {
	if s == "" {
		return true
	}
	digits := s[1:]
	return len(digits) <= 5 && digits != "" && strings.Trim(digits, "0123456789") == ""
}

func isHost(s string) bool {
	if _, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return true
	}
	return isLabel(s) || isDomain(s)
}

// isDomain wants at least two valid labels, the last of them not a number.
func isDomain(s string) bool {
	labels := strings.Split(s, ".")
	if len(s) > 253 || len(labels) < 2 {
		return false
	}
	for _, label := range labels {
		if !isLabel(label) {
			return false
		}
	}
	last := []rune(labels[len(labels)-1])
	return len(last) >= 2 && !unicode.IsDigit(last[0])
}

func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && !isWordRune(r) && !isJoiner(r)
	})
}
