//go:build faults

package main

const longForm = true
