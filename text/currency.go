package text

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Currency returns the ISO 4217 code of a currency in use, given as a code in either
// case or as a sign that stands for one currency by custom ($ is USD, £ GBP, ¥ JPY).
func Currency(s string) (code string, ok bool) {
	code = strings.ToUpper(strings.TrimSpace(norm.NFKC.String(s)))
	if len(code) == 3 && strings.Contains(currencyCodes, " "+code+" ") {
		return code, true
	}
	return currencyOfSign(code)
}

func currencyOfSign(sign string) (string, bool) {
	switch sign {
	case "€":
		return "EUR", true
	case "$", "US$":
		return "USD", true
	case "£":
		return "GBP", true
	case "¥":
		return "JPY", true
	case "₹":
		return "INR", true
	case "₽":
		return "RUB", true
	case "₩":
		return "KRW", true
	case "₺":
		return "TRY", true
	case "₴":
		return "UAH", true
	case "R$":
		return "BRL", true
	case "ZŁ":
		return "PLN", true
	case "KČ":
		return "CZK", true
	}
	return "", false
}

// BGN, withdrawn when Bulgaria took the euro in 2026, is still in it: deals of the
// years before are written in it. Codes for tests and for no currency are not.
const currencyCodes = " AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN " +
	"BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP " +
	"GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW " +
	"KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO " +
	"NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP " +
	"STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAD " +
	"XAF XAG XAU XCD XCG XDR XOF XPD XPF XPT XSU XUA YER ZAR ZMW ZWG "
