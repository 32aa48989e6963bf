package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

const readBuffer = 64 << 10

// line is one line of input without its end, or what became of reading it.
type line struct {
	text []byte
	// tooLong says that the line passed the limit; its text is dropped and id
	// is the id of the request in it, if it had a usable one.
	tooLong bool
	id      json.RawMessage
	// err is the end of the input: io.EOF or what broke it.
	err error
}

// lineReader cuts input into lines that are not blank, the last one also
// without a line end. It holds no more than one line of the longest length.
type lineReader struct {
	in  *bufio.Reader
	max int
	err error
}

func newLineReader(in io.Reader, longest int) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(in, readBuffer), max: longest}
}

// forward sends every line, then the end of the input, until done is closed.
func (r *lineReader) forward(lines chan<- line, done <-chan struct{}) {
	for {
		next := r.next()
		select {
		case lines <- next:
		case <-done:
			return
		}
		if next.err != nil {
			return
		}
	}
}

func (r *lineReader) next() line {
	for r.err == nil {
		read := r.readLine()
		read.text = bytes.Trim(read.text, " \t\r\n")
		if read.tooLong || len(read.text) > 0 {
			return read
		}
	}
	return line{err: r.err}
}

// readLines gives take every line until the input ends, the context ends or
// nobody reads the answers any more.
func readLines(ctx context.Context, in io.Reader, maxLine int, failed <-chan struct{}, take func(context.Context, line)) error {
	lines, done := make(chan line), make(chan struct{})
	defer close(done)
	go newLineReader(in, maxLine).forward(lines, done)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-failed:
			return nil
		case next := <-lines:
			if errors.Is(next.err, io.EOF) {
				return nil
			}
			if next.err != nil {
				return fmt.Errorf("reading from the client: %w", next.err)
			}
			take(ctx, next)
		}
	}
}

func (r *lineReader) readLine() line {
	var text []byte
	for {
		part, more := r.readPart()
		if len(text)+len(bytes.TrimRight(part, "\r\n")) > r.max {
			return line{tooLong: true, id: r.skipLine(text, part, more)}
		}
		text = append(text, part...)
		if !more {
			return line{text: text}
		}
	}
}

// readPart reads to the end of the line or of the buffer; more says that the
// line goes on. The part is valid until the next read.
func (r *lineReader) readPart() (part []byte, more bool) {
	part, err := r.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return part, true
	}
	r.err = err
	return part, false
}

func (r *lineReader) skipLine(text, part []byte, more bool) json.RawMessage {
	var finder idFinder
	finder.feed(text)
	finder.feed(part)
	for more {
		part, more = r.readPart()
		finder.feed(part)
	}
	return finder.id()
}
