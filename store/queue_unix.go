//go:build unix && !solaris && !aix

package store

import (
	"os"

	"golang.org/x/sys/unix"
)

// openQueue opens the file that processes queue at; nil: they do not.
func openQueue(path string) *os.File {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // it stands beside the database that the user names
	if err != nil {
		return nil
	}
	return file
}

func tryLockFile(file *os.File) bool { return flock(file, unix.LOCK_EX|unix.LOCK_NB) == nil }

// lockFile waits, without limit, until no other process has the file locked.
func lockFile(file *os.File) error { return flock(file, unix.LOCK_EX) }

func unlockFile(file *os.File) { _ = flock(file, unix.LOCK_UN) }

// flock keeps the file from being closed while it waits.
func flock(file *os.File, how int) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var locked error
	err = raw.Control(func(fd uintptr) {
		for locked = unix.EINTR; locked == unix.EINTR; { //nolint:errorlint // the system gives the number itself
			locked = unix.Flock(int(fd), how)
		}
	})
	if err != nil {
		return err
	}
	return locked
}
