package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
)

const (
	// dropped is how many bytes beyond the limit are read and thrown away, so
	// that a client which sends before it reads sees the answer.
	dropped = 16 << 20

	// heldBodies bounds the bytes that are being understood at one time: the
	// parts of a message take several times its room.
	heldBodies = 16 << 20
)

var errBodyTooLarge = errors.New("the body is larger than the limit")

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
	w.refuse(rw, r, http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("the body is larger than %d bytes: send it in several smaller ones", w.maxBody(r)))
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

// readBody reads the whole body. Where it cannot, the request is answered and
// ok is false.
func (w *web) readBody(rw http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	var read bytes.Buffer
	if r.ContentLength > 0 {
		read.Grow(int(min(r.ContentLength, 4<<10)) + bytes.MinRead)
	}
	_, err := read.ReadFrom(r.Body)
	switch {
	case err == nil:
		return read.Bytes(), true
	case errors.Is(err, errBodyTooLarge):
		w.tooLarge(rw, r)
	default:
		w.refuse(rw, r, http.StatusBadRequest, "invalid_argument", "the body broke off or came too slowly")
	}
	return nil, false
}
