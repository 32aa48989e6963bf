//go:build !faults

package main

// longForm says that tests of faults take minutes instead of seconds.
const longForm = false
