//go:build !windows

package main

import "io"

// canPaint is true of every terminal but some of Windows.
func canPaint(io.Writer) bool { return true }
