//go:build crmcp_next_generation

package store

// Generation is that of the next release, which does not exist yet: the test
// of upgrades under a running program builds this program.
const Generation = released + 1
