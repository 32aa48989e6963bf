//go:build !faults

package store

// flips is how many bits the quick form of the test flips; -tags faults has more.
const flips = 40
