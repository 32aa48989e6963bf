//go:build !crmcp_next_generation

package store

// Generation numbers the form of the tables. It counts up with every change
// of the DDL that has been released; a file of a higher generation belongs to
// a newer program.
const Generation = released
