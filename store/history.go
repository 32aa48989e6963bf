package store

import (
	"database/sql"
	"slices"
	"strconv"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// HistoryQuery asks for changes, newest first. Empty parts ask for all.
type HistoryQuery struct {
	// Of is the record that the changes concern.
	Of *Key
	// Change is the number of the only change asked for.
	Change       int64
	Since, Until schema.Millis
	User         int64
	// Client is a part of the name of the program that made the change.
	Client string
	Tool   string
	// Limit is how many changes are given; 0: 20.
	Limit int
	// Cursor goes on where an earlier answer ended.
	Cursor string

	// of is the record whose rows are read: the parent of part, where a part is asked for.
	of, part Key
}

// Change is one change set: who changed what, when and through what.
type Change struct {
	ID            int64
	UID           string
	At            schema.Millis
	User          Ref
	Client        string
	ClientVersion string
	Tool          string
	// Rows is how many rows the change wrote in all.
	Rows    int64
	Entries []Entry
	// MoreEntries: there are more than the entries given.
	MoreEntries bool
	// Incomplete: it was to be written in pieces, and not all of them are there.
	Incomplete bool
	// UndoneBy is the number of the change that took it back; 0: it stands.
	UndoneBy int64
}

// Entry is one record, part or link that a change wrote.
type Entry struct {
	// Key is the record or part; its type is nil for a link.
	Key Key
	// Record is the record that the entry concerns: itself, or the one that
	// the part or link belongs to. Other is the one at the other end.
	Record Ref
	Other  *Ref
	// Action is created, updated, deleted, restored, erased, linked or unlinked.
	Action string
	Fields []FieldChange
}

// FieldChange is a field before and after, in the schema's types; a reference
// is a Ref, the options of a custom field their labels, its default a value of
// the field. An empty value is nil. A deleted field is called as it was.
type FieldChange struct {
	Field  string
	Before any
	After  any
}

// How much of the history one answer holds, and how far one looks for it.
const (
	usualChanges  = 20
	maxChanges    = 200
	fewEntries    = 20
	manyEntries   = 200
	entriesAtOnce = 400
)

// History gives changes with what they did, newest first, and the cursor of
// the next ones; empty at the end. What concerns others' private notes, and for
// all but admins webhooks, is left out, and a change of which nothing is left
// as well.
func (tx *Tx) History(q HistoryQuery) (changes []Change, next string, err error) {
	before, err := historyCursor(q.Cursor)
	if err == nil && q.Of != nil {
		q.of, q.part, err = tx.historyOf(*q.Of)
	}
	if err != nil {
		return nil, "", err
	}
	limit := q.Limit
	if limit <= 0 {
		limit = usualChanges
	}
	limit = min(limit, maxChanges)
	reader := tx.historyReader(q)
	for len(changes) <= limit {
		page, err := tx.changeSets(q, before, limit+1)
		if err != nil || len(page) == 0 {
			return changes, "", err
		}
		for _, change := range page {
			before = change.ID
			kept, err := reader.fill(&change)
			if err != nil {
				return nil, "", err
			}
			if kept {
				changes = append(changes, change)
			}
			if len(changes) > limit {
				break
			}
		}
	}
	changes = changes[:limit]
	return changes, strconv.FormatInt(changes[limit-1].ID, 10), nil
}

// historyCursor reads the number of the change after which to go on; 0: none.
func historyCursor(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	before, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || before < 1 {
		return 0, schema.Errorf(schema.InvalidArgument, "cursor: send the next_cursor of the answer before, or leave it out")
	}
	return before, nil
}

// historyOf gives the record under which rows about another are kept: itself,
// or for a part the first record that it belongs to, and then the part.
func (tx *Tx) historyOf(key Key) (of, part Key, err error) {
	if key.Type.Class != schema.Part {
		return key, Key{}, nil
	}
	r, err := tx.Get(key.Type, key.ID)
	if err != nil {
		return of, part, err
	}
	of, _ = tx.parents(r)
	return of, key, nil
}

// changeSets reads the newest change sets before one that meet a query.
func (tx *Tx) changeSets(q HistoryQuery, before int64, limit int) (list []Change, err error) {
	where, args := changeConditions(q, before)
	query := "SELECT c.id, c.uid, c.at, c.user_id, c.client, c.client_version, c.tool, " + changeRowsSQL + ", coalesce(c.undone_by, 0) FROM change_set c" + where + " ORDER BY c.id DESC LIMIT ?"
	user := tx.Schema().Type("user")
	err = tx.scan(query, append(args, limit), func(rows *sql.Rows) error {
		c := Change{User: Ref{Type: user}}
		err := rows.Scan(&c.ID, &c.UID, &c.At, &c.User.ID, &c.Client, &c.ClientVersion, &c.Tool, &c.Rows, &c.Incomplete, &c.UndoneBy)
		list = append(list, c)
		return err
	})
	return list, err
}

// changeRowsSQL is how many rows a change has with all of its pieces, and
// whether some of these are missing.
const changeRowsSQL = `c.row_count + coalesce((SELECT sum(s.row_count) FROM piece p JOIN change_set s ON s.id = p.change_id WHERE p.head = c.id AND p.change_id <> c.id), 0),
 coalesce((SELECT incomplete FROM piece WHERE change_id = c.id), 0)`

func changeConditions(q HistoryQuery, before int64) (where string, args []any) {
	var parts []string
	add := func(condition string, values ...any) {
		parts, args = append(parts, condition), append(args, values...)
	}
	add(noPieceSQL)
	if before > 0 {
		add("c.id < ?", before)
	}
	if q.Change > 0 {
		add("c.id = coalesce((SELECT head FROM piece WHERE change_id = ?), ?)", q.Change, q.Change)
	}
	switch {
	case q.part.Type != nil:
		add(changesSQL("SELECT change_id FROM change_row WHERE subject_type = ? AND subject_id = ? AND type = ? AND record_id = ?"),
			q.of.Type.Code, q.of.ID, q.part.Type.Code, q.part.ID)
	case q.of.Type != nil:
		add(changesSQL(`SELECT change_id FROM change_row WHERE subject_type = ? AND subject_id = ?
 UNION SELECT change_id FROM change_row WHERE object_type = ? AND object_id = ? AND object_id IS NOT NULL`),
			q.of.Type.Code, q.of.ID, q.of.Type.Code, q.of.ID)
	}
	if q.Since != 0 {
		add("c.at >= ?", int64(q.Since))
	}
	if q.Until != 0 {
		add("c.at <= ?", int64(q.Until))
	}
	if q.User != 0 {
		add("c.user_id = ?", q.User)
	}
	if q.Client != "" {
		add("instr(lower(c.client), ?) > 0", strings.ToLower(q.Client))
	}
	if q.Tool != "" {
		add("c.tool = ?", q.Tool)
	}
	return " WHERE " + strings.Join(parts, " AND "), args
}

// changesSQL is the condition that a change has one of some change sets.
func changesSQL(sets string) string {
	return `c.id IN (SELECT coalesce(p.head, s.change_id) FROM (` + sets + `) s LEFT JOIN piece p ON p.change_id = s.change_id)`
}

// historyRow is one written row as the history keeps it.
type historyRow struct {
	change, seq     int64
	key             Key
	subject, object Key
	action          string
	before, after   []byte
}

const historyColumns = `SELECT change_id, seq, type, record_id, subject_type, subject_id, object_type, object_id, action, before, after FROM change_row `

// rowsOf reads rows of a change from a place on, those of one record alone
// where the query asks for it.
func (tx *Tx) rowsOf(q HistoryQuery, change, from int64) (list []historyRow, err error) {
	query, args := historyColumns+"WHERE change_id = ? AND seq >= ?", []any{change, from}
	switch {
	case q.part.Type != nil:
		query, args = query+" AND type = ? AND record_id = ?", append(args, q.part.Type.Code, q.part.ID)
	case q.of.Type != nil:
		query = historyColumns + "WHERE subject_type = ? AND subject_id = ? AND change_id = ? AND seq >= ? UNION ALL " +
			historyColumns + "WHERE object_type = ? AND object_id = ? AND object_id IS NOT NULL AND change_id = ? AND seq >= ?"
		args = slices.Repeat([]any{q.of.Type.Code, q.of.ID, change, from}, 2)
	}
	err = tx.scan(query+" ORDER BY seq LIMIT ?", append(args, entriesAtOnce), func(rows *sql.Rows) error {
		row, err := tx.scanHistory(rows)
		list = append(list, row)
		return err
	})
	return list, err
}

func (tx *Tx) scanHistory(rows *sql.Rows) (row historyRow, err error) {
	var code, subject int64
	var object, objectID sql.NullInt64
	err = rows.Scan(&row.change, &row.seq, &code, &row.key.ID, &subject, &row.subject.ID, &object, &objectID, &row.action, &row.before, &row.after)
	row.key.Type, row.subject.Type = tx.typeOf(code), tx.typeOf(subject)
	if object.Valid {
		row.object = Key{tx.typeOf(object.Int64), objectID.Int64}
	}
	return row, err
}
