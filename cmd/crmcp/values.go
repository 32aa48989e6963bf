package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// shownValue is a value of an answer as people read it: records by their
// names, times in the company's time zone.
func shownValue(value any, location *time.Location) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return shownText(v, location)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case object:
		return shownObject(v, location)
	case []any:
		parts := make([]string, len(v))
		for i, one := range v {
			parts[i] = shownValue(one, location)
		}
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(value)
}

// shownText shows a moment in the company's time zone, any other text as it is.
func shownText(s string, location *time.Location) string {
	if location == nil || len(s) != len("2006-01-02T15:04:05.000Z") {
		return s
	}
	moment, err := time.Parse("2006-01-02T15:04:05.000Z", s)
	if err != nil {
		return s
	}
	return moment.In(location).Format("2006-01-02 15:04")
}

// shownObject shows a reference to a record as its name, anything else as its
// members.
func shownObject(o object, location *time.Location) string {
	if name := o.text("name"); name != "" && len(o) <= 2 {
		return name
	}
	if id := o.text("id"); id != "" && len(o) == 1 {
		return id
	}
	parts := make([]string, len(o))
	for i, m := range o {
		parts[i] = m.name + " " + shownValue(m.value, location)
	}
	return strings.Join(parts, " ")
}

func isNumber(value any) bool {
	_, ok := value.(json.Number)
	return ok
}
