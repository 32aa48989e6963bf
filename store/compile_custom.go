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

// custom compiles what customRowsOf leaves: several options at once.
func (c *compiler) custom(e filter.Compare, t *schema.Type, alias string) clause {
	var each []clause
	for _, value := range e.Values {
		one := filter.Compare{Field: e.Field, Op: filter.HasAny, Values: []any{value}}
		each = append(each, c.compare(one, t, alias))
	}
	return allOf(each...)
}

// customRowsOf asks for the rows of a custom field that meet a condition.
func (c *compiler) customRowsOf(e filter.Compare, t *schema.Type, alias string) (*semijoin, bool) {
	if e.Op == filter.HasAll {
		return nil, false
	}
	rows, value := c.customValue(e.Field, t, alias)
	switch {
	case e.Op == filter.NotNull:
	case e.Part != "":
		position := map[string]int{"start": 0, "end": 1}[e.Part]
		rows.on(fmt.Sprintf("%s.position = %d", value, position))
		rows.where = append(rows.where, c.value(e, value+".number"))
	case e.Field.IsSelect():
		rows.where = append(rows.where, c.chosen(e, value+".number"))
	case keptAsText(e.Field):
		written := jsonValue(alias+"."+customColumn.Name, itoa(e.Field.ID))
		rows.where = append(rows.where, c.text(e, place{written, sqlText(value + ".folded")}))
	default:
		rows.where = append(rows.where, c.value(e, value+".number"))
	}
	return rows, true
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
