package tools

import (
	"bytes"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
)

func TestToolsets(t *testing.T) {
	s := newSession(t, Options{Toolsets: "core"})
	for _, tool := range s.service.Tools() {
		if !tool.Core {
			t.Errorf("core switches %s on", tool.Name)
		}
	}
	s.refused(schema.NotFound, "create_project", `{"name":"X"}`)
	if _, err := New(s.db, Options{Toolsets: "core, recrods"}); err == nil || !strings.Contains(err.Error(), "records") {
		t.Errorf("an unknown toolset gives %v", err)
	}
	if _, err := s.service.With("bulk", true, 0); err == nil || !strings.Contains(err.Error(), "there are some in core, default, all, records") || strings.Contains(err.Error(), "records, bulk") {
		t.Errorf("a toolset without tools gives %v", err)
	}
	all, err := s.service.With("all", false, 0)
	if err != nil || len(all.Tools()) != len(all.All()) {
		t.Errorf("all is %d of %d tools, %v", len(all.Tools()), len(all.All()), err)
	}
}

func TestReadOnlyRefusesToWrite(t *testing.T) {
	s := newSession(t, Options{ReadOnly: true})
	for _, tool := range s.service.Tools() {
		if tool.IsWriting() {
			t.Errorf("%s is on", tool.Name)
		}
	}
	s.refused(schema.ReadOnlyMode, "create_task", `{"name":"X"}`)
	other, err := s.service.With("all", false, 0)
	if err != nil || !other.ReadOnly() {
		t.Errorf("a request lifted read-only: %v", err)
	}
}

func TestInternalErrorsShowOnlyAnID(t *testing.T) {
	var log bytes.Buffer
	s := newSession(t, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	s.service.enabled = append(s.service.enabled,
		&Tool{Name: "break", Mode: Read, Run: func(*Call) (*Object, error) { return nil, fmt.Errorf("secret /path SELECT") }},
		&Tool{Name: "panic", Mode: Write, Run: func(*Call) (*Object, error) { panic("secret state") }})
	for _, name := range []string{"break", "panic"} {
		answer, text := s.call(name, `{}`)
		id := regexp.MustCompile(`err_[0-9a-f]+`).FindString(text)
		if answer.Code != schema.Internal || strings.Contains(text, "secret") || id == "" || !strings.Contains(log.String(), id) {
			t.Errorf("%s answers %s, the log says %s", name, text, log.String())
		}
	}
	s.ok("create_task", `{"name":"The writer is free again"}`)
}

func TestTheOverviewStaysShort(t *testing.T) {
	s := newSession(t, Options{Toolsets: "core"})
	for i := range 40 {
		s.ok("create_task", fmt.Sprintf(`{"name":"T%d","tags":["a rather long name of a tag, number %d of many"]}`, i, i))
	}
	answer, text := s.call("describe", `{}`)
	if answer.IsError || len(text) > 2_048 {
		t.Errorf("describe answers %d bytes: %s", len(text), text)
	}
	if _, text := s.call("describe", `{"type":"organization"}`); len(text) > 8_192 {
		t.Errorf("describe of a type answers %d bytes", len(text))
	}
}

func TestLongListsGoOnWhereTheyWereCut(t *testing.T) {
	s := newSession(t, Options{MaxText: 1_500})
	var want []string
	for i := range 25 {
		s.ok("create_task", fmt.Sprintf(`{"name":"Task %02d","description":"%s"}`, i, strings.Repeat("long ", 100)))
		want = append(want, fmt.Sprintf("task_%d", i+1))
	}
	var got []string
	arguments := `{"sort":"name","limit":25}`
	for range 25 {
		answer, text := s.call("list_tasks", arguments)
		if len(text) > 1_500 {
			t.Errorf("a page has %d bytes", len(text))
		}
		page := s.parsed(answer)
		for _, row := range page["records"].([]any) {
			got = append(got, row.(map[string]any)["id"].(string))
		}
		if page["next_cursor"] == nil {
			break
		}
		if page["truncated"] != true {
			t.Errorf("a cut page does not say so: %s", text)
		}
		arguments = `{"sort":"name","limit":25,"cursor":"<cursor>"}`
	}
	if !slices.Equal(got, want) {
		t.Errorf("the pages hold %v", got)
	}
}

func TestWholeRecordsFitTheLimit(t *testing.T) {
	s := newSession(t, Options{MaxText: 2_000})
	for i := range 3 {
		s.ok("create_task", fmt.Sprintf(`{"name":"Task %d","description":"%s"}`, i, strings.Repeat("é<", 3_000)))
	}
	answer, text := s.call("get_records", `{"ids":["task_1","task_2","task_3"]}`)
	if len(text) > 8_000 {
		t.Errorf("the answer has %d bytes", len(text))
	}
	page := s.parsed(answer)
	if len(page["left_out"].([]any)) != 2 || page["truncated"] != true {
		t.Errorf("the answer does not say what is missing: %s", text)
	}
	unlimited, err := s.service.With("all", false, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.service = unlimited
	if page := s.ok("get_records", `{"ids":["task_1","task_2","task_3"]}`); len(page["records"].([]any)) != 3 || page["truncated"] != nil {
		t.Error("without a limit something is cut")
	}
}

func TestConfirmTokensHoldForOneCallOnly(t *testing.T) {
	s := newSession(t, Options{})
	var ids []string
	for i := range 12 {
		s.ok("create_task", fmt.Sprintf(`{"name":"T%d"}`, i))
		ids = append(ids, fmt.Sprintf(`"task_%d"`, i+1))
	}
	all, some := strings.Join(ids, ","), strings.Join(ids[1:], ",")
	preview := s.refused(schema.ConfirmRequired, "delete_records", `{"ids":[`+all+`]}`)
	if preview["count"] != 12.0 || preview["confirm"] == nil {
		t.Errorf("the preview is %v", preview)
	}
	s.refused(schema.ConfirmRequired, "delete_records", `{"ids":[`+some+`],"confirm":"<token>"}`)
	s.refused(schema.ConfirmRequired, "delete_records", `{"ids":[`+all+`],"confirm":"yes"}`)
	dry := s.ok("delete_records", `{"ids":[`+all+`],"dry_run":true}`)
	if dry["confirm"] == nil || dry["dry_run"] != true || dry["change"] != nil {
		t.Errorf("the dry run says %v", dry)
	}
	if done := s.ok("delete_records", `{"ids":[`+all+`],"confirm":"<token>"}`); done["changed"] != 12.0 {
		t.Errorf("the deletion says %v", done)
	}
	if list := s.ok("list_tasks", `{}`); list["total"] != 0.0 {
		t.Errorf("%v tasks are left", list["total"])
	}
}
