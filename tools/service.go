package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

// Options are the settings of a Service.
type Options struct {
	// Toolsets are the sets that are on, comma-separated; empty: default.
	Toolsets string
	// ReadOnly switches every writing tool off, whatever the toolsets say.
	ReadOnly bool
	// Version is this program's.
	Version string
	// Logger hears of internal errors; nil: the default one.
	Logger *slog.Logger
	// MaxText is how many bytes the text of an answer may have; large answers
	// four times as many. 0: no limit.
	MaxText int
}

// Service runs tools on a database. It may be used by many goroutines.
type Service struct {
	db      *store.DB
	options Options
	all     []*Tool
	keys    *keyring
	// allowed are the tools that may be chosen from, enabled those that are on,
	// and withheld those that would be if the caller's role allowed it.
	allowed, enabled, withheld []*Tool
	// role is that of the caller for whom the service was made, limit the
	// toolsets of the caller's key, readOnlyKey says that it may only read.
	role, limit string
	readOnlyKey bool
}

// New makes a service with the tools that the options switch on. An unknown
// toolset is an error that names the right ones.
func New(db *store.DB, options Options) (*Service, error) {
	s := &Service{db: db, options: options, all: Catalog(schema.New()), keys: &keyring{}, role: anyRole}
	s.allowed = s.all
	if s.options.Logger == nil {
		s.options.Logger = slog.Default()
	}
	return s, s.choose(options.Toolsets)
}

// With gives a service on the same database with other toolsets or limits, as
// a single HTTP request may ask for. What this service does not allow stays
// forbidden: a read-only service stays read-only.
func (s *Service) With(toolsets string, readOnly bool, maxText int) (*Service, error) {
	other := *s
	other.options.Toolsets, other.options.MaxText = toolsets, maxText
	other.options.ReadOnly = s.options.ReadOnly || readOnly
	return &other, other.choose(toolsets)
}

// All is every tool, whether it is on or not.
func (s *Service) All() []*Tool { return slices.Clone(s.all) }

// Tools are the tools that are on.
func (s *Service) Tools() []*Tool { return slices.Clone(s.enabled) }

// Tool finds a tool that is on; nil: there is none.
func (s *Service) Tool(name string) *Tool { return findTool(s.enabled, name) }

// ReadOnly says whether writing is off.
func (s *Service) ReadOnly() bool { return s.options.ReadOnly || s.readOnlyKey }

func findTool(list []*Tool, name string) *Tool {
	for _, t := range list {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// Call runs a tool with a JSON object of arguments. Every failure is an answer
// too.
func (s *Service) Call(ctx context.Context, caller store.Caller, name string, arguments json.RawMessage) (answer *Answer) {
	defer func() {
		if cause := recover(); cause != nil {
			answer = s.fail(ctx, name, fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
		}
	}()
	answer, err := s.call(ctx, caller, name, arguments)
	if err != nil {
		return s.fail(ctx, name, err)
	}
	return answer
}

func (s *Service) call(ctx context.Context, caller store.Caller, name string, arguments json.RawMessage) (*Answer, error) {
	tool, err := s.lookup(name)
	if err != nil {
		return nil, err
	}
	args, err := decodeArguments(arguments)
	if err != nil {
		return nil, err
	}
	caller.Tool = tool.Name
	c := s.newCall(ctx, caller, tool, args)
	if tool.Prepare != nil {
		err := s.db.View(ctx, caller, func(tx *store.Tx) error {
			c.read(tx.Schema().Type(tool.Of))
			return c.permit(tx)
		})
		if err != nil {
			return nil, err
		}
		if err := tool.Prepare(ctx, c); err != nil {
			return nil, err
		}
	}
	if !tool.IsWriting() {
		return s.read(c)
	}
	return s.write(c)
}

func (s *Service) newCall(ctx context.Context, caller store.Caller, tool *Tool, args map[string]any) *Call {
	return &Call{Ctx: ctx, Tool: tool, service: s, caller: caller, args: args, hash: hashArguments(args)}
}

// lookup finds a tool that is on, or says why there is none. One that the
// caller's role withholds is found too: the call itself says who may.
func (s *Service) lookup(name string) (*Tool, error) {
	if t := findTool(slices.Concat(s.enabled, s.withheld), name); t != nil {
		return t, nil
	}
	if t := findTool(s.all, name); t != nil {
		return nil, s.whyOff(t)
	}
	var names []string
	for _, t := range s.enabled {
		names = append(names, t.Name)
	}
	near := text.Nearest(text.FieldName(name), names)
	message := "there is no tool " + quote(text.Truncate(name, 60))
	if near != "" {
		message += ": did you mean " + quote(near) + "?"
	}
	return nil, &schema.Error{Code: schema.NotFound, Message: message,
		Problems: schema.Problems{{Message: message, DidYouMean: near}}}
}

func (s *Service) read(c *Call) (*Answer, error) {
	var answer *Answer
	err := s.db.View(c.Ctx, c.caller, func(tx *store.Tx) error {
		if err := c.permit(tx); err != nil {
			return err
		}
		c.begin(tx)
		o, err := c.run()
		if err != nil {
			return err
		}
		answer, err = succeed(o)
		return err
	})
	return answer, err
}

func (s *Service) write(c *Call) (*Answer, error) {
	var err error
	if c.Tool.Confirms {
		if c.key, err = s.keys.load(c.Ctx, s.db, c.caller); err != nil {
			return nil, err
		}
	}
	var answer *Answer
	err = s.db.Update(c.Ctx, c.caller, func(tx *store.Tx) error {
		if err := c.permit(tx); err != nil {
			return err
		}
		c.begin(tx)
		kept, found, err := c.replay()
		if err != nil {
			return err
		}
		if found {
			answer = kept
			return store.ErrDryRun
		}
		if answer, err = c.runWriting(); err != nil {
			return err
		}
		if c.IsDryRun() {
			return store.ErrDryRun
		}
		return c.keep(answer)
	})
	return answer, err
}

// begin reads the arguments in the transaction, whose schema has every custom
// field, unless a Prepare has needed them before.
func (c *Call) begin(tx *store.Tx) {
	c.Tx = tx
	if c.values == nil {
		c.read(tx.Schema().Type(c.Tool.Of))
	}
}

func (c *Call) runWriting() (*Answer, error) {
	o, err := c.run()
	if err != nil {
		return nil, err
	}
	if err := c.finish(o); err != nil {
		return nil, err
	}
	return succeed(o)
}

// finish adds to the answer of a write what every write tells.
func (c *Call) finish(o *Object) error {
	if c.IsDryRun() {
		o.Set("dry_run", true).Put("confirm", c.token)
	} else if c.Tx.Changed() {
		id, err := c.Tx.ChangeID()
		if err != nil {
			return err
		}
		o.Set("change", store.ChangeString(id))
	}
	o.Put("warnings", c.warnings)
	o.Put("removed", c.removed)
	return nil
}
