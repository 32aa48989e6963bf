package tools

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// Answer is what a call gives back: one JSON object, twice.
type Answer struct {
	// Text is the object with one record on a line.
	Text string
	// JSON is the same object.
	JSON    json.RawMessage
	IsError bool
	// Code is that of the error; empty where there is none.
	Code schema.ErrorCode
}

// previewError is an error beside which the answer shows something, such as
// what a call would do if it were confirmed.
type previewError struct {
	cause   *schema.Error
	preview *Object
}

func (e *previewError) Error() string { return e.cause.Error() }
func (e *previewError) Unwrap() error { return e.cause }

// succeed makes the answer of a call that went well.
func succeed(o *Object) (*Answer, error) {
	lines, err := o.Lines()
	if err != nil {
		return nil, err
	}
	return answerText(lines), nil
}

func answerText(lines string) *Answer {
	return &Answer{Text: lines, JSON: json.RawMessage(lines)}
}

// fail makes the answer of a call that did not go well. What the caller can
// do nothing about is logged under an id, which is all that the answer says.
func (s *Service) fail(ctx context.Context, tool string, err error) *Answer {
	known, preview := s.explain(ctx, tool, err)
	known = shortened(known)
	message := known.Message
	if len(known.Problems) == 1 && message == known.Problems[0].String() {
		message = "1 problem"
	}
	body := (&Object{}).Set("code", string(known.Code)).Set("message", message).Put("problems", schema.Problems(known.Problems))
	o := (&Object{}).Set("error", body)
	if preview != nil {
		o.members = append(o.members, preview.members...)
	}
	answer, broken := succeed(o)
	if broken != nil {
		s.options.Logger.ErrorContext(ctx, "answer cannot be written", "tool", tool, "error", broken)
		answer = answerText(`{"error":{"code":"internal","message":"the answer could not be written"}}`)
	}
	answer.IsError, answer.Code = true, known.Code
	return answer
}

func (s *Service) explain(ctx context.Context, tool string, err error) (*schema.Error, *Object) {
	var shown *previewError
	var known *schema.Error
	switch {
	case errors.As(err, &shown):
		return shown.cause, shown.preview
	case errors.As(err, &known) && known.Code != schema.Internal:
		return known, nil
	case errors.Is(err, context.Canceled):
		return schema.Errorf(schema.Busy, "the call was cancelled; nothing was written"), nil
	case errors.Is(err, context.DeadlineExceeded):
		return schema.Errorf(schema.Busy, "the call took too long and was stopped; nothing was written: ask for less"), nil
	}
	id := NewErrorID()
	s.options.Logger.ErrorContext(ctx, "tool failed", "error_id", id, "tool", tool, "error", err)
	message := "something went wrong inside; nothing was written"
	if known != nil {
		message = strings.ReplaceAll(known.Message, s.db.Path(), filepath.Base(s.db.Path()))
	}
	return schema.Errorf(schema.Internal, "%s. The log says more under %s", message, id), nil
}

// How much an error repeats of what was sent: it is read by a model, and a
// wrong argument may be as long as a book.
const (
	longestMessage = 2_000
	longestPath    = 200
	mostProblems   = 50
)

func shortened(e *schema.Error) *schema.Error {
	short := &schema.Error{Code: e.Code, Message: text.Truncate(e.Message, longestMessage)}
	short.Problems = slices.Clone(e.Problems[:min(len(e.Problems), mostProblems)])
	for i := range short.Problems {
		p := &short.Problems[i]
		p.Message, p.Path = text.Truncate(p.Message, longestMessage), text.Truncate(p.Path, longestPath)
	}
	if more := len(e.Problems) - mostProblems; more > 0 {
		short.Problems = append(short.Problems, schema.Problem{Message: fmt.Sprintf("and %d more", more)})
	}
	return short
}

// NewErrorID is the id under which an error stands in the log, for an answer
// that says no more of it. It is random, so that an id in a report is found in
// the log of any process that ran.
func NewErrorID() string {
	var id [5]byte
	_, _ = rand.Read(id[:])
	return "err_" + hex.EncodeToString(id[:])
}
