package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// disk is a disk of its own, in a file, whose power can be cut.
type disk struct {
	*testing.T
	image, folder string
}

// newDisk makes an ext4 disk and mounts it; the test is skipped where that
// cannot be done.
func newDisk(t *testing.T, megabytes int64) *disk {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("mounting a disk needs root: run this test as root to have it")
	}
	d := &disk{T: t, image: filepath.Join(t.TempDir(), "disk.img"), folder: t.TempDir()}
	if err := os.WriteFile(d.image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(d.image, megabytes<<20); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", d.image).CombinedOutput(); err != nil {
		t.Skipf("no ext4 disk can be made here (mkfs.ext4, from e2fsprogs): %v %s", err, out)
	}
	if out, err := d.mount(); err != nil {
		t.Skipf("no disk in a file can be mounted here (mount -o loop): %v %s", err, out)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(d.folder, syscall.MNT_DETACH); err != nil && !errors.Is(err, syscall.EINVAL) {
			t.Error(err)
		}
	})
	return d
}

func (d *disk) mount() (string, error) {
	out, err := exec.Command("mount", "-o", "loop", d.image, d.folder).CombinedOutput()
	return string(out), err
}

// again mounts the disk after the power came back.
func (d *disk) again() {
	d.Helper()
	for try := 0; ; try++ {
		err := syscall.Unmount(d.folder, 0)
		if err == nil {
			break
		}
		if try == 100 {
			d.Fatal("the disk cannot be unmounted: ", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if out, err := d.mount(); err != nil {
		d.Fatal("the disk cannot be mounted again: ", out, err)
	}
}
