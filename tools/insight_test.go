package tools

import (
	"fmt"
	"strings"
	"testing"
)

// TestCutReportSaysHowToGetTheRest has more groups than an answer holds.
func TestCutReportSaysHowToGetTheRest(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all", MaxText: 1_000})
	for i := range 30 {
		s.ok("create_task", fmt.Sprintf(`{"name":"Task number %d"}`, i))
	}
	report := s.ok("aggregate", `{"type":"task","group_by":"name"}`)
	note, _ := report["note"].(string)
	if report["truncated"] != true || !strings.Contains(note, "narrow filter or having") {
		t.Errorf("got truncated %v and note %q", report["truncated"], note)
	}
	if report := s.ok("aggregate", `{"type":"task","group_by":"status"}`); report["note"] != nil {
		t.Errorf("a whole report has the note %v", report["note"])
	}
}
