package server

import "encoding/json"

// longestID is the length in bytes of the longest id that is looked for in a
// line too long to be held.
const longestID = 256

// idFinder finds the id of a JSON-RPC message that is fed to it in pieces and
// never held as a whole. The id may stand behind the large part: some clients
// write it last. Whoever waits for the answer would wait without end if the
// refusal did not carry it.
type idFinder struct {
	depth             int
	inString, escaped bool
	token             []byte
	isID              bool
	found             json.RawMessage
}

func (f *idFinder) feed(part []byte) {
	for _, character := range part {
		if f.inString {
			f.stringCharacter(character)
		} else {
			f.character(character)
		}
	}
}

func (f *idFinder) stringCharacter(character byte) {
	f.keep(character)
	switch {
	case f.escaped:
		f.escaped = false
	case character == '\\':
		f.escaped = true
	case character == '"':
		f.inString = false
	}
}

func (f *idFinder) character(character byte) {
	switch character {
	case '"':
		f.inString = true
		f.keep(character)
	case '{', '[':
		f.depth++
	case '}', ']':
		f.endMember()
		f.depth--
	case ':':
		if f.depth == 1 {
			f.isID = string(f.token) == `"id"`
			f.token = f.token[:0]
		}
	case ',':
		f.endMember()
	case ' ', '\t', '\r', '\n':
	default:
		f.keep(character)
	}
}

// keep collects what stands in the outermost object itself. A token beyond the
// longest id keeps one byte more, by which it is told.
func (f *idFinder) keep(character byte) {
	if f.depth == 1 && len(f.token) <= longestID {
		f.token = append(f.token, character)
	}
}

func (f *idFinder) endMember() {
	if f.depth != 1 {
		return
	}
	if f.isID {
		f.found = append(f.found[:0], f.token...)
	}
	f.isID = false
	f.token = f.token[:0]
}

// id is the id that was found, nil if there was no usable one.
func (f *idFinder) id() json.RawMessage {
	if len(f.found) > longestID || !validID(f.found) {
		return nil
	}
	return f.found
}
