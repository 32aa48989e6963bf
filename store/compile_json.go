package store

import (
	"fmt"
	"strconv"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

// metadata compares what a key of a JSON object holds. JSON tells numbers,
// texts and truth values apart: each value is compared with its own kind.
func (c *compiler) metadata(e filter.Compare, column string) clause {
	value, kind := jsonValue(column, e.Key), jsonKind(column, e.Key)
	if e.Op == filter.NotNull {
		return allOf(value.then(" IS NOT NULL"), value.then(" NOT IN ('', '[]', '{}')"))
	}
	var each []clause
	for _, wanted := range e.Values {
		switch wanted := wanted.(type) {
		case string:
			one := filter.Compare{Field: e.Field, Op: e.Op, Values: []any{wanted}}
			each = append(each, allOf(kind.then(" = 'text'"), c.text(one, place{value, folding(value)})))
		case schema.Decimal:
			if sign(e.Op) == "" {
				return c.fail(fmt.Errorf("store: operator %d takes no number", e.Op))
			}
			each = append(each, allOf(kind.then(" IN ('integer', 'real')"), value.then(" "+sign(e.Op)+" ?", jsonNumber(wanted))))
		case bool:
			each = append(each, kind.then(" = ?", strconv.FormatBool(wanted)))
		default:
			return c.fail(fmt.Errorf("store: cannot compare metadata with %T", wanted))
		}
	}
	return oneOf(each...)
}

// jsonNumber gives a number as JSON has it: whole, or the nearest float.
func jsonNumber(d schema.Decimal) any {
	if d%schema.DecimalOne == 0 {
		return int64(d / schema.DecimalOne)
	}
	f, _ := strconv.ParseFloat(d.String(), 64)
	return f
}
