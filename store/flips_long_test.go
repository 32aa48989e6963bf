//go:build faults

package store

const flips = 400
