// Package filter is the language in which records are asked for: lists,
// aggregates, segments, views, batch changes and exports share it.
//
// A filter goes through two stages. Parse turns text, or rules in JSON, into a
// syntax tree that knows no schema. Check turns that into a checked tree for
// one record type: fields and relations found, values in their canonical form,
// references resolved to ids, dates made absolute. Every negative operator has
// become a Not and every path a Related by then, so that whoever evaluates the
// checked tree knows a dozen plain operators and nothing of the language. Read
// does both, and names the faults of both together.
//
// Conditions are two-valued: a condition about a missing value is false, and
// Not matches exactly the records that its operand does not match.
package filter
