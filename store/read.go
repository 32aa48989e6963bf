package store

import (
	"database/sql"
	"fmt"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// selectColumns lists a type's stored fields for a table alias, id first.
func selectColumns(t *schema.Type, alias string) (fields []*schema.Field, list string) {
	fields = make([]*schema.Field, 0, len(t.Columns())+1)
	for _, f := range t.Columns() {
		if f.Kind != schema.RecordID {
			fields = append(fields, f)
		}
	}
	if hasCustom(t) {
		fields = append(fields, customColumn)
	}
	var columns strings.Builder
	columns.Grow(32 * len(fields))
	columns.WriteString(alias + ".id")
	for _, f := range fields {
		columns.WriteString(", ")
		columns.WriteString(alias)
		columns.WriteByte('.')
		columns.WriteString(f.Column())
	}
	return fields, columns.String()
}

// scanRecord reads one row of selectColumns, followed by extra columns.
func scanRecord(t *schema.Type, fields []*schema.Field, rows *sql.Rows, extra ...any) (*Record, error) {
	r := &Record{Type: t, Values: make(map[string]any, 16)}
	raw := make([]any, len(fields))
	into := make([]any, 0, len(fields)+1+len(extra))
	into = append(into, &r.ID)
	for i := range raw {
		into = append(into, &raw[i])
	}
	if err := rows.Scan(append(into, extra...)...); err != nil {
		return nil, err
	}
	for i, f := range fields {
		if raw[i] == nil {
			continue
		}
		if f == customColumn {
			if err := readCustom(r, raw[i]); err != nil {
				return nil, err
			}
			continue
		}
		value, err := unbind(f, raw[i])
		if err != nil {
			return nil, err
		}
		r.Values[f.Name] = value
	}
	return r, nil
}

// Get reads one record, also out of the trash; not_found where there is none
// or the caller may not see it.
func (tx *Tx) Get(t *schema.Type, id int64) (*Record, error) {
	condition, args := tx.mayRead(t, "t")
	found, err := tx.readID(Key{t, id}, condition, args)
	if err == nil && found == nil {
		err = schema.Errorf(schema.NotFound, "there is no %s", t.IDString(id))
	}
	return found, err
}

// ReadNamed reads the record whose id a reference is, in one go, if it is shown.
// Nil says that Resolve has to look at the reference.
func (tx *Tx) ReadNamed(reference string) (*Record, error) {
	t, id, ok := tx.Schema().ParseID(cleanReference(reference))
	if !ok {
		return nil, nil
	}
	condition, args := tx.shown(t, "t")
	return tx.readID(Key{t, id}, " AND "+condition, args)
}

// readID reads the record of an id on a condition, "" or " AND …" for the alias
// t; nil where there is none.
func (tx *Tx) readID(key Key, condition string, args []any) (found *Record, err error) {
	if err := tx.settle(); err != nil {
		return nil, err
	}
	fields, columns := selectColumns(key.Type, "t")
	query := "SELECT " + columns + " FROM " + key.Type.Name + " t WHERE t.id = ?" + condition
	err = tx.quick(query, append([]any{key.ID}, args...), func(rows *sql.Rows) (err error) {
		found, err = scanRecord(key.Type, fields, rows)
		return err
	})
	return found, err
}

// Live reads one record that is not in the trash.
func (tx *Tx) Live(t *schema.Type, id int64) (*Record, error) {
	r, err := tx.Get(t, id)
	if err == nil && r.Has("deleted_at") {
		return nil, schema.Errorf(schema.NotFound, "%s %s is in the trash: restore_records brings it back", t.IDString(id), r.Title())
	}
	return r, err
}

// mayRead is the condition that keeps others' private records, and from all
// but admins the webhooks, away, as
// " AND …", for a table alias.
func (tx *Tx) mayRead(t *schema.Type, alias string) (condition string, args []any) {
	if t.Sends && tx.role != schema.Admin {
		// An address may be a secret itself.
		return " AND 1 = 0", nil
	}
	if !t.Private {
		return "", nil
	}
	return fmt.Sprintf(" AND (coalesce(%[1]s.is_private, 0) = 0 OR %[1]s.author_id = ?)", alias), []any{tx.caller.User}
}

// shown is the condition, as "…" for a table alias, under which a record
// exists for lists, counts and conditions: outside the trash, readable, and,
// for parts and attached records, with something it belongs to.
func (tx *Tx) shown(t *schema.Type, alias string) (condition string, args []any) {
	condition = alias + ".deleted_at IS NULL"
	more, args := tx.mayRead(t, alias)
	condition += more
	if t.Attached {
		condition += " AND coalesce(" + alias + ".is_detached, 0) = 0"
	}
	if t.Class != schema.Part {
		return condition, args
	}
	for _, f := range t.Fields {
		if f.Kind == schema.Reference && !f.System && tx.Schema().Type(f.To).Class == schema.Record {
			condition += fmt.Sprintf(" AND NOT EXISTS (SELECT 1 FROM %s gone WHERE gone.id = %s.%s AND gone.deleted_at IS NOT NULL)", f.To, alias, f.Column())
		}
	}
	return condition, args
}

// placeholders gives n question marks.
func placeholders(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

// chunk is how many ids one statement takes.
const chunk = 200

// chunks calls fn with pieces of ids, so that statements keep few forms.
func chunks(ids []int64, fn func(ids []int64) error) error {
	for len(ids) > 0 {
		n := min(chunk, len(ids))
		if err := fn(ids[:n]); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// numbers turns ids into arguments.
func numbers(ids []int64) []any {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	return args
}

// Refs gives the names of records, for showing references. Records in the
// trash and those the caller may not see are left out.
func (tx *Tx) Refs(t *schema.Type, ids []int64) (map[int64]Ref, error) {
	refs := make(map[int64]Ref, len(ids))
	title := "''"
	if t.Title != "" {
		title = "coalesce(t." + t.TitleField().Column() + ", '')"
	}
	err := chunks(ids, func(ids []int64) error {
		condition, args := tx.shown(t, "t")
		query := "SELECT t.id, " + title + " FROM " + t.Name + " t WHERE t.id IN (" + placeholders(len(ids)) + ") AND " + condition
		return tx.quick(query, append(numbers(ids), args...), func(rows *sql.Rows) error {
			ref := Ref{Type: t}
			if err := rows.Scan(&ref.ID, &ref.Name); err != nil {
				return err
			}
			refs[ref.ID] = ref
			return nil
		})
	})
	return refs, err
}
