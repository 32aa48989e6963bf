// Package text holds the pure functions that give text its normal forms: folding
// for comparison and search, collation keys, cleaning of what people and programs
// send, and the normal forms of e-mails, phones, domains, countries, currencies
// and languages. It does no I/O and keeps no state that a caller could see.
package text
