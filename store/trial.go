package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// trialPrefix begins the names of the folders of trials.
const trialPrefix = ".crmcp-trial-"

// trialsLast is how long a trial can last at most; an older folder is of one
// that was cut short.
const trialsLast = 24 * time.Hour

// Trial runs fn on a copy of the database as it stands, which is thrown away:
// for a long work that shall tell what it would do and stand in nobody's way.
// The copy lies beside the database, so there must be room for it.
func (db *DB) Trial(ctx context.Context, fn func(*DB) error) (err error) {
	beside := filepath.Dir(db.path)
	if err := removeOldTrials(beside); err != nil {
		return err
	}
	folder, err := os.MkdirTemp(beside, trialPrefix)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	file := filepath.Join(folder, filepath.Base(db.path))
	if err := createPrivate(file); err != nil {
		return err
	}
	if err := db.copyInto(ctx, file); err != nil {
		if isFull(err) {
			return errFull(folder)
		}
		return db.storeError(ctx, err)
	}
	options := db.options
	options.unsafe = true
	trial, err := Open(ctx, file, options)
	if err != nil {
		return err
	}
	trial.caller = db.caller
	return errors.Join(fn(trial), trial.Close())
}

// removeOldTrials takes away what trials left that were cut short.
func removeOldTrials(beside string) error {
	entries, err := os.ReadDir(beside)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), trialPrefix) {
			continue
		}
		folder := filepath.Join(beside, entry.Name())
		if info, err := os.Stat(folder); err == nil && time.Since(info.ModTime()) > trialsLast {
			if err := os.RemoveAll(folder); err != nil {
				return err
			}
		}
	}
	return nil
}
