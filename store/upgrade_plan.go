package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/crmcp/crmcp/schema"
)

// UpgradePlan is what opening a file with this program would do to its form.
type UpgradePlan struct {
	Path string
	// From is the file's generation, To that of this program.
	From, To int
	// Missing are the tables, columns and indexes that would be made.
	Missing []string
	// Steps are the generations that have work of their own to do.
	Steps []int
}

// PlanUpgrade looks at a file without changing it.
func PlanUpgrade(ctx context.Context, path string) (plan *UpgradePlan, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return nil, schema.Errorf(schema.InvalidArgument, "cannot find %s: %v", path, err)
	}
	db := &DB{path: path}
	handle, err := sql.Open("sqlite", fileName(path)+"?mode=rw&_defensive=1&_query_only=1")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, handle.Close()) }()
	plan = &UpgradePlan{Path: path, To: Generation}
	tables, err := column1(ctx, handle, `SELECT name FROM sqlite_schema WHERE name = 'setting'`)
	if err == nil && len(tables) == 0 {
		return nil, schema.Errorf(schema.InvalidArgument, "%s is no database of crmcp", path)
	}
	if err == nil {
		plan.From, err = fileGeneration(ctx, handle)
	}
	if err == nil && plan.From > Generation {
		return nil, newerFile(path)
	}
	if err == nil {
		err = plan.look(ctx, handle)
	}
	return plan, db.storeError(ctx, err)
}

func (plan *UpgradePlan) look(ctx context.Context, handle *sql.DB) error {
	conn, err := handle.Conn(ctx)
	if err != nil {
		return err
	}
	session := &session{conn: conn, statements: map[string]*sql.Stmt{}}
	tx := (&DB{}).newTx(ctx, session, Caller{})
	tx.schema = schema.New()
	plan.Missing, err = tx.missing()
	for next := plan.From + 1; next <= plan.To; next++ {
		if len(steps[next]) > 0 {
			plan.Steps = append(plan.Steps, next)
		}
	}
	return errors.Join(err, session.close())
}

// saveBeforeUpgrade makes a backup of a file of an older generation, so that
// the program which wrote it can still be used.
func (db *DB) saveBeforeUpgrade(ctx context.Context, from int) error {
	prefix := fmt.Sprintf("%s-before-generation-%d-", db.stem(), Generation)
	manifest, file, err := db.backup(ctx, BackupFolder(db.path), prefix)
	if err != nil {
		return fmt.Errorf("no backup could be made before the upgrade, so that it was not begun: %w", db.storeError(ctx, err))
	}
	if manifest.Generation == from {
		return nil
	}
	// Another process was first, and has its own.
	return errors.Join(os.Remove(file), os.Remove(file+manifestEnding), syncFolder(filepath.Dir(file)))
}
