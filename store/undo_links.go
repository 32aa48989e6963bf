package store

import "encoding/json"

// link takes back what a row did to a link.
func (u *undoing) link(row undoRow) error {
	if row.subject.Type == nil || row.object.Type == nil {
		return nil
	}
	old, now := linkPosition(row.before), int64(0)
	found, err := u.tx.one(`SELECT position FROM link WHERE left_type = ? AND left_id = ? AND right_type = ? AND right_id = ?`,
		[]any{row.subject.Type.Code, row.subject.ID, row.object.Type.Code, row.object.ID}, &now)
	if err != nil {
		return err
	}
	expected := row.action != "delete"
	if found != expected {
		u.conflict(UndoConflict{Record: Ref{row.subject.Type, row.subject.ID, u.tx.called(row.object)}, Left: expected, Now: found})
		return nil
	}
	for _, end := range []Key{row.subject, row.object} {
		if there, err := u.tx.exists(end); err != nil || !there {
			u.conflict(UndoConflict{Record: Ref{Type: end.Type, ID: end.ID}, Gone: true})
			return err
		}
	}
	if !row.hidden {
		u.linked = append(u.linked, row.subject, row.object)
	}
	switch row.action {
	case "insert":
		_, err = u.tx.deleteLink(row.subject, row.object)
	case "delete":
		_, err = u.tx.insertLink(row.subject, row.object, old)
	default:
		err = u.tx.moveLink(row.subject, row.object, old)
	}
	return err
}

func linkPosition(values map[string]json.RawMessage) int64 {
	n, _ := decodeAs[int64](values["position"])
	return n
}
