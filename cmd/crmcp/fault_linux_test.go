package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// smallDisk mounts a disk of its own in memory.
func smallDisk(t *testing.T, megabytes int) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("mounting a disk to fill needs root: run this test as root to have it")
	}
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%dm", megabytes)); err != nil {
		t.Skipf("a disk to fill cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return folder
}

// On a full disk reading goes on, the error says where and how much is free,
// and writing goes on without a restart when there is room again.
func TestFaultFullDisk(t *testing.T) {
	folder := smallDisk(t, 8)
	path, filler := filepath.Join(folder, "crm.db"), filepath.Join(folder, "filler")
	s := serveDatabase(t, path)
	defer s.kill()
	write := func(n int) answered {
		one, ok := s.call("create_contact", map[string]any{"first_name": fmt.Sprintf("Full %d", n), "description": strings.Repeat(fmt.Sprintf("word%d ", n), 3_000)})
		if !ok {
			t.Fatal("the program has ended")
		}
		return one
	}
	if one := write(0); one.isError {
		t.Fatal(one.text)
	}
	room := make([]byte, 1<<16)
	file, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = file.Write(room)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	written, refused := 1, answered{}
	for n := 1; n < 300 && !refused.isError; n++ {
		if one := write(n); one.isError {
			refused = one
		} else {
			written++
		}
	}
	if !refused.isError {
		t.Fatal("the disk was never full")
	}
	wantInText(t, refused.text, filepath.Base(path)+" is full", "bytes are free", "nothing was written")
	if strings.Contains(refused.text, filepath.Dir(path)) {
		t.Errorf("an assistant is shown where the file lies: %s", refused.text)
	}
	for range 3 {
		if one, ok := s.call("list_contacts", map[string]any{"limit": 1}); !ok || one.isError || !strings.Contains(one.text, fmt.Sprintf(`"total":%d`, written)) {
			t.Fatal("reading does not go on: ", one.text)
		}
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if one := write(1_000); one.isError {
		t.Error("writing does not go on: ", one.text)
	}
	if out, err := exec.Command("crmcp", "check", "--deep", "--db", path).CombinedOutput(); err != nil {
		t.Error(string(out), err)
	}
	t.Logf("%d writes before the disk was full; %s", written, refused.text)
}

// A backup that does not fit leaves nothing behind.
func TestFaultBackupOnFullDisk(t *testing.T) {
	folder := smallDisk(t, 1)
	path := filepath.Join(t.TempDir(), "crm.db")
	if out, err := exec.Command("crmcp", "call", "create_contact", "first_name=Ada", "description="+strings.Repeat("x", 90_000), "--db", path).CombinedOutput(); err != nil {
		t.Fatal(string(out), err)
	}
	if err := os.WriteFile(filepath.Join(folder, "filler"), make([]byte, 500_000), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("crmcp", "backup", "--to", folder, "--db", path).CombinedOutput()
	if err == nil {
		t.Error("a backup fitted where it cannot: ", string(out))
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 1 {
		t.Error("left behind: ", left, err)
	}
	wantInText(t, string(out), folder, "is full")
}

// Where nothing can be written the program says so, and what to do.
func TestFaultReadOnlyDisk(t *testing.T) {
	folder := smallDisk(t, 8)
	path := filepath.Join(folder, "crm.db")
	if out, err := exec.Command("crmcp", "call", "create_contact", "first_name=Ada", "--db", path).CombinedOutput(); err != nil {
		t.Fatal(string(out), err)
	}
	if err := syscall.Mount("tmpfs", folder, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skipf("the disk cannot be made read-only: %v", err)
	}
	out, err := exec.Command("crmcp", "call", "create_contact", "first_name=Grace", "--db", path).CombinedOutput()
	if err == nil {
		t.Error("it wrote where nothing can be written: ", string(out))
	}
	wantInText(t, string(out), path, "must be writable")
}

// A disk that the system makes read-only while the program serves, as it does
// after errors: reading goes on, a write says what is wrong, and nothing that
// was acknowledged is lost.
func TestFaultReadOnlyUnderway(t *testing.T) {
	d := newDisk(t, 64)
	path := filepath.Join(d.folder, "crm.db")
	s := serveDatabase(t, path)
	if one, ok := s.call("create_contact", map[string]any{"first_name": "Ada"}); !ok || one.isError {
		t.Fatal(one.text)
	}
	if out, err := exec.Command("mount", "-o", "remount,abort", d.folder).CombinedOutput(); err != nil {
		t.Skipf("the disk cannot be made read-only under a program: %v %s", err, out)
	}
	for range 3 {
		one, ok := s.call("create_contact", map[string]any{"first_name": "Grace"})
		if !ok || !one.isError {
			t.Fatal("it wrote where nothing can be written: ", one.text)
		}
		wantInText(t, one.text, "did not confirm the write", "disk I/O error")
		if one, ok := s.call("list_contacts", nil); !ok || one.isError || !strings.Contains(one.text, `"total":1,`) {
			t.Error("reading does not go on: ", one.text)
		}
	}
	s.kill()
	d.again()
	if text := databaseText(t, "crmcp", path); !strings.Contains(text, "Ada") || strings.Contains(text, "Grace") {
		t.Error("afterwards it holds ", text)
	}
	checkDeep(t, path)
}
