package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// recordedValue turns the JSON of a value in the history back into the
// canonical value of its field; nil for an empty one.
func recordedValue(f *schema.Field, raw json.RawMessage) (any, error) {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, nil
	}
	if f.Custom {
		return recordedCustom(f, raw)
	}
	value, err := decodeRecorded(f, raw)
	if err != nil {
		return nil, fmt.Errorf("store: history of %s: %w", f.Name, err)
	}
	return value, nil
}

func decodeRecorded(f *schema.Field, raw json.RawMessage) (any, error) {
	switch f.Kind {
	case schema.Boolean:
		return decodeAs[bool](raw)
	case schema.Integer, schema.Reference, schema.RecordID:
		return decodeAs[int64](raw)
	case schema.Number, schema.Money:
		return schema.ParseDecimal(string(raw))
	case schema.DateOnly, schema.PartialDate:
		return decodeDate(raw)
	case schema.DateTime:
		s, err := decodeAs[string](raw)
		if err != nil {
			return nil, err
		}
		at, err := time.Parse(time.RFC3339Nano, s)
		return schema.MillisOf(at), err
	case schema.JSONObject:
		return decodeAs[map[string]any](raw)
	case schema.Participants:
		return decodeAs[[]schema.Participant](raw)
	case schema.MultiEnum:
		return decodeAs[[]string](raw)
	}
	return decodeAs[string](raw)
}

func decodeAs[T any](raw json.RawMessage) (value T, err error) {
	err = decode(string(raw), &value)
	return value, err
}

// decodeDate reads YYYY-MM-DD, or --MM-DD without a year.
func decodeDate(raw json.RawMessage) (any, error) {
	s, err := decodeAs[string](raw)
	if err != nil {
		return nil, err
	}
	if day, ok := strings.CutPrefix(s, "--"); ok {
		t, err := time.Parse("2006-01-02", "2000-"+day)
		return schema.NewDate(0, t.Month(), t.Day()), err
	}
	d, ok := schema.ParseDate(s)
	if !ok {
		return nil, fmt.Errorf("%q is no date", s)
	}
	return d, nil
}

// historic is a value as the history keeps it: of a custom field's options the
// numbers, so that the history speaks of them by the labels that they have now.
func historic(f *schema.Field, value any) any {
	if !f.Custom || value == nil {
		return value
	}
	if kept, err := packed(f, value); err == nil {
		return kept
	}
	return value
}

// recordedCustom reads what a custom field held. Another field may have had
// its key before: what does not fit this one is given as it was written.
func recordedCustom(f *schema.Field, raw json.RawMessage) (any, error) {
	if value, err := unpacked(f, raw); err == nil {
		return value, nil
	}
	return decodeAs[any](raw)
}
