package schema

import (
	"fmt"
	"strings"

	"github.com/crmcp/crmcp/text"
)

// parseRange reads two days or two times: "2026-05-01/2026-05-31", a list of
// two, or {"start","end"}. A single one is both ends; a day as an end of times
// is that whole day.
func (r *Reader) parseRange(f *Field, raw any) (any, error) {
	ends, err := rangeEnds(raw)
	if err != nil {
		return nil, fmt.Errorf("must be %s", f.Kind.Info().Form)
	}
	if len(ends) == 0 {
		return nil, nil
	}
	start, _, okStart := r.rangeEnd(f, ends[0])
	_, end, okEnd := r.rangeEnd(f, ends[1])
	if !okStart || !okEnd {
		return nil, fmt.Errorf("must be %s, not %q", f.Kind.Info().Form, text.Truncate(strings.Join(ends, "/"), 60))
	}
	if end < start {
		return nil, fmt.Errorf("ends before it starts: send the earlier one first")
	}
	return Range{Start: start, End: end}, nil
}

// rangeEnds gives the two ends as text; none for an empty value.
func rangeEnds(raw any) ([]string, error) {
	if object, ok := raw.(map[string]any); ok {
		raw = []any{object["start"], object["end"]}
	}
	if s, ok := raw.(string); ok && !strings.HasPrefix(strings.TrimSpace(s), "[") {
		return cutRange(s), nil
	}
	list := listOf(raw)
	if len(list) != 2 {
		return nil, fmt.Errorf("no two ends")
	}
	ends := make([]string, len(list))
	for i, one := range list {
		s, err := scalar(one)
		if err != nil {
			return nil, err
		}
		ends[i] = strings.TrimSpace(s)
	}
	return ends, nil
}

func cutRange(s string) []string {
	s = strings.TrimSpace(s)
	if s == "" {
		return nil
	}
	for _, between := range []string{"/", "..", " to ", " – ", " - "} {
		if start, end, both := strings.Cut(s, between); both {
			return []string{strings.TrimSpace(start), strings.TrimSpace(end)}
		}
	}
	return []string{s, s}
}

// rangeEnd reads one end: as a start and as an end, which differ where a day
// is given for a time.
func (r *Reader) rangeEnd(f *Field, s string) (start, end int64, ok bool) {
	if f.Kind == DateRange {
		day, ok := r.Clock.Date(s)
		return int64(day), int64(day), ok
	}
	at, dayOnly, ok := r.Clock.Moment(s)
	if dayOnly {
		return int64(at), int64(r.Clock.End(DateOf(at.Time().In(r.Clock.Location)))), ok
	}
	return int64(at), int64(at), ok
}

// RangeText writes a value of a range field as it is read: "start/end".
func (f *Field) RangeText(v Range) string {
	if f.Kind == DateRange {
		return Date(v.Start).String() + "/" + Date(v.End).String() //nolint:gosec // dates have eight digits
	}
	return Millis(v.Start).String() + "/" + Millis(v.End).String()
}
