package store

import (
	"fmt"

	"github.com/crmcp/crmcp/schema"
)

// notErasedSQL leaves out the changes c of which a purge has left nothing.
const notErasedSQL = `EXISTS (SELECT 1 FROM change_row h WHERE h.change_id = c.id AND (h.type = 0 OR h.before IS NOT NULL OR h.after IS NOT NULL))`

// LastChange is the newest change of this user through this client that is
// neither an undo nor undone; 0: none. A purge is passed over: it is for good.
func (tx *Tx) LastChange() (int64, error) {
	ids, err := tx.ids64(sqlText(`SELECT coalesce((SELECT head FROM piece WHERE change_id = c.id), c.id) FROM change_set c
 WHERE c.user_id = ? AND c.client = ? AND c.tool NOT IN (?, ?) AND c.undone_by IS NULL AND c.id > ? AND `+notErasedSQL+` ORDER BY c.id DESC LIMIT 100`,
		tx.caller.User, tx.caller.Client, undoTool, purgeTool, firstChange))
	if err == nil {
		ids, err = tx.seen(ids, 1)
	}
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return ids[0], nil
}

// Window gives the change sets since a moment by a client or user (empty: any)
// that are not undone, newest first. An undo is among them only where it took
// back what lies before: then that is to stand again, and what else it had
// taken back is undone anew. What a purge erased is left out, as it cannot come
// back.
func (tx *Tx) Window(since schema.Millis, client string, user int64) ([]int64, error) {
	const reachesBack = `EXISTS (SELECT 1 FROM change_set o WHERE o.undone_by = %[1]s.id AND o.at < ?)`
	query := `SELECT c.id FROM change_set c LEFT JOIN change_set u ON u.id = c.undone_by AND u.at >= ? AND u.undone_by IS NULL AND ` + fmt.Sprintf(reachesBack, "u") +
		` WHERE c.at >= ? AND (c.undone_by IS NULL OR u.id IS NOT NULL) AND (c.tool <> ? OR ` + fmt.Sprintf(reachesBack, "c") + `) AND c.tool <> ? AND c.id > ? AND ` + noPieceSQL + ` AND ` + notErasedSQL
	args := []any{int64(since), int64(since), int64(since), undoTool, int64(since), purgeTool, firstChange}
	for _, side := range []string{"c", "u"} {
		if client != "" {
			query, args = query+` AND (`+side+`.id IS NULL OR `+side+`.client = ?)`, append(args, client)
		}
		if user != 0 {
			query, args = query+` AND (`+side+`.id IS NULL OR `+side+`.user_id = ?)`, append(args, user)
		}
	}
	ids, err := tx.ids64(sqlText(query+` ORDER BY c.id DESC`, args...))
	if err != nil {
		return nil, err
	}
	return tx.seen(ids, 0)
}
