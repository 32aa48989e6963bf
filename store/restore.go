package store

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// Restoring is a backup that lies, copied and verified, beside the database
// that it is to replace. End it with Swap or Discard.
type Restoring struct {
	Manifest *Manifest
	// Ended is how many API keys Swap has revoked in the copy, because they were
	// revoked in the database that it replaces. KeysUnread says that it could not
	// read that one, so that such keys let in again.
	Ended      int
	KeysUnread bool

	path   string
	copied string
	now    time.Time
}

// PrepareRestore copies a backup beside the database at path and verifies the
// copy against its manifest: every byte, the structure, the number of rows and
// their hash. Without a manifest, which must be asked for, only the structure
// can be verified. The database itself is not touched yet.
func PrepareRestore(ctx context.Context, file, path string, withoutManifest bool, now time.Time) (*Restoring, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, schema.Errorf(schema.InvalidArgument, "cannot find %s: %v", path, err)
	}
	manifest, err := manifestFor(file, path, withoutManifest)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, schema.Errorf(schema.InvalidArgument, "cannot create the database's folder: %v", err)
	}
	copied, err := freeName(path+"-restoring-"+now.UTC().Format(nameTime), "")
	if err != nil {
		return nil, err
	}
	r := &Restoring{Manifest: manifest, path: path, copied: copied, now: now}
	if err := r.verify(ctx, file); err != nil {
		return nil, errors.Join(err, r.Discard())
	}
	return r, nil
}

// manifestFor reads the manifest of a backup and refuses files that cannot be one.
func manifestFor(file, path string, withoutManifest bool) (*Manifest, error) {
	source, err := os.Stat(file)
	if err != nil {
		return nil, schema.Errorf(schema.InvalidArgument, "cannot read the backup: %v", err)
	}
	if target, err := os.Stat(path); err == nil && os.SameFile(source, target) {
		return nil, schema.Errorf(schema.InvalidArgument, "%s is the database itself: name a backup of it", file)
	}
	manifest, err := readManifest(file)
	switch {
	case err == nil:
		return manifest, nil
	case !errors.Is(err, os.ErrNotExist):
		return nil, err
	case !withoutManifest:
		return nil, schema.Errorf(schema.InvalidArgument, "%s%s is not there, and without it nobody can tell whether each byte of the backup is right: put it beside the backup, or restore with --without-manifest", file, manifestEnding)
	}
	if log, err := os.Stat(file + "-wal"); err == nil && log.Size() > 0 {
		return nil, schema.Errorf(schema.InvalidArgument, "%s has newer changes in %[1]s-wal: make a backup of it with crmcp backup --db %[1]s and restore that", file)
	}
	return nil, nil //nolint:nilnil // no manifest is what was asked for
}

// verify copies the backup and looks at the copy, so that what is checked is
// what will be used.
func (r *Restoring) verify(ctx context.Context, file string) error {
	if err := copyFile(file, r.copied); err != nil {
		return err
	}
	size, sum, err := hashFile(r.copied, true)
	if err != nil {
		return err
	}
	if m := r.Manifest; m != nil && (size != m.Size || sum != m.SHA256) {
		return schema.Errorf(schema.Conflict, "%s is not what was written: it has %d bytes with the hash %s, its manifest says %d bytes with %s; take another backup", file, size, sum, m.Size, m.SHA256)
	}
	generation, counts, content, err := examine(ctx, r.copied)
	if err != nil {
		return err
	}
	switch {
	case generation == empty:
		return schema.Errorf(schema.InvalidArgument, "%s is no database of crmcp", file)
	case generation > Generation:
		return newerFile(file)
	}
	if m := r.Manifest; m != nil && (generation != m.Generation || content != m.Content || !maps.Equal(counts, m.Counts)) {
		return schema.Errorf(schema.Conflict, "%s does not hold the rows that its manifest tells of: take another backup", file)
	}
	if r.Manifest == nil {
		r.Manifest = &Manifest{File: filepath.Base(file), Size: size, SHA256: sum, Generation: generation, Counts: counts, Content: content}
	}
	return nil
}

func copyFile(from, to string) (err error) {
	source, err := os.Open(filepath.Clean(from))
	if err != nil {
		return schema.Errorf(schema.InvalidArgument, "cannot read the backup: %v", err)
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := os.OpenFile(filepath.Clean(to), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}

// Discard removes the copy; the database stays as it is.
func (r *Restoring) Discard() error { return removeIfThere(r.copied) }

// Swap puts the copy in the place of the database, which is kept under another
// name; empty: there was none. It is refused while another program has the
// database open.
func (r *Restoring) Swap(ctx context.Context) (kept string, err error) {
	if r.Ended, r.KeysUnread, err = r.keepRevoked(ctx); err != nil {
		return "", errors.Join(err, r.Discard())
	}
	_, err = os.Stat(r.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		err = r.dropLog()
	case err == nil:
		kept, err = r.replace(ctx)
	}
	if err != nil {
		return kept, errors.Join(err, r.Discard())
	}
	return kept, syncFolder(filepath.Dir(r.path))
}

// replace keeps the old file under a second name before the new one takes its
// first, so that a database lies there at every moment, where the disk can give
// a file two names. Where the new one cannot come the old one goes back.
func (r *Restoring) replace(ctx context.Context) (kept string, err error) {
	release, err := takeAlone(ctx, r.path)
	if errors.Is(err, errInUse) {
		return "", errOpenElsewhere(r.path)
	}
	if err != nil && !isDamaged(err) {
		return "", err
	}
	if err == nil {
		// What cannot be read of the old file is no reason to keep it.
		_ = keepDelivered(ctx, r.path, r.copied)
	}
	if err == nil && runtime.GOOS == "windows" {
		// A file that is open cannot be replaced there.
		err, release = release(), nil
		if err != nil {
			return "", err
		}
	}
	if release != nil {
		defer func() { err = errors.Join(err, release()) }()
	}
	ending := filepath.Ext(r.path)
	kept, err = freeName(strings.TrimSuffix(r.path, ending)+"-replaced-"+r.now.UTC().Format(nameTime), ending)
	if err != nil {
		return "", err
	}
	if err := r.exchange(kept); err != nil {
		return "", errors.Join(err, giveBack(kept, r.path))
	}
	return kept, nil
}

func errOpenElsewhere(path string) error {
	return schema.Errorf(schema.Busy, "another program has %s open: close the assistants and other programs that use it, and restore again; nothing was changed", path)
}

// exchange gives the old file, and the log that may lie beside it where it is
// damaged and must not be taken for that of the new one, another name.
func (r *Restoring) exchange(kept string) error {
	if err := secondName(r.path, kept); err != nil {
		return err
	}
	if _, err := os.Stat(r.path + "-wal"); err == nil {
		if err := secondName(r.path+"-wal", kept+"-wal"); err != nil {
			return err
		}
	}
	return r.dropLog()
}

// giveBack undoes what exchange did before it failed.
func giveBack(kept, path string) error {
	var failed error
	for _, ending := range []string{"", "-wal"} {
		if _, err := os.Lstat(path + ending); err == nil {
			failed = errors.Join(failed, removeIfThere(kept+ending))
		} else if err := os.Rename(kept+ending, path+ending); !errors.Is(err, os.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// dropLog takes the log of the old file away and lets the new one in.
func (r *Restoring) dropLog() error {
	for _, beside := range []string{"-wal", "-shm", "-journal"} {
		if err := removeIfThere(r.path + beside); err != nil {
			return err
		}
	}
	return os.Rename(r.copied, r.path)
}

// secondName gives a file another name; the first stays where the disk can do
// that.
func secondName(file, name string) error {
	if err := os.Link(file, name); err == nil {
		return nil
	}
	return os.Rename(file, name)
}
