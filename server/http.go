package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	mcpserver "github.com/mark3labs/mcp-go/server"
	"golang.org/x/sync/semaphore"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/tools"
)

const (
	defaultRateLimit      = 100
	defaultMaxConnections = 1_024
	maxHeaderBytes        = 64 << 10
)

// patienceWith is for how long clients that send slowly are waited for. There
// is no limit on how long an answer may take: it would cut off long calls
// without a word. A long body waits for its place before it is read.
type patienceWith struct{ headers, request, place, nextRequest time.Duration }

var usualPatience = patienceWith{headers: 5 * time.Second, request: 30 * time.Second, place: 20 * time.Second, nextRequest: 120 * time.Second}

// HTTPOptions are the settings of the server over HTTP. The zero value of each
// field stands for its default.
type HTTPOptions struct {
	// Version is the version of the program as clients are told it.
	Version string
	// Logger takes what goes wrong and, at the level of information, every
	// request. By default nothing is logged.
	Logger *slog.Logger
	// AllowedHosts are the names under which clients reach the server, beside
	// localhost and the address that a connection came in on.
	AllowedHosts []string
	// AllowedOrigins are the web pages that may call it, beside those of
	// localhost: https://app.example.
	AllowedOrigins []string
	// RateLimit is how many requests a second each key may send, 100 by
	// default, in bursts of four times as many. Negative: no limit.
	RateLimit float64
	// WithoutKeys takes requests without a key for the owner's.
	WithoutKeys bool
	// MaxBody is the length in bytes of the longest body of a request that is
	// read, 4 MiB by default.
	MaxBody int64
	// MaxConnections is how many connections may be open, 1,024 by default.
	MaxConnections int
	// Grace is how long running requests may go on once the context has ended,
	// 10 s by default. They are cancelled after it.
	Grace time.Duration
	// Deliveries tells how many webhook deliveries wait; nil: nothing is
	// measured.
	Deliveries func(context.Context) (int64, error)
	// Backend is served instead of the tools of the database, to those who
	// have a key of it; nil: the tools. Measurements compare with one that
	// does nothing.
	Backend Backend
}

func (o HTTPOptions) withDefaults() HTTPOptions {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.RateLimit == 0 {
		o.RateLimit = defaultRateLimit
	}
	if o.MaxBody <= 0 {
		o.MaxBody = defaultMaxLine
	}
	if o.MaxConnections <= 0 {
		o.MaxConnections = defaultMaxConnections
	}
	if o.Grace <= 0 {
		o.Grace = defaultGrace
	}
	return o
}

// ServeHTTP serves the tools of a database over HTTP until ctx ends: the
// protocol in both its eras at /mcp, whether the server lives and is ready at
// /healthz and /readyz, and measurements at /metrics.
//
// When ctx ends (the program was told to stop), running requests have
// HTTPOptions.Grace to finish, then they are cancelled. That is a clean end and
// gives nil. The listener is closed on return.
func ServeHTTP(ctx context.Context, listener net.Listener, db *store.DB, service *tools.Service, options HTTPOptions) error {
	options = options.withDefaults()
	d, err := newDoor(db, service, options)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	w := newWeb(options, d.admit)
	w.ready = d.ready
	w.metrics.watch(d.databaseBytes, options.Deliveries)
	everything, err := newCatalogue(service, w, options.Backend)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	protocol, err := newProtocol(everything, Options{Version: options.Version, Logger: options.Logger}, w.protocolOptions()...)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	w.mount(protocol, false)
	return w.serve(ctx, listener)
}

// web is the server over HTTP: guards, and the routes behind them.
type web struct {
	options HTTPOptions
	admit   func(ctx context.Context, credentials credentials) (*principal, error)
	// ready tells what keeps the server from answering; nil: nothing.
	ready    func(context.Context) error
	sessions *sessions
	limits   *limits
	metrics  *metrics
	protocol *mcpserver.MCPServer
	asks     bool
	mcp      *mcpserver.StreamableHTTPServer
	mux      *http.ServeMux
	routes   map[string]route
	patience patienceWith
	// held bounds the bodies that are being understood at one time, arriving
	// the long ones that are being read.
	held, arriving *semaphore.Weighted
	// streams ends when the server is to stop, before what runs is waited for.
	streams    context.Context
	endStreams context.CancelFunc
}

func newWeb(options HTTPOptions, admit func(context.Context, credentials) (*principal, error)) *web {
	w := &web{
		options: options, admit: admit, patience: usualPatience,
		ready:    func(context.Context) error { return nil },
		sessions: newSessions(time.Now),
		limits:   newLimits(options.RateLimit, time.Now),
		held:     semaphore.NewWeighted(heldBodies),
		arriving: semaphore.NewWeighted(heldBodies),
	}
	w.metrics = newMetrics(w.sessions.count)
	w.streams, w.endStreams = context.WithCancel(context.Background())
	return w
}

// mount puts a protocol behind the guards, with the other routes. One that
// asks sends requests of its own, for which clients keep a stream open.
// Without that there is none, and what belongs to a call comes with its answer
// instead of there.
func (w *web) mount(protocol *mcpserver.MCPServer, asks bool) {
	w.protocol, w.asks = protocol, asks
	w.mcp = mcpserver.NewStreamableHTTPServer(protocol,
		mcpserver.WithSessionIdManagerResolver(w.sessions),
		mcpserver.WithSessionIdleTTL(sessionIdle),
		mcpserver.WithHeartbeatInterval(heartbeat),
		mcpserver.WithDisableStreaming(!asks),
		// The allow-list of hosts has looked already, and knows which names
		// a proxy on this machine may pass on.
		mcpserver.WithDisableLocalhostProtection(true),
		mcpserver.WithStreamableHTTPLogger(slog.New(slog.DiscardHandler)))
	w.sessions.ended = w.forgetSession
	w.mux = http.NewServeMux()
	w.routes = map[string]route{}
	for _, r := range w.allRoutes() {
		w.routes[r.pattern] = r
		w.mux.Handle(r.pattern, r.handler)
	}
}

// route is one path behind the guards.
type route struct {
	// pattern is that of http.ServeMux.
	pattern string
	handler http.Handler
	// maxBody is the length in bytes of the longest body that is taken;
	// 0: that of HTTPOptions. A route that reads for longer than the usual
	// 30 s moves its own deadline through http.ResponseController.
	maxBody int64
	// open routes answer without a key.
	open bool
}

func (w *web) allRoutes() []route {
	return append(w.apiRoutes(), []route{
		{pattern: "/mcp", handler: http.HandlerFunc(w.serveMCP)},
		{pattern: "/healthz", handler: http.HandlerFunc(w.serveHealth), open: true},
		{pattern: "/readyz", handler: http.HandlerFunc(w.serveReady), open: true},
		{pattern: "GET /metrics", handler: w.metrics.handler()},
		{pattern: "/", handler: http.HandlerFunc(w.serveNothing)},
	}...)
}

// routeOf is the route that a request takes.
func (w *web) routeOf(r *http.Request) route {
	_, pattern := w.mux.Handler(r)
	return w.routes[pattern]
}

func (w *web) serveNothing(rw http.ResponseWriter, r *http.Request) {
	w.refuse(rw, r, http.StatusNotFound, schema.NotFound, "there is nothing at this path: assistants connect to /mcp")
}

// serve answers until ctx ends.
func (w *web) serve(ctx context.Context, listener net.Listener) error {
	defer w.endStreams()
	base, cancelAll := context.WithCancel(context.WithoutCancel(ctx))
	defer cancelAll()
	server := &http.Server{
		Handler:           w.handler(),
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: w.patience.headers, ReadTimeout: w.patience.request, IdleTimeout: w.patience.nextRequest,
		MaxHeaderBytes: maxHeaderBytes,
		ErrorLog:       slog.NewLogLogger(w.options.Logger.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(newCapped(listener, w.options.MaxConnections)) }()
	select {
	case err := <-ended:
		return errors.Join(fmt.Errorf("serving over HTTP: %w", err), w.mcp.Shutdown(base))
	case <-ctx.Done():
	}
	w.endStreams()
	stopping, stopped := context.WithTimeout(base, w.options.Grace)
	defer stopped()
	err := server.Shutdown(stopping)
	cancelAll()
	if err != nil {
		err = server.Close()
	}
	return errors.Join(err, w.mcp.Shutdown(context.WithoutCancel(base)))
}
