package webhook

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// pauses are those after each failed attempt; after the last one a delivery
// has failed. Ten attempts in a little over three days.
var pauses = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// jitter is by how much a pause is made longer or shorter at random, so that
// what failed together does not come back together.
const jitter = 0.2

// retryAfter is when to try again after a failed attempt, counted from 1;
// zero: never.
func retryAfter(attempt int, now time.Time) time.Time {
	if attempt > len(pauses) {
		return time.Time{}
	}
	pause := pauses[attempt-1]
	factor := 1 - jitter + 2*jitter*rand.Float64() //nolint:gosec // no secret depends on it
	return now.Add(time.Duration(float64(pause) * factor))
}

const (
	// restAfter is after how many failures in a row a webhook is left in peace;
	// what failed at once counts once.
	restAfter = 5
	// firstRest is for how long at first; the pause doubles up to longestRest.
	firstRest   = 30 * time.Second
	longestRest = time.Hour
	// giveUpAfter is for how long a webhook may fail before it is disabled.
	giveUpAfter = 3 * 24 * time.Hour
)

// judge says how a webhook fares after some outcomes, and why it must be
// disabled where it must.
func judge(state store.WebhookState, outcomes []store.Outcome, now time.Time) (store.WebhookState, string) {
	last := ""
	for _, one := range outcomes {
		switch {
		case one.Untried:
		case one.Attempt.Code == http.StatusGone:
			return store.WebhookState{}, "the receiver answered 410 Gone at " + one.Attempt.At.String()
		case one.Attempt.Error == "":
			return store.WebhookState{}, ""
		default:
			last = one.Attempt.Error
		}
	}
	state.Failures++
	if state.FailingSince.IsZero() {
		state.FailingSince = now
	}
	if state.Failures > len(pauses) && now.Sub(state.FailingSince) >= giveUpAfter {
		return store.WebhookState{}, fmt.Sprintf("no delivery has come through since %s; the last time: %s", millis(state.FailingSince), last)
	}
	state.RestUntil = time.UnixMilli(0)
	if over := state.Failures - restAfter; over >= 0 {
		rest := longestRest
		if over < 8 {
			rest = min(firstRest<<over, longestRest)
		}
		state.RestUntil = now.Add(rest)
	}
	return state, ""
}

func millis(t time.Time) schema.Millis { return schema.MillisOf(t) }
