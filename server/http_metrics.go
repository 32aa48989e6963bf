package server

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/crmcp/crmcp/schema"
)

// metrics are what /metrics tells.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	calls    *prometheus.CounterVec
	errors   *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics(sessions func() float64) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "crmcp_http_requests_total", Help: "Requests by the status they were answered with."}, []string{"status"}),
		calls:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "crmcp_tool_calls_total", Help: "Calls of tools."}, []string{"tool"}),
		errors:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "crmcp_tool_errors_total", Help: "Calls of tools that were answered with an error."}, []string{"tool", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "crmcp_tool_duration_seconds", Help: "How long calls of tools took.",
			Buckets: []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10}}, []string{"tool"}),
	}
	m.registry.MustRegister(m.requests, m.calls, m.errors, m.seconds,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "crmcp_sessions", Help: "Open sessions of the protocol before 2026-07-28."}, sessions))
	return m
}

// watch adds what is looked up whenever the metrics are read.
func (m *metrics) watch(databaseBytes func() float64, deliveries func(context.Context) (int64, error)) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "crmcp_database_bytes", Help: "Size of the database file with its log."}, databaseBytes))
	if deliveries == nil {
		return
	}
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "crmcp_deliveries_waiting", Help: "Webhook deliveries that wait; -1 where they could not be counted."},
		func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			waiting, err := deliveries(ctx)
			if err != nil {
				return -1
			}
			return float64(waiting)
		}))
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

func (m *metrics) answered(status int) {
	m.requests.WithLabelValues(strconv.Itoa(status)).Inc()
}

// called counts a call of a tool that exists; code is empty where it went well.
func (m *metrics) called(tool string, code schema.ErrorCode, took time.Duration) {
	m.calls.WithLabelValues(tool).Inc()
	m.seconds.WithLabelValues(tool).Observe(took.Seconds())
	if code != "" {
		m.errors.WithLabelValues(tool, string(code)).Inc()
	}
}
