package schema

import (
	"fmt"
	"strings"
)

// ErrorCode says what kind of failure an error is; callers decide by it what to
// do next, and HTTP derives its status from it.
type ErrorCode string

// The codes an answer can carry.
const (
	InvalidArgument ErrorCode = "invalid_argument"
	Ambiguous       ErrorCode = "ambiguous"
	NotFound        ErrorCode = "not_found"
	Conflict        ErrorCode = "conflict"
	ConfirmRequired ErrorCode = "confirm_required"
	Unauthorized    ErrorCode = "unauthorized"
	Forbidden       ErrorCode = "forbidden"
	ReadOnlyMode    ErrorCode = "read_only"
	TooLarge        ErrorCode = "too_large"
	RateLimited     ErrorCode = "rate_limited"
	Busy            ErrorCode = "busy"
	UnknownOutcome  ErrorCode = "unknown_outcome"
	Internal        ErrorCode = "internal"
)

// Problem is one thing wrong with what a caller sent, and what to send instead.
type Problem struct {
	// Path names the argument ("due_at", "services[1].quantity"); empty for the whole call.
	Path string `json:"path,omitempty"`
	// Message is a whole sentence for the caller.
	Message string `json:"message"`
	// Allowed lists the values that fit, where they are few.
	Allowed []string `json:"allowed,omitempty"`
	// DidYouMean is the nearest right name or value.
	DidYouMean string `json:"did_you_mean,omitempty"`
	// Candidates are records that an ambiguous or unknown reference may have meant.
	Candidates []Candidate `json:"candidates,omitempty"`
}

// String is the message after its path, unless it begins with that itself.
func (p Problem) String() string {
	if p.Path == "" || strings.HasPrefix(p.Message, p.Path) {
		return p.Message
	}
	return p.Path + ": " + p.Message
}

// Candidate is a record offered in place of a reference that was not clear.
type Candidate struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Hint tells records of the same name apart ("Paris, acme.example").
	Hint string `json:"hint,omitempty"`
}

// Error is a failure that the caller caused or can do something about.
// Everything else is an internal error and is shown only as an id.
type Error struct {
	Code     ErrorCode
	Message  string
	Problems []Problem
}

// Error gives the message followed by each problem on a line of its own.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	if len(e.Problems) < 2 {
		return e.Message
	}
	for _, p := range e.Problems {
		b.WriteString("\n- " + p.String())
	}
	return b.String()
}

// Errorf makes an error without a list of problems.
func Errorf(code ErrorCode, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Problems collects what is wrong with a call, so that all of it is reported at once.
type Problems []Problem

// Add records one problem at a path. It is called in hundreds of places, which
// would all grow with it.
//
//go:noinline
func (p *Problems) Add(path, format string, args ...any) {
	*p = append(*p, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

// Err is nil without problems; otherwise one error that holds them all. It is
// ambiguous when every problem is an unclear reference.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	code := Ambiguous
	for _, one := range p {
		if len(one.Candidates) < 2 {
			code = InvalidArgument
		}
	}
	message := p[0].String()
	if len(p) > 1 {
		message = fmt.Sprintf("%d problems", len(p))
	}
	return &Error{Code: code, Message: message, Problems: p}
}
