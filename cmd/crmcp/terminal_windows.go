package main

import (
	"io"
	"os"

	"golang.org/x/sys/windows"
)

// canPaint switches a console to understanding escape sequences, which older
// ones do not by themselves.
func canPaint(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	console := windows.Handle(file.Fd())
	var mode uint32
	if err := windows.GetConsoleMode(console, &mode); err != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
