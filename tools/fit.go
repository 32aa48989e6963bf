package tools

import "slices"

// Fit puts rows into an answer under a name, as many as the limit of the
// answer's text allows, with "returned" for their number. Where some are left
// out the answer says "truncated"; next, where given, is asked for the cursor
// that continues after the last row that is shown (its index).
func (c *Call) Fit(o *Object, name string, rows []*Object, next func(last int) (string, error)) (*Object, error) {
	shown, err := c.fitting(o, rows)
	if err != nil {
		return nil, err
	}
	if shown < len(rows) {
		o.Set("truncated", true)
	}
	if shown < len(rows) && next != nil {
		cursor, err := next(shown - 1)
		if err != nil {
			return nil, err
		}
		o.Set("next_cursor", cursor)
	}
	if o.Get("returned") != nil {
		o.Set("returned", shown)
	}
	return o.Set(name, rows[:shown]), nil
}

// reserved is kept free in an answer for what is added after its rows.
const reserved = 400

// fitting counts the rows that fit; one is always shown.
func (c *Call) fitting(o *Object, rows []*Object) (int, error) {
	limit := c.maxText()
	if limit == 0 || len(rows) < 2 {
		return len(rows), nil
	}
	head, err := o.Lines()
	if err != nil {
		return 0, err
	}
	size := len(head) + reserved
	for _, told := range slices.Concat(c.warnings, c.removed) {
		size += len(told) + len(`"",`)
	}
	for i, row := range rows {
		line, err := row.Lines()
		if err != nil {
			return 0, err
		}
		size += len(line) + 2
		if size > limit && i > 0 {
			return i, nil
		}
	}
	return len(rows), nil
}

// maxText is how long the text of the answer may be; 0: no limit. Answers that
// show whole records or chosen fields may be four times as long.
func (c *Call) maxText() int {
	limit := c.service.options.MaxText
	if c.Tool.Large || len(c.List("fields")) > 0 {
		return 4 * limit
	}
	return limit
}
