package store

import (
	"fmt"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// customRow is what the table of custom values keeps of a value, for filters
// and sorting: a text folded and, where it is put in order, its collation key;
// everything else as a number, an option as the one that it is kept by. A list
// has one row for each option, a range one for its start (position 0) and one
// for its end (position 1).
type customRow struct {
	position int64
	folded   any
	sortKey  any
	number   any
}

// customRows gives the rows of a custom field's value; none for an empty one.
func customRows(f *schema.Field, value any) ([]customRow, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case schema.Range:
		return []customRow{{number: v.Start}, {position: 1, number: v.End}}, nil
	case []string:
		rows := make([]customRow, len(v))
		for i, option := range v {
			id, err := packed(f, []string{option})
			if err != nil {
				return nil, err
			}
			rows[i] = customRow{position: int64(i), number: id.([]int64)[0]}
		}
		return rows, nil
	case string:
		if f.Kind == schema.Enum {
			id, err := packed(f, v)
			return []customRow{{number: id}}, err
		}
		row := customRow{folded: text.Fold(v)}
		if f.Kind.Info().Collated {
			row.sortKey = text.SortKey(v)
		}
		return []customRow{row}, nil
	}
	number, err := bind(value)
	return []customRow{{number: number}}, err
}

// custom compiles a condition on a custom field.
func (c *compiler) custom(e filter.Compare, t *schema.Type, alias string) clause {
	if rows, ok := c.customRowsOf(e, t, alias, rowByRow); ok {
		return rows.existsOneByOne()
	}
	var each []clause
	for _, value := range e.Values {
		one := filter.Compare{Field: e.Field, Op: filter.HasAny, Values: []any{value}}
		each = append(each, c.compare(one, t, alias))
	}
	return allOf(each...)
}

// What stands before a column of custom values. The sign keeps the engine from
// the index of it: where the rows of one record are asked for, that index would
// lead to those of all records that meet the condition, each time.
const (
	byIndexed = ""
	rowByRow  = "+"
)

// customRowsOf asks for the rows of a custom field that meet a condition; ok is
// false where several options must each have one.
func (c *compiler) customRowsOf(e filter.Compare, t *schema.Type, alias, sign string) (rows *semijoin, ok bool) {
	if e.Op == filter.HasAll {
		return nil, false
	}
	rows, value := c.customValue(e.Field, t, alias)
	rows.where = append(rows.where, c.customMeets(e, alias, sign+value)...)
	return rows, true
}

// existsOneByOne asks whether there are rows, for each record by itself. The
// LIMIT keeps the engine from making a join of it, for which it would first
// build an index of every value.
func (s *semijoin) existsOneByOne() clause {
	return sqlText("EXISTS (SELECT 1 ").plus(s.body()).then(" LIMIT 1)")
}

// allCustom says that every condition is one on a custom field.
func allCustom(parts []filter.Expr) bool {
	for _, e := range parts {
		if compare, ok := e.(filter.Compare); !ok || !compare.Field.Custom {
			return false
		}
	}
	return true
}

// customMeets are the conditions on a row of a custom field that meets one.
func (c *compiler) customMeets(e filter.Compare, alias, value string) []clause {
	meets := c.customCompares(e, alias, value)
	if e.Field.Kind == schema.AnyRecord {
		meets = append(meets, c.pointsToShown(value+".folded"))
	}
	return meets
}

// customCompares are those that its own value meets.
func (c *compiler) customCompares(e filter.Compare, alias, value string) []clause {
	number := value + ".number"
	switch {
	case e.Op == filter.NotNull:
		return nil
	case e.Part != "":
		position := map[string]int{"start": 0, "end": 1}[e.Part]
		return []clause{sqlText(fmt.Sprintf("%s.position = %d", value, position)), c.value(e, number)}
	case e.Field.IsSelect():
		return []clause{c.chosen(e, number)}
	case keptAsText(e.Field):
		written := jsonValue(alias+"."+customColumn.Name, itoa(e.Field.ID))
		return []clause{c.text(e, place{written, sqlText(value + ".folded")})}
	}
	return []clause{c.value(e, number)}
}

// breadthOf ranks one of several conditions. Those on custom fields are
// measured, where their index tells at once whether the rows are few.
func (c *compiler) breadthOf(e filter.Expr, t *schema.Type, several int) int {
	compare, ok := e.(filter.Compare)
	if !ok || several < 2 || breadth(e) != broad || !compare.Field.Custom || !byCustomIndex(compare) {
		return breadth(e)
	}
	switch found := c.customFound(compare, t, mostSought); {
	case found < fewFound:
		return narrow
	case found < mostSought:
		return medium
	}
	return broad
}

// byCustomIndex tells the conditions on custom fields whose rows an index gives.
func byCustomIndex(e filter.Compare) bool {
	return sign(e.Op) != "" && e.Op != filter.Exact || e.Op == filter.StartsWith
}

// customFound counts the rows of a custom field that meet a condition, up to
// a limit.
func (c *compiler) customFound(e filter.Compare, t *schema.Type, limit int64) int64 {
	value := c.alias()
	rows := &semijoin{where: c.customMeets(e, "t", value)}
	rows.table("custom_value", value)
	rows.on(fmt.Sprintf("%[1]s.type = %[2]d AND %[1]s.field_id = %[3]d", value, t.Code, e.Field.ID))
	statement := sqlText("SELECT count(*) FROM (SELECT 1 ").plus(rows.body()).then(" LIMIT ?) counted", limit)
	found := limit
	if c.err == nil {
		_, c.err = c.tx.one(statement.sql, statement.args, &found)
	}
	return found
}

// chosen compares options by the numbers by which they are kept.
func (c *compiler) chosen(e filter.Compare, column string) clause {
	var ids []any
	for _, value := range e.Values {
		label, _ := value.(string)
		id, ok := e.Field.ChoiceID(label)
		if !ok || sign(e.Op) != "=" {
			return c.fail(fmt.Errorf("store: %s cannot be compared with the option %q", e.Field.Name, label))
		}
		ids = append(ids, id)
	}
	return isOneOf(sqlText(column), ids)
}

// customValue gives the rows of a custom field of the record of an alias.
func (c *compiler) customValue(f *schema.Field, t *schema.Type, alias string) (rows *semijoin, value string) {
	value = c.alias()
	rows = &semijoin{}
	rows.table("custom_value", value)
	rows.on(customValueOf(f, t, alias, value))
	return rows, value
}

// customValueOf joins the values of a custom field to their record.
func customValueOf(f *schema.Field, t *schema.Type, alias, value string) string {
	return fmt.Sprintf("%[1]s.type = %[2]d AND %[1]s.field_id = %[3]d AND %[1]s.record_id = %[4]s.id", value, t.Code, f.ID, alias)
}

// keptAsText tells the custom kinds whose rows hold folded text.
func keptAsText(f *schema.Field) bool {
	return f.Kind.IsText() || f.Kind == schema.AnyRecord
}

// customRank is the place of a custom field's option among those declared.
func customRank(f *schema.Field, column string) clause {
	rank := sqlText("CASE " + column)
	for i, c := range f.Choices {
		rank.sql += " WHEN " + itoa(c.ID) + " THEN " + itoa(int64(i))
	}
	return rank.then(" END")
}
