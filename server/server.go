// Package server puts the CRM on the Model Context Protocol: it publishes the
// tools of a Backend to assistants and carries their calls to it.
//
// The protocol itself (handshake, both protocol eras, the shape of answers) is
// mcp-go's. What this package adds is what mcp-go leaves to its users: which
// lines are messages at all, limits, cancellation, an orderly end, and errors
// that show neither a stack nor a path.
package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"
)

const (
	defaultMaxLine = 4 << 20
	defaultWorkers = 16
	defaultGrace   = 10 * time.Second
)

// Tool is what is published of one tool.
type Tool struct {
	// Name is the name it is called by, Title the one shown to people.
	Name, Title string
	// Description tells the model what the tool does and when to take it.
	Description string
	// InputSchema is the JSON Schema of the arguments, published as it stands.
	InputSchema json.RawMessage
	// ReadOnly, Destructive, Idempotent and OpenWorld are the four hints, all
	// of which are published, because a client assumes the worst of a missing one.
	ReadOnly, Destructive, Idempotent, OpenWorld bool
	// Unlisted tools are in no list. A call of one is answered all the same,
	// by what says why it cannot be used here and who may.
	Unlisted bool
}

// Result is one answer of a tool.
type Result struct {
	// Text is the answer as it stands in the text block.
	Text string
	// Structured is the same object for programs. It is published with the
	// keys in the order in which it marshals; a json.RawMessage keeps its own.
	// Nil leaves it out.
	Structured any
	// IsError marks an answer that reports a problem.
	IsError bool
}

// Client is the program at the other end as it named itself; both fields are
// empty if it did not.
type Client struct {
	Name, Version string
}

// Backend is the CRM behind the protocol. Its methods are called from several
// goroutines at once.
type Backend interface {
	// Tools are the tools to publish and the unlisted ones. They are asked for
	// once.
	Tools() []Tool
	// Instructions tell an assistant how to use the tools as a whole.
	Instructions() string
	// Call runs one of the published tools. The arguments are the JSON as the
	// client sent it, numbers unrounded, or an empty object if there were
	// none; they need not be an object. The context ends when the client
	// cancels the call. Every problem is a Result; a panic is caught and
	// reported as an internal error.
	Call(ctx context.Context, client Client, name string, arguments json.RawMessage) Result
}

// Options are the settings of a server. The zero value of each field stands
// for its default.
type Options struct {
	// Version is the version of the program as clients are told it.
	Version string
	// Logger takes what goes wrong. By default nothing is logged.
	Logger *slog.Logger
	// MaxLine is the length in bytes of the longest message that is read,
	// 4 MiB by default. Longer ones are refused without being held in memory.
	MaxLine int
	// Workers is how many tool calls run at once, 16 by default. More wait;
	// other requests are answered meanwhile.
	Workers int
	// Grace is how long running calls may go on once the context has ended,
	// 10 s by default. They are cancelled after it.
	Grace time.Duration
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxLine <= 0 {
		o.MaxLine = defaultMaxLine
	}
	if o.Workers <= 0 {
		o.Workers = defaultWorkers
	}
	if o.Grace <= 0 {
		o.Grace = defaultGrace
	}
	return o
}
