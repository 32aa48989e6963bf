package server

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// readyWithin is how long the database may take to answer a look at it.
const readyWithin = 2 * time.Second

// serveHealth says that the program runs.
func (w *web) serveHealth(rw http.ResponseWriter, r *http.Request) {
	w.answerJSON(rw, r, http.StatusOK, map[string]string{"status": "ok"})
}

// serveReady says whether requests would be answered. Why they would not
// stands in the log: anybody may ask.
func (w *web) serveReady(rw http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	if err := w.ready(ctx); err != nil {
		w.options.Logger.WarnContext(r.Context(), "not ready", "error", err)
		w.answerJSON(rw, r, http.StatusServiceUnavailable, map[string]string{"status": "not ready"})
		return
	}
	w.answerJSON(rw, r, http.StatusOK, map[string]string{"status": "ready"})
}

// RequestLog makes a handler of logs that adds the id of the request to each
// line about one.
func RequestLog(to slog.Handler) slog.Handler { return &requestLog{to} }

type requestLog struct{ slog.Handler }

// Handle writes one line.
func (l *requestLog) Handle(ctx context.Context, record slog.Record) error {
	if id := visitOf(ctx).id; id != "" {
		record = record.Clone()
		record.AddAttrs(slog.String("request_id", id))
	}
	return l.Handler.Handle(ctx, record)
}

// WithAttrs keeps adding the id.
func (l *requestLog) WithAttrs(attributes []slog.Attr) slog.Handler {
	return &requestLog{l.Handler.WithAttrs(attributes)}
}

// WithGroup keeps adding the id.
func (l *requestLog) WithGroup(name string) slog.Handler {
	return &requestLog{l.Handler.WithGroup(name)}
}
