package store

import (
	"fmt"
	"strings"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// compare compiles a condition on one field.
func (c *compiler) compare(e filter.Compare, t *schema.Type, alias string) clause {
	if e.Field.Custom {
		return c.custom(e, t, alias)
	}
	if rows, ok := c.rowsOf(e, t, alias); ok {
		return rows.exists()
	}
	f := e.Field
	column := alias + "." + f.Column()
	switch {
	case f.Kind == schema.JSONObject && e.Key != "":
		return c.metadata(e, column)
	case e.Op == filter.NotNull:
		return present(f, column)
	case f.Kind == schema.MultiEnum:
		return c.options(e, column)
	case f.Kind.IsText():
		return c.text(e, place{sqlText(column), sqlText(alias + "." + filterColumn(f))})
	}
	return c.value(e, column)
}

// present is the condition that a column holds a value.
func present(f *schema.Field, column string) clause {
	condition := sqlText(column + " IS NOT NULL")
	switch f.Kind {
	case schema.MultiEnum, schema.Participants:
		return allOf(condition, sqlText(column+" <> '[]'"))
	case schema.JSONObject:
		return allOf(condition, sqlText(column+" <> '{}'"))
	}
	return condition
}

// rowsOf gives the rows of other tables that a condition on a field asks for;
// ok is false where the field's own column or several conditions answer it.
func (c *compiler) rowsOf(e filter.Compare, t *schema.Type, alias string) (rows *semijoin, ok bool) {
	f := e.Field
	switch {
	case f.Kind == schema.DetailList:
		return c.detailsOf(e, t, alias), true
	case f.Kind == schema.Identifiers:
		return c.identifiersOf(e, t, alias), true
	case f.Kind == schema.Reference && e.Op == filter.NotNull:
		rows, _ := c.hop(c.pointing(f, t), alias, false)
		return rows, true
	case f.Custom:
		return c.customRowsOf(e, t, alias, byIndexed)
	}
	return nil, false
}

// pointing is the relation of a reference field.
func (c *compiler) pointing(f *schema.Field, t *schema.Type) *schema.Relation {
	return &schema.Relation{Name: f.Name, From: t, To: c.tx.Schema().Type(f.To), Via: schema.ViaColumn, Field: f}
}

// detailsOf asks for a contact detail of the field's kind that meets the condition.
func (c *compiler) detailsOf(e filter.Compare, t *schema.Type, alias string) *semijoin {
	details := c.tx.Schema().Type("contact_detail")
	detail, value := c.alias(), details.Field("value")
	rows := &semijoin{}
	rows.table(details.Name, detail)
	rows.on(detail + "." + details.Field(t.Name).Column() + " = " + alias + ".id")
	rows.on(detail+".kind = ?", e.Field.Kept)
	rows.on(detail + ".deleted_at IS NULL")
	if e.Op != filter.NotNull {
		e.Field = value
		rows.where = append(rows.where, c.text(e, place{sqlText(detail + ".value"), sqlText(detail + "." + filterColumn(value))}))
	}
	return rows
}

// identifiersOf asks for an identifier under one of the forms that the values may have.
func (c *compiler) identifiersOf(e filter.Compare, t *schema.Type, alias string) *semijoin {
	var keys []any
	for _, value := range e.Values {
		for _, key := range text.QueryKeys(fmt.Sprint(value), c.tx.company.Text("country")) {
			keys = append(keys, key)
		}
	}
	identifier := c.alias()
	rows := &semijoin{}
	rows.table("identifier", identifier)
	rows.where = append(rows.where, isOneOf(sqlText(identifier+".value"), keys))
	rows.on(fmt.Sprintf("%s.type = %d", identifier, t.Code))
	rows.on(identifier + ".record_id = " + alias + ".id")
	return rows
}

// value compares numbers, dates, choices, truth values and ids.
func (c *compiler) value(e filter.Compare, column string) clause {
	f := e.Field
	switch {
	case f.Kind == schema.PartialDate:
		return c.birthday(e, column)
	case len(f.Options) > 0 && sign(e.Op) != "=":
		return c.rank(e, column)
	case sign(e.Op) == "":
		return c.fail(fmt.Errorf("store: %s takes no operator %d", f.Name, e.Op))
	}
	args, err := bindAll(e.Values)
	if err != nil {
		return c.fail(err)
	}
	if sign(e.Op) == "=" {
		return isOneOf(sqlText(column), args)
	}
	return sqlText(column+" "+sign(e.Op)+" ?", args[:1]...)
}

// sign is an operator of SQL; = also stands for those that take several
// values, and "" for those that only texts know.
func sign(op filter.Op) string {
	switch op {
	case filter.Eq, filter.Exact, filter.In, filter.HasAny:
		return "="
	case filter.Lt:
		return "<"
	case filter.Lte:
		return "<="
	case filter.Gt:
		return ">"
	case filter.Gte:
		return ">="
	}
	return ""
}

func bindAll(values []any) ([]any, error) {
	args := make([]any, len(values))
	for i, value := range values {
		arg, err := bind(value)
		if err != nil {
			return nil, err
		}
		args[i] = arg
	}
	return args, nil
}

// boundNumbers is how many numbers are bound one by one. A name may stand for
// more records than a statement takes values; their ids are written out.
const boundNumbers = 500

// isOneOf compares an expression with one or several values.
func isOneOf(expression clause, args []any) clause {
	switch {
	case len(args) == 0:
		return never
	case len(args) == 1:
		return expression.then(" = ?", args...)
	case len(args) <= boundNumbers:
		return expression.then(" IN ("+placeholders(len(args))+")", args...)
	}
	written := make([]string, 0, len(args))
	for _, arg := range args {
		n, ok := arg.(int64)
		if !ok {
			return expression.then(" IN ("+placeholders(len(args))+")", args...)
		}
		written = append(written, itoa(n))
	}
	return expression.then(" IN (" + strings.Join(written, ", ") + ")")
}

// rank compares the places of options among those declared.
func (c *compiler) rank(e filter.Compare, column string) clause {
	option, _ := e.Values[0].(string)
	for i, known := range e.Field.Options {
		if known == option && sign(e.Op) != "" {
			return optionRank(e.Field, column).then(" " + sign(e.Op) + " " + itoa(int64(i)))
		}
	}
	return c.fail(fmt.Errorf("store: %s has no option %q to compare with", e.Field.Name, option))
}

// optionRank is the place of an option among those declared, from 0.
func optionRank(f *schema.Field, column string) clause {
	rank := sqlText("CASE " + column)
	for i, option := range f.Options {
		rank = rank.then(" WHEN ? THEN "+itoa(int64(i)), option)
	}
	return rank.then(" END")
}

// birthday compares days; where one of the two has no year, by month and day.
func (c *compiler) birthday(e filter.Compare, column string) clause {
	const year = 10_000
	var each []clause
	for _, value := range e.Values {
		day, ok := value.(schema.Date)
		if !ok || sign(e.Op) == "" {
			return c.fail(fmt.Errorf("store: cannot compare a birthday with %T", value))
		}
		compared := " " + sign(e.Op) + " ?"
		if day < year {
			each = append(each, sqlText(column+" % 10000"+compared, int64(day)))
			continue
		}
		each = append(each, oneOf(
			allOf(sqlText(column+" >= 10000"), sqlText(column+compared, int64(day))),
			allOf(sqlText(column+" < 10000"), sqlText(column+compared, int64(day%year)))))
	}
	return oneOf(each...)
}

// options compares a list of options that stands as JSON in a column.
func (c *compiler) options(e filter.Compare, column string) clause {
	args, err := bindAll(e.Values)
	if err != nil {
		return c.fail(err)
	}
	if e.Op != filter.HasAll {
		return jsonListHolds(column, args)
	}
	var each []clause
	for _, arg := range args {
		each = append(each, jsonListHolds(column, []any{arg}))
	}
	return allOf(each...)
}
