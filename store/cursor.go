package store

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

// position is a place in a list: the values of the sort keys of a row, and
// its id. wide says that the list is long, so that it is read in order.
type position struct {
	keys []any
	id   int64
	wide bool
}

// writtenCursor is a position as callers carry it.
type writtenCursor struct {
	Query string    `json:"q"`
	Keys  []*string `json:"k"`
	ID    int64     `json:"i"`
	Wide  bool      `json:"w,omitempty"`
}

// cursor writes a position for a query.
func (p *position) cursor(query string) (string, error) {
	written := writtenCursor{Query: query, ID: p.id, Wide: p.wide}
	for _, key := range p.keys {
		var s string
		switch key := key.(type) {
		case nil:
			written.Keys = append(written.Keys, nil)
			continue
		case int64:
			s = "n" + itoa(key)
		case string:
			s = "t" + key
		case []byte:
			s = "b" + base64.RawURLEncoding.EncodeToString(key)
		default:
			return "", fmt.Errorf("store: a sort key holds %T", key)
		}
		written.Keys = append(written.Keys, &s)
	}
	data, err := json.Marshal(written)
	return base64.RawURLEncoding.EncodeToString(data), err
}

// readCursor reads a position in a list with so many sort keys. A cursor of
// another query, or one that is none, is an invalid_argument.
func readCursor(cursor, query string, keys int) (*position, error) {
	var written writtenCursor
	data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(cursor), "="))
	if err != nil || json.Unmarshal(data, &written) != nil {
		return nil, schema.Errorf(schema.InvalidArgument, "the cursor is not one that a list gave: send next_cursor as it came, or drop the cursor to begin at the first page")
	}
	if written.Query != query || len(written.Keys) != keys {
		return nil, schema.Errorf(schema.InvalidArgument, "the cursor belongs to a list with another type, filter, search or sort: drop the cursor to begin at the first page, or repeat those of the page before")
	}
	p := &position{id: written.ID, wide: written.Wide}
	for _, s := range written.Keys {
		key, err := readKey(s)
		if err != nil {
			return nil, err
		}
		p.keys = append(p.keys, key)
	}
	return p, nil
}

func readKey(s *string) (any, error) {
	if s == nil {
		return nil, nil
	}
	kind, rest := "", *s
	if rest != "" {
		kind, rest = rest[:1], rest[1:]
	}
	switch kind {
	case "n":
		if n, err := strconv.ParseInt(rest, 10, 64); err == nil {
			return n, nil
		}
	case "t":
		return rest, nil
	case "b":
		if key, err := base64.RawURLEncoding.DecodeString(rest); err == nil {
			return key, nil
		}
	}
	return nil, schema.Errorf(schema.InvalidArgument, "the cursor is damaged: drop it to begin at the first page")
}

// fingerprint tells one query from another: a cursor carries it. Relative
// dates move on between two pages, so where the caller's own wording is not
// known, dates and times are no part of it.
func (q *Query) fingerprint() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%q\n", q.Type.Name, q.Search)
	for _, key := range q.Sort {
		for _, r := range key.Path {
			b.WriteString(r.Name + ".")
		}
		fmt.Fprintf(&b, "%s %t\n", key.Field.Name, key.Desc)
	}
	if q.Wording != "" {
		b.WriteString(q.Wording)
	} else {
		outline(&b, q.Where)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:6])
}

// outline writes a checked filter without its dates and times.
func outline(b *strings.Builder, e filter.Expr) {
	switch e := e.(type) {
	case filter.And:
		outlineAll(b, "and", e)
	case filter.Or:
		outlineAll(b, "or", e)
	case filter.Not:
		outlineAll(b, "not", []filter.Expr{e.X})
	case filter.Related:
		outlineAll(b, "over "+e.Relation.Name, []filter.Expr{e.Where})
	case filter.Count:
		for _, r := range e.Path {
			b.WriteString("count " + r.Name + " ")
		}
		outlineAll(b, fmt.Sprintf("%d %d", e.Op, e.N), []filter.Expr{e.Where})
	case filter.Compare:
		fmt.Fprintf(b, "%s %q %q %d", e.Field.Name, e.Key, e.Part, e.Op)
		for _, value := range e.Values {
			switch value.(type) {
			case schema.Date, schema.Millis:
				fmt.Fprintf(b, " %T", value)
			default:
				fmt.Fprintf(b, " %T %q", value, fmt.Sprint(value))
			}
		}
	}
}

func outlineAll(b *strings.Builder, name string, list []filter.Expr) {
	b.WriteString(name + "(")
	for _, e := range list {
		outline(b, e)
		b.WriteString(";")
	}
	b.WriteString(")")
}
