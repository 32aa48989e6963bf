package store

import (
	"database/sql"
	"fmt"
	"slices"

	"github.com/crmcp/crmcp/schema"
)

// Linked gives the related records of many records at once: by the id of the
// record, in order, at most each of them (0: all). Related records in the
// trash and those that the caller may not see are left out.
func (tx *Tx) Linked(r *schema.Relation, ids []int64, each int) (map[int64][]Ref, error) {
	found := make(map[int64][]Ref, len(ids))
	err := chunks(ids, func(ids []int64) error {
		c := tx.compiler()
		statement := c.linkedRows(r, ids)
		if c.err != nil {
			return c.err
		}
		return addRefs(tx.quick, found, r.To, statement, each)
	})
	if err == nil && IsDecided(r) {
		err = tx.linkDecided(found, r, ids, each)
	}
	return found, err
}

// LinkedTypes gives the codes of the types that the links of some records lead
// to. Most records have few kinds of links, so that one question saves many.
func (tx *Tx) LinkedTypes(t *schema.Type, ids []int64) (map[int64]bool, error) {
	found := map[int64]bool{}
	err := chunks(ids, func(ids []int64) error {
		near := placeholders(len(ids))
		query := "SELECT DISTINCT right_type FROM link WHERE left_type = ? AND left_id IN (" + near + ")" +
			" UNION SELECT DISTINCT left_type FROM link WHERE right_type = ? AND right_id IN (" + near + ")"
		args := slices.Concat([]any{t.Code}, numbers(ids), []any{t.Code}, numbers(ids))
		return tx.quick(query, args, func(rows *sql.Rows) error {
			var code int64
			err := rows.Scan(&code)
			found[code] = true
			return err
		})
	})
	return found, err
}

// addRefs reads pairs of an id and a related record with its name.
func addRefs(scan scanner, found map[int64][]Ref, t *schema.Type, statement clause, each int) error {
	return scan(statement.sql, statement.args, func(rows *sql.Rows) error {
		var near int64
		ref := Ref{Type: t}
		if err := rows.Scan(&near, &ref.ID, &ref.Name); err != nil {
			return err
		}
		if each == 0 || len(found[near]) < each {
			found[near] = append(found[near], ref)
		}
		return nil
	})
}

// linkedRows is the statement of the related records of some records, in the
// order in which they were put: that of the links, or of a position field.
func (c *compiler) linkedRows(r *schema.Relation, ids []int64) clause {
	rows := &semijoin{}
	near, order := "", "t.id"
	if r.To.Field("position") != nil {
		order = "t.position, t.id"
	}
	switch {
	case r.Via == schema.ViaColumn && r.Field.Custom:
		near = "v.record_id"
		rows.table("custom_value", "v")
		rows.on(fmt.Sprintf("v.type = %d AND v.field_id = %d", r.From.Code, r.Field.ID))
		rows.on("t.id = v.number")
	case r.Via == schema.ViaColumn:
		near = "f.id"
		rows.table(r.From.Name, "f")
		rows.on("t.id = f." + r.Field.Column())
	case r.Via == schema.ViaBack:
		near = "t." + r.Field.Column()
	case r.Via == schema.ViaMiddle:
		near, order = "m."+r.Near.Column(), middleOrder(r.Middle)
		rows.table(r.Middle.Name, "m")
		rows.on("m.deleted_at IS NULL")
		rows.on("t.id = m." + r.Far.Column())
	case r.Via == schema.ViaLink:
		side, far := linkSides(r)
		near, order = "l."+side+"_id", "l.position, t.id"
		rows.table("link", "l")
		rows.on(fmt.Sprintf("l.%s_type = %d AND l.%s_type = %d", side, r.From.Code, far, r.To.Code))
		rows.on("t.id = l." + far + "_id")
	}
	rows.where = append(rows.where, isOneOf(sqlText(near), numbers(ids)), c.shownAs(r.To, "t"))
	rows.table(r.To.Name, "t")
	return sqlText("SELECT " + near + ", t.id, " + titleOf(r.To, "t") + " ").plus(rows.body()).then(" ORDER BY " + near + ", " + order)
}

func middleOrder(middle *schema.Type) string {
	if middle.Field("position") != nil {
		return "m.position, m.id"
	}
	return "m.id"
}

// titleOf is the name of the record of an alias; empty where it has none.
func titleOf(t *schema.Type, alias string) string {
	if t.Title == "" {
		return "''"
	}
	return "coalesce(" + alias + "." + t.TitleField().Column() + ", '')"
}

// linkDecided adds the pairs that filters decide.
func (tx *Tx) linkDecided(found map[int64][]Ref, r *schema.Relation, ids []int64, each int) error {
	c := tx.compiler()
	owner, member := decidingEnd(r)
	for _, d := range c.decidersOf(owner) {
		meets, ok := c.decides(d, member, "t")
		if c.err != nil {
			return c.err
		}
		if !ok || owner == r.From && !slices.Contains(ids, d.id) {
			continue
		}
		rows := &semijoin{where: []clause{c.shownAs(member, "t"), meets}}
		rows.table(member.Name, "t")
		pair := sqlText("?, t.id, "+titleOf(member, "t"), d.id)
		if owner == r.To {
			rows.where = append(rows.where, isOneOf(sqlText("t.id"), numbers(ids)))
			pair = sqlText("t.id, CAST(? AS INTEGER), ?", d.id, d.title)
		}
		statement := sqlText("SELECT ").plus(pair).then(" ").plus(rows.body()).then(" ORDER BY t.id")
		if owner == r.From && each > 0 {
			statement = statement.then(" LIMIT ?", each)
		}
		if err := addRefs(tx.scan, found, r.To, statement, each); err != nil {
			return err
		}
	}
	return nil
}
