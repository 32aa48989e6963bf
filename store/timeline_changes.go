package store

import (
	"database/sql"
	"fmt"

	"github.com/crmcp/crmcp/schema"
)

// changedRecord is one record that a change set wrote.
type changedRecord struct {
	change, at int64
	key        Key
}

// changes reads the events that are changes of the records in the scope: one
// for each record of a change set. What becomes of their links and parts is
// left to the history: beside notes and stages it says little of an account.
func (r *timelineReader) changes() ([]Event, error) {
	history := r.tx.historyReader(HistoryQuery{})
	var events []Event
	behind := sqlText("1")
	for {
		list, err := r.changedRecords(behind)
		if err != nil {
			return nil, err
		}
		for _, changed := range list {
			e, visible, err := history.event(changed)
			if err != nil {
				return nil, err
			}
			if visible {
				events = append(events, e)
			}
			if len(events) > r.limit {
				return events, nil
			}
		}
		if len(list) <= r.limit {
			return events, nil
		}
		last := list[len(list)-1]
		behind = sqlText("(c.at, w.change_id, w.type, w.id) < (?, ?, ?, ?)", last.at, last.change, last.key.Type.Code, last.key.ID)
	}
}

// changedRecords reads the newest records that were changed, behind those read
// before.
func (r *timelineReader) changedRecords(behind clause) (list []changedRecord, err error) {
	written := sqlText("SELECT DISTINCT r.change_id, r.type, r.record_id AS id FROM scope s CROSS JOIN change_row r ON r.subject_type = s.type AND r.subject_id = s.id WHERE r.type = s.type AND r.record_id = s.id")
	statement := sqlText("WITH scope AS (").plus(r.scope).then(") SELECT w.change_id, w.type, w.id, c.at FROM (").plus(written).
		then(") w JOIN change_set c ON c.id = w.change_id WHERE ").plus(r.span(Changed, "c.at", "w.change_id", "w.type", "w.id")).then(" AND ").plus(behind).
		then(" ORDER BY c.at DESC, w.change_id DESC, w.type DESC, w.id DESC LIMIT ?", r.limit+1)
	err = r.tx.scan(statement.sql, statement.args, func(rows *sql.Rows) error {
		var changed changedRecord
		var code int64
		if err := rows.Scan(&changed.change, &code, &changed.key.ID, &changed.at); err != nil {
			return err
		}
		if changed.key.Type = r.tx.typeOf(code); changed.key.Type == nil {
			return fmt.Errorf("store: the history knows a type %d", code)
		}
		list = append(list, changed)
		return nil
	})
	return list, err
}

// event reads what a change did to a record; false where the caller may see
// nothing of it, or it changed no field.
func (h *historyReader) event(changed changedRecord) (e Event, visible bool, err error) {
	h.q = HistoryQuery{of: changed.key}
	rows, err := h.tx.ownRows(changed)
	if err != nil {
		return e, false, err
	}
	for _, row := range rows {
		entry, seen, err := h.entry(row)
		if err != nil {
			return e, false, err
		}
		entry.Fields = told(entry)
		if seen && (entry.Action != "updated" || len(entry.Fields) > 0) {
			e.Entries = append(e.Entries, entry)
		}
	}
	if len(e.Entries) == 0 {
		return e, false, nil
	}
	e.At, e.Kind, e.Record = schema.Millis(changed.at), Changed, h.ref(changed.key)
	e.keys = []int64{changed.change, changed.key.Type.Code, changed.key.ID}
	who, err := h.changedBy(changed.change)
	if who != nil {
		e.Who = *who
	}
	return e, true, err
}

// ownRows reads what a change wrote of a record itself.
func (tx *Tx) ownRows(changed changedRecord) (list []historyRow, err error) {
	code, id := changed.key.Type.Code, changed.key.ID
	err = tx.scan(historyColumns+"WHERE subject_type = ? AND subject_id = ? AND change_id = ? AND type = ? AND record_id = ? ORDER BY seq",
		[]any{code, id, changed.change, code, id}, func(rows *sql.Rows) error {
			row, err := tx.scanHistory(rows)
			list = append(list, row)
			return err
		})
	return list, err
}

// told are the fields of a change that say something of themselves; what
// follows from another field, such as the time of a stage, does not.
func told(entry Entry) []FieldChange {
	var fields []FieldChange
	for _, f := range entry.Fields {
		if declared := entry.Key.Type.Field(f.Field); declared == nil || !declared.ReadOnly && declared.By == "" {
			fields = append(fields, f)
		}
	}
	return fields
}

func (h *historyReader) changedBy(change int64) (*Ref, error) {
	var id int64
	if found, err := h.tx.one(`SELECT user_id FROM change_set WHERE id = ?`, []any{change}, &id); err != nil || !found {
		return nil, err
	}
	return h.name(Key{h.tx.Schema().Type("user"), id})
}
