package text

import "testing"

func TestEmail(t *testing.T) {
	for given, want := range map[string]string{
		"Jane.Doe@Example.COM":              "jane.doe@example.com",
		" <jane@example.com> ":              "jane@example.com",
		"mailto:jane@example.com?subject=x": "jane@example.com",
		"MAILTO:jane+crm@example.co.uk":     "jane+crm@example.co.uk",
		"o'brien@example.com":               "o'brien@example.com",
		"JÜRGEN@Bücher.de":                  "jürgen@bücher.de",
		"用户@例子.公司":                          "用户@例子.公司",
		"jane@xn--bcher-kva.de":             "jane@xn--bcher-kva.de",
		"jane":                              "",
		"jane@example":                      "",
		"jane@@example.com":                 "",
		"jane@a@example.com":                "",
		"jane doe@example.com":              "",
		"jane@exa mple.com":                 "",
		"@example.com":                      "",
		"jane@.com":                         "",
		"jane@-example.com":                 "",
		".jane@example.com":                 "",
		"ja..ne@example.com":                "",
		"jane@10.0.0.1":                     "",
		"jane@example.com, joe@example.com": "",
		"":                                  "",
	} {
		got, ok := Email(given)
		if got != want || ok != (want != "") {
			t.Errorf("Email(%q) = %q, %v, want %q", given, got, ok, want)
		}
	}
}

func TestIsMailProvider(t *testing.T) {
	for domain, want := range map[string]bool{
		"gmail.com": true, "GMAIL.com": true, "yahoo.co.uk": true, "yahoo.com.br": true, "hotmail.fr": true,
		"gmx.net": true, "web.de": true, "live.nl": true, "proton.me": true, "qq.com": true, "163.com": true, "mail.ru": true,
		"acme.com": false, "live.acme.com": false, "yahoo.acme": false, "gmail.com.evil.com": false, "": false,
		"gmail.com icloud.com": false,
	} {
		if got := IsMailProvider(domain); got != want {
			t.Errorf("IsMailProvider(%q) = %v", domain, got)
		}
	}
}

func TestDomain(t *testing.T) {
	for given, want := range map[string]string{
		"https://www.Acme.com:8080/about?x=1#y": "acme.com",
		"acme.com":                              "acme.com",
		"ACME.COM.":                             "acme.com",
		"//shop.acme.co.uk/x":                   "shop.acme.co.uk",
		"jane@Acme.com":                         "acme.com",
		"mailto:jane@acme.com?subject=hi":       "acme.com",
		"https://user:secret@acme.com/":         "acme.com",
		"www.de":                                "www.de",
		"https://Bücher.de/":                    "bücher.de",
		"ａｃｍｅ.com":                              "acme.com",
		"例子.公司":                                 "例子.公司",
		"acme":                                  "",
		"Acme Inc.":                             "",
		"acme..com":                             "",
		"a_b.com":                               "",
		"192.168.0.1":                           "",
		"3.14":                                  "",
		"acme.com:port":                         "",
		"":                                      "",
	} {
		got, ok := Domain(given)
		if got != want || ok != (want != "") {
			t.Errorf("Domain(%q) = %q, %v, want %q", given, got, ok, want)
		}
	}
}

func TestURL(t *testing.T) {
	for given, want := range map[string]bool{
		"https://acme.com/a?b=c#d": true, "HTTP://ACME.com": true, "acme.com": true, " www.acme.com/a ": true,
		"acme.com:8080/x": true, "http://localhost:3000": true, "http://10.0.0.1/x": true, "http://[::1]:80/": true,
		"https://bücher.de/größe": true, "https://acme.com./": true,
		"javascript:alert(1)": false, "ftp://acme.com": false, "acme": false, "jane@acme.com": false, "not a url": false,
		"https://": false, "http://acme.com:99999999": false, "https://acme.com/<script>": false, "": false,
		"data:text/html,x": false, "https://exa mple.com": false,
	} {
		if _, ok := URL(given); ok != want {
			t.Errorf("URL(%q) = %v", given, ok)
		}
	}
	if got, _ := URL("  Acme.com/Path "); got != "Acme.com/Path" {
		t.Errorf("URL did more than trim: %q", got)
	}
}

func TestLinkedInIdentifier(t *testing.T) {
	for given, want := range map[string]string{
		"https://www.linkedin.com/in/jane-doe-42/":      "jane-doe-42",
		"linkedin.com/company/acme?trk=x":               "acme",
		"https://de.linkedin.com/in/j%C3%BCrgen/en":     "jürgen",
		"https://www.linkedin.com/school/mit/people/#x": "mit",
		"https://www.linkedin.com/feed/":                "",
		"https://www.linkedin.com/in/":                  "",
		"https://evil-linkedin.com/in/jane":             "",
		"https://linkedin.com.evil.com/in/jane":         "",
		"jane-doe":                                      "",
	} {
		if got := LinkedInIdentifier(given); got != want {
			t.Errorf("LinkedInIdentifier(%q) = %q, want %q", given, got, want)
		}
	}
}
