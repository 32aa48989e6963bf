//go:build !linux && !darwin && !windows

package store

// freeBytes is not known here.
func freeBytes(string) (free int64, known bool) { return 0, false }

// syncFolder leaves it to the file system when names are kept.
func syncFolder(string) error { return nil }
