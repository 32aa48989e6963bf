package server

import (
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/crmcp/crmcp/schema"
)

const (
	// burstSeconds is for how many seconds' worth of requests a key that was
	// quiet may send at once.
	burstSeconds = 4
	// mostAtOnce is how many requests of one key may run at the same time.
	mostAtOnce = 256

	// An address may fail to log in so many times at once, and so many times
	// a second in the long run.
	failedBurst  = 20
	failedSecond = 0.2

	// mostBuckets bounds what is remembered; beyond it, those that are full
	// again are forgotten.
	mostBuckets = 10_000
)

// limits count what each key and each address sends.
type limits struct {
	perSecond float64
	now       func() time.Time
	mu        sync.Mutex
	keys      map[string]*allowance
	addresses map[string]*rate.Limiter
}

type allowance struct {
	bucket  *rate.Limiter
	running int
}

func newLimits(perSecond float64, now func() time.Time) *limits {
	return &limits{perSecond: perSecond, now: now, keys: map[string]*allowance{}, addresses: map[string]*rate.Limiter{}}
}

// enter takes a request of a key in. Where it must wait, wait is for how long;
// else leave is to be called at its end.
func (l *limits) enter(key string) (leave func(), wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := l.keys[key]
	if found == nil {
		bucket := rate.NewLimiter(rate.Inf, 0)
		if l.perSecond > 0 {
			bucket = rate.NewLimiter(rate.Limit(l.perSecond), max(1, int(burstSeconds*l.perSecond)))
		}
		found = &allowance{bucket: bucket}
		l.keys[key] = found
	}
	if found.running >= mostAtOnce {
		return nil, time.Second
	}
	if wait := take(found.bucket, l.now()); wait > 0 {
		return nil, wait
	}
	found.running++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		found.running--
	}, 0
}

// fail counts a failed log-in of an address. Where there were too many, wait
// is how long the address should pause.
func (l *limits) fail(address string) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	bucket := l.addresses[address]
	if bucket == nil {
		l.makeRoom()
		bucket = rate.NewLimiter(failedSecond, failedBurst)
		l.addresses[address] = bucket
	}
	return take(bucket, l.now())
}

// makeRoom forgets addresses that have not failed lately, and all of them
// where so many fail that none can be told from another.
func (l *limits) makeRoom() {
	if len(l.addresses) < mostBuckets {
		return
	}
	for address, bucket := range l.addresses {
		if bucket.TokensAt(l.now()) >= failedBurst {
			delete(l.addresses, address)
		}
	}
	if len(l.addresses) >= mostBuckets {
		clear(l.addresses)
	}
}

// take takes one token, or tells how long one must be waited for.
func take(bucket *rate.Limiter, now time.Time) time.Duration {
	reserved := bucket.ReserveN(now, 1)
	wait := reserved.DelayFrom(now)
	if wait > 0 {
		reserved.CancelAt(now)
	}
	return wait
}

// addressOf is whom a failed log-in is counted against. A host has a whole
// network of 64 bits in IPv6 and could use another address each time.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if address = address.Unmap().WithZone(""); address.Is6() {
		if network, err := address.Prefix(64); err == nil {
			return network.String()
		}
	}
	return address.String()
}

// rated refuses what a key sends beyond its limit.
func (w *web) rated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.routeOf(r).open {
			next.ServeHTTP(rw, r)
			return
		}
		leave, wait := w.limits.enter(visitOf(r.Context()).principal.keyID())
		if wait > 0 {
			w.tooMany(rw, r, wait, "this key sends more requests than the server takes from one")
			return
		}
		defer leave()
		next.ServeHTTP(rw, r)
	})
}

func (w *web) tooMany(rw http.ResponseWriter, r *http.Request, wait time.Duration, message string) {
	seconds := strconv.Itoa(max(1, int(math.Ceil(wait.Seconds()))))
	rw.Header().Set("Retry-After", seconds)
	w.refuse(rw, r, http.StatusTooManyRequests, schema.RateLimited, message+": wait "+seconds+" s and send it again")
}
