//go:build faults

package main

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The power of the disk is cut while several callers write. Nothing that was
// acknowledged may be lost, nothing may be half written.
func TestFaultPowerCut(t *testing.T) {
	cuts, d := roundsOf(t, 10, 100), newDisk(t, 256)
	o := newOracle()
	lost, kept := o.cutPower(t, d, "crmcp", cuts)
	if len(lost) > 0 {
		t.Errorf("acknowledged and lost: %v", lost)
	}
	if len(o.names) < cuts {
		t.Errorf("only %d writes were acknowledged in %d rounds", len(o.names), cuts)
	}
	t.Logf("%d power cuts: %d contacts and %d changes acknowledged, %d lost; %d contacts there, all whole", cuts, len(o.names), len(o.jobs), len(lost), kept)
}

// A program that does not wait for the disk loses writes in the same test, so
// that the test can tell.
func TestFaultPowerCutIsNoticed(t *testing.T) {
	cuts, d := roundsOf(t, 5, 15), newDisk(t, 256)
	program := buildProgram(t, "crmcp_loses_writes")
	o := newOracle()
	lost, _ := o.cutPower(t, d, program, cuts)
	if len(lost) == 0 {
		t.Errorf("%d power cuts took nothing from a program that does not wait for the disk: this test notices nothing", cuts)
	}
	t.Logf("control: %d power cuts took %d of %d acknowledged writes from a program that does not wait for the disk", cuts, len(lost), len(o.names)+len(o.jobs)+len(lost))
}

// cutPower lets a program write on a disk whose power is cut again and again,
// and gives what was acknowledged and is not there, and how much is.
func (o *oracle) cutPower(t *testing.T, d *disk, program string, cuts int) (lost []string, kept int) {
	t.Helper()
	path := filepath.Join(d.folder, "crm.db")
	if out, err := exec.Command("crmcp", "call", "create_organization", "name=Load", "--db", path).CombinedOutput(); err != nil {
		t.Fatal(string(out), err)
	}
	for cut := range cuts {
		s := startServing(t, exec.Command(program, "serve", "--db", path))
		if _, ok := s.call("describe", nil); !ok {
			t.Fatal("the program does not start after a power cut")
		}
		o.cut.Store(false)
		var callers sync.WaitGroup
		for caller := range 3 {
			callers.Go(func() { o.load(s, fmt.Sprintf("p%d-c%d", cut, caller)) })
		}
		time.Sleep(20*time.Millisecond + rand.N(200*time.Millisecond))
		o.cut.Store(true)
		d.cut()
		callers.Wait()
		s.kill()
		d.again()
		var more []string
		more, kept = o.lost(t, path)
		lost = append(lost, more...)
		o.forget(more)
		if t.Failed() {
			break
		}
	}
	return lost, kept
}

// forget takes what was lost out of the oracle, so that it counts once.
func (o *oracle) forget(lost []string) {
	for _, one := range lost {
		delete(o.names, one)
		maps.DeleteFunc(o.jobs, func(name, job string) bool { return job == one || name == one })
	}
}

// The request that makes ext4 stop as if the power went: without writing its
// journal out.
const (
	ext4Shutdown = 0x8004587d
	noLogFlush   = 2
)

// cut cuts the power. What the system had not put onto the disk is gone.
func (d *disk) cut() {
	d.Helper()
	folder, err := os.Open(d.folder)
	if err != nil {
		d.Fatal(err)
	}
	if err := errors.Join(unix.IoctlSetPointerInt(int(folder.Fd()), ext4Shutdown, noLogFlush), folder.Close()); err != nil {
		d.Skip("this system cannot cut the power of a disk: ", err)
	}
}
