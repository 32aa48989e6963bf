//go:build !unix || solaris || aix

package store

import "os"

// openQueue gives nil: writers of this system retry at random moments alone.
func openQueue(string) *os.File { return nil }

func tryLockFile(*os.File) bool { return true }

func lockFile(*os.File) error { return nil }

func unlockFile(*os.File) {}
