package tools

import (
	"fmt"
	"strings"
	"testing"
)

// TestCutReportGoesOn has more groups than an answer holds.
func TestCutReportGoesOn(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all", MaxText: 1_000})
	for i := range 30 {
		s.ok("create_task", fmt.Sprintf(`{"name":"Task number %d"}`, i))
	}
	found := map[any]int{}
	cursor, pages := "", 0
	for {
		report := s.ok("aggregate", fmt.Sprintf(`{"type":"task","group_by":"name","limit":25,"cursor":%q}`, cursor))
		rows, _ := report["rows"].([]any)
		for _, row := range rows {
			found[row.(map[string]any)["name"]]++
		}
		pages++
		note, _ := report["note"].(string)
		if cut := report["truncated"] == true; cut != strings.Contains(note, "next_cursor") || cut && report["next_cursor"] == nil || report["groups"] != 30.0 {
			t.Errorf("got %v groups, truncated %v, next_cursor %v and note %q", report["groups"], report["truncated"], report["next_cursor"], note)
		}
		if cursor, _ = report["next_cursor"].(string); cursor == "" {
			break
		}
	}
	if len(found) != 30 || pages < 3 || found["Task number 17"] != 1 {
		t.Errorf("%d pages give %v", pages, found)
	}
	if report := s.ok("aggregate", `{"type":"task","group_by":"status"}`); report["note"] != nil || report["next_cursor"] != nil {
		t.Errorf("a whole report has the note %v and goes on at %v", report["note"], report["next_cursor"])
	}
}

// TestAgendaRanksEveryCurrency has more quiet customers than the agenda shows,
// and the greatest amount in a currency that the company does not count.
func TestAgendaRanksEveryCurrency(t *testing.T) {
	s := newSession(t, Options{Toolsets: "all"})
	create := func(name, currency string, value int) {
		s.ok("create_organization", fmt.Sprintf(`{"name":%q}`, name))
		s.ok("create_deal", fmt.Sprintf(`{"name":"For %s","value":%d,"currency":%q,"organization":%q}`, name, value, currency, name))
	}
	create("Far", "USD", 1_000_000)
	for i := range agendaRows + 5 {
		create(fmt.Sprintf("Near %d", i), "EUR", 100+i)
	}
	s.wait("800h")
	agenda := s.ok("agenda", `{}`)
	quiet, _ := agenda["quiet_organizations"].([]any)
	if len(quiet) != agendaRows || agenda["quiet_organizations_total"] != 26.0 {
		t.Fatalf("%d of %v quiet organizations", len(quiet), agenda["quiet_organizations_total"])
	}
	for i, want := range []string{"Far", "Near 24", "Near 23"} {
		if got := quiet[i].(map[string]any)["name"]; got != want {
			t.Errorf("number %d is %v, want %s", i+1, got, want)
		}
	}
}
