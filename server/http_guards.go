package server

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/tools"
)

// visit is what becomes known of one request on its way through the guards.
type visit struct {
	id        string
	principal *principal
	// refused is the code with which a guard sent it away, method and tool
	// what it asked of the protocol.
	refused, method, tool string
}

type visitKey struct{}

// visitOf is never nil, so that code behind the guards can be tested alone.
func visitOf(ctx context.Context) *visit {
	if found, ok := ctx.Value(visitKey{}).(*visit); ok {
		return found
	}
	return &visit{}
}

// handler is everything, in the order in which a request meets it: what costs
// least and protects most comes first.
func (w *web) handler() http.Handler {
	guards := []func(http.Handler) http.Handler{
		w.identified, w.logged, w.recovered, w.hosted, w.originated, w.bounded, w.authenticated, w.rated,
	}
	var handler http.Handler = w.mux
	for _, guard := range slices.Backward(guards) {
		handler = guard(handler)
	}
	return handler
}

// identified gives the request an id, which every line of the log about it
// carries: the client's own where it has a harmless one.
func (w *web) identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if !isHarmless(id) {
			id = rand.Text()[:12]
		}
		rw.Header().Set("X-Request-Id", id)
		ctx := context.WithValue(r.Context(), visitKey{}, &visit{id: id})
		next.ServeHTTP(rw, r.WithContext(ctx))
	})
}

func isHarmless(id string) bool {
	return id != "" && len(id) <= 64 && strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.") == ""
}

// logged writes a line about each request: never a header, a query or a body,
// in any of which a secret may stand.
func (w *web) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		begun, counted := time.Now(), &counting{ResponseWriter: rw}
		defer func() {
			w.metrics.answered(counted.answered())
			seen := visitOf(r.Context())
			path := r.URL.Path
			if w.routeOf(r).pattern == "/" {
				path = "unknown"
			}
			attributes := []any{"http_method", r.Method, "path", path, "status", counted.answered(), "bytes", counted.bytes,
				"ms", time.Since(begun).Milliseconds(), "address", r.RemoteAddr}
			for _, more := range [][2]string{{"refused", seen.refused}, {"method", seen.method}, {"tool", seen.tool}, {"key", seen.principal.keyID()}} {
				if more[1] != "" {
					attributes = append(attributes, more[0], more[1])
				}
			}
			w.options.Logger.InfoContext(r.Context(), "request", attributes...)
		}()
		next.ServeHTTP(counted, r)
	})
}

// counting remembers what was answered.
type counting struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (c *counting) answered() int {
	if c.status == 0 {
		return http.StatusOK
	}
	return c.status
}

// WriteHeader notes the status.
func (c *counting) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
	c.ResponseWriter.WriteHeader(status)
}

// Write notes the length.
func (c *counting) Write(text []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	n, err := c.ResponseWriter.Write(text)
	c.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (c *counting) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// Flush sends what was written.
func (c *counting) Flush() { _ = http.NewResponseController(c.ResponseWriter).Flush() }

// recovered answers a request whose handler fell, where nothing was answered
// yet, and keeps the reason for the log.
func (w *web) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			id := tools.NewErrorID()
			w.options.Logger.ErrorContext(r.Context(), "request failed by a panic", "error_id", id, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
			if counted, ok := rw.(*counting); ok && counted.status != 0 {
				panic(http.ErrAbortHandler)
			}
			w.refuse(rw, r, http.StatusInternalServerError, schema.Internal, "the server failed on this request; its log says why under id "+id)
		}()
		next.ServeHTTP(rw, r)
	})
}

// hosted refuses names that are not the server's. A web page can make its own
// name lead to this machine, and would then speak to the server as if it were
// its own; the name it must send gives it away.
func (w *web) hosted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !w.isOwnHost(r) {
			w.refuse(rw, r, http.StatusForbidden, schema.Forbidden, "this server does not answer under the name in the Host header; crmcp serve --allowed-hosts adds one")
			return
		}
		next.ServeHTTP(rw, r)
	})
}

func (w *web) isOwnHost(r *http.Request) bool {
	host := hostName(r.Host)
	if isLoopbackHost(host) || slices.ContainsFunc(w.options.AllowedHosts, func(allowed string) bool { return hostName(allowed) == host }) {
		return true
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	named, err := netip.ParseAddr(host)
	return err == nil && named.String() == hostName(local.String())
}

// hostName is a host without its port, in the form in which hosts compare.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	if address, err := netip.ParseAddr(host); err == nil {
		return address.Unmap().WithZone("").String()
	}
	return host
}

func isLoopbackHost(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// originated refuses web pages that were not allowed, whatever the method. No
// Origin header means that no web page asks.
func (w *web) originated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		origins := r.Header.Values("Origin")
		if len(origins) == 0 {
			next.ServeHTTP(rw, r)
			return
		}
		if len(origins) > 1 || !w.isAllowedOrigin(origins[0]) {
			w.refuse(rw, r, http.StatusForbidden, schema.Forbidden, "web pages of this origin may not call the server; crmcp serve --allowed-origins adds one")
			return
		}
		head := rw.Header()
		head.Add("Vary", "Origin")
		head.Set("Access-Control-Allow-Origin", origins[0])
		head.Set("Access-Control-Expose-Headers", "Mcp-Session-Id, Mcp-Protocol-Version, X-Request-Id, Retry-After")
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			head.Set("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE")
			head.Set("Access-Control-Allow-Headers", "Authorization, X-API-Key, X-CRM-Toolsets, X-Client, Idempotency-Key, X-Request-Id, Content-Type, Accept, Mcp-Session-Id, Mcp-Protocol-Version, Mcp-Method, Mcp-Name, Last-Event-ID")
			head.Set("Access-Control-Max-Age", "600")
			rw.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(rw, r)
	})
}

func (w *web) isAllowedOrigin(origin string) bool {
	parsed, err := url.Parse(origin)
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "" {
		return false
	}
	if isLoopbackHost(hostName(parsed.Host)) {
		return true
	}
	return slices.ContainsFunc(w.options.AllowedOrigins, func(allowed string) bool {
		return strings.EqualFold(strings.TrimSuffix(allowed, "/"), origin)
	})
}
