package store

import (
	"fmt"

	"github.com/crmcp/crmcp/schema"
)

// A custom field may point to a record of any type, and keeps its short id. As
// with other references, one that leads to a record in the trash stays and
// shows nothing: to filters, groups and orders it is empty.

// pointed looks at the record to which a short id in a column leads: what says
// for each type what is read of it. NULL where there is no such record.
func (c *compiler) pointed(column string, what func(t *schema.Type, alias string) clause) clause {
	found := sqlText("CASE")
	for _, t := range c.tx.Schema().OfClass(schema.Record) {
		alias := c.alias()
		start := t.Prefix + "_"
		found = found.then(fmt.Sprintf(" WHEN substr(%s, 1, %d) = '%s' THEN (SELECT ", column, len(start), start)).plus(what(t, alias)).
			then(fmt.Sprintf(" FROM %s %s WHERE %[2]s.id = CAST(substr(%s, %d) AS INTEGER) AND ", t.Name, alias, column, len(start)+1)).
			plus(c.shownAs(t, alias)).then(")")
	}
	return found.then(" END")
}

// pointsToShown is the condition that a short id in a column leads to a record
// that is shown.
func (c *compiler) pointsToShown(column string) clause {
	return c.pointed(column, func(_ *schema.Type, alias string) clause { return sqlText(alias + ".id") }).then(" IS NOT NULL")
}

// pointedTitle is the name of the record to which a short id in a column leads.
func (c *compiler) pointedTitle(column string) clause {
	return c.pointed(column, func(t *schema.Type, alias string) clause { return sqlText(titleOf(t, alias)) })
}

// pointedOrder is the collation key of that name.
func (c *compiler) pointedOrder(column string) clause {
	return c.pointed(column, func(t *schema.Type, alias string) clause { return sqlText(alias + "." + sortColumn(t.TitleField())) })
}
