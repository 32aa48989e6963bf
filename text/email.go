package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Email returns the form in which e-mail addresses are compared, lower case and NFC,
// and whether s looks like an address: one @, a plausible local part, a domain with a
// dot, no spaces. "mailto:" and surrounding <> are taken off first. Accents stay:
// they make another address.
func Email(s string) (normal string, ok bool) {
	address := strings.TrimSpace(s)
	address = strings.TrimSuffix(strings.TrimPrefix(address, "<"), ">")
	if rest, found := cutPrefixFold(address, "mailto:"); found {
		address, _, _ = strings.Cut(rest, "?")
	}
	address = strings.ToLower(norm.NFC.String(address))
	local, host, found := strings.Cut(address, "@")
	if !found || !isLocalPart(local) || !isDomain(host) {
		return "", false
	}
	return address, true
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

func isLocalPart(s string) bool {
	if s == "" || len(s) > 64 || strings.Contains(s, "..") || s[0] == '.' || s[len(s)-1] == '.' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return strings.ContainsRune(`()<>[]:;,\"`, r) || !unicode.IsPrint(r) || unicode.IsSpace(r)
	})
}

// IsMailProvider reports whether domain belongs to a provider of mailboxes to the
// public, so that sharing it says nothing about two people or organizations.
func IsMailProvider(domain string) bool {
	host := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(domain)), "www.")
	if host == "" || strings.Contains(host, " ") {
		return false
	}
	if strings.Contains(mailProviders, " "+host+" ") {
		return true
	}
	family, rest, _ := strings.Cut(host, ".")
	return strings.Contains(mailFamilies, " "+family+" ") && isPublicSuffix(rest)
}

// isPublicSuffix knows the shapes com, de and co.uk: enough to tell yahoo.co.uk from
// a company's own live.acme.com.
func isPublicSuffix(s string) bool {
	first, second, found := strings.Cut(s, ".")
	if !found {
		return len(first) == 2 || first == "com" || first == "net" || first == "org"
	}
	return len(second) == 2 && (len(first) == 2 || first == "com" || first == "net")
}

const mailFamilies = " yahoo hotmail live outlook gmx msn ymail googlemail yandex windowslive rediffmail tutanota "

const mailProviders = " gmail.com icloud.com me.com mac.com aol.com aol.de aol.co.uk aim.com web.de t-online.de " +
	"freenet.de arcor.de email.de mail.de posteo.de posteo.net proton.me protonmail.com protonmail.ch pm.me " +
	"tuta.com tuta.io tutamail.com fastmail.com fastmail.fm hey.com zoho.com zohomail.com mail.com email.com mailbox.org " +
	"inbox.com hushmail.com rocketmail.com mail.ru bk.ru list.ru inbox.ru rambler.ru ya.ru ukr.net i.ua " +
	"qq.com foxmail.com 163.com 126.com yeah.net sina.com sina.cn sohu.com 139.com 189.cn aliyun.com naver.com " +
	"daum.net hanmail.net docomo.ne.jp ezweb.ne.jp softbank.ne.jp orange.fr wanadoo.fr free.fr laposte.net sfr.fr " +
	"libero.it virgilio.it tiscali.it alice.it tin.it ziggo.nl kpnmail.nl planet.nl hetnet.nl home.nl xs4all.nl " +
	"upcmail.nl casema.nl chello.nl telenet.be skynet.be bluewin.ch hispeed.ch gmx.at aon.at chello.at telia.com " +
	"wp.pl o2.pl onet.pl op.pl interia.pl seznam.cz centrum.cz email.cz azet.sk freemail.hu citromail.hu abv.bg " +
	"uol.com.br bol.com.br terra.com.br ig.com.br btinternet.com sky.com virginmedia.com ntlworld.com talktalk.net " +
	"comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net earthlink.net optonline.net " +
	"rogers.com shaw.ca sympatico.ca bigpond.com bigpond.net.au optusnet.com.au xtra.co.nz "
