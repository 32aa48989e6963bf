package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
)

// A backup is measured of a database of about a gigabyte and a half.
const (
	backedUp       = 100_000
	backupReach    = 5 * time.Second
	backupPause    = 5 * time.Millisecond
	backupWriters  = 5 * time.Millisecond
	bytesPerSecond = 1e9
)

// backups measures a backup while records are written one after the other.
func (b *bench) backups(ctx context.Context) error {
	other, err := openBench(ctx, b.settings, backedUp)
	if err != nil {
		return err
	}
	defer func() { _ = other.close() }()
	folder, err := os.MkdirTemp("", "crmcp-bench-backup")
	if err != nil {
		return err
	}
	writing, stop := context.WithCancel(ctx)
	var group errgroup.Group
	var times samples
	group.Go(func() (err error) {
		times, err = other.writeOn(writing, ctx)
		return err
	})
	began := time.Now()
	manifest, _, err := other.db.Backup(ctx, folder)
	took := time.Since(began)
	stop()
	if err := errors.Join(err, group.Wait(), os.RemoveAll(folder)); err != nil {
		return err
	}
	gigabytes := float64(manifest.Size) / bytesPerSecond
	each := time.Duration(float64(took) / gigabytes)
	what := fmt.Sprintf("%s a GB (%.2f GB in %s, copied and checked); writers: p50 %s, p99 %s of %d", short(each), gigabytes, short(took),
		short(times.median()), short(times.at(0.99)), len(times))
	b.add(fact("backup under writes", "1 GB in ≤ 5 s, writers p99 ≤ 5 ms", what, each <= backupReach && times.at(0.99) <= backupWriters))
	return nil
}

// writeOn creates contacts with pauses until it is stopped.
func (b *bench) writeOn(writing, ctx context.Context) (times samples, err error) {
	for n := 0; writing.Err() == nil && err == nil; n++ {
		began := time.Now()
		_, err = b.call(ctx, "create_contact", map[string]any{"first_name": "Backup", "last_name": fmt.Sprintf("Writer%d-%d", began.Unix(), n)})
		times = append(times, time.Since(began))
		time.Sleep(backupPause)
	}
	return times, err
}
