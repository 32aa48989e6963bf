package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/crmcp/crmcp/schema"
)

const (
	// dropped is how many bytes beyond the limit are read and thrown away, so
	// that a client which sends before it reads sees the answer.
	dropped = 16 << 20

	// heldBodies bounds the bytes that are being understood at one time: the
	// parts of a message take several times its room. It also bounds the bytes
	// of long bodies that are on their way.
	heldBodies = 16 << 20

	// shortBody is the length in bytes up to which a body needs no place before
	// it is read: the number of connections bounds those. So senders that keep
	// all places for long bodies, slowly, keep out long bodies alone.
	shortBody = 64 << 10
)

var (
	errBodyTooLarge = errors.New("the body is larger than the limit")
	errNoPlace      = errors.New("there was no place for the body")
)

// bounded refuses bodies beyond the limit of the route: at once where the
// length is told, else while they are read.
func (w *web) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		limit := w.maxBody(r)
		if r.ContentLength > limit {
			if r.Header.Get("Expect") == "" {
				_, _ = io.CopyN(io.Discard, r.Body, min(r.ContentLength, limit+dropped))
			}
			w.tooLarge(rw, r)
			return
		}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = &boundedBody{ReadCloser: r.Body, left: limit}
		}
		next.ServeHTTP(rw, r)
	})
}

func (w *web) maxBody(r *http.Request) int64 {
	if limit := w.routeOf(r).maxBody; limit > 0 {
		return limit
	}
	return w.options.MaxBody
}

func (w *web) tooLarge(rw http.ResponseWriter, r *http.Request) {
	w.refuse(rw, r, http.StatusRequestEntityTooLarge, schema.TooLarge, fmt.Sprintf("the body is larger than %d bytes: send it in several smaller ones", w.maxBody(r)))
}

// boundedBody is a body that may be so long.
type boundedBody struct {
	io.ReadCloser
	left int64
}

// Read gives errBodyTooLarge once there is more than there may be.
func (b *boundedBody) Read(into []byte) (int, error) {
	if len(into) == 0 {
		return 0, nil
	}
	if int64(len(into)) > b.left+1 {
		into = into[:b.left+1]
	}
	n, err := b.ReadCloser.Read(into)
	if int64(n) <= b.left {
		b.left -= int64(n)
		return n, err
	}
	_, _ = io.CopyN(io.Discard, b.ReadCloser, dropped)
	n, b.left = int(b.left), 0
	return n, errBodyTooLarge
}

// takeBody reads the whole body, and gives it with what ends its hold on the
// room of those that are being understood; that may be called more than once.
// Where the body cannot be read, the request is answered and ok is false.
func (w *web) takeBody(rw http.ResponseWriter, r *http.Request) (body []byte, done func(), ok bool) {
	body, place, err := w.readBody(rw, r)
	defer w.arriving.Release(place)
	if err != nil {
		w.refuseBody(rw, r, err)
		return nil, nil, false
	}
	weight := min(int64(len(body)), heldBodies)
	if w.held.Acquire(r.Context(), weight) != nil {
		return nil, nil, false
	}
	return body, sync.OnceFunc(func() { w.held.Release(weight) }), true
}

// readBody reads the whole body. A long one needs a place once that shows,
// whatever length was told; it is given back by the caller.
func (w *web) readBody(rw http.ResponseWriter, r *http.Request) (body []byte, place int64, err error) {
	var read bytes.Buffer
	if r.ContentLength > 0 {
		read.Grow(int(min(r.ContentLength, 4<<10)) + bytes.MinRead)
	}
	_, err = read.ReadFrom(io.LimitReader(r.Body, shortBody+1))
	if err != nil || read.Len() <= shortBody {
		return read.Bytes(), 0, err
	}
	if place, err = w.awaitPlace(rw, r); err != nil {
		return nil, 0, err
	}
	if r.ContentLength > 0 {
		read.Grow(int(r.ContentLength) - read.Len() + bytes.MinRead)
	}
	_, err = read.ReadFrom(r.Body)
	return read.Bytes(), place, err
}

// awaitPlace waits until there is a place for a long body, which then has as
// much time to arrive as if it had not waited.
func (w *web) awaitPlace(rw http.ResponseWriter, r *http.Request) (place int64, err error) {
	place = r.ContentLength
	if place < 0 {
		place = w.maxBody(r)
	}
	place = min(place, heldBodies)
	waiting, cancel := context.WithTimeout(r.Context(), w.patience.place)
	defer cancel()
	if w.arriving.Acquire(waiting, place) != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		return 0, errNoPlace
	}
	_ = http.NewResponseController(rw).SetReadDeadline(time.Now().Add(w.patience.request))
	return place, nil
}

// refuseBody answers a request whose body could not be read.
func (w *web) refuseBody(rw http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, errBodyTooLarge):
		w.tooLarge(rw, r)
	case errors.Is(err, errNoPlace):
		rw.Header().Set("Retry-After", "5")
		w.refuse(rw, r, http.StatusServiceUnavailable, schema.Busy, fmt.Sprintf("too many long requests are on their way: send it again in a few seconds, or in parts of at most %d bytes", shortBody))
	default:
		w.refuse(rw, r, http.StatusBadRequest, schema.InvalidArgument, "the body broke off or came too slowly")
	}
}
