//go:build faults

package main

const rounds = 500
