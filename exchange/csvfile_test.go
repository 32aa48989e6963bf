package exchange

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

func read(t *testing.T, text string) *sheet {
	t.Helper()
	s, err := readCSV(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestReadCSVFindsTheForm(t *testing.T) {
	want := [][]string{{"Zoë, Ltd.", "1;2"}, {"line one\nline two", `a "b"`}}
	latin, err := charmap.Windows1252.NewEncoder().String("name,code\n\"Zoë, Ltd.\",1;2\n\"line one\nline two\",\"a \"\"b\"\"\"\n")
	if err != nil {
		t.Fatal(err)
	}
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("name\tcode\nZoë, Ltd.\t1;2\n\"line one\nline two\"\t\"a \"\"b\"\"\"\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text     string
		warnings int
	}{
		"comma":     {"name,code\n\"Zoë, Ltd.\",1;2\n\"line one\nline two\",\"a \"\"b\"\"\"\n", 0},
		"semicolon": {"\xef\xbb\xbfname;code\r\n\"Zoë, Ltd.\";\"1;2\"\r\n\r\n\"line one\r\nline two\";\"a \"\"b\"\"\"\r\n;\r\n", 0},
		"tab":       {"name\tcode\nZoë, Ltd.\t1;2\n\"line one\nline two\"\t\"a \"\"b\"\"\"", 0},
		"named":     {"sep=;\nname;code\nZoë, Ltd.;\"1;2\"\n\"line one\nline two\";\"a \"\"b\"\"\"", 0},
		"latin":     {latin, 1},
		"utf-16":    {wide, 0},
	} {
		s := read(t, c.text)
		var cells [][]string
		for _, l := range s.lines {
			if l.fault != "" {
				t.Errorf("%s, line %d: %s", name, l.number, l.fault)
			}
			cells = append(cells, l.cells)
		}
		if diff := cmp.Diff(want, cells); diff != "" || len(s.warnings) != c.warnings {
			t.Errorf("%s: %v %s", name, s.warnings, diff)
		}
		if diff := cmp.Diff([]string{"name", "code"}, s.headers); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestReadCSVReportsRowsThatCannotBeTakenApart(t *testing.T) {
	s := read(t, "name,code,,\nAcme,1,,\nshort\nlong,1,2,3\n5\" pipe,1\n\nlast,1\n\"open,1\n")
	var got []string
	for _, l := range s.lines {
		fault, _, _ := strings.Cut(l.fault, ":")
		got = append(got, strings.Join(l.cells, "|")+" "+fault)
	}
	want := []string{
		"Acme|1 ",
		"short the row has 1 cells but the first line names 2 columns",
		"long|1|2|3 the row has 4 cells but the first line names 2 columns",
		" a quote stands in a cell that is not quoted",
		"last|1 ",
		" a quoted cell is not closed properly by line 8",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s.lines[4].number != 7 {
		t.Errorf("the last row stands on line %d, not 7", s.lines[4].number)
	}
}

func TestReadCSVRefusesWhatIsNoTable(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "blank": "\n\n", "workbook": "PK\x03\x04rest", "binary": "a,b\x00c\n", "headers": "a,\"b\n",
	} {
		if s, err := readCSV(strings.NewReader(text)); err == nil {
			t.Errorf("%s was read as %v", name, s.headers)
		}
	}
}

func TestPlainCellTakesOneGuardAway(t *testing.T) {
	for in, want := range map[string]string{"'=1+1": "=1+1", "''=x": "'=x", "'+31 20": "+31 20", "'t Hof": "'t Hof", "'": "'", "''": "''", "=1": "=1"} {
		if got := plainCell(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzReadCSV(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "\"", "sep=;\na;b\n", "a\tb\n\"\"\"", "\xff\xfea\x00,\x00", "a;b;c\n1\n;;;;\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := readCSV(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, l := range s.lines {
			if l.fault == "" && len(l.cells) != len(s.headers) {
				t.Errorf("line %d has %d cells of %d", l.number, len(l.cells), len(s.headers))
			}
		}
	})
}
