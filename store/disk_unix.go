//go:build linux || darwin

package store

import (
	"os"
	"path/filepath"
	"syscall"
)

// freeBytes is how much room a folder's disk has for this user.
func freeBytes(folder string) (free int64, known bool) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(folder, &disk); err != nil {
		return 0, false
	}
	return int64(disk.Bavail) * int64(disk.Bsize), true //nolint:unconvert // the types differ between systems
}

// syncFolder makes names that were written into a folder survive a power cut.
func syncFolder(folder string) error {
	opened, err := os.Open(filepath.Clean(folder))
	if err != nil {
		return err
	}
	if err := opened.Sync(); err != nil {
		_ = opened.Close()
		return err
	}
	return opened.Close()
}
