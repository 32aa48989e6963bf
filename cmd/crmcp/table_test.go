package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"
)

func shellWithWidth(columns string) (*program, *bytes.Buffer) {
	out := &bytes.Buffer{}
	getenv := func(name string) string {
		if name == "COLUMNS" {
			return columns
		}
		return ""
	}
	return &program{in: strings.NewReader(""), out: out, err: out, getenv: getenv}, out
}

func TestTableFitsAnyWidth(t *testing.T) {
	long := strings.Repeat("wide 幅広 ", 20)
	shown := table{columns: []column{{label: "id"}, {label: "name", least: 20}, {label: "city"}, {label: "about"}, {label: "more"}}}
	shown.rows = append(shown.rows, []string{"org_1", long, "Łódź", long, long}, []string{"org_2", "b", "x", "", ""})
	for _, columns := range []string{"30", "40", "57", "80", "120", "200"} {
		p, out := shellWithWidth(columns)
		leftOut := p.printTable(shown)
		widest, limit := 0, p.width()
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		for _, line := range lines {
			widest = max(widest, text.StringWidth(line))
		}
		if widest > limit || len(lines) != 3 || !strings.Contains(lines[0], "name") {
			t.Errorf("%d columns: %d wide, %d left out\n%s", limit, widest, len(leftOut), out)
		}
		if limit >= 80 && len(leftOut) > 0 {
			t.Errorf("%d columns: %v left out", limit, leftOut)
		}
	}
}

func TestTableCutsNothingInAFile(t *testing.T) {
	p, out := shellWithWidth("")
	long := strings.Repeat("word ", 100) + "end"
	if leftOut := p.printTable(table{columns: []column{{label: "a"}, {label: "b"}}, rows: [][]string{{long, "x"}}}); leftOut != nil {
		t.Errorf("left out: %v", leftOut)
	}
	if !strings.Contains(out.String(), long+"  x") {
		t.Errorf("cut: %s", out)
	}
}

func TestTextCannotCommandTheTerminal(t *testing.T) {
	p, out := shellWithWidth("")
	p.printTable(table{columns: []column{{label: "a"}}, rows: [][]string{{"red\x1b[31m\u009b2J\r\nnext\a"}}})
	if got := strings.Split(out.String(), "\n")[1]; got != "red[31m2J next" {
		t.Errorf("%q", got)
	}
}
