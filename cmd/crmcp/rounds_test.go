//go:build !faults

package main

// rounds is how often the quick form kills the program; -tags faults has more.
const rounds = 20
