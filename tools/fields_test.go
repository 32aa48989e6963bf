package tools

import (
	"fmt"
	"slices"
	"testing"

	"github.com/crmcp/crmcp/schema"
)

// More than ten records that would get another option need a confirmation.
func TestReplacingAnOptionAsksForConfirmation(t *testing.T) {
	s := newSession(t, Options{})
	s.ok("define_field", `{"record_type":"task","key":"size","kind":"single_select","options":["S","M"]}`)
	for i := range 11 {
		s.ok("create_task", fmt.Sprintf(`{"name":"Task %d","size":"S"}`, i))
	}
	s.refused(schema.ConfirmRequired, "define_field", `{"record_type":"task","key":"size","options":["M"],"replace":["S=M"]}`)
	if found := s.ok("list_tasks", `{"filter":"size = S"}`); found["total"] != float64(11) {
		t.Errorf("%v tasks are left", found["total"])
	}
	done := s.ok("define_field", `{"record_type":"task","key":"size","options":["M"],"replace":["S=M"],"confirm":"<token>"}`)
	if done["rewritten"] != float64(11) {
		t.Errorf("answer %v", done)
	}
}

// A copy does not take what only one record can have.
func TestCopiesLeaveUniqueFieldsOut(t *testing.T) {
	s := newSession(t, Options{})
	s.ok("define_field", `{"record_type":"project","key":"number","kind":"text","is_unique":true}`)
	s.ok("define_field", `{"record_type":"project","key":"colour","kind":"text"}`)
	s.ok("create_project", `{"name":"A","more":["number=7","colour=red"]}`)
	s.ok("duplicate_record", `{"id":"A","name":"B"}`)
	found := s.ok("list_projects", `{"filter":"colour = red and number is null","fields":["name"]}`)
	if found["total"] != float64(1) {
		t.Errorf("found %v", found)
	}
}

// No field may be called like an argument of a tool that writes its records.
func TestArgumentsAreNoKeys(t *testing.T) {
	s := newSession(t, Options{})
	for _, tool := range s.service.All() {
		of := schema.New().Type(tool.Of)
		if of == nil || of.Class != schema.Record {
			continue
		}
		for _, arg := range slices.Concat(tool.In, tool.controls()) {
			if !arg.Field {
				s.refused(schema.InvalidArgument, "define_field", fmt.Sprintf(`{"record_type":%q,"key":%q,"kind":"text"}`, of.Name, arg.Name))
			}
		}
	}
}
