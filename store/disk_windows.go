package store

import "golang.org/x/sys/windows"

// freeBytes is how much room a folder's disk has for this user.
func freeBytes(folder string) (free int64, known bool) {
	name, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, false
	}
	var room uint64
	if err := windows.GetDiskFreeSpaceEx(name, &room, nil, nil); err != nil {
		return 0, false
	}
	return int64(room), true
}

// syncFolder has nothing to do: the file system keeps names by itself, and
// folders cannot be opened as files.
func syncFolder(string) error { return nil }
