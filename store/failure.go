package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"github.com/crmcp/crmcp/schema"
)

// storeError turns an error of the engine into one for the caller.
func (db *DB) storeError(ctx context.Context, err error) error {
	_, known := errors.AsType[*schema.Error](err)
	switch {
	case err == nil, known:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case isBusy(err):
		return errBusy()
	case isFull(err), errors.Is(err, syscall.ENOSPC):
		return errFull(db.path)
	case isDamaged(err):
		return errDamaged(db.path, err)
	case isUnwritable(err):
		return schema.Errorf(schema.Internal, "%s cannot be opened for writing (%v): this program writes to the file and creates others beside it, so both the file and its folder must be writable", db.path, err)
	}
	return fmt.Errorf("store: %w", err)
}

// errFull says where there is no room, and how much there is.
func errFull(path string) error {
	room := ""
	if free, known := freeBytes(filepath.Dir(path)); known {
		room = fmt.Sprintf(" (%d bytes are free)", free)
	}
	return schema.Errorf(schema.Internal, "the disk that holds %s is full%s: nothing was written; make room and send the call again", path, room)
}

func errDamaged(path string, err error) error {
	return schema.Errorf(schema.Internal, "%s is damaged or no database of crmcp (%v): crmcp restore brings a backup back", path, err)
}
