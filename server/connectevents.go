package server

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxReceived is the length in bytes of the longest message that a server may
// send.
const maxReceived = 64 << 20

// eventReader cuts a stream of server-sent events into messages.
type eventReader struct {
	in *bufio.Reader
	// lastID is the id of the latest event that had one.
	lastID string
}

func newEventReader(in io.Reader) *eventReader {
	return &eventReader{in: bufio.NewReaderSize(in, readBuffer)}
}

// next gives the data of the next event that has some. An event that the end
// of the stream cuts off is no event.
func (r *eventReader) next() ([]byte, error) {
	var data []byte
	for {
		text, err := r.line(maxReceived - len(data))
		if err != nil {
			return nil, err
		}
		if len(text) == 0 && len(data) > 0 {
			return data, nil
		}
		name, value, _ := bytes.Cut(text, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(name) {
		case "data":
			if len(data) > 0 {
				data = append(data, '\n')
			}
			data = append(data, value...)
		case "id":
			r.lastID = string(value)
		}
	}
}

func (r *eventReader) line(longest int) ([]byte, error) {
	var text []byte
	for {
		part, err := r.in.ReadSlice('\n')
		if len(text)+len(part) > longest {
			return nil, fmt.Errorf("the server sent a message of more than %d bytes", maxReceived)
		}
		text = append(text, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return bytes.TrimRight(text, "\r\n"), nil
	}
}

// pass sends a message of the server to the client as it is. Line ends, which
// JSON has between its parts alone, become spaces: a message is one line.
func (o *output) pass(message []byte) {
	text := bytes.Clone(bytes.TrimSpace(message))
	for i, character := range text {
		if character == '\n' || character == '\r' {
			text[i] = ' '
		}
	}
	if len(text) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writeLine(text)
}
