package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// Manifest says what a backup holds. It lies beside it, under its name with
// ".json" behind, and has no secrets and no records in it.
type Manifest struct {
	File string `json:"file"`
	Size int64  `json:"size"`
	// SHA256 is the hash of the file, Content that of all rows in it.
	SHA256     string           `json:"sha256"`
	Generation int              `json:"generation"`
	Counts     map[string]int64 `json:"counts"`
	Content    string           `json:"content_sha256"`
	CreatedAt  time.Time        `json:"created_at"`
	Program    string           `json:"program"`
}

const (
	backupFolder   = "backups"
	manifestEnding = ".json"
	partialEnding  = ".partial"
	// nameTime is how names of files tell the time, in UTC.
	nameTime = "20060102-150405"
)

// BackupFolder is where backups of a database lie unless told otherwise.
func BackupFolder(database string) string {
	return filepath.Join(filepath.Dir(database), backupFolder)
}

// Backup copies the database as it stands into a file of a folder (empty:
// BackupFolder), checks the copy and writes its manifest. Others go on reading
// and writing meanwhile; what they write after the copy began is not in it.
// Older backups are thinned out to 7 daily and 4 weekly ones.
func (db *DB) Backup(ctx context.Context, folder string) (manifest *Manifest, file string, err error) {
	if folder == "" {
		folder = BackupFolder(db.path)
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return nil, "", schema.Errorf(schema.InvalidArgument, "cannot find %s: %v", folder, err)
	}
	manifest, file, err = db.backup(ctx, folder, db.stem()+backupMark)
	if isFull(err) {
		err = errFull(filepath.Join(folder, "a backup"))
	}
	if err != nil {
		return nil, "", db.storeError(ctx, err)
	}
	if err := thinOut(folder, db.stem()+backupMark, db.now()); err != nil {
		return manifest, file, fmt.Errorf("the backup %s was made, but older ones could not be thinned out: %w", file, err)
	}
	return manifest, file, nil
}

// backupMark stands in the names of backups between the database's name and
// the time; only files with it are thinned out.
const backupMark = "-backup-"

// stem is the name of the database file without its ending.
func (db *DB) stem() string {
	name := filepath.Base(db.path)
	return strings.TrimSuffix(name, filepath.Ext(name))
}

func (db *DB) backup(ctx context.Context, folder, prefix string) (*Manifest, string, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, "", schema.Errorf(schema.InvalidArgument, "cannot create the folder of the backups: %v", err)
	}
	at := db.now().UTC().Truncate(time.Second)
	file, err := freeName(filepath.Join(folder, prefix+at.Format(nameTime)), ".db")
	if err != nil {
		return nil, "", err
	}
	partial := file + partialEnding
	manifest, err := db.copyChecked(ctx, partial)
	if err == nil {
		manifest.File, manifest.CreatedAt, manifest.Program = filepath.Base(file), at, db.options.Program
		err = manifest.write(file + manifestEnding)
	}
	if err == nil {
		err = os.Rename(partial, file)
	}
	if err != nil {
		return nil, "", errors.Join(err, removeIfThere(partial), removeIfThere(partial+"-journal"), removeIfThere(file+manifestEnding))
	}
	return manifest, file, syncFolder(folder)
}

// freeName is a name that no file has, made by counting where need be.
func freeName(stem, ending string) (string, error) {
	for n := 1; n < 10_000; n++ {
		name := stem + ending
		if n > 1 {
			name = fmt.Sprintf("%s-%d%s", stem, n, ending)
		}
		taken := false
		for _, used := range []string{name, name + partialEnding} {
			_, err := os.Lstat(used)
			taken = taken || err == nil
		}
		if !taken {
			return name, nil
		}
	}
	return "", fmt.Errorf("store: no name is left beside %s%s", stem, ending)
}

func removeIfThere(file string) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// copyChecked makes the copy, gets it onto the disk and reads it back.
func (db *DB) copyChecked(ctx context.Context, partial string) (*Manifest, error) {
	created, err := os.OpenFile(filepath.Clean(partial), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, schema.Errorf(schema.InvalidArgument, "cannot write the backup: %v", err)
	}
	if err := created.Close(); err != nil {
		return nil, err
	}
	if err := db.copyInto(ctx, partial); err != nil {
		return nil, err
	}
	manifest := &Manifest{}
	if manifest.Size, manifest.SHA256, err = hashFile(partial, true); err != nil {
		return nil, err
	}
	manifest.Generation, manifest.Counts, manifest.Content, err = examine(ctx, partial)
	return manifest, err
}

// hashFile reads a file from the disk, to which it is written out first where
// it was just made.
func hashFile(file string, fresh bool) (size int64, sum string, err error) {
	mode := os.O_RDONLY
	if fresh {
		mode = os.O_RDWR
	}
	opened, err := os.OpenFile(filepath.Clean(file), mode, 0)
	if err != nil {
		return 0, "", err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	if fresh {
		if err := opened.Sync(); err != nil {
			return 0, "", err
		}
	}
	whole := sha256.New()
	size, err = io.Copy(whole, opened)
	return size, hex.EncodeToString(whole.Sum(nil)), err
}

// examine reads a whole database file that nobody writes: an error where it is
// damaged, else its generation, the rows of its tables and their hash. The
// pages and the rows are read at the same time. What indexes say is left to
// Check: they hold nothing that the rows do not.
func examine(ctx context.Context, file string) (generation int, counts map[string]int64, content string, err error) {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	hashed := make(chan error, 1)
	go func() {
		hashed <- alone(file, func(handle *sql.DB) (err error) {
			counts, content, err = contentHash(reading, handle)
			return err
		})
	}()
	err = alone(file, func(handle *sql.DB) error {
		found, err := damages(ctx, handle, pagesSQL)
		if err == nil && len(found) > 0 {
			err = schema.Errorf(schema.Internal, "%s is damaged: %s", file, found[0])
		}
		if err == nil {
			generation, err = fileGeneration(ctx, handle)
		}
		return err
	})
	if err != nil {
		stop()
	}
	if unread := <-hashed; err == nil {
		err = unread
	}
	if isDamaged(err) {
		err = errDamaged(file, err)
	}
	return generation, counts, content, err
}

// alone runs fn on a database file that nobody writes.
func alone(file string, fn func(*sql.DB) error) error {
	handle, err := openAlone(file)
	if err != nil {
		return err
	}
	return errors.Join(fn(handle), handle.Close())
}

// write puts the manifest on the disk, whole or not at all.
func (m *Manifest) write(file string) error {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	partial := file + partialEnding
	opened, err := os.OpenFile(filepath.Clean(partial), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = opened.Write(append(data, '\n'))
	err = errors.Join(err, opened.Sync(), opened.Close())
	if err == nil {
		err = os.Rename(partial, file)
	}
	if err != nil {
		return errors.Join(err, removeIfThere(partial))
	}
	return nil
}

// readManifest reads the manifest of a backup.
func readManifest(file string) (*Manifest, error) {
	data, err := os.ReadFile(filepath.Clean(file + manifestEnding))
	if err != nil {
		return nil, err
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, schema.Errorf(schema.InvalidArgument, "%s is no manifest of a backup: %v", file+manifestEnding, err)
	}
	return &m, nil
}
