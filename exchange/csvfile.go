package exchange

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/crmcp/crmcp/schema"
)

// maxFile is the largest file that is read, in bytes.
const maxFile = 1 << 30

// sheet is a file as rows of cells.
type sheet struct {
	headers  []string
	lines    []line
	warnings []string
	// semicolons stand between the cells.
	semicolons bool
}

// line is one row of a file. fault says what is wrong with its form; its cells
// are then not to be used.
type line struct {
	number int
	cells  []string
	fault  string
}

// readCSV reads a whole file. Rows that cannot be taken apart stand in the
// result with their fault; only a file that is no table at all is an error.
func readCSV(r io.Reader) (*sheet, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, schema.Errorf(schema.InvalidArgument, "the file cannot be read: %v", err)
	}
	if len(data) > maxFile {
		return nil, schema.Errorf(schema.TooLarge, "the file has more than %d bytes: split it", maxFile)
	}
	s := &sheet{}
	data, err = s.decode(data)
	if err != nil {
		return nil, err
	}
	data, comma, skipped := delimiter(data)
	s.semicolons = comma == ';'
	reader := csv.NewReader(bytes.NewReader(data))
	reader.Comma, reader.FieldsPerRecord = comma, -1
	if err := s.readHeaders(reader); err != nil {
		return nil, err
	}
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		s.add(reader, cells, err, skipped)
	}
}

// decode gives a file's text as UTF-8 without a byte order mark.
func (s *sheet) decode(data []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return nil, schema.Errorf(schema.InvalidArgument, "the file is a workbook or an archive, not CSV: save the sheet as CSV (UTF-8) first")
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(data)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, schema.Errorf(schema.InvalidArgument, "the file is no text: save it as CSV (UTF-8)")
	}
	if utf8.Valid(data) {
		return data, nil
	}
	s.warnings = append(s.warnings, "the file is not UTF-8: it was read as Windows-1252; look at names with accents")
	return charmap.Windows1252.NewDecoder().Bytes(data)
}

// delimiter finds what stands most often between the cells of the headers,
// quotes aside, and drops the line "sep=;" with which some programs name it.
// dropped is how many lines that were.
func delimiter(data []byte) (rest []byte, comma rune, dropped int) {
	first, after, _ := bytes.Cut(data, []byte("\n"))
	if named, ok := bytes.CutPrefix(bytes.TrimSpace(first), []byte("sep=")); ok && len(named) == 1 && strings.ContainsRune(",;|", rune(named[0])) {
		return after, rune(named[0]), 1
	}
	counts, quoted := map[byte]int{}, false
	for _, b := range bytes.TrimLeft(data, "\r\n") {
		if b == '"' {
			quoted = !quoted
		}
		if b == '\n' && !quoted {
			break
		}
		if !quoted {
			counts[b]++
		}
	}
	best := byte(',')
	for _, b := range []byte(";\t|") {
		if counts[b] > counts[best] {
			best = b
		}
	}
	return data, rune(best), 0
}

func (s *sheet) readHeaders(reader *csv.Reader) error {
	cells, err := reader.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return schema.Errorf(schema.InvalidArgument, "the first line cannot be read as the headers of the columns: %v", err)
	}
	for _, cell := range cells {
		s.headers = append(s.headers, strings.TrimSpace(cell))
	}
	for len(s.headers) > 0 && s.headers[len(s.headers)-1] == "" {
		s.headers = s.headers[:len(s.headers)-1]
	}
	if len(s.headers) == 0 {
		return schema.Errorf(schema.InvalidArgument, "the file is empty: its first line must hold the headers of the columns")
	}
	return nil
}

// add keeps a row unless all its cells are empty.
func (s *sheet) add(reader *csv.Reader, cells []string, err error, skipped int) {
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		s.lines = append(s.lines, line{number: parse.StartLine + skipped, fault: quoteFault(parse)})
		return
	}
	blank := true
	for i, cell := range cells {
		cells[i] = plainCell(cell)
		blank = blank && strings.TrimSpace(cell) == ""
	}
	if blank {
		return
	}
	number, _ := reader.FieldPos(0)
	one := line{number: number + skipped, cells: cells}
	for len(one.cells) > len(s.headers) && strings.TrimSpace(one.cells[len(one.cells)-1]) == "" {
		one.cells = one.cells[:len(one.cells)-1]
	}
	if len(one.cells) != len(s.headers) {
		one.fault = fmt.Sprintf("the row has %d cells but the first line names %d columns: quote cells that hold the delimiter", len(one.cells), len(s.headers))
	}
	s.lines = append(s.lines, one)
}

func quoteFault(err *csv.ParseError) string {
	if errors.Is(err.Err, csv.ErrBareQuote) {
		return `a quote stands in a cell that is not quoted: quote the whole cell and double the quotes in it`
	}
	return fmt.Sprintf(`a quoted cell is not closed properly by line %d: double the quotes inside a cell`, err.Line)
}

// plainCell takes away the apostrophe that keeps spreadsheets from running a
// cell as a formula.
func plainCell(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok {
		if inner := strings.TrimLeft(rest, "'"); inner != "" && strings.ContainsRune("=+-@", rune(inner[0])) {
			return rest
		}
	}
	return cell
}
