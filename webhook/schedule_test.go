package webhook

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crmcp/crmcp/store"
)

func TestScheduleTakesThreeDays(t *testing.T) {
	now := time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC)
	at, attempts := now, 1
	for next := retryAfter(attempts, at); !next.IsZero(); next = retryAfter(attempts, at) {
		pause, wanted := next.Sub(at), pauses[attempts-1]
		if pause < time.Duration(0.79*float64(wanted)) || pause > time.Duration(1.21*float64(wanted)) {
			t.Errorf("after attempt %d: %s instead of about %s", attempts, pause, wanted)
		}
		at = next
		attempts++
	}
	if took := at.Sub(now); attempts != 10 || took < 60*time.Hour || took > 91*time.Hour {
		t.Errorf("%d attempts in %s", attempts, took)
	}
}

func failed(n int) []store.Outcome {
	outcomes := make([]store.Outcome, n)
	for i := range outcomes {
		outcomes[i].Attempt = store.Attempt{Code: 500, Error: "the answer was 500"}
	}
	return outcomes
}

func TestJudge(t *testing.T) {
	now := time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC)
	worked := store.Outcome{Attempt: store.Attempt{Code: 200}}
	long := now.Add(-giveUpAfter)
	for _, c := range []struct {
		name     string
		state    store.WebhookState
		outcomes []store.Outcome
		failures int
		rest     time.Duration
		reason   string
	}{
		{"the first failures", store.WebhookState{}, failed(8), 1, 0, ""},
		{"one of several came through", store.WebhookState{Failures: 9, FailingSince: long}, append(failed(3), worked), 0, 0, ""},
		{"the fifth failure", store.WebhookState{Failures: 4, FailingSince: now}, failed(1), 5, firstRest, ""},
		{"the seventh failure", store.WebhookState{Failures: 6, FailingSince: now}, failed(1), 7, 4 * firstRest, ""},
		{"the hundredth failure", store.WebhookState{Failures: 99, FailingSince: now}, failed(1), 100, longestRest, ""},
		{"failing for three days", store.WebhookState{Failures: 9, FailingSince: long}, failed(1), 0, 0, "no delivery has come through since 2026-05-01"},
		{"a second failure after a quiet week", store.WebhookState{Failures: 1, FailingSince: now.Add(-7 * 24 * time.Hour)}, failed(1), 2, 0, ""},
		{"gone", store.WebhookState{}, []store.Outcome{{Attempt: store.Attempt{Code: http.StatusGone, Error: "gone"}}}, 0, 0, "410"},
	} {
		state, reason := judge(c.state, c.outcomes, now)
		rest := max(state.RestUntil.Sub(now), 0)
		if state.RestUntil.IsZero() {
			rest = 0
		}
		if state.Failures != c.failures || rest != c.rest || !strings.Contains(reason, c.reason) || c.reason == "" && reason != "" {
			t.Errorf("%s: %+v, %q", c.name, state, reason)
		}
	}
}
