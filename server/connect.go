package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"golang.org/x/sync/semaphore"
)

const (
	// defaultPatience is how long a message waits for a server that cannot be
	// reached: a restart or an upgrade takes less, and clients wait longer.
	defaultPatience = 20 * time.Second

	// notifyWithin bounds the sending of one notification, because what
	// follows it waits.
	notifyWithin = 5 * time.Second

	// farewell is how long ending the session may take.
	farewell = 2 * time.Second
)

// ConnectOptions are the settings of a bridge. The zero value of each field
// but URL stands for its default.
type ConnectOptions struct {
	// URL is where the server speaks the protocol; without a path, /mcp.
	URL string
	// Insecure allows plain http to other machines, where anybody on the way
	// reads the key.
	Insecure bool
	// KeyFile holds the key. It is read again when the key is refused, so that
	// a new one needs no restart. Empty: the server is asked without a key.
	KeyFile string
	// CAFile holds certificates, in PEM, of authorities that are trusted beside
	// those of the system.
	CAFile string
	// Version is that of the program, for the server's log.
	Version string
	// Logger takes what goes wrong. By default nothing is logged.
	Logger *slog.Logger
	// MaxLine, Workers and Grace are as in Options.
	MaxLine, Workers int
	Grace            time.Duration
	// Patience is how long a message waits for a server that cannot be
	// reached, 20 s by default.
	Patience time.Duration
}

// Connect speaks the protocol over a pair of streams on behalf of a server
// elsewhere, for clients that know no other way: every message goes through as
// it was written, in both directions.
//
// A server that is started anew in between is met again, and its session begun
// again with the words of the client. What cannot be answered is answered with
// an error that says what to do. At the end of the input everything that was
// read is still answered; that, and the end of ctx, is a clean end. The error
// is that of an address, a key or a certificate that cannot be used, or of a
// stream that broke.
func Connect(ctx context.Context, options ConnectOptions, in io.Reader, out io.Writer) error {
	b, err := newBridge(options)
	if err != nil {
		return err
	}
	defer b.http.CloseIdleConnections()
	calls, cancelCalls := context.WithCancel(context.WithoutCancel(ctx))
	defer cancelCalls()
	b.calls, b.output = calls, newOutput(out, nil)
	readErr := readLines(ctx, in, b.maxLine, b.output.failed, b.take)
	b.finish(ctx, cancelCalls)
	return errors.Join(readErr, b.output.close())
}

// bridge is one client on a pair of streams and the server that it is
// connected with.
type bridge struct {
	url string
	// once is for calls that must not be sent twice.
	http, once *http.Client
	key        *keyFile
	agent      string
	logger     *slog.Logger
	maxLine    int
	grace      time.Duration
	patience   time.Duration
	output     *output
	calls      context.Context
	held       *semaphore.Weighted
	slots      chan struct{}
	session    bridgeSession
	// listening are the calls that end when there is no one left to hear.
	listening sync.Map
	inFlight
}

func newBridge(options ConnectOptions) (*bridge, error) {
	limits := Options{Logger: options.Logger, MaxLine: options.MaxLine, Workers: options.Workers, Grace: options.Grace}.withDefaults()
	address, err := connectAddress(options.URL, options.Insecure)
	if err != nil {
		return nil, err
	}
	usual, once, err := connectClients(address, options.CAFile)
	if err != nil {
		return nil, err
	}
	key := &keyFile{path: options.KeyFile}
	if err := key.read(limits.Logger); err != nil {
		return nil, err
	}
	if options.Patience <= 0 {
		options.Patience = defaultPatience
	}
	return &bridge{url: address, http: usual, once: once, key: key, agent: "crmcp-connect/" + options.Version, logger: limits.Logger,
		maxLine: limits.MaxLine, grace: limits.Grace, patience: options.Patience,
		held: semaphore.NewWeighted(heldBytes), slots: make(chan struct{}, limits.Workers)}, nil
}

func (b *bridge) take(ctx context.Context, next line) {
	if next.tooLong {
		b.refuse(invalidRequest(next.id, fmt.Sprintf("the message is longer than %d bytes; send it in several smaller ones", b.maxLine)))
		return
	}
	received, refused := parseMessage(next.text)
	sent := outgoing{message: received, text: next.text, version: received.statedVersion()}
	switch {
	case refused != nil:
		b.refuse(refused)
	case received.method == string(mcp.MethodNotificationCancelled):
		b.cancelled(ctx, sent)
	case received.id == nil:
		b.notify(ctx, sent)
	case received.method == string(mcp.MethodInitialize):
		// What follows the handshake needs the session that it begins.
		b.carry(ctx, sent)
	default:
		b.start(ctx, sent)
	}
}

// outgoing is one message of the client on its way to the server.
type outgoing struct {
	message
	// text is the message as the client wrote it.
	text []byte
	// version is the protocol version that the message itself states, as those
	// of the era without sessions do.
	version string
}

func (s outgoing) isModern() bool { return mcp.IsModernProtocol(s.version) }

// start carries a request beside the others. Reading waits only while too much
// is held. Calls of tools have a bounded number of places.
func (b *bridge) start(ctx context.Context, sent outgoing) {
	weight := int64(min(max(len(sent.text), heldAtLeast), heldBytes))
	if b.held.Acquire(ctx, weight) != nil {
		return
	}
	b.run(b.calls, sent.id, func(calling context.Context) {
		defer b.held.Release(weight)
		switch sent.method {
		case string(mcp.MethodToolsCall):
			select {
			case b.slots <- struct{}{}:
				defer func() { <-b.slots }()
			case <-calling.Done():
				return
			}
		case string(mcp.MethodSubscriptionsListen):
			b.listening.Store(idKey(sent.id), sent.id)
			defer b.listening.Delete(idKey(sent.id))
		}
		b.carry(calling, sent)
	})
}

// notify sends a notification or an answer of the client. What follows waits
// for it, so that the server sees them in their order.
func (b *bridge) notify(ctx context.Context, sent outgoing) {
	ctx, cancel := context.WithTimeout(ctx, notifyWithin)
	defer cancel()
	if sent.method == string(mcp.MethodNotificationInitialized) {
		b.session.keepInitialized(sent.text)
	}
	if failed := b.attempt(ctx, sent, b.session.now()); failed != nil {
		b.logger.WarnContext(ctx, "notification not delivered", "method", sent.method, "error", failed.text)
	}
	if sent.method == string(mcp.MethodNotificationInitialized) {
		b.listen()
	}
}

// cancelled passes a cancellation on and gives the request up, which without a
// session is the way to cancel.
func (b *bridge) cancelled(ctx context.Context, sent outgoing) {
	var params struct {
		RequestID json.RawMessage `json:"requestId"`
	}
	if json.Unmarshal(sent.params, &params) != nil || !validID(params.RequestID) {
		return
	}
	if b.session.now().isBegun() && !sent.isModern() {
		b.notify(ctx, sent)
	}
	b.cancel(params.RequestID)
}

func (b *bridge) refuse(refused *refusal) {
	if err := b.output.send(refused.wire()); err != nil {
		b.logger.Error("refusal not sent", "error", err)
	}
}

// finish waits for what is under way: without limit after the end of the
// input, for the grace once ctx has ended or nobody reads the answers. Then it
// ends the session.
func (b *bridge) finish(ctx context.Context, cancelCalls context.CancelFunc) {
	b.listening.Range(func(_, id any) bool {
		b.cancel(id.(json.RawMessage))
		return true
	})
	finished := b.allDone()
	select {
	case <-finished:
	case <-ctx.Done():
		waitFor(finished, b.grace)
	case <-b.output.failed:
		waitFor(finished, b.grace)
	}
	cancelCalls()
	waitFor(finished, cancelWait)
	b.endSession(context.WithoutCancel(ctx))
}
