//go:build !crmcp_loses_writes

package store

// synchronous is how far a write has come when it is acknowledged: onto the
// disk itself, so that it survives a power cut.
const synchronous = "full"
