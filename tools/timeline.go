package tools

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

func timeline() *Tool {
	return &Tool{Name: "timeline", Title: "Timeline", Set: "notes", Core: true, Mode: Read, Run: runTimeline,
		Description: "What happened around a record, its contacts and deals, newest first: notes, activities, tasks, changed stages and fields. To prepare a meeting or sum up an account.",
		Out:         timelineOut(),
		In:          append([]Arg{{Name: "of", Required: true, Doc: "id or name", Aliases: []string{"id", "record", "to"}}}, spanArgs()...)}
}

func timelineOut() []Member {
	event := objectOf(append(optional(reference(), "record", "about", "who"), Member{Name: "at", Schema: ofType("string").Set("format", "date-time")},
		Member{Name: "what", Schema: ofType("string")}, Member{Name: "text", Schema: ofType("string")})...)
	return paged("events", event)
}

// spanArgs are those of tools that go back in time page by page.
func spanArgs() []Arg {
	return []Arg{
		{Name: "since", Doc: "date, time or -30d", Aliases: []string{"from", "after", "start"}},
		{Name: "until", Aliases: []string{"before", "end"}},
		{Name: "limit", Kind: Integer, Min: 1, Max: maxRows},
		{Name: "cursor", Aliases: []string{"next_cursor", "page_token"}},
	}
}

// Moment reads a time argument; 0: not given. A day or a period (last_month)
// means its beginning, or where it ends a span, its end.
func (c *Call) Moment(name string, ends bool) schema.Millis {
	if !c.Has(name) {
		return 0
	}
	clock := c.Tx.Clock()
	at, dayOnly, ok := clock.Moment(c.Text(name))
	first, last, isPeriod := filter.Period(clock, c.Text(name))
	switch {
	case !ok && isPeriod && ends:
		return clock.End(last)
	case !ok && isPeriod:
		return clock.Start(first)
	case !ok:
		c.Problems.Add(c.Path(name), "%s must be a date (2026-05-01, yesterday, -30d) or a time (2026-05-01T14:00:00Z, -6h), not %s", name, quote(text.Truncate(c.Text(name), 40)))
	case dayOnly && ends:
		return clock.End(schema.DateOf(at.Time().In(clock.Location)))
	}
	return at
}

func runTimeline(c *Call) (*Object, error) {
	of, _ := c.Reference("of", c.Tx.Schema().OfClass(schema.Record)...)
	query := store.TimelineQuery{Of: of, Since: c.Moment("since", false), Until: c.Moment("until", true),
		Limit: int(c.Int("limit", defaultRows)), Cursor: c.Text("cursor")}
	if len(c.Problems) > 0 {
		return nil, c.Problems.Err()
	}
	events, next, err := c.Tx.Timeline(query)
	if err != nil {
		return nil, err
	}
	rows := make([]*Object, len(events))
	for i, event := range events {
		rows[i] = eventObject(event)
	}
	o := (&Object{}).Set("returned", len(rows)).Put("next_cursor", next)
	return c.Fit(o, "events", rows, func(last int) (string, error) {
		query.Limit = last + 1
		_, next, err := c.Tx.Timeline(query)
		return next, err
	})
}

func eventObject(e store.Event) *Object {
	what, said := eventText(e)
	o := (&Object{}).Set("at", e.At).Set("what", what).Set("record", Reference(e.Record))
	if e.About != nil {
		o.Set("about", Reference(*e.About))
	}
	if e.Who.Type != nil {
		o.Set("who", Reference(e.Who))
	}
	return o.Put("text", text.Truncate(said, listedText-1))
}

// eventText says in a word what happened, and then more.
func eventText(e store.Event) (what, said string) {
	switch e.Kind {
	case store.NoteAdded:
		return "note", e.Values.Text("body")
	case store.ActivityHeld:
		return activityText(e.Values)
	case store.TaskCompleted:
		return "task completed", e.Values.Text("description")
	case store.TaskCreated:
		if due, ok := e.Values.Values["due_at"].(schema.Millis); ok {
			said = "due " + due.String() + "\n"
		}
		return "task created", strings.TrimSpace(said + e.Values.Text("description"))
	}
	return changeText(e)
}

// activityText tells its type, its direction and length, and what was said.
func activityText(activity *store.Record) (what, said string) {
	if what = activity.Text("type"); what == "other" {
		what = "activity"
	}
	var parts []string
	if direction := activity.Text("direction"); direction != "" {
		parts = append(parts, direction)
	}
	if activity.Has("duration_minutes") {
		parts = append(parts, fmt.Sprintf("%d min", activity.Int("duration_minutes")))
	}
	said = strings.Join(parts, ", ")
	if body := activity.Text("body"); body != "" && said != "" {
		said += ": " + body
	} else {
		said += body
	}
	return what, said
}

// changeText tells a change of a record: that it was made, or which fields have
// changed.
func changeText(e store.Event) (what, said string) {
	what = "changed"
	var parts []string
	for _, entry := range e.Entries {
		if entry.Action != "updated" {
			return entry.Action, ""
		}
		for _, f := range entry.Fields {
			if f.Field == "stage" {
				what = "stage"
			}
			parts = append(parts, f.Field+": "+stepText(f.Before, f.After))
		}
	}
	return what, strings.Join(parts, "; ")
}

func stepText(before, after any) string {
	switch {
	case before == nil:
		return valueText(after)
	case after == nil:
		return valueText(before) + " → (none)"
	}
	return valueText(before) + " → " + valueText(after)
}

func valueText(value any) string {
	return text.Truncate(strings.Join(strings.Fields(plainText(changedValue(value))), " "), 60)
}

// plainText is a value in a sentence. Of a list the entries with a comma of
// their own are quoted.
func plainText(value any) string {
	switch v := value.(type) {
	case []string:
		parts := make([]string, len(v))
		for i, one := range v {
			if parts[i] = one; strings.ContainsAny(one, `,"`) {
				parts[i] = strconv.Quote(one)
			}
		}
		return strings.Join(parts, ", ")
	case []schema.Participant:
		parts := make([]string, len(v))
		for i, one := range v {
			parts[i] = one.System + ": " + one.ID
		}
		return strings.Join(parts, ", ")
	case map[string]any, []any, json.RawMessage:
		if data, err := json.Marshal(v); err == nil {
			return string(data)
		}
	}
	return fmt.Sprint(value)
}
