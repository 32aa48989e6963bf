package tools

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever the tools do, the history tells all of it: after each scenario the
// records made anew from it are those that stand.
func TestHistoryTellsAllThatToolsDo(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenarios", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := newSession(t, Options{Toolsets: "all"})
			for line := range strings.Lines(string(script)) {
				kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
				switch kind {
				case "*":
					s.wait(rest)
				case ">":
					tool, arguments, _ := strings.Cut(rest, " ")
					s.call(tool, arguments)
				}
			}
			found, err := s.db.Check(t.Context(), true)
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range found {
				t.Error(one)
			}
		})
	}
}
