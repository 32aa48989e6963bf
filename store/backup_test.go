package store

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func (f *fixture) backup(folder string) (*Manifest, string) {
	f.Helper()
	manifest, file, err := f.db.Backup(context.Background(), folder)
	if err != nil {
		f.Fatal(err)
	}
	return manifest, file
}

func (f *fixture) contentHash() string {
	f.Helper()
	sum := ""
	f.view(func(tx *Tx) (err error) {
		_, sum, err = contentHash(tx.ctx, tx.session.conn)
		return err
	})
	return sum
}

func TestBackupHoldsTheState(t *testing.T) {
	f := filled(t)
	manifest, file := f.backup("")
	if filepath.Dir(file) != BackupFolder(f.db.path) || manifest.Content != f.contentHash() || manifest.Counts["contact"] != 2 {
		t.Errorf("%s %+v", file, manifest)
	}
	f.create("contact", map[string]any{"first_name": "Later"})
	before := f.contentHash()
	path := f.db.path
	busy, err := PrepareRestore(t.Context(), file, path, false, f.now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := busy.Swap(t.Context()); err == nil || f.contentHash() != before {
		t.Fatal("a database in use was replaced: ", err)
	}
	if err := f.db.Close(); err != nil {
		t.Fatal(err)
	}
	restoring, err := PrepareRestore(t.Context(), file, path, false, f.now)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := restoring.Swap(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for file, wanted := range map[string]string{path: manifest.Content, kept: before} {
		db, err := Open(t.Context(), file, Options{Now: f.db.now})
		if err != nil {
			t.Fatal(err)
		}
		if got := (&fixture{T: t, db: db}).contentHash(); got != wanted {
			t.Errorf("%s does not hold what it should", file)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, _ := filepath.Glob(path + "-restoring*"); len(left) > 0 {
		t.Error("left behind: ", left)
	}
	f.db, err = Open(t.Context(), path, Options{Now: f.db.now})
	if err != nil {
		t.Fatal(err)
	}
}

// A backup under load is the state between two writes.
func TestBackupUnderLoadIsOneState(t *testing.T) {
	f := filled(t)
	states := map[string]bool{f.contentHash(): true}
	var writing sync.WaitGroup
	stop := make(chan struct{})
	writing.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := f.try("contact", map[string]any{"first_name": fmt.Sprint("Load ", n), "organizations": []any{"Acme Café"}}); err != nil {
				t.Error(err)
				return
			}
			states[f.contentHash()] = true
		}
	})
	var found, files []string
	for range 6 {
		manifest, file := f.backup("")
		found, files = append(found, manifest.Content), append(files, file)
	}
	close(stop)
	writing.Wait()
	slices.Sort(found)
	if n := len(slices.Compact(slices.Clone(found))); n < 2 {
		t.Errorf("%d different states: nothing was written meanwhile", n)
	}
	for _, one := range found {
		if !states[one] {
			t.Error("a backup holds a state that never was")
		}
	}
	for _, file := range files {
		restored(t, file)
	}
}

// restored brings a backup back somewhere else: it is whole there and holds
// what its manifest says.
func restored(t *testing.T, file string) {
	t.Helper()
	target := filepath.Join(t.TempDir(), "new.db")
	restoring, err := PrepareRestore(t.Context(), file, target, false, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := restoring.Swap(t.Context()); err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), target, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	f := &fixture{T: t, db: db}
	if f.contentHash() != restoring.Manifest.Content {
		t.Errorf("%s does not hold what its manifest says", file)
	}
	if found, err := db.Check(t.Context(), true); err != nil || len(found) > 0 {
		t.Error(file, found, err)
	}
}

// bytesApart is how far the bytes are from each other that are changed:
// CRMCP_BYTES_APART, or a prime number, so that all places in a page come by.
func bytesApart(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("CRMCP_BYTES_APART"), "1009"))
	if err != nil {
		t.Fatal("CRMCP_BYTES_APART: ", err)
	}
	return n
}

func TestEveryChangedByteOfABackupIsFound(t *testing.T) {
	f := newFixture(t)
	_, file := f.backup("")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := readManifest(file)
	if err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(t.TempDir(), "bad.db")
	if err := manifest.write(bad + manifestEnding); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(bad, good, 0o600); err != nil {
		t.Fatal(err)
	}
	opened, err := os.OpenFile(bad, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	target := filepath.Join(t.TempDir(), "new.db")
	for at := 0; at < len(good); at += bytesApart(t) {
		for _, value := range []byte{good[at] ^ 1<<(at%8), good[at]} {
			if _, err := opened.WriteAt([]byte{value}, int64(at)); err != nil {
				t.Fatal(err)
			}
			if value == good[at] {
				break
			}
			if _, err := PrepareRestore(t.Context(), bad, target, false, f.now); err == nil {
				t.Fatalf("byte %d was changed, and nobody noticed", at)
			}
		}
	}
	restoring, err := PrepareRestore(t.Context(), bad, target, false, f.now)
	if err != nil {
		t.Fatal("the unchanged backup is refused: ", err)
	}
	if err := restoring.Discard(); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(target + "*"); len(left) > 0 {
		t.Error("left behind: ", left)
	}
}

func TestBackupsWithoutManifest(t *testing.T) {
	f := filled(t)
	_, file := f.backup("")
	if err := os.Remove(file + manifestEnding); err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(t.TempDir(), "new.db")
	if _, err := PrepareRestore(t.Context(), file, target, false, f.now); err == nil || !strings.Contains(err.Error(), "--without-manifest") {
		t.Error(err)
	}
	restoring, err := PrepareRestore(t.Context(), file, target, true, f.now)
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := restoring.Swap(t.Context()); err != nil || kept != "" {
		t.Error(kept, err)
	}
	if _, err := PrepareRestore(t.Context(), target, target, true, f.now); err == nil {
		t.Error("the database was restored from itself")
	}
}

func TestKeptBackups(t *testing.T) {
	now := time.Date(2026, 5, 31, 12, 0, 0, 0, time.UTC)
	var made []time.Time
	for hours := 0; hours < 24*60; hours += 6 {
		made = append(made, now.Add(-time.Duration(hours)*time.Hour))
	}
	var ages []string
	for i, kept := range keptBackups(made, now) {
		if kept {
			ages = append(ages, now.Sub(made[i]).String())
		}
	}
	want := "0s 6h0m0s 12h0m0s 18h0m0s 42h0m0s 66h0m0s 90h0m0s 114h0m0s 138h0m0s 162h0m0s 330h0m0s 498h0m0s"
	if got := strings.Join(ages, " "); got != want {
		t.Errorf("got %s", got)
	}
}

func TestOldBackupsAreThinnedOut(t *testing.T) {
	f := newFixture(t)
	folder := t.TempDir()
	foreign := filepath.Join(folder, "crm-backup-of-mine.db")
	if err := os.WriteFile(foreign, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 40 {
		f.now = f.now.Add(12 * time.Hour)
		f.backup(folder)
	}
	backups, _ := filepath.Glob(filepath.Join(folder, "crm-backup-2*.db"))
	manifests, _ := filepath.Glob(filepath.Join(folder, "crm-backup-2*.json"))
	if len(backups) != len(manifests) || len(backups) < keptDays || len(backups) > keptDays+keptWeeks+1 {
		t.Error(backups, manifests)
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Error(err)
	}
}

// An upgrade makes a backup first; a new file needs none.
func TestUpgradesAreSavedBefore(t *testing.T) {
	f := filled(t)
	if _, err := os.Stat(BackupFolder(f.db.path)); !os.IsNotExist(err) {
		t.Error("a new file was saved: ", err)
	}
	f.raw(`UPDATE setting SET value = '` + itoa(Generation-1) + `' WHERE name = 'generation'; DROP INDEX link_right; ALTER TABLE organization DROP COLUMN vat_number_fold`)
	plan, err := PlanUpgrade(t.Context(), f.db.path)
	if err != nil || plan.From != Generation-1 || plan.To != Generation || !slices.Equal(plan.Missing, []string{"index link_right", "column organization.vat_number_fold"}) {
		t.Errorf("%+v %v", plan, err)
	}
	upgraded, err := Open(t.Context(), f.db.path, Options{Now: f.db.now})
	if err != nil {
		t.Fatal(err)
	}
	defer upgraded.Close()
	saved, _ := filepath.Glob(filepath.Join(BackupFolder(f.db.path), "crm-before-generation-*.db"))
	if len(saved) != 1 {
		t.Fatal(saved)
	}
	if m, err := readManifest(saved[0]); err != nil || m.Generation != Generation-1 {
		t.Errorf("%+v %v", m, err)
	}
	if plan, err := PlanUpgrade(t.Context(), f.db.path); err != nil || len(plan.Missing) > 0 || plan.From != Generation {
		t.Errorf("%+v %v", plan, err)
	}
}
